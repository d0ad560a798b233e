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
#include "start.h"
#include "unit-splitter.h"
#include "vacodec.h"
#include "vawrap.h"
#include "wake.h"

#define DECODER_MAX_IN_FLIGHT 32
/* Sizes of pictures that are never output, at one time. */
#define DECODER_MAX_LAYERS 4

#define CODEC_MAX_TARGET_IDS 2

struct probe_ops;

/*
 * What a codec does, in the order in which its functions are called. It keeps parameter sets and
 * reference pictures; what is here is the same for all of them.
 */
struct codec_ops {
	enum vacodec_codec codec;
	const char *name;
	const VAProfile *profiles;  /* that it can decode, best last; ends with VAProfileNone */
	enum unit_syntax syntax;    /* how units are told apart where extradata does not say */
	unit_split_fn split_packet; /* of packets with more than one unit; NULL where each is one */
	int (*open)(struct vacodec_decoder *decoder);
	void (*close)(struct vacodec_decoder *decoder);
	/*
	 * Reads the out-of-band record of ISO base media files: its units, and of how many bytes the
	 * lengths before all further units are (0: units are told apart as ever). 1; 0 when the data is
	 * no such record, but a stream; -EBADMSG. NULL where there is none.
	 */
	int (*read_record)(const uint8_t *data, size_t size_bytes, const struct unit_sink *sink,
			   unsigned int *length_bytes);
	/*
	 * -EAGAIN when the unit cannot be decoded yet (a FORMAT waits for its answer, no frame is free):
	 * it is called again with the same unit and goes on where it stopped. -EBADMSG costs the unit;
	 * any other error ends the session.
	 */
	int (*parse_unit)(struct vacodec_decoder *decoder, const struct unit *unit);
	/* Of decoder_begin_sequence(): frames change, so all references are dropped. */
	void (*new_sequence)(struct vacodec_decoder *decoder);
	/* Of picture_begin(): the frame is there, nothing can stop the picture any more. */
	void (*begin_picture)(struct vacodec_decoder *decoder);
	/* Completes the current picture; may be called without one. Its frame waits for output then. */
	int (*finish_picture)(struct vacodec_decoder *decoder);
	/* Drops the current picture and all references, keeps parameter sets. */
	void (*flush)(struct vacodec_decoder *decoder);
	const struct probe_ops *probe;
	/* Where picture parameters name the target: after how many bytes, and 1; 0: nowhere (further). */
	uint16_t target_ids[CODEC_MAX_TARGET_IDS];
};

extern const struct codec_ops av1_codec_ops;
extern const struct codec_ops h264_codec_ops;
extern const struct codec_ops hevc_codec_ops;
extern const struct codec_ops vp8_codec_ops;
extern const struct codec_ops mpeg2_codec_ops;
extern const struct codec_ops vp9_codec_ops;
/* NULL for a number that is no codec. */
const struct codec_ops *codec_ops_get(enum vacodec_codec codec);

/* vacodec_decoder_new() for a codec that needs not be in the table. */
int decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
		const struct codec_ops *ops, struct vacodec_decoder **out);

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

/* The picture that is being decoded. */
struct current {
	struct vacodec_frame *frame; /* NULL: there is none */
	int64_t order;               /* in output */
	bool shown;
	unsigned int n_slices; /* that the driver is to be given */
	bool broken;           /* not all of them could be: it is not submitted */
};

/* Of the sequence: frames of the decoded picture buffer, frames that may wait for output. */
struct output_limits {
	unsigned int max_frames;
	unsigned int max_reorder;
	uint64_t max_latency; /* SpsMaxLatencyPictures of HEVC; 0: no limit */
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
	bool skip_film_grain;
	struct wake *wake;
	struct unit_splitter splitter;
	size_t rest_bytes;            /* of the packet that was taken in part */
	struct vacodec_format format; /* the newest; of pool once it was accepted */
	enum format_state format_state;
	struct frame_pool *pool;
	struct frame_pool *layers[DECODER_MAX_LAYERS]; /* of other sizes; the newest first */
	struct in_flight in_flight;
	struct start start;
	struct current current;
	uint64_t n_begun; /* pictures */
	struct reorder reorder;
	struct output_limits output_limits;
	struct event_queue events;
	struct vacodec_stats stats;
	int ended;          /* 0 or the -errno of the ERROR event */
	bool draining;      /* between drain() and its DRAINED */
	bool input_ended;   /* of the drain: the last unit was completed */
	bool refused;       /* the last send was refused */
	bool waiting_frame; /* the unit at hand waits for a free frame */
};

