/* SPDX-License-Identifier: MIT */
/*
 * Video processing; see vpp.h. There are no filters, no blending and no conversion of colours: a picture is
 * cut, turned, mirrored, scaled and brought into another format.
 */
#include "codec.h"
#include "context.h"
#include "vpp.h"

#include <errno.h>
#include <stdlib.h>

/* ---- What there is ---- */

static VAStatus query_filters(VADriverContextP va, VAContextID context, VAProcFilterType *filters,
			      unsigned int *count)
{
	(void)va, (void)context, (void)filters;
	*count = 0;
	return VA_STATUS_SUCCESS;
}

static VAStatus query_filter_caps(VADriverContextP va, VAContextID context, VAProcFilterType type,
				  void *caps, unsigned int *count)
{
	(void)va, (void)context, (void)type, (void)caps;
	*count = 0;
	return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
}

static uint32_t list_formats(uint32_t fourccs[SOFTVA_MAX_FORMATS])
{
	uint32_t n = 0;

	for (unsigned int i = 0; i < num_formats; i++)
		if (formats[i].rt_format && scale_is_possible(&formats[i], &formats[i], 0))
			fourccs[n++] = formats[i].fourcc;
	return n;
}

/* What the caps point to is the driver's, and lives as long as the display. */
static VAStatus query_pipeline_caps(VADriverContextP va, VAContextID context, VABufferID *filters,
				    unsigned int num_filters, VAProcPipelineCaps *caps)
{
	struct softva *softva = softva_of(va);
	uint32_t n = list_formats(softva->vpp_fourccs);

	(void)context, (void)filters;
	if (num_filters)
		return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
	*caps = (VAProcPipelineCaps){
		.filter_flags = VA_FILTER_SCALING_HQ,
		.input_color_standards = softva->vpp_standards,
		.num_input_color_standards = 1,
		.output_color_standards = softva->vpp_standards,
		.num_output_color_standards = 1,
		.rotation_flags = 1u << VA_ROTATION_NONE | 1u << VA_ROTATION_90 |
				  1u << VA_ROTATION_180 | 1u << VA_ROTATION_270,
		.mirror_flags = VA_MIRROR_HORIZONTAL | VA_MIRROR_VERTICAL,
		.input_pixel_format = softva->vpp_fourccs,
		.num_input_pixel_formats = n,
		.output_pixel_format = softva->vpp_fourccs,
		.num_output_pixel_formats = n,
		.max_input_width = SOFTVA_MAX_WIDTH,
		.max_input_height = SOFTVA_MAX_HEIGHT,
		.min_input_width = 1,
		.min_input_height = 1,
		.max_output_width = SOFTVA_MAX_WIDTH,
		.max_output_height = SOFTVA_MAX_HEIGHT,
		.min_output_width = 1,
		.min_output_height = 1,
	};
	return VA_STATUS_SUCCESS;
}

void vpp_fill(struct VADriverVTableVPP *vtable)
{
	vtable->version = VA_DRIVER_VTABLE_VPP_VERSION;
	vtable->vaQueryVideoProcFilters = query_filters;
	vtable->vaQueryVideoProcFilterCaps = query_filter_caps;
	vtable->vaQueryVideoProcPipelineCaps = query_pipeline_caps;
}

/* ---- Pipelines ---- */

static bool read_region(const VARectangle *given, const struct surface *surface, VARectangle *out)
{
	*out = (VARectangle){0, 0, (uint16_t)surface->width, (uint16_t)surface->height};
	if (!given)
		return true;
	*out = *given;
	return given->x >= 0 && given->y >= 0 && given->width && given->height &&
	       (uint32_t)given->x + given->width <= surface->width &&
	       (uint32_t)given->y + given->height <= surface->height;
}

static VAStatus check(const VAProcPipelineParameterBuffer *va, const struct scale *scale)
{
	const uint32_t mirrors = VA_MIRROR_HORIZONTAL | VA_MIRROR_VERTICAL;

	if (va->num_filters)
		return VA_STATUS_ERROR_UNSUPPORTED_FILTER;
	if (scale->from == scale->to)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	if (va->blend_state || va->num_additional_outputs || va->num_forward_references ||
	    va->num_backward_references)
		return VA_STATUS_ERROR_UNIMPLEMENTED;
	if (scale->rotation > VA_ROTATION_270 || scale->mirror & ~mirrors ||
	    !scale_is_possible(scale->from->format, scale->to->format, scale->rotation))
		return VA_STATUS_ERROR_INVALID_PARAMETER;
	return VA_STATUS_SUCCESS;
}

