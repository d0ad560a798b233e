/* SPDX-License-Identifier: MIT */
/*
 * wire.h - virtio-video on the wire, as the guest sees it
 *
 * Written from the protocol's table, apart from the device's own reading of it: two views that
 * must agree. Each field is an array of bytes, so that a struct has no padding, any alignment will
 * do, and a number is only had through a conversion from little-endian.
 */
#ifndef GUEST_WIRE_H
#define GUEST_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct le32 {
	uint8_t b[4];
};

struct le64 {
	uint8_t b[8];
};

static inline uint32_t guest_get32(struct le32 v)
{
	return v.b[0] | (uint32_t)v.b[1] << 8 | (uint32_t)v.b[2] << 16 | (uint32_t)v.b[3] << 24;
}

static inline struct le32 guest_le32(uint32_t v)
{
	return (struct le32){{v & 0xff, v >> 8 & 0xff, v >> 16 & 0xff, v >> 24}};
}

static inline uint64_t guest_get64(struct le64 v)
{
	uint64_t low = guest_get32((struct le32){{v.b[0], v.b[1], v.b[2], v.b[3]}});
	uint64_t high = guest_get32((struct le32){{v.b[4], v.b[5], v.b[6], v.b[7]}});

	return low | high << 32;
}

static inline struct le64 guest_le64(uint64_t v)
{
	struct le32 l = guest_le32((uint32_t)v), h = guest_le32((uint32_t)(v >> 32));

	return (struct le64){{l.b[0], l.b[1], l.b[2], l.b[3], h.b[0], h.b[1], h.b[2], h.b[3]}};
}

enum wire_command {
	WIRE_QUERY_CAPABILITY = 0x100,
	WIRE_STREAM_CREATE,
	WIRE_STREAM_DESTROY,
	WIRE_STREAM_DRAIN,
	WIRE_RESOURCE_CREATE,
	WIRE_RESOURCE_QUEUE,
	WIRE_RESOURCE_DESTROY_ALL,
	WIRE_QUEUE_CLEAR,
	WIRE_GET_PARAMS,
	WIRE_SET_PARAMS,
	WIRE_QUERY_CONTROL,
	WIRE_GET_CONTROL,
	WIRE_SET_CONTROL,
	WIRE_GET_PARAMS_EXT,
	WIRE_SET_PARAMS_EXT,
};

enum wire_response {
	WIRE_OK_NODATA = 0x200,
	WIRE_OK_QUERY_CAPABILITY,
	WIRE_OK_RESOURCE_QUEUE,
	WIRE_OK_GET_PARAMS, /* also for EXT */
	WIRE_OK_QUERY_CONTROL,
	WIRE_OK_GET_CONTROL,
	WIRE_ERR_INVALID_OPERATION = 0x300,
	WIRE_ERR_OUT_OF_MEMORY,
	WIRE_ERR_INVALID_STREAM_ID,
	WIRE_ERR_INVALID_RESOURCE_ID,
	WIRE_ERR_INVALID_PARAMETER,
	WIRE_ERR_UNSUPPORTED_CONTROL,
};

enum wire_event_type {
	WIRE_EVENT_ERROR = 0x100,
	WIRE_EVENT_RESOLUTION_CHANGED = 0x200,
};

enum wire_queue_type {
	WIRE_QUEUE_INPUT = 0x100,
	WIRE_QUEUE_OUTPUT = 0x101,
};

enum wire_mem_type {
	WIRE_MEM_GUEST_PAGES = 0,
	WIRE_MEM_VIRTIO_OBJECT = 1,
};

enum wire_planes_layout {
	WIRE_LAYOUT_SINGLE_BUFFER = 1,
	WIRE_LAYOUT_PER_PLANE = 2,
};

enum wire_format {
	WIRE_FORMAT_ARGB8888 = 1,
	WIRE_FORMAT_BGRA8888,
	WIRE_FORMAT_NV12,
	WIRE_FORMAT_YUV420,
	WIRE_FORMAT_YVU420,
	WIRE_FORMAT_MPEG2 = 0x1000,
	WIRE_FORMAT_MPEG4,
	WIRE_FORMAT_H264,
	WIRE_FORMAT_HEVC,
	WIRE_FORMAT_VP8,
	WIRE_FORMAT_VP9,
	WIRE_FORMAT_AV1 = 0x1f00, /* no number of the protocol */
};

enum wire_control {
	WIRE_CONTROL_BITRATE = 1,
	WIRE_CONTROL_PROFILE,
	WIRE_CONTROL_LEVEL,
};

enum wire_buffer_flag {
	WIRE_BUFFER_ERR = 1,
	WIRE_BUFFER_EOS = 2,
};

#define WIRE_FEATURE_GUEST_PAGES   (UINT64_C(1) << 0)
#define WIRE_FEATURE_VIRTIO_OBJECT (UINT64_C(1) << 2)
#define WIRE_FEATURE_NON_CONTIG    (UINT64_C(1) << 1)

#define WIRE_MAX_PLANES 8
#define WIRE_TAG_BYTES  64

