/* SPDX-License-Identifier: MIT */
/*
 * selftest-private.h - what the files of the suite share
 *
 * A test is a function that returns when all was well, and leaves through st_fail() when not. What
 * it made is cleaned up behind it: streams are destroyed and every chain must have come back.
 */
#ifndef GUEST_SELFTEST_PRIVATE_H
#define GUEST_SELFTEST_PRIVATE_H

#include <setjmp.h>
#include <stddef.h>
#include "ram.h"
#include "ring.h"
#include "selftest.h"
#include "wire.h"

#define ST_RING_SIZE   256 /* and the longest chain */
#define ST_AREA_BYTES  16384
#define ST_MAX_ANSWER  4096
#define ST_FENCE       0xa5
#define ST_FENCE_BYTES 24 /* between the pieces of a message */
#define ST_MAX_EVENTS  64 /* that a test may leave untaken */
#define ST_EVENT_SLOTS 32
#define ST_MAX_KNOWN   4200
#define ST_MAX_STREAMS 72
#define ST_MAX_BUFFERS 32
#define ST_MAX_WRITERS 16
#define ST_QUIET_MS    20 /* how long a test looks whether what must not come does come */

/* How a message lies in descriptors: sizes of pieces; what they leave over is the last one. */
struct st_framing {
	bool direct;
	unsigned int n_read, n_write;
	uint16_t read[ST_RING_SIZE], write[ST_RING_SIZE];
};

struct st_place {
	uint16_t at, size_bytes;
};

/* A command on its way, and its answer. */
struct st_reply {
	bool used, keep, done;
	unsigned int order; /* of the answers */
	uint32_t request_type, stream_id;
	uint32_t request_bytes, cap_bytes;
	uint32_t len_bytes;
	uint8_t bytes[ST_MAX_ANSWER];
	unsigned int n_places;
	struct st_place places[ST_RING_SIZE]; /* of the writable pieces in the area */
	uint32_t area_bytes;
	uint8_t image[ST_AREA_BYTES]; /* what the area must hold */
};

struct st_event {
	uint32_t type, stream_id;
};

struct st_buffer {
	uint32_t id, queue_type;
	struct guest_sg sg;
	uint64_t entries_gpa;
	size_t entries_bytes;
	uint32_t object;        /* its number; 0: guest pages */
	struct st_reply *reply; /* while it is queued */
};

struct st_stream {
	struct st *st;
	uint32_t id;
	bool ext;
	bool objects;    /* its buffers are some */
	uint32_t format; /* of the output; 0: NV12 */
	struct guest_params params[2];
	unsigned int n[2];
	struct st_buffer buffers[2][ST_MAX_BUFFERS];
	/* Frames that came in old buffers between GET_PARAMS and QUEUE_CLEAR, oldest first. */
	unsigned int n_early;
	bool early_eos;
	struct st_early {
		uint64_t timestamp, hash;
	} early[ST_MAX_BUFFERS];
};

struct st_case;

struct st {
	struct guest_transport *transport;
	const struct st_case *test; /* that runs */
	const struct selftest_options *options;
	struct guest_ram *ram;
	struct guest_ring *rings[2];
	uint64_t offered, features;
	bool started;
	uint32_t max_caps_bytes, max_resp_bytes;
	uint64_t area_gpa, event_gpa;
	unsigned int n_event_buffers; /* that the device has */
	bool event_busy[ST_EVENT_SLOTS];
	bool hold_events;         /* used event buffers are not given again */
	struct st_reply *replies; /* ST_RING_SIZE */
	struct st_reply *last_call;
	unsigned int n_done;
	struct st_event events[ST_MAX_EVENTS];
	unsigned int n_events, n_taken_events;
	const struct st_framing *framing; /* of what is sent; NULL: one piece each */
	uint32_t known[ST_MAX_KNOWN];     /* stream ids for which events may come */
	unsigned int n_known;
	struct st_stream *streams[ST_MAX_STREAMS];
	uint32_t last_stream_id, last_resource_id, last_object;
	uint64_t n_commands;
	jmp_buf fail;
	char why[400];
	uint8_t *pixels; /* ST_MAX_PIXELS */
	struct st_h264 *writers[ST_MAX_WRITERS];
};

#define ST_MAX_PIXELS (1u << 20)

enum st_flags {
	ST_NO_EVENTS = 1 << 0, /* the session begins without event buffers */
	ST_NO_SG = 1 << 1,     /* RESOURCE_NON_CONTIG is not negotiated */
	ST_NO_PAGES = 1 << 2,  /* RESOURCE_GUEST_PAGES is not negotiated */
	ST_FRESH = 1 << 3,     /* in a session of its own */
	ST_PLAIN = 1 << 4,     /* neither indirect descriptors nor event indices */
	ST_PAGES = 1 << 5,     /* about guest pages: its buffers are never objects */
};

