/* SPDX-License-Identifier: MIT */
/*
 * device-fixture.h - a small guest for the device's tests: memory, messages, answers
 *
 * Messages are made here by their offsets, without the device's own wire.h. Answers are kept in the
 * order in which they were reaped.
 */
#ifndef DEVICE_FIXTURE_H
#define DEVICE_FIXTURE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "virtio-video.h"

#define GPA      UINT64_C(0x100000000)
#define RAM_SIZE (4u << 20)
#define IN       0x100u
#define OUT      0x101u
#define H264     0x1002u
#define NV12     3u
#define YUV420   4u
#define MAX_GOT  512

struct got {
	uint64_t token;
	enum vvd_queue queue;
	uint32_t len;
	uint8_t bytes[512];
};

struct fx {
	struct vvd_device *device;
	uint8_t *ram;
	uint64_t next_token;
	struct got got[MAX_GOT];
	unsigned int n_got;
};

extern struct fx fx;

int fx_setup(void **state);
/* Frees the device; no handle of the fakes may be left. */
int fx_teardown(void **state);
/* A device with other options, features negotiated and memory there. */
void fx_open(const struct vvd_device_options *options);

/* ---- Messages ---- */

struct msg {
	uint8_t bytes[512];
	size_t len;
};

/* Makes a message of len bytes with header and zeros. */
struct msg msg_new(uint32_t type, uint32_t stream, size_t len);
void msg_put32(struct msg *msg, size_t at, uint32_t value);
void msg_put64(struct msg *msg, size_t at, uint64_t value);
uint32_t get32(const uint8_t *bytes, size_t at);
uint64_t get64(const uint8_t *bytes, size_t at);

struct msg msg_create(uint32_t stream, uint32_t format);
struct msg msg_queue_type(uint32_t type, uint32_t stream, uint32_t queue);
/* One plane, one entry at offset of the guest's memory. */
struct msg msg_resource(uint32_t stream, uint32_t queue, uint32_t id, uint64_t offset,
			uint32_t size);
struct msg msg_queue(uint32_t stream, uint32_t queue, uint32_t id, uint64_t timestamp,
		     uint32_t size);

/* ---- Answers ---- */

uint64_t fx_submit(const struct msg *msg);
uint64_t fx_submit_cap(const struct msg *msg, uint32_t cap);
/* Reaps until the token's answer is there. */
const struct got *fx_wait(uint64_t token);
/* Submits and waits; returns the answer's type. */
uint32_t fx_do(struct msg msg);
const struct got *fx_call(struct msg msg);
/* Reaps what is there, for a moment; returns whether the token was answered. */
bool fx_is_answered(uint64_t token);
/* At which place the token was reaped. */
unsigned int fx_order(uint64_t token);
/* Posts an event buffer. */
uint64_t fx_post_event(void);

uint64_t fx_submit_msg(struct msg msg);
/* Wait for the answer of a RESOURCE_QUEUE of stream 1; of any command; or have one. */
void fx_expect_queue(uint64_t token, uint64_t timestamp, uint32_t flags, uint32_t size);
void fx_expect_type(uint64_t token, uint32_t type);
void fx_expect_words(const struct got *got, const uint32_t *words, size_t n);
struct vvd_stats fx_stats(void);

/* ---- A stream that runs ---- */

/* The size of most tests' pictures. */
enum { FX_W = 64, FX_H = 64 };

/* Feeds the records that follow. */
#define FX_FEED(id, timestamp, ...)                                                                \
	fx_feed(id, timestamp, (const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__}))
/* Whether the luma of FX_W x FX_H samples is that of a frame. */
bool fx_is_frame(const uint8_t *at, uint8_t value);

/* Creates stream 1 with an output format. */
void fx_stream(uint32_t raw_format);
/* Writes records into input resource id (made before) and queues it. */
uint64_t fx_feed(uint32_t id, uint64_t timestamp, const char *records, size_t len);
/* Makes input resource id at its place in memory. */
void fx_make_input(uint32_t id);
/* Makes output resource id, large enough for 64x64; queues it; the token. */
uint64_t fx_queue_output(uint32_t id);
void fx_make_output(uint32_t id);
uint8_t *fx_output(uint32_t id);
/* Header 'S' w h m, the event, GET_PARAMS; leaves outputs to the test. */
void fx_start(uint8_t w, uint8_t h, uint8_t m);

#define OK_NODATA  0x200u
#define ERR_OP     0x300u
#define ERR_MEM    0x301u
#define ERR_STREAM 0x302u
#define ERR_RES    0x303u
#define ERR_PARAM  0x304u
#define ERR_CTRL   0x305u

#endif
