/* SPDX-License-Identifier: MIT */
/*
 * wire.h - the bytes of virtio-video "v3" with PARAMS_EXT: numbers, sizes, reading and writing
 *
 * All fields are little-endian. Who reads or writes past the end leaves err behind and does nothing
 * from then on, so that callers go straight down and test once.
 */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>
#include <stdint.h>

enum virtio_video_cmd_type {
	VIRTIO_VIDEO_CMD_QUERY_CAPABILITY = 0x100, /* the table in device.c has all of them */
	VIRTIO_VIDEO_CMD_RESOURCE_DESTROY_ALL = 0x106,
	VIRTIO_VIDEO_CMD_GET_PARAMS_EXT = 0x10d,
	VIRTIO_VIDEO_CMD_SET_PARAMS_EXT = 0x10e,
};

enum virtio_video_resp_type {
	VIRTIO_VIDEO_RESP_OK_NODATA = 0x200,
	VIRTIO_VIDEO_RESP_OK_QUERY_CAPABILITY,
	VIRTIO_VIDEO_RESP_OK_RESOURCE_QUEUE,
	VIRTIO_VIDEO_RESP_OK_GET_PARAMS,
	VIRTIO_VIDEO_RESP_OK_QUERY_CONTROL,
	VIRTIO_VIDEO_RESP_OK_GET_CONTROL,
	VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION = 0x300,
	VIRTIO_VIDEO_RESP_ERR_OUT_OF_MEMORY,
	VIRTIO_VIDEO_RESP_ERR_INVALID_STREAM_ID,
	VIRTIO_VIDEO_RESP_ERR_INVALID_RESOURCE_ID,
	VIRTIO_VIDEO_RESP_ERR_INVALID_PARAMETER,
	VIRTIO_VIDEO_RESP_ERR_UNSUPPORTED_CONTROL,
};

enum virtio_video_event_type {
	VIRTIO_VIDEO_EVENT_ERROR = 0x100,
	VIRTIO_VIDEO_EVENT_DECODER_RESOLUTION_CHANGED = 0x200,
};

enum virtio_video_queue_type {
	VIRTIO_VIDEO_QUEUE_TYPE_INPUT = 0x100,
	VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT = 0x101,
};

enum virtio_video_mem_type {
	VIRTIO_VIDEO_MEM_TYPE_GUEST_PAGES,
	VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT,
};

enum virtio_video_planes_layout {
	VIRTIO_VIDEO_PLANES_LAYOUT_SINGLE_BUFFER = 1 << 0,
	VIRTIO_VIDEO_PLANES_LAYOUT_PER_PLANE = 1 << 1,
};

enum virtio_video_format {
	VIRTIO_VIDEO_FORMAT_NV12 = 3,
	VIRTIO_VIDEO_FORMAT_YUV420 = 4,
	VIRTIO_VIDEO_FORMAT_MPEG2 = 0x1000,
	VIRTIO_VIDEO_FORMAT_H264 = 0x1002,
	VIRTIO_VIDEO_FORMAT_HEVC = 0x1003,
	VIRTIO_VIDEO_FORMAT_VP8 = 0x1004,
	VIRTIO_VIDEO_FORMAT_VP9 = 0x1005,
};

enum virtio_video_control_type {
	VIRTIO_VIDEO_CONTROL_BITRATE = 1,
	VIRTIO_VIDEO_CONTROL_PROFILE,
	VIRTIO_VIDEO_CONTROL_LEVEL,
};

enum virtio_video_buffer_flag {
	VIRTIO_VIDEO_BUFFER_FLAG_ERR = 1 << 0,
	VIRTIO_VIDEO_BUFFER_FLAG_EOS = 1 << 1,
};

/* Sizes in bytes, the header of 8 bytes included. */
enum wire_size {
	WIRE_HDR = 8,
	WIRE_ENTRY = 16,
	WIRE_RESOURCE_QUEUE_RESP = 24,
	WIRE_PARAMS = 120, /* set_params, get_params_resp */
	WIRE_PARAMS_EXT = 128,
	WIRE_QUERY_CONTROL_RESP = 16, /* and the values */
	WIRE_GET_CONTROL_RESP = 16,
	WIRE_EVENT = 8,
	WIRE_FORMAT_DESC = 24,
	WIRE_FORMAT_FRAME = 40,
	WIRE_FORMAT_RANGE = 16,
	WIRE_CONFIG = 44,
	WIRE_DEVICE_NAME = 32,
	WIRE_MAX_PLANES = 8,
	WIRE_MAX_FORMATS = 8,  /* that QUERY_CAPABILITY names, in 80 bytes each */
	WIRE_MAX_ANSWER = 128, /* the largest but for QUERY_CAPABILITY */
	WIRE_MAX_CAPS = 16 + WIRE_MAX_FORMATS * 80,
};

/* Bytes that are read, or written, from the front. */
struct wire {
	uint8_t *data;
	size_t size_bytes;
	size_t pos;
	int err; /* -EINVAL after running past the end */
};

void wire_init(struct wire *w, void *data, size_t size_bytes);
uint32_t wire_u32(struct wire *w);
uint64_t wire_u64(struct wire *w);
void wire_skip(struct wire *w, size_t n_bytes);
void wire_put_u32(struct wire *w, uint32_t value);
void wire_put_u64(struct wire *w, uint64_t value);
void wire_put_words(struct wire *w, const uint32_t *words, size_t n);
void wire_put_zeros(struct wire *w, size_t n_bytes);

/* The response type for the -errno of a handler; an unknown one is INVALID_OPERATION. */
uint32_t wire_code(int error);

#endif