struct st_case {
	const char *name;
	void (*run)(struct st *st);
	unsigned int flags;
	const void *data; /* of the test's own kind: st->test->data */
};

/* One file's tests; the last has no name. */
extern const struct st_case selftest_commands[], selftest_errors[], selftest_framing[],
	selftest_queues[], selftest_changes[], selftest_limits[], selftest_habits[],
	selftest_random[];

/* ---- selftest.c ---- */

_Noreturn void st_fail(struct st *st, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void st_check(struct st *st, bool ok, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* ---- selftest-session.c ---- */

/* Begins a session with the device, of flags in enum st_flags; 0 or -errno. */
int st_session_start(struct st *st, unsigned int flags);
int st_session_stop(struct st *st);
/* Destroys what the test made; all chains must be back. */
void st_session_clean(struct st *st);

/* Waits for the next event and wants it to be this. */
void st_wait_event(struct st *st, uint32_t type, uint32_t stream_id);
/* No event that was not taken is there, now or in a moment. */
void st_no_event(struct st *st);
void st_post_events(struct st *st, unsigned int n);

bool st_is_known(const struct st *st, uint32_t stream_id);
/* Returns whether an event came. */
bool st_take_events(struct st *st);

/* ---- selftest-message.c ---- */

/* Sends a request; the reply is kept until st_drop(). cap_bytes: room for the answer. */
struct st_reply *st_send_cap(struct st *st, const void *request, size_t size_bytes,
			     uint32_t cap_bytes);
/* With the room that drivers give for its type. */
struct st_reply *st_send(struct st *st, const void *request, size_t size_bytes);
/* The request goes on in other guest memory. */
struct st_reply *st_send_long(struct st *st, const void *request, size_t size_bytes, uint64_t gpa,
			      uint32_t extra_bytes);
/* Takes what has come; returns whether anything did. */
bool st_process(struct st *st);
void st_wait(struct st *st, const struct st_reply *reply);
/* One round of a wait for what; *end_ms is 0 at first. Fails when it has lasted too long. */
void st_tick(struct st *st, int64_t *end_ms, const char *what);
/* Fails where the reply comes within a moment. */
void st_quiet(struct st *st, const struct st_reply *reply);
/* Lets a moment go by. */
void st_moment(struct st *st);
void st_drop(struct st *st, struct st_reply *reply);
/* Sends and waits; the reply is valid until the next call. */
const struct st_reply *st_call(struct st *st, const void *request, size_t size_bytes);
/* Sends, waits, and wants this type of answer. */
void st_expect(struct st *st, const void *request, size_t size_bytes, uint32_t type);
uint32_t st_reply_type(const struct st_reply *reply);
uint32_t st_answer_room(const struct st *st, uint32_t request_type);
uint32_t st_get32(const uint8_t *bytes, size_t at);
/* Takes what has come, events first; waits for nothing. */
bool st_take_answers(struct st *st);
/* The area of a message holds what it must. */
void st_check_area(struct st *st, const struct st_reply *reply, const char *when);

/* ---- selftest-stream.c: streams, buffers, frames ---- */

enum { ST_INPUT, ST_OUTPUT };

/* Whether the test's buffers are objects. */
bool st_has_objects(const struct st *st);
/* STREAM_CREATE, SET_PARAMS with guest pages (or objects) and NV12; ext: in the EXT dialect. */
struct st_stream *st_open(struct st *st, bool ext);
/* The same without any command after STREAM_CREATE. */
struct st_stream *st_create(struct st *st, uint32_t mem_type);
void st_destroy(struct st *st, struct st_stream *stream);
void st_forget_stream(struct st *st, struct st_stream *stream);
void st_set_params(struct st_stream *stream, int side, const struct guest_params *params);
void st_get_params(struct st_stream *stream, int side);
/* Guest memory and RESOURCE_CREATE for n more buffers. */
void st_make(struct st_stream *stream, int side, unsigned int n, uint32_t size_bytes);
void st_make_like_params(struct st_stream *stream, unsigned int n);
/* Memory for a buffer, and the entries that tell the device of it; and its end. */
void st_take_memory(struct st *st, struct st_buffer *buffer, size_t size_bytes, bool object);
void st_release_memory(struct st *st, struct st_buffer *buffer);
/* RESOURCE_CREATE of a buffer as it is. */
uint32_t st_create_resource(struct st_stream *stream, struct st_buffer *buffer);
/* RESOURCE_QUEUE; the reply is the buffer's too. */
struct st_reply *st_feed(struct st_stream *stream, struct st_buffer *buffer, const void *data,
			 size_t size_bytes, uint64_t timestamp);
struct st_reply *st_give(struct st_stream *stream, unsigned int index);
void st_give_all(struct st_stream *stream);
/* QUEUE_CLEAR or RESOURCE_DESTROY_ALL of a side, answered OK. */
void st_clear(struct st_stream *stream, int side);
void st_destroy_all(struct st_stream *stream, int side);
struct st_reply *st_drain(struct st_stream *stream);
/* A queue command in one line. */
struct wire_queue_cmd st_queue_cmd(uint32_t type, uint32_t stream_id, int side);
uint32_t st_queue_type(int side);

/* An answer to RESOURCE_QUEUE. */
struct st_queued {
	uint32_t type, flags, size_bytes;
	uint64_t timestamp;
};
struct st_queued st_read_queued(const struct st_reply *reply);
/* Waits for the answer of a queued buffer and takes it. */
struct st_queued st_take(struct st_stream *stream, struct st_buffer *buffer);
void st_expect_taken(struct st_stream *stream, struct st_buffer *buffer, uint64_t timestamp,
		     uint32_t flags);
/* The oldest answer among the queued outputs, waited for. */
struct st_buffer *st_next_output(struct st_stream *stream);
/* The picture in an output buffer, by the output's params, as a hash of its cropped planes. */
/* The same of what a test has gathered in st->pixels. */
uint64_t st_pixels_hash(const struct st_stream *stream);
uint64_t st_picture_hash(struct st_stream *stream, const struct st_buffer *buffer);
/* The buffer comes back with this frame. */
struct st_picture;
void st_expect_frame(struct st_stream *stream, struct st_buffer *buffer,
		     const struct st_picture *picture, uint64_t timestamp);
/* From a sequence header on: 0x200, GET_PARAMS, n output buffers more than min_buffers, queued. */
void st_start_output(struct st_stream *stream, unsigned int more);
/*
 * What the Linux driver does at a change, in its order: GET_PARAMS, QUEUE_CLEAR, RESOURCE_DESTROY_ALL,
 * RESOURCE_CREATE and RESOURCE_QUEUE of min_buffers and some more. Frames that came meanwhile are
 * kept for st_expect_next().
 */
void st_react(struct st_stream *stream, unsigned int more);
/* The end of a drain: EOS on a buffer of its own, and then OK. */
void st_expect_end(struct st_stream *stream, struct st_reply *drain);
/* The next frame, in whatever buffer. */
void st_expect_next(struct st_stream *stream, const struct st_picture *picture, uint64_t timestamp);
/* One picture through a stream of its own: that the device still decodes. */
void st_decode_check(struct st *st);

/* ---- selftest-h264.c: pictures known by construction ---- */

#define ST_H264_BYTES 400000u
#define ST_MAX_SIDE   256

struct st_picture {
	uint32_t width, height; /* visible */
	uint64_t hash;
};

struct st_h264 {
	uint32_t width, height, crop_right, crop_bottom; /* of the next sequence header */
	uint32_t coded_width, coded_height;
	uint32_t dpb; /* max_dec_frame_buffering */
	uint32_t level_idc;
	unsigned int frame_num, idr_pic_id;
	size_t size_bytes; /* of what was written and not yet taken */
	uint8_t bytes[ST_H264_BYTES];
	uint8_t planes[3][ST_MAX_SIDE * ST_MAX_SIDE];
};

/* Goes with the test. */
struct st_h264 *st_h264_new(struct st *st, uint32_t width, uint32_t height);
/* Each appends to bytes[]. */
void st_h264_headers(struct st_h264 *h);
/* A profile that VA-API does not have. */
void st_h264_bad_headers(struct st_h264 *h);
struct st_picture st_h264_idr(struct st_h264 *h, uint32_t seed);
/* Mostly a copy of the picture before. */
struct st_picture st_h264_p(struct st_h264 *h, uint32_t seed);
/* All pictures so far are whole: without it a decoder waits for what follows the last one. */
void st_h264_end(struct st_h264 *h);
void st_h264_take(struct st_h264 *h);
void st_h264_free_all(struct st *st);
uint64_t st_hash(uint64_t hash, const uint8_t *bytes, size_t n);
#define ST_HASH_BEGIN UINT64_C(0xcbf29ce484222325)

/* A generator of numbers. */
uint32_t st_pick(uint32_t *seed, uint32_t n);

#endif
