/* SPDX-License-Identifier: MIT */
/*
 * wire.c - from wire structs to numbers and back, and names for messages
 *
 * What a device answers is checked here as if it came from a stranger.
 */
#include <errno.h>
#include <string.h>
#include "wire.h"

/* An answer says how many frame sizes and rates follow; these end the loops early. */
#define MAX_FRAMES 64
#define MAX_RATES  64

struct wire_hdr guest_wire_hdr(uint32_t type, uint32_t stream_id)
{
	return (struct wire_hdr){guest_le32(type), guest_le32(stream_id)};
}

void guest_wire_put_params(struct wire_params_ext *wire, const struct guest_params *params)
{
	struct wire_params *base = &wire->base;

	memset(wire, 0, sizeof(*wire));
	base->queue_type = guest_le32(params->queue_type);
	base->format = guest_le32(params->format);
	base->frame_width = guest_le32(params->frame_width);
	base->frame_height = guest_le32(params->frame_height);
	base->min_buffers = guest_le32(params->min_buffers);
	base->max_buffers = guest_le32(params->max_buffers);
	base->crop.left = guest_le32(params->crop_left);
	base->crop.top = guest_le32(params->crop_top);
	base->crop.width = guest_le32(params->crop_width);
	base->crop.height = guest_le32(params->crop_height);
	base->frame_rate = guest_le32(params->frame_rate);
	base->num_planes = guest_le32(params->num_planes);
	for (unsigned int i = 0; i < WIRE_MAX_PLANES; i++) {
		base->plane_formats[i].plane_size = guest_le32(params->planes[i].size_bytes);
		base->plane_formats[i].stride = guest_le32(params->planes[i].stride_bytes);
	}
	wire->resource_type = guest_le32(params->resource_type);
}

int guest_wire_get_params(const struct wire_params *wire, struct guest_params *params)
{
	if (guest_get32(wire->num_planes) > WIRE_MAX_PLANES)
		return -EPROTO;
	params->queue_type = guest_get32(wire->queue_type);
	params->format = guest_get32(wire->format);
	params->frame_width = guest_get32(wire->frame_width);
	params->frame_height = guest_get32(wire->frame_height);
	params->min_buffers = guest_get32(wire->min_buffers);
	params->max_buffers = guest_get32(wire->max_buffers);
	params->crop_left = guest_get32(wire->crop.left);
	params->crop_top = guest_get32(wire->crop.top);
	params->crop_width = guest_get32(wire->crop.width);
	params->crop_height = guest_get32(wire->crop.height);
	params->frame_rate = guest_get32(wire->frame_rate);
	params->num_planes = guest_get32(wire->num_planes);
	for (unsigned int i = 0; i < WIRE_MAX_PLANES; i++) {
		params->planes[i].size_bytes = guest_get32(wire->plane_formats[i].plane_size);
		params->planes[i].stride_bytes = guest_get32(wire->plane_formats[i].stride);
	}
	return 0;
}

/* A place in an answer; once something did not fit, nothing more is had from it. */
struct reader {
	const uint8_t *data;
	size_t left;
	int err;
};

static void take(struct reader *r, void *out, size_t size_bytes)
{
	if (r->err || size_bytes > r->left) {
		r->err = -EPROTO;
		memset(out, 0, size_bytes);
		return;
	}
	memcpy(out, r->data, size_bytes);
	r->data += size_bytes;
	r->left -= size_bytes;
}

static uint32_t take_count(struct reader *r, struct le32 wire, uint32_t limit)
{
	uint32_t n = guest_get32(wire);

	if (n > limit)
		r->err = -EPROTO;
	return r->err ? 0 : n;
}

static void widen(uint32_t *min, uint32_t *max, const struct wire_range *range)
{
	uint32_t low = guest_get32(range->min), high = guest_get32(range->max);

	if (low < *min)
		*min = low;
	if (high > *max)
		*max = high;
}