struct wire_config {
	struct le32 version, max_caps_length, max_resp_length;
	uint8_t device_name[32];
};

struct wire_hdr {
	struct le32 type, stream_id;
};

/* QUERY_CAPABILITY, RESOURCE_DESTROY_ALL, QUEUE_CLEAR, GET_PARAMS and GET_PARAMS_EXT. */
struct wire_queue_cmd {
	struct wire_hdr hdr;
	struct le32 queue_type, pad;
};

struct wire_query_capability_resp {
	struct wire_hdr hdr;
	struct le32 num_descs, pad;
};

struct wire_format_desc {
	struct le64 mask;
	struct le32 format, planes_layout, plane_align, num_frames;
};

struct wire_range {
	struct le32 min, max, step, pad;
};

struct wire_format_frame {
	struct wire_range width, height;
	struct le32 num_rates, pad;
};

struct wire_stream_create {
	struct wire_hdr hdr;
	struct le32 in_mem_type, out_mem_type, coded_format, pad;
	uint8_t tag[WIRE_TAG_BYTES];
};

struct wire_resource_create {
	struct wire_hdr hdr;
	struct le32 queue_type, resource_id, planes_layout, num_planes;
	struct le32 plane_offsets[WIRE_MAX_PLANES];
	struct le32 num_entries[WIRE_MAX_PLANES];
};

struct wire_mem_entry {
	struct le64 addr;
	struct le32 length, pad;
};

struct wire_resource_queue {
	struct wire_hdr hdr;
	struct le32 queue_type, resource_id;
	struct le64 timestamp;
	struct le32 num_data_sizes, data_sizes[WIRE_MAX_PLANES], pad;
};

struct wire_resource_queue_resp {
	struct wire_hdr hdr;
	struct le64 timestamp;
	struct le32 flags, size;
};

struct wire_crop {
	struct le32 left, top, width, height;
};

struct wire_plane_format {
	struct le32 plane_size, stride;
};

struct wire_params {
	struct le32 queue_type, format, frame_width, frame_height, min_buffers, max_buffers;
	struct wire_crop crop;
	struct le32 frame_rate, num_planes;
	struct wire_plane_format plane_formats[WIRE_MAX_PLANES];
};

struct wire_params_ext {
	struct wire_params base;
	struct le32 resource_type, pad;
};

/* SET_PARAMS, and the answer to GET_PARAMS. */
struct wire_params_msg {
	struct wire_hdr hdr;
	struct wire_params params;
};

/* SET_PARAMS_EXT, and the answer to GET_PARAMS_EXT. */
struct wire_params_ext_msg {
	struct wire_hdr hdr;
	struct wire_params_ext params;
};

struct wire_query_control {
	struct wire_hdr hdr;
	struct le32 control, pad;
	struct le32 format, format_pad; /* PROFILE and LEVEL only */
};

struct wire_query_control_resp {
	struct wire_hdr hdr;
	struct le32 num, pad;
};

struct wire_get_control {
	struct wire_hdr hdr;
	struct le32 control, pad;
};

struct wire_get_control_resp {
	struct wire_hdr hdr;
	struct le32 value, pad;
};

struct wire_set_control {
	struct wire_hdr hdr;
	struct le32 control, pad;
	struct le32 value, value_pad;
};

struct wire_event {
	struct le32 event_type, stream_id;
};

/* ---- The same in the machine's numbers ---- */

struct guest_plane {
	uint32_t size_bytes, stride_bytes;
};

struct guest_params {
	uint32_t queue_type, format;
	uint32_t frame_width, frame_height;
	uint32_t min_buffers, max_buffers;
	uint32_t crop_left, crop_top, crop_width, crop_height;
	uint32_t frame_rate; /* frames a second */
	uint32_t num_planes;
	struct guest_plane planes[WIRE_MAX_PLANES];
	uint32_t resource_type; /* EXT only */
};

#define GUEST_MAX_FORMATS 16

/* One format of the answer to QUERY_CAPABILITY; of its frame sizes, what all of them span. */
struct guest_format {
	uint64_t mask;
	uint32_t format, planes_layout, plane_align;
	uint32_t min_width, max_width, min_height, max_height;
};

struct guest_formats {
	unsigned int n;
	struct guest_format desc[GUEST_MAX_FORMATS];
};

struct wire_hdr guest_wire_hdr(uint32_t type, uint32_t stream_id);
void guest_wire_put_params(struct wire_params_ext *wire, const struct guest_params *params);
/* Errors: -EPROTO, more planes than there are. resource_type is left alone. */
int guest_wire_get_params(const struct wire_params *wire, struct guest_params *params);
/* Reads an answer to QUERY_CAPABILITY. Errors: -EPROTO, a desc reaches beyond the bytes. */
int guest_wire_get_formats(const void *resp, size_t size_bytes, struct guest_formats *formats);
/* "RESOURCE_QUEUE", "INVALID_PARAMETER", ...; "?" for what has no name. */
const char *guest_wire_name(uint32_t type);

#endif
