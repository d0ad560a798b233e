/* SPDX-License-Identifier: MIT */
/*
 * decoder.h - the frame that all codecs share: the decoder's insides and the codec's ops table
 *
 * A codec parses units and keeps its references; everything else (API, events, frames, submission)
 * stands here once. Each codec is one instance of the same shape: <codec>-parser.c, -dpb.c or -refs.c,
 * -va.c, -decoder.c.
 */
#ifndef LIBVACODEC_DECODER_H
#define LIBVACODEC_DECODER_H

#include "extradata.h"
#include "frame-pool.h"
#include "reorder.h"
#include "unit-splitter.h"
#include "vacodec.h"
#include "vawrap.h"
#include "wake.h"

#define DECODER_MAX_IN_FLIGHT 32

struct probe_ops;

/*
 * What a codec does. parse_unit() returns -EAGAIN when the unit cannot be decoded yet (a FORMAT
 * waits for its answer, no frame is free): it is called again with the same unit and goes on where it
 * stopped. -EBADMSG costs the unit; any other error ends the session.
 */
struct codec_ops {
	enum vacodec_codec codec;
	const char *name;
	const VAProfile *profiles; /* that it can decode, best last; ends with VAProfileNone */
	enum unit_syntax syntax;
	int (*open)(struct vacodec_decoder *decoder);
	void (*close)(struct vacodec_decoder *decoder);
	/*
	 * Reads the out-of-band record of ISO base media files: its units, and of how many bytes the
	 * lengths before all further units are. 1; 0 when the data is no such record, but a stream;
	 * -EBADMSG. NULL where there is none.
	 */
	int (*read_record)(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
			   unsigned int *length_bytes);
	int (*parse_unit)(struct vacodec_decoder *decoder, const struct unit *unit);
	/* Completes the current picture; may be called without one. */
	int (*finish_picture)(struct vacodec_decoder *decoder);
	/* Drops the current picture and all references, keeps parameter sets. */
	void (*flush)(struct vacodec_decoder *decoder);
	const struct probe_ops *probe;
};

extern const struct codec_ops h264_codec_ops;
/* NULL for a number that is no codec. */
const struct codec_ops *codec_ops_get(enum vacodec_codec codec);

/* Pictures that were given to the driver and not waited for, oldest first. */
struct in_flight {
	struct {
		struct vacodec_frame *frame;
		struct vawrap_picture *picture; /* the frame's, or the one of a field */
		bool last;                      /* the frame is whole with it */
	} jobs[DECODER_MAX_IN_FLIGHT];
	unsigned int first;
	unsigned int n;
	unsigned int max;
};

/*
 *   NONE --new_format--> QUEUED --receive--> ASKED --accept--> NONE
 */
enum format_state {
	FORMAT_NONE,
	FORMAT_QUEUED,
	FORMAT_ASKED,
};

struct vacodec_decoder {
	atomic_uint refs;
	struct vawrap_display *display;
	const struct codec_ops *ops;
	void *codec; /* the codec's own */
	struct vacodec_log log;
	char last_error[240];
	bool show_incomplete;
	struct wake *wake;
	struct unit_splitter splitter;
	size_t rest_bytes;            /* of the packet that was taken in part */
	struct vacodec_format format; /* the newest; of pool once it was accepted */
	enum format_state format_state;
	struct frame_pool *pool;
	struct in_flight in_flight;
	struct reorder reorder;
	struct event_queue events;
	struct vacodec_stats stats;
	int ended;          /* 0 or the -errno of the ERROR event */
	bool draining;      /* between drain() and its DRAINED */
	bool input_ended;   /* of the drain: the last unit was completed */
	bool refused;       /* the last send was refused */
	bool waiting_frame; /* the unit at hand waits for a free frame */
};

/* ---- For the codecs ---- */

/* A warning or an error, which the client can also ask for. */
void decoder_warn(struct vacodec_decoder *decoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void decoder_debug(struct vacodec_decoder *decoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* True when the display decodes the profile. */
bool decoder_has_profile(struct vacodec_decoder *decoder, VAProfile profile);
/*
 * Begins a sequence. When the format differs, all frames are output, a FORMAT event follows, and
 * the answer is -EAGAIN until it is accepted.
 */
int decoder_begin_sequence(struct vacodec_decoder *decoder, const struct vacodec_format *format);
/* A free frame with one reference; -EAGAIN when there is none. */
int decoder_acquire_frame(struct vacodec_decoder *decoder, struct vacodec_frame **out);
/* Queues the first frame in output order; false when none waits. */
bool decoder_output_first(struct vacodec_decoder *decoder);
void decoder_output_all(struct vacodec_decoder *decoder);

/* ---- submit.c: a picture's way to the driver ---- */

int submit_add_reference(struct vacodec_frame *frame, struct vacodec_frame *reference);
int submit_add_data(struct vacodec_frame *frame, VABufferType type, const void *data,
		    size_t size_bytes);
/*
 * Gives the frame's current picture to the driver; last: no second field follows. A picture that the
 * driver refuses is flagged corrupt, which is no error; a lost device is.
 */
int submit_picture(struct vacodec_decoder *decoder, struct vacodec_frame *frame, bool last);
/* Waits for the oldest picture in flight; false when there is none. */
bool submit_wait_oldest(struct vacodec_decoder *decoder, int *error);
/* Forgets all pictures in flight after waiting for them. */
int submit_wait_all(struct vacodec_decoder *decoder);
/* The same without waiting. */
void submit_forget_all(struct vacodec_decoder *decoder);

#endif
