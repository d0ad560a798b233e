/* SPDX-License-Identifier: MIT */
/*
 * vpp.c - video processing: what a context's pipeline can do, and one surface into another
 *
 * A pipeline is a picture on a context of VAEntrypointVideoProc: its target is written, and each
 * source that is added is one parameter buffer. Counts from the driver are held to the room that
 * there was.
 */
#include <string.h>
#include "internal.h"

#define MAX_FILTERS 64

/* ---- What it can do ---- */

/* A list that the driver fills: its count, as it is and as it was given. */
static int check_count(unsigned int count, size_t capacity)
{
	return count > capacity ? -ENOSPC : (int)count;
}

int vawrap_context_get_filters(struct vawrap_context *context, VAProcFilterType *filters,
			       size_t capacity)
{
	struct vawrap_display *display = vawrap_context_get_display(context);
	unsigned int count = capacity > INT32_MAX ? INT32_MAX : (unsigned int)capacity;
	int error = DISPLAY_CALL(display, vaQueryVideoProcFilters, vawrap_context_get_id(context),
				 filters, &count);

	return error ? error : check_count(count, capacity);
}

int vawrap_context_get_filter_caps(struct vawrap_context *context, VAProcFilterType filter,
				   void *caps, size_t cap_bytes, size_t capacity)
{
	struct vawrap_display *display = vawrap_context_get_display(context);
	unsigned int count = capacity > INT32_MAX ? INT32_MAX : (unsigned int)capacity;
	size_t known_bytes = types_get_filter_cap_bytes(filter);
	int error;

	if (known_bytes && known_bytes != cap_bytes)
		return -EINVAL;
	error = DISPLAY_CALL(display, vaQueryVideoProcFilterCaps, vawrap_context_get_id(context),
			     filter, caps, &count);
	return error ? error : check_count(count, capacity);
}

/* One list of the pipeline's capabilities. */
struct list {
	void *mine; /* the caller's array, NULL for none */
	uint32_t capacity;
};

/* Some drivers answer with an array of their own: it is copied while the display is entered. */
static void take_list(const struct list *list, void **items, uint32_t *count, size_t item_bytes)
{
	if (!list->mine || !*items)
		*count = 0;
	if (*count > list->capacity)
		*count = list->capacity;
	if (*count > 0 && *items != list->mine)
		memcpy(list->mine, *items, *count * item_bytes);
	*items = list->mine;
}

#define N_LISTS 4

/* Both calls see the lists in the same order. */
static void for_lists(VAProcPipelineCaps *caps, struct list lists[N_LISTS], bool take)
{
	struct {
		void *items;
		uint32_t *count;
	} const all[N_LISTS] = {
		{&caps->input_color_standards, &caps->num_input_color_standards},
		{&caps->output_color_standards, &caps->num_output_color_standards},
		{&caps->input_pixel_format, &caps->num_input_pixel_formats},
		{&caps->output_pixel_format, &caps->num_output_pixel_formats},
	};

	_Static_assert(sizeof(VAProcColorStandardType) == sizeof(uint32_t), "as the formats");
	for (int i = 0; i < N_LISTS; i++) {
		void *items;

		memcpy(&items, all[i].items, sizeof(items));
		if (take)
			take_list(&lists[i], &items, all[i].count, sizeof(uint32_t));
		else
			lists[i] = (struct list){items, items ? *all[i].count : 0};
		memcpy(all[i].items, &items, sizeof(items));
	}
}

static int list_filters(struct vawrap_context *context, struct vawrap_buffer *const *filters,
			size_t n, VABufferID ids[MAX_FILTERS])
{
	int error = n > MAX_FILTERS || (n > 0 && !filters) ? -EINVAL : 0;

	for (size_t i = 0; i < n && !error; i++) {
		error = buffer_check(filters[i], context);
		if (!error)
			ids[i] = vawrap_buffer_get_id(filters[i]);
	}
	return error;
}

int vawrap_context_get_pipeline_caps(struct vawrap_context *context,
				     struct vawrap_buffer *const *filters, size_t n,
				     VAProcPipelineCaps *caps)
{
	struct vawrap_display *display = vawrap_context_get_display(context);
	VABufferID ids[MAX_FILTERS];
	struct list lists[N_LISTS];
	VAStatus status;
	int error = list_filters(context, filters, n, ids);

	if (!error)
		error = display_enter(display);
	if (error)
		return error;
	for_lists(caps, lists, false);
	status = vaQueryVideoProcPipelineCaps(display->va, vawrap_context_get_id(context), ids,
					      (unsigned int)n, caps);
	for_lists(caps, lists, true);
	return display_leave(display, "vaQueryVideoProcPipelineCaps", status);
}

/* ---- One surface into another ---- */

#define MAX_SURFACES 64

/* What the parameter buffer points to; copied when the buffer is made. */
struct pointed {
	VABufferID filters[MAX_FILTERS];
	VASurfaceID forward[MAX_SURFACES], backward[MAX_SURFACES], outputs[MAX_SURFACES];
};