/* Accepts the format that was asked for; place NULL: nothing is in place, else it is good. */
int decoder_accept_format(struct vacodec_decoder *decoder, const struct vacodec_place *place,
			  unsigned int n_frames);

/* Whether the fd is readable, after a change of what it says. */
void decoder_update_fd(struct vacodec_decoder *decoder);

/* frames.c: queues the FORMAT event of the format. */
void decoder_announce_format(struct vacodec_decoder *decoder);

/* place.c: whether pictures arrive in the client's buffers. */
bool place_is_good(struct vacodec_decoder *decoder, const struct vacodec_place *place);

/* ---- vacate.c ---- */

/* Adds parameters to a picture in place, which are kept at hand as long as it may be moved. */
int vacate_add_parameters(struct vacodec_frame *frame, const void *data, size_t size_bytes);

/* ---- For the codecs ---- */

/* A warning or an error, which the client can also ask for. */
void decoder_warn(struct vacodec_decoder *decoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void decoder_debug(struct vacodec_decoder *decoder, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* True when the display decodes the profile. */
bool decoder_has_profile(struct vacodec_decoder *decoder, VAProfile profile);
/*
 * Sets the format's profile and fourcc: the first of the list that the display has, with surfaces for
 * such pictures; -ENOTSUP where there is none, and -errno of a VA call.
 */
int decoder_choose_profile(struct vacodec_decoder *decoder, const VAProfile *list, unsigned int n,
			   struct vacodec_format *format);
/*
 * Begins a sequence. When the format differs, all references are dropped, all frames are output, a
 * FORMAT event follows, and the answer is -EAGAIN until it is accepted.
 */
int decoder_begin_sequence(struct vacodec_decoder *decoder, const struct vacodec_format *format);
/*
 * The same in the middle of a sequence: references stay, and their frames, of the old format, may be
 * referred to by pictures of the new one. Where surfaces and their number stay, so do the frames, and
 * only their crop is new.
 */
int decoder_change_format(struct vacodec_decoder *decoder, const struct vacodec_format *format);
/* A free frame with one reference; -EAGAIN when there is none. */
int decoder_acquire_frame(struct vacodec_decoder *decoder, struct vacodec_frame **out);
/* Queues the first frame in output order; false when none waits. */
bool decoder_output_first(struct vacodec_decoder *decoder);
void decoder_output_all(struct vacodec_decoder *decoder);

/* The session ends; what was decoded before comes out first. */
void decoder_fail(struct vacodec_decoder *decoder, int error);
void decoder_push_event(struct vacodec_decoder *decoder, enum vacodec_event_type type, int error);

/* ---- frames.c: the pools; for decoder.c and picture.c ---- */

/* Of the format that the client has accepted; ops NULL: own surfaces, and what there is in place. */
int frames_make(struct vacodec_decoder *decoder, const struct vacodec_frame_ops *ops,
		const struct vacodec_place *place, unsigned int n_frames);
void frames_finish(struct vacodec_decoder *decoder);
/* The pool with frames of that format's surfaces, which is made where there is none. */
int frames_find_pool(struct vacodec_decoder *decoder, const struct vacodec_format *format,
		     struct frame_pool **out);
/* As decoder_acquire_frame(), for a picture of the stream: it may come into a buffer of the client's. */
int frames_acquire(struct vacodec_decoder *decoder, struct frame_pool *pool,
		   struct vacodec_frame **out);
int frames_acquire_again(struct vacodec_decoder *decoder, struct vacodec_frame *frame,
			 struct vacodec_frame **out);

/* ---- picture.c: the current picture ---- */

/* Begins a picture in a free frame; -EAGAIN as parse_unit() says. */
int picture_begin(struct vacodec_decoder *decoder, uint64_t timestamp);
/*
 * The same for a picture of a size of its own that is never output: layer is the format that it would
 * have, with min_frames as many as can be in use at one time.
 */
int picture_begin_layer(struct vacodec_decoder *decoder, uint64_t timestamp,
			const struct vacodec_format *layer);
/* After picture_place(): the current picture is decoded and may be referred to, but is not output. */
void picture_hide(struct vacodec_decoder *decoder);
/*
 * A frame that was decoded before is output (again), in its turn behind all that wait, with another
 * timestamp and flags of its own; with a picture at hand only after that is finished. -EAGAIN as
 * parse_unit() says.
 */
int picture_show_again(struct vacodec_decoder *decoder, struct vacodec_frame *frame,
		       uint64_t timestamp, uint32_t flags);
/* Goes on with the second field of the current frame. */
void picture_begin_second(struct vacodec_decoder *decoder);
/* Its place in output order is known, and start.h where it stands: decides whether it is shown. */
void picture_place(struct vacodec_decoder *decoder, int64_t order);
/* Something of the current picture is missing or wrong; nothing happens without one. */
void picture_damage(struct vacodec_decoder *decoder);
/* The current picture refers to a frame: damage there is damage here. */
void picture_refer(struct vacodec_decoder *decoder, struct vacodec_frame *reference);
/* It refers to what is not there; number: its place in decoding order, UINT64_MAX where unknown. */
void picture_refer_missing(struct vacodec_decoder *decoder, uint64_t number);
/*
 * A slice's buffers were made, or ret says why not: a picture whose buffers the driver refuses is
 * lost, not the session. Returns what ends the session.
 */
int picture_add_slice(struct vacodec_decoder *decoder, int ret);
/* Gives the picture to the driver, as submit_picture(); one without slices is damaged. */
int picture_submit(struct vacodec_decoder *decoder, bool last);
/* Lets go of the current picture, which is finished, or not wanted. */
void picture_drop(struct vacodec_decoder *decoder);

/* Where a codec keeps its references. */
struct conceal_candidates {
	const void *items;
	size_t n, item_bytes;
	/* False for an item that cannot stand in for another one. */
	bool (*get_order)(const void *item, int64_t *order);
};

/* Stands in for a reference that is not there: what is nearest to a place in output order, or NULL. */
const void *conceal_find_nearest(const struct conceal_candidates *candidates, int64_t order);
/* Where there is nothing: a flagged frame of undefined content, with one reference. */
int conceal_make_frame(struct vacodec_decoder *decoder, struct vacodec_frame **out);

/* ---- output.c: n_references counts what the codec keeps, frames or not ---- */

/* Makes room for one frame. */
void output_make_room(struct vacodec_decoder *decoder, unsigned int n_references);
/* The current frame is whole and waits for output; outputs what its turn is. */
void output_store(struct vacodec_decoder *decoder, unsigned int n_references, int64_t order);

/* ---- submit.c: a picture's way to the driver ---- */

int submit_add_reference(struct vacodec_frame *frame, struct vacodec_frame *reference);
int submit_add_data(struct vacodec_frame *frame, VABufferType type, const void *data,
		    size_t size_bytes);
/* The same with n elements in a buffer, of size_bytes each. */
int submit_add_array(struct vacodec_frame *frame, VABufferType type, const void *data,
		     size_t size_bytes, unsigned int n);
/* One parameter buffer and one data buffer a slice: some drivers take no array. */
int submit_add_slice(struct vacodec_frame *frame, const void *parameters, size_t parameters_bytes,
		     const void *data, size_t size_bytes);
/*
 * Gives the frame's current picture to the driver; last: no second field follows. A picture that the
 * driver refuses is flagged corrupt, which is no error; a lost device is.
 */
int submit_picture(struct vacodec_decoder *decoder, struct vacodec_frame *frame, bool last);
/* No second field follows after all. */
void submit_complete(struct vacodec_decoder *decoder, struct vacodec_frame *frame);
/* Waits for the oldest picture in flight; false when there is none. */
bool submit_wait_oldest(struct vacodec_decoder *decoder, int *error);
/* Forgets the oldest ones for as long as the client has waited for their frames. */
int submit_collect(struct vacodec_decoder *decoder);
/* Forgets all pictures in flight after waiting for them. */
int submit_wait_all(struct vacodec_decoder *decoder);
/* The same without waiting. */
void submit_forget_all(struct vacodec_decoder *decoder);

#endif
