/* SPDX-License-Identifier: MIT */
/*
 * fake-vpp.c - the fake libva's video processing and copies
 *
 * It processes no pixels. It checks that what a pipeline points to is the same when the picture is
 * done as when it was rendered, and answers the queries with lists that a test can spoil.
 */
#include <string.h>
#include "fake-internal.h"

/* ---- What a pipeline points to ---- */

static uint32_t hash(uint32_t sum, const void *data, size_t bytes)
{
	const uint8_t *p = data;

	for (size_t i = 0; data && i < bytes; i++)
		sum = (sum ^ p[i]) * 16777619u;
	return sum;
}

static uint32_t hash_hdr(uint32_t sum, const VAHdrMetaData *hdr)
{
	if (!hdr)
		return sum;
	return hash(hash(sum, hdr, sizeof(*hdr)), hdr->metadata, hdr->metadata_size);
}

uint32_t fake_pipeline_hash(const VAProcPipelineParameterBuffer *pipeline)
{
	uint32_t sum = hash_hdr(2166136261u, pipeline->output_hdr_metadata);

	sum = hash(sum, pipeline->surface_region, sizeof(VARectangle));
	sum = hash(sum, pipeline->output_region, sizeof(VARectangle));
	sum = hash(sum, pipeline->blend_state, sizeof(VABlendState));
	sum = hash(sum, pipeline->filters, pipeline->num_filters * sizeof(VABufferID));
	sum = hash(sum, pipeline->forward_references,
		   pipeline->num_forward_references * sizeof(VASurfaceID));
	sum = hash(sum, pipeline->backward_references,
		   pipeline->num_backward_references * sizeof(VASurfaceID));
	return hash(sum, pipeline->additional_outputs,
		    pipeline->num_additional_outputs * sizeof(VASurfaceID));
}

/* Whether the ids in a list are alive; checked at both ends of the work. */
static void check_ids(enum fake_kind kind, const uint32_t *ids, size_t n)
{
	for (size_t i = 0; ids && i < n; i++) {
		if (!fake_object_find(kind, ids[i]))
			fake_misuse("a pipeline names a dead or unknown id 0x%x", ids[i]);
	}
}

void fake_pipeline_check(const VAProcPipelineParameterBuffer *pipeline)
{
	check_ids(FAKE_SURFACE, &pipeline->surface, 1);
	check_ids(FAKE_BUFFER, pipeline->filters, pipeline->num_filters);
	check_ids(FAKE_SURFACE, pipeline->forward_references, pipeline->num_forward_references);
	check_ids(FAKE_SURFACE, pipeline->backward_references, pipeline->num_backward_references);
	check_ids(FAKE_SURFACE, pipeline->additional_outputs, pipeline->num_additional_outputs);
}

/* ---- Queries ---- */

static const VAProcFilterType filters[] = {
	VAProcFilterNoiseReduction,
	VAProcFilterDeinterlacing,
	VAProcFilterColorBalance,
	VAProcFilterHighDynamicRangeToneMapping,
};

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* Answers with n items, or says how many there are when there is no room. */
static void answer(struct fake_call *call, void *to, const void *from, size_t n, size_t item_bytes,
		   unsigned int *count)
{
	if (!call->status && *count < n)
		call->status = VA_STATUS_ERROR_MAX_NUM_EXCEEDED;
	if (!call->status)
		memcpy(to, from, n * item_bytes);
	*count = (unsigned int)n + (unsigned int)fake.excess;
}

VAStatus vaQueryVideoProcFilters(VADisplay dpy, VAContextID context, VAProcFilterType *list,
				 unsigned int *num_filters)
{
	struct fake_call call = fake_begin("vaQueryVideoProcFilters", dpy);

	fake_object_get(&call, FAKE_CONTEXT, context);
	answer(&call, list, filters, N_OF(filters), sizeof(filters[0]), num_filters);
	return fake_end(&call);
}