/* A rectangle within the surface; one of no size is all of it. */
static int take_region(const VARectangle *region, const struct vawrap_surface *surface,
		       const VARectangle **out)
{
	unsigned int width, height;

	*out = NULL;
	if (region->width == 0 && region->height == 0)
		return 0;
	vawrap_surface_get_size(surface, &width, &height);
	if (region->x < 0 || region->y < 0 || region->width == 0 || region->height == 0 ||
	    (unsigned int)region->x + region->width > width ||
	    (unsigned int)region->y + region->height > height)
		return -EINVAL;
	*out = region;
	return 0;
}

static int hold_surfaces(struct vawrap_picture *picture, struct vawrap_surface *const *surfaces,
			 size_t n, VASurfaceID ids[MAX_SURFACES])
{
	int error = n > MAX_SURFACES || (n > 0 && !surfaces) ? -EINVAL : 0;

	for (size_t i = 0; i < n && !error; i++) {
		error = vawrap_picture_add_reference(picture, surfaces[i]);
		if (!error)
			ids[i] = vawrap_surface_get_id(surfaces[i]);
	}
	return error;
}

/* On failure the picture holds some more than it needs, which is no harm. */
static int hold_all(struct vawrap_picture *picture, struct vawrap_surface *source,
		    const struct vawrap_process *process, struct pointed *pointed)
{
	int error = vawrap_picture_add_reference(picture, source);

	if (!error)
		error = list_filters(picture_get_context(picture), process->filters,
				     process->n_filters, pointed->filters);
	for (size_t i = 0; i < process->n_filters && !error; i++)
		error = vawrap_picture_hold_buffer(picture, process->filters[i]);
	if (!error)
		error = hold_surfaces(picture, process->forward, process->n_forward,
				      pointed->forward);
	if (!error)
		error = hold_surfaces(picture, process->backward, process->n_backward,
				      pointed->backward);
	if (!error)
		error = hold_surfaces(picture, process->outputs, process->n_outputs,
				      pointed->outputs);
	return error;
}

static void fill_pipeline(VAProcPipelineParameterBuffer *va, const struct vawrap_process *process,
			  struct pointed *pointed)
{
	va->rotation_state = process->rotation;
	va->mirror_state = process->mirror;
	va->filter_flags = process->filter_flags;
	va->pipeline_flags = process->pipeline_flags;
	va->output_background_color = process->background;
	va->blend_state = process->blend.flags ? &process->blend : NULL;
	va->surface_color_standard = process->source_standard;
	va->output_color_standard = process->target_standard;
	va->input_color_properties = process->source_color;
	va->output_color_properties = process->target_color;
	va->input_surface_flag = process->source_flags;
	va->output_surface_flag = process->target_flags;
	va->processing_mode = process->mode;
	va->output_hdr_metadata = (VAHdrMetaData *)(uintptr_t)process->hdr;
	va->filters = process->n_filters ? pointed->filters : NULL;
	va->num_filters = (uint32_t)process->n_filters;
	va->forward_references = process->n_forward ? pointed->forward : NULL;
	va->num_forward_references = (uint32_t)process->n_forward;
	va->backward_references = process->n_backward ? pointed->backward : NULL;
	va->num_backward_references = (uint32_t)process->n_backward;
	va->additional_outputs = process->n_outputs ? pointed->outputs : NULL;
	va->num_additional_outputs = (uint32_t)process->n_outputs;
}

int vawrap_picture_add_source(struct vawrap_picture *picture, struct vawrap_surface *source,
			      const struct vawrap_process *given)
{
	VAProcPipelineParameterBuffer va;
	static const struct vawrap_process none = {.size_bytes = sizeof(none)};
	struct vawrap_process process;
	struct pointed pointed;
	int error = handle_read_sized(&process, sizeof(process), given ? given : &none,
				      offsetof(struct vawrap_process, rotation));

	memset(&va, 0, sizeof(va));
	if (!source)
		return -EINVAL;
	if (!error)
		error = take_region(&process.source, source, &va.surface_region);
	if (!error)
		error = take_region(&process.target, vawrap_picture_get_target(picture),
				    &va.output_region);
	if (!error)
		error = hold_all(picture, source, &process, &pointed);
	if (error)
		return error;
	va.surface = vawrap_surface_get_id(source);
	fill_pipeline(&va, &process, &pointed);
	return vawrap_picture_add_data(picture, VAProcPipelineParameterBufferType, &va, sizeof(va));
}

int vawrap_context_process_at(struct vawrap_context *context, struct vawrap_surface *source,
			      struct vawrap_surface *target, const struct vawrap_process *process,
			      const char *site)
{
	struct vawrap_picture *picture;
	int error = vawrap_picture_new_at(context, target, &picture, site);

	if (!error)
		error = vawrap_picture_add_source(picture, source, process);
	if (!error)
		error = vawrap_picture_submit(picture);
	if (!error)
		error = vawrap_picture_sync(picture, -1);
	vawrap_picture_unref(picture);
	return error;
}

/* ---- Copies ---- */

int vpp_copy(struct vawrap_display *display, VACopyObject *to, VACopyObject *from)
{
	VACopyOption option = {.bits = {.va_copy_sync = VA_EXEC_SYNC}};

	return DISPLAY_CALL(display, vaCopy, to, from, option);
}
