/* SPDX-License-Identifier: MIT */
/*
 * params.c - negotiation of sizes, and the params structs on the wire
 */
#include <stddef.h>
#include <string.h>
#include "params.h"

#define DEFAULT_WIDTH       640
#define DEFAULT_HEIGHT      480
#define DEFAULT_FRAME_RATE  30
#define MIN_CODED_BYTES     (64 * 1024)
#define DEFAULT_CODED_BYTES (1024 * 1024)
#define MAX_RAW_BYTES       (1 << 30) /* the largest picture with the largest stride has less */
#define MAX_FRAME_RATE      1000
#define IN_PLACE_BUFFERS    3  /* being shown, coming back, and free for what is not in place */
#define ALIGNMENT           16 /* of a coded size: whole macroblocks */

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high)
{
	if (value < low)
		value = low;
	return value > high ? high : value;
}

static uint32_t align(uint32_t value, uint32_t to)
{
	return (value + to - 1) / to * to;
}

static bool is_output(const struct params *params)
{
	return params->queue_type == VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT;
}

static void fix_coded(struct params *params, uint32_t asked_bytes,
		      const struct params_bounds *bounds)
{
	if (asked_bytes == 0)
		asked_bytes = DEFAULT_CODED_BYTES;
	params->num_planes = 1;
	params->planes[0].size_bytes = clamp(asked_bytes, MIN_CODED_BYTES, bounds->max_coded_bytes);
	params->planes[0].stride_bytes = 0;
}

static void fix_min_buffers(struct params *params, const struct params_format *format,
			    const struct params_bounds *bounds)
{
	bool objects = params->mem_type == VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT;

	params->min_buffers = clamp(format->min_buffers + (objects ? IN_PLACE_BUFFERS : 0), 1,
				    bounds->max_buffers);
}

/* One plane in the protocol's sense, also for planar formats: drivers get others wrong. */
static void fix_raw(struct params *params, uint32_t asked_stride, uint32_t asked_bytes)
{
	uint32_t stride = clamp(asked_stride, params->width, 2 * PARAMS_MAX_SIZE);
	struct params_layout layout;

	params->num_planes = 1;
	params->planes[0].stride_bytes = align(stride, 2);
	params_get_layout(params, &layout);
	/* What is longer than the picture is the guest's own affair. */
	params->planes[0].size_bytes = clamp(asked_bytes, layout.size_bytes, MAX_RAW_BYTES);
}

static void whole_crop(struct params *params)
{
	params->crop = (struct params_rect){0, 0, params->width, params->height};
}

static void fix_size(struct params *params, uint32_t width, uint32_t height,
		     const struct params_bounds *bounds)
{
	params->width = align(clamp(width, bounds->min_width, bounds->max_width), ALIGNMENT);
	params->height = align(clamp(height, bounds->min_height, bounds->max_height), ALIGNMENT);
}

void params_init(struct params *params, uint32_t queue_type, uint32_t format,
		 const struct params_bounds *bounds)
{
	*params = (struct params){
		.queue_type = queue_type,
		.format = format,
		.min_buffers = 1,
		.max_buffers = bounds->max_buffers,
		.frame_rate = DEFAULT_FRAME_RATE,
	};
	fix_size(params, DEFAULT_WIDTH, DEFAULT_HEIGHT, bounds);
	whole_crop(params);
	if (is_output(params))
		fix_raw(params, 0, 0);
	else
		fix_coded(params, 0, bounds);
}

void params_set(struct params *params, const struct params *asked,
		const struct params_bounds *bounds, const struct params_format *format)
{
	uint32_t size = asked->num_planes ? asked->planes[0].size_bytes : 0;

	if (asked->format)
		params->format = asked->format;
	if (asked->frame_rate)
		params->frame_rate = clamp(asked->frame_rate, 1, MAX_FRAME_RATE);
	/* The decoder does not scale: after a sequence header the size is the stream's. */
	if (!format->known && asked->width && asked->height) {
		fix_size(params, asked->width, asked->height, bounds);
		whole_crop(params);
	}
	if (asked->mem_type != PARAMS_SAME_MEM_TYPE)
		params->mem_type = asked->mem_type;
	if (is_output(params) && format->known)
		fix_min_buffers(params, format, bounds);
	if (is_output(params))
		fix_raw(params, asked->num_planes ? asked->planes[0].stride_bytes : 0, size);
	else
		fix_coded(params, size, bounds);
}