static struct vpp_pipeline *pipeline_new(const VAProcPipelineParameterBuffer *va,
					 struct surface *source, struct surface *target)
{
	struct vpp_pipeline *pipeline = calloc(1, sizeof(*pipeline));

	if (!pipeline)
		return NULL;
	pipeline->scale.from = source;
	pipeline->scale.to = target;
	pipeline->scale.rotation = va->rotation_state;
	pipeline->scale.mirror = va->mirror_state;
	pipeline->scale.fine = (va->filter_flags & VA_FILTER_SCALING_MASK) == VA_FILTER_SCALING_HQ;
	pipeline->background = va->output_background_color;
	return pipeline;
}

static VAStatus read_pipeline(struct softva *softva, const VAProcPipelineParameterBuffer *va,
			      struct surface *target, struct vpp_pipeline **out)
{
	struct surface *source = object_get(&softva->heap, va->surface, OBJECT_SURFACE);
	struct vpp_pipeline *pipeline;
	VAStatus status;

	*out = NULL;
	if (!source)
		return VA_STATUS_ERROR_INVALID_SURFACE;
	pipeline = pipeline_new(va, source, target);
	if (!pipeline) {
		object_unref(&source->object);
		return VA_STATUS_ERROR_ALLOCATION_FAILED;
	}
	status = check(va, &pipeline->scale);
	if (!read_region(va->surface_region, source, &pipeline->scale.source) ||
	    !read_region(va->output_region, target, &pipeline->scale.target))
		status = VA_STATUS_ERROR_INVALID_PARAMETER;
	if (status == VA_STATUS_SUCCESS)
		*out = pipeline;
	else
		vpp_free(pipeline);
	return status;
}

static bool run_one(const struct vpp_pipeline *pipeline, bool first)
{
	struct surface *target = pipeline->scale.to;
	bool good;

	/* Whoever decodes into it is another context's worker, or this one, which has done so. */
	surface_wait(pipeline->scale.from);
	pthread_mutex_lock(&target->lock);
	if (first)
		scale_fill_around(target, &pipeline->scale.target, pipeline->background);
	good = !scale_run(&pipeline->scale);
	target->content.valid = false;
	pthread_mutex_unlock(&target->lock);
	return good;
}

void vpp_free(struct vpp_pipeline *first)
{
	while (first) {
		struct vpp_pipeline *next = first->next;

		object_unref(&first->scale.from->object);
		free(first);
		first = next;
	}
}

/* ---- Pictures ---- */

static VAStatus render(struct context *context, const struct buffer *buffer)
{
	struct vpp_pipeline *pipeline;
	VAStatus status;

	if (buffer->type != VAProcPipelineParameterBufferType)
		return VA_STATUS_ERROR_UNSUPPORTED_BUFFERTYPE;
	status = read_pipeline(context->softva, (const void *)buffer->data, context->target,
			       &pipeline);
	vpp_free(pipeline);
	return status;
}

/* In their order: what comes later covers what was before. */
static void build(struct context *context, struct job *job)
{
	struct picture picture = picture_start(context);
	struct vpp_pipeline **next = &job->pipelines;

	picture_check(&picture, CHECK_BUFFERS_PRESENT, context->num_rendered > 0);
	for (size_t i = 0; i < context->num_rendered; i++) {
		const void *va = context->rendered[i]->data;

		if (read_pipeline(context->softva, va, context->target, next))
			picture.failed = true;
		else
			next = &(*next)->next;
	}
	job->failed = picture.failed;
}

static int run(struct context *context, struct job *job)
{
	bool good = true;

	(void)context;
	for (const struct vpp_pipeline *each = job->pipelines; each; each = each->next)
		good = run_one(each, each == job->pipelines) && good;
	return good ? 0 : -EIO;
}

const struct codec codec_vpp = {
	.name = "video processing",
	.buffers = {{VAProcPipelineParameterBufferType, sizeof(VAProcPipelineParameterBuffer), 0,
		     false}},
	.render = render,
	.build = build,
	.decode = run,
};
