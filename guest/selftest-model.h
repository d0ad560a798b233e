/* SPDX-License-Identifier: MIT */
/*
 * selftest-model.h - what a device may answer, whatever the guest does and however time goes by
 *
 * Commands are dispatched in order, so that streams and resources are known exactly. Whether a
 * queued buffer or a drain is still pending when the next command arrives is not: where that
 * matters, more than one answer is legal.
 */
#ifndef GUEST_SELFTEST_MODEL_H
#define GUEST_SELFTEST_MODEL_H

#include "selftest-private.h"

#define MODEL_STREAMS   4
#define MODEL_BUFFERS   4 /* of each queue of a stream */
#define MODEL_SIZES     4
#define MODEL_GOPS      3
#define MODEL_GOP       6
#define MODEL_UNITS     256
#define MODEL_IN_BYTES  (4 * GUEST_PAGE_BYTES)
#define MODEL_OUT_BYTES (3 * GUEST_PAGE_BYTES)

/* An access unit, made once and sent often. */
struct model_unit {
	uint8_t *bytes;
	uint32_t size_bytes, width, height;
	uint64_t hash;
	bool idr;
};

enum model_input_state { MODEL_SENT, MODEL_TAKEN, MODEL_DROPPED };

/* A unit that was sent. */
struct model_input {
	const struct model_unit *unit;
	uint64_t timestamp, serial;
	unsigned int epoch;
	enum model_input_state state;
	bool shown;
	bool tainted; /* something before it was lost: no word about its picture */
};

/* One life of a stream id. */
struct model_stream {
	uint32_t id;
	unsigned int life; /* 0: there is no such stream */
	bool planar;
	bool exists[2][MODEL_BUFFERS];
	uint64_t clear_serial[2]; /* the last command that answers a queue's buffers */
	uint64_t replace_serial[2][MODEL_BUFFERS];
	uint64_t cancel_serial;             /* the last that may end a drain */
	unsigned int epoch, epoch_answered; /* seeks, sent and answered */
	unsigned int drains_pending, eos, drained;
	bool want_idr, taint_idr;
	bool unheeded, heeded;      /* since an event; in this round */
	unsigned int size, gop, at; /* the next unit */
	struct model_input inputs[MODEL_UNITS];
	uint64_t n_inputs;
	uint64_t last_shown;
	uint32_t shown_width, shown_height;
	bool shown_unknown;     /* the last frame was one of which nothing is known */
	uint64_t params_serial; /* the last GET_PARAMS(OUTPUT) */
};

/* What is known of a command when it is sent. */
struct model_command {
	struct st_reply *reply;
	uint64_t serial;
	uint32_t type;
	unsigned int stream, life, side, buffer, epoch;
	uint32_t exact;       /* the only legal type, or 0 */
	bool may_be_queued;   /* 0x304 is legal */
	bool may_be_draining; /* 0x300 is legal */
	bool no_room, any_error;
	uint64_t timestamp;
	bool has_input; /* inputs[] knows it */
};

struct model_buffer {
	struct st_buffer base;
	unsigned int n_pending;
	uint8_t shadow[MODEL_OUT_BYTES];
};

struct model {
	struct st *st;
	uint32_t seed;
	uint64_t serial, n_frames, n_errors, n_changes, n_drains, n_seeks;
	uint64_t timestamp;
	struct model_unit units[MODEL_SIZES][MODEL_GOPS][MODEL_GOP];
	struct model_stream streams[MODEL_STREAMS];
	struct model_buffer buffers[MODEL_STREAMS][2][MODEL_BUFFERS];
	struct model_command commands[ST_RING_SIZE]; /* in flight */
	unsigned int n_commands;
	struct guest_params layouts[MODEL_SIZES][2]; /* as GET_PARAMS said; plain and planar */
};

/* Makes units and buffers of guest memory; and frees them. */
void model_begin(struct model *model);
void model_end(struct model *model);
/* Judges the answers that have come, in their order, and the events. */
void model_process(struct model *model);
/* No byte of an output changes while the guest has it. */
void model_check_memory(struct model *model);
struct model_input *model_find_input(struct model_stream *stream, uint64_t timestamp);

#endif