void params_apply(struct params *params, const struct params_format *format,
		  const struct params_bounds *bounds)
{
	params->width = format->width;
	params->height = format->height;
	params->crop = format->crop;
	if (format->frame_rate)
		params->frame_rate = clamp(format->frame_rate, 1, MAX_FRAME_RATE);
	if (!is_output(params))
		return;
	fix_min_buffers(params, format, bounds);
	fix_raw(params, 0, 0);
}

bool params_format_differs(const struct params_format *a, const struct params_format *b)
{
	return a->known != b->known || a->width != b->width || a->height != b->height ||
	       memcmp(&a->crop, &b->crop, sizeof(a->crop)) != 0 || a->bit_depth != b->bit_depth ||
	       a->min_buffers != b->min_buffers;
}

/* The struct has the wire's words in their order; those of the old dialect end before mem_type. */
_Static_assert(offsetof(struct params, mem_type) == WIRE_PARAMS - WIRE_HDR, "the wire's layout");

static size_t count_words(bool ext)
{
	return (offsetof(struct params, mem_type) + (ext ? sizeof(uint32_t) : 0)) /
	       sizeof(uint32_t);
}

void params_read(struct wire *r, bool ext, struct params *params)
{
	uint32_t words[sizeof(*params) / sizeof(uint32_t)] = {0};

	for (size_t i = 1; i < count_words(ext); i++)
		words[i] = wire_u32(r);
	wire_skip(r, ext ? 4 : 0);
	memcpy(params, words, sizeof(words));
}

void params_write(struct wire *w, bool ext, const struct params *params)
{
	uint32_t words[sizeof(*params) / sizeof(uint32_t)];

	memcpy(words, params, sizeof(words));
	wire_put_words(w, words, count_words(ext));
	wire_put_zeros(w, ext ? 4 : 0);
}

void params_get_layout(const struct params *params, struct params_layout *layout)
{
	uint32_t stride = params->planes[0].stride_bytes;
	uint32_t rows = params->height, chroma_rows = (params->height + 1) / 2;
	uint32_t chroma_width = (params->width + 1) / 2;

	*layout = (struct params_layout){.format = params->format};
	layout->planes[0] =
		(struct params_plane){0, PARAMS_SAMPLES_ALL, params->width, rows, stride, 0};
	if (params->format == VIRTIO_VIDEO_FORMAT_NV12) {
		layout->num_planes = 2;
		layout->planes[1] = (struct params_plane){
			1, PARAMS_SAMPLES_ALL, 2 * chroma_width, chroma_rows, stride, 0};
	} else {
		layout->num_planes = 3;
		layout->planes[1] = (struct params_plane){
			1, PARAMS_SAMPLES_EVEN, chroma_width, chroma_rows, stride / 2, 0};
		layout->planes[2] = layout->planes[1];
		layout->planes[2].samples = PARAMS_SAMPLES_ODD;
	}
	for (unsigned int i = 0; i < layout->num_planes; i++) {
		struct params_plane *plane = &layout->planes[i];

		plane->offset_bytes = layout->size_bytes;
		layout->size_bytes += plane->stride_bytes * plane->rows;
	}
}

uint64_t params_plane_start(const struct params_layout *layout, const struct resource *resource,
			    unsigned int plane, unsigned int *resource_plane)
{
	if (resource->num_planes == 1) {
		*resource_plane = 0;
		return resource->planes[0].offset_bytes + layout->planes[plane].offset_bytes;
	}
	*resource_plane = plane;
	return resource->planes[plane].offset_bytes;
}

bool params_layout_fits(const struct params_layout *layout, const struct resource *resource)
{
	if (resource->num_planes != 1 && resource->num_planes != layout->num_planes)
		return false;
	for (unsigned int i = 0; i < layout->num_planes; i++) {
		const struct params_plane *plane = &layout->planes[i];
		unsigned int in;
		uint64_t end = params_plane_start(layout, resource, i, &in);

		end += (uint64_t)plane->stride_bytes * (plane->rows - 1) + plane->width_bytes;
		if (end > resource->planes[in].size_bytes)
			return false;
	}
	return true;
}