VAStatus vaQueryVideoProcFilterCaps(VADisplay dpy, VAContextID context, VAProcFilterType type,
				    void *filter_caps, unsigned int *num_filter_caps)
{
	static const VAProcFilterCap noise = {.range = {0, 64, 16, 1, {0}}};
	static const VAProcFilterCapDeinterlacing deinterlacing[] = {
		{.type = VAProcDeinterlacingBob},
		{.type = VAProcDeinterlacingMotionAdaptive},
	};
	static const VAProcFilterCapColorBalance balance[] = {
		{.type = VAProcColorBalanceHue, .range = {-180, 180, 0, 1, {0}}},
		{.type = VAProcColorBalanceSaturation, .range = {0, 10, 1, 0.1f, {0}}},
	};
	static const VAProcFilterCapHighDynamicRange hdr = {
		.metadata_type = VAProcHighDynamicRangeMetadataHDR10,
		.caps_flag = VA_TONE_MAPPING_HDR_TO_SDR,
	};
	struct fake_call call = fake_begin("vaQueryVideoProcFilterCaps", dpy);

	fake_object_get(&call, FAKE_CONTEXT, context);
	if (type == VAProcFilterNoiseReduction)
		answer(&call, filter_caps, &noise, 1, sizeof(noise), num_filter_caps);
	else if (type == VAProcFilterDeinterlacing)
		answer(&call, filter_caps, deinterlacing, N_OF(deinterlacing),
		       sizeof(deinterlacing[0]), num_filter_caps);
	else if (type == VAProcFilterColorBalance)
		answer(&call, filter_caps, balance, N_OF(balance), sizeof(balance[0]),
		       num_filter_caps);
	else if (type == VAProcFilterHighDynamicRangeToneMapping)
		answer(&call, filter_caps, &hdr, 1, sizeof(hdr), num_filter_caps);
	else if (!call.status)
		call.status = VA_STATUS_ERROR_UNSUPPORTED_FILTER;
	return fake_end(&call);
}

static uint32_t formats[] = {VA_FOURCC_NV12, VA_FOURCC_P010, VA_FOURCC_BGRA};
static VAProcColorStandardType standards[] = {VAProcColorStandardBT601, VAProcColorStandardBT709};

/* The formats go where the client wants them, the standards are shown where they are. */
static void fill_caps(struct fake_call *call, VAProcPipelineCaps *caps)
{
	caps->pipeline_flags = VA_PROC_PIPELINE_SUBPICTURES;
	caps->rotation_flags = (1 << VA_ROTATION_NONE) | (1 << VA_ROTATION_90);
	caps->mirror_flags = VA_MIRROR_HORIZONTAL;
	caps->blend_flags = VA_BLEND_GLOBAL_ALPHA;
	caps->max_input_width = caps->max_output_width = 4096;
	caps->max_input_height = caps->max_output_height = 2304;
	caps->min_input_width = caps->min_output_width = 16;
	caps->min_input_height = caps->min_output_height = 16;
	caps->input_color_standards = standards;
	caps->num_input_color_standards = N_OF(standards);
	caps->output_color_standards = standards;
	caps->num_output_color_standards = N_OF(standards);
	if (caps->input_pixel_format)
		answer(call, caps->input_pixel_format, formats, N_OF(formats), sizeof(formats[0]),
		       &caps->num_input_pixel_formats);
	if (caps->output_pixel_format)
		answer(call, caps->output_pixel_format, formats, N_OF(formats), sizeof(formats[0]),
		       &caps->num_output_pixel_formats);
}

VAStatus vaQueryVideoProcPipelineCaps(VADisplay dpy, VAContextID context, VABufferID *ids,
				      unsigned int num_filters, VAProcPipelineCaps *caps)
{
	struct fake_call call = fake_begin("vaQueryVideoProcPipelineCaps", dpy);

	fake_object_get(&call, FAKE_CONTEXT, context);
	for (unsigned int i = 0; i < num_filters; i++)
		fake_object_get(&call, FAKE_BUFFER, ids[i]);
	if (!call.status)
		fill_caps(&call, caps);
	return fake_end(&call);
}

/* ---- Copies ---- */

static struct fake_object *find_side(struct fake_call *call, const VACopyObject *side)
{
	struct fake_object *object;

	if (side->obj_type == VACopyObjectSurface)
		return fake_object_get(call, FAKE_SURFACE, side->object.surface_id);
	object = fake_object_get(call, FAKE_BUFFER, side->object.buffer_id);
	if (object && object->mapped)
		fake_misuse("a mapped buffer copied");
	return object;
}

VAStatus vaCopy(VADisplay dpy, VACopyObject *dst, VACopyObject *src, VACopyOption option)
{
	struct fake_call call = fake_begin("vaCopy", dpy);
	struct fake_object *to = find_side(&call, dst), *from = find_side(&call, src);

	if (!to || !from || call.status)
		return fake_end(&call);
	if (to->pending || from->pending)
		fake_misuse("a copy of a surface that is not synced");
	if (option.bits.va_copy_sync != VA_EXEC_SYNC)
		fake_misuse("a copy that nobody waits for");
	if (dst->obj_type != src->obj_type || to->size_bytes != from->size_bytes)
		call.status = VA_STATUS_ERROR_INVALID_PARAMETER;
	else
		memcpy(to->data, from->data, to->size_bytes);
	return fake_end(&call);
}