static void take_frame(struct reader *r, struct guest_format *format)
{
	struct wire_format_frame frame;
	struct wire_range rate;

	take(r, &frame, sizeof(frame));
	if (r->err)
		return;
	widen(&format->min_width, &format->max_width, &frame.width);
	widen(&format->min_height, &format->max_height, &frame.height);
	for (uint32_t n = take_count(r, frame.num_rates, MAX_RATES); n > 0; n--)
		take(r, &rate, sizeof(rate));
}

static void take_desc(struct reader *r, struct guest_format *format)
{
	struct wire_format_desc desc;

	take(r, &desc, sizeof(desc));
	*format = (struct guest_format){
		.mask = guest_get64(desc.mask),
		.format = guest_get32(desc.format),
		.planes_layout = guest_get32(desc.planes_layout),
		.plane_align = guest_get32(desc.plane_align),
		.min_width = UINT32_MAX,
		.min_height = UINT32_MAX,
	};
	for (uint32_t n = take_count(r, desc.num_frames, MAX_FRAMES); n > 0; n--)
		take_frame(r, format);
}

int guest_wire_get_formats(const void *resp, size_t size_bytes, struct guest_formats *formats)
{
	struct reader r = {.data = resp, .left = size_bytes};
	struct wire_query_capability_resp head;

	memset(formats, 0, sizeof(*formats));
	take(&r, &head, sizeof(head));
	formats->n = take_count(&r, head.num_descs, GUEST_MAX_FORMATS);
	for (unsigned int i = 0; i < formats->n && !r.err; i++)
		take_desc(&r, &formats->desc[i]);
	if (r.err)
		formats->n = 0;
	return r.err;
}

const char *guest_wire_name(uint32_t type)
{
	static const struct {
		uint32_t type;
		const char *name;
	} names[] = {
		{WIRE_QUERY_CAPABILITY, "QUERY_CAPABILITY"},
		{WIRE_STREAM_CREATE, "STREAM_CREATE"},
		{WIRE_STREAM_DESTROY, "STREAM_DESTROY"},
		{WIRE_STREAM_DRAIN, "STREAM_DRAIN"},
		{WIRE_RESOURCE_CREATE, "RESOURCE_CREATE"},
		{WIRE_RESOURCE_QUEUE, "RESOURCE_QUEUE"},
		{WIRE_RESOURCE_DESTROY_ALL, "RESOURCE_DESTROY_ALL"},
		{WIRE_QUEUE_CLEAR, "QUEUE_CLEAR"},
		{WIRE_GET_PARAMS, "GET_PARAMS"},
		{WIRE_SET_PARAMS, "SET_PARAMS"},
		{WIRE_QUERY_CONTROL, "QUERY_CONTROL"},
		{WIRE_GET_CONTROL, "GET_CONTROL"},
		{WIRE_SET_CONTROL, "SET_CONTROL"},
		{WIRE_GET_PARAMS_EXT, "GET_PARAMS_EXT"},
		{WIRE_SET_PARAMS_EXT, "SET_PARAMS_EXT"},
		{WIRE_OK_NODATA, "OK_NODATA"},
		{WIRE_OK_QUERY_CAPABILITY, "OK_QUERY_CAPABILITY"},
		{WIRE_OK_RESOURCE_QUEUE, "OK_RESOURCE_QUEUE"},
		{WIRE_OK_GET_PARAMS, "OK_GET_PARAMS"},
		{WIRE_OK_QUERY_CONTROL, "OK_QUERY_CONTROL"},
		{WIRE_OK_GET_CONTROL, "OK_GET_CONTROL"},
		{WIRE_ERR_INVALID_OPERATION, "INVALID_OPERATION"},
		{WIRE_ERR_OUT_OF_MEMORY, "OUT_OF_MEMORY"},
		{WIRE_ERR_INVALID_STREAM_ID, "INVALID_STREAM_ID"},
		{WIRE_ERR_INVALID_RESOURCE_ID, "INVALID_RESOURCE_ID"},
		{WIRE_ERR_INVALID_PARAMETER, "INVALID_PARAMETER"},
		{WIRE_ERR_UNSUPPORTED_CONTROL, "UNSUPPORTED_CONTROL"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].type == type)
			return names[i].name;
	return "?";
}
