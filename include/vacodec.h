/* SPDX-License-Identifier: MIT */
/*
 * vacodec.h - video decoders over VA-API: bitstream in, surfaces out
 *
 * Push bytes with vacodec_decoder_send(), pull events with vacodec_decoder_receive(). The decoder
 * starts no thread and never runs ahead of the events by more than one unit (for H.264 and HEVC,
 * one NAL unit). A call that cannot proceed takes nothing and changes nothing, so it can be retried.
 *
 *     send(packet) ... receive() -> FORMAT   the first sequence header, and each change of it
 *     accept_format()                        until then send is -EAGAIN
 *     send(packet) ... receive() -> FRAME    in output order
 *     drain() ... receive() -> FRAME ... DRAINED
 *
 * Common to all functions: 0 (or a count) or -errno:
 *     -EINVAL misuse, -ENOMEM, -EAGAIN not now, -ENOTSUP stream or profile not supported,
 *     -EBADMSG bitstream, -ETIMEDOUT, -EIO VA failure, -ENODEV device lost, -ESHUTDOWN.
 * Threads: a decoder is used by one thread at a time; frames may be synced and unreferenced from
 * any. The decoder holds a reference on the display.
 */
#ifndef VACODEC_H
#define VACODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#pragma GCC visibility push(default)
#endif

struct vawrap_display;
struct vawrap_dmabuf;
struct vawrap_surface;
struct vacodec_buffer;
struct vacodec_decoder;
struct vacodec_frame;

enum vacodec_codec {
	VACODEC_CODEC_NONE,
	VACODEC_CODEC_H264,  /* ITU-T H.264: Annex B byte stream, or length-prefixed with avcC */
	VACODEC_CODEC_HEVC,  /* ITU-T H.265: Annex B byte stream, or length-prefixed with hvcC */
	VACODEC_CODEC_VP8,   /* RFC 6386: one frame a packet */
	VACODEC_CODEC_VP9,   /* one frame or superframe a packet */
	VACODEC_CODEC_AV1,   /* OBUs: the low-overhead form, or Annex B */
	VACODEC_CODEC_MPEG2, /* ITU-T H.262: elementary stream */
	VACODEC_N_CODECS,
};

/* "h264"; NULL for a number that is no codec, or one that nothing here decodes. */
const char *vacodec_codec_get_name(enum vacodec_codec codec);

/* ---- What the display can decode ---- */

#define VACODEC_MAX_PROFILES 32

struct vacodec_caps {
	enum vacodec_codec codec;
	unsigned int min_width, min_height; /* luma samples, at least 1 */
	unsigned int max_width, max_height;
	unsigned int n_profiles;
	int32_t profiles[VACODEC_MAX_PROFILES]; /* VAProfile, each once, ascending */
};

/*
 * Copies up to capacity entries, one for each codec that the display decodes; returns their number,
 * which may be more. Errors: -ESHUTDOWN, -EIO.
 */
int vacodec_get_caps(struct vawrap_display *display, struct vacodec_caps *caps, size_t capacity);

/* ---- Format and frames ---- */

struct vacodec_rect {
	unsigned int x, y, width, height; /* luma samples */
};

/* What a sequence header says. Source for H.264: Rec. ITU-T H.264, 7.4.2.1.1 and Annex E. */
struct vacodec_format {
	enum vacodec_codec codec;
	int32_t profile;        /* VAProfile that decodes it */
	unsigned int level;     /* ten times the level's number (4.1: 41), 1b: 9 */
	uint32_t fourcc;        /* of the surfaces: VA_FOURCC_NV12, ... */
	unsigned int chroma;    /* of the pictures: 420, 422, 444; 400 where only the
						   luma of a 4:2:0 surface counts. Monochrome H.264
						   is 420 with mid-grey chroma. */
	unsigned int bit_depth; /* of a sample, 8 to 12; where the fourcc has room for
						   more than that and than 8, the upper bits count */
	unsigned int coded_width, coded_height; /* luma samples, whole (smallest) coding blocks */
	struct vacodec_rect crop;               /* the visible part */
	unsigned int min_frames;  /* frames to decode with none held by the client: DPB + 1 */
	unsigned int max_reorder; /* frames that may precede one in decoding order and follow it
				     in output order */
	unsigned int frame_rate_num, frame_rate_den; /* 0/0 where the stream does not say */
	bool interlaced;                             /* field or MBAFF coding may occur; frames are
							whole all the same */
};

enum vacodec_frame_flags {
	VACODEC_FRAME_CORRUPT = 1 << 0, /* damaged, or made from what is damaged or missing */
	VACODEC_FRAME_KEY = 1 << 1,     /* decoding can start here */
	/*
	 * Coded as fields or MBAFF, or (HEVC) said to be shown as two fields; both fields are in the
	 * surface, line by line; of a single field the lines of the other are undefined.
	 */
	VACODEC_FRAME_INTERLACED = 1 << 2,
	VACODEC_FRAME_TOP_FIRST = 1 << 3, /* of those: the top field is the earlier one */
	/* The frame is one field, half as high as what is shown: HEVC codes fields so. */
	VACODEC_FRAME_FIELD = 1 << 4,
	VACODEC_FRAME_BOTTOM_FIELD = 1 << 5, /* of those: it is the bottom one */
};

/* The display that a video was made on. Source: Rec. ITU-T H.265, D.3.28 (SMPTE ST 2086). */
struct vacodec_mastering_display {
	bool present;
	uint16_t primaries[3][2]; /* x and y of red, green and blue, in units of 0.00002 */
	uint16_t white_point[2];
	uint32_t max_luminance, min_luminance; /* in units of 0.0001 cd/m2 */
};

/* In cd/m2, 0 unknown. Source: Rec. ITU-T H.265, D.3.35 (CTA-861.3). */
struct vacodec_content_light {
	bool present;
	uint16_t max_content; /* MaxCLL */
	uint16_t max_average; /* MaxFALL */
};

enum vacodec_hash_type {
	VACODEC_HASH_NONE,
	VACODEC_HASH_MD5,      /* 16 bytes */
	VACODEC_HASH_CRC,      /* 2 bytes */
	VACODEC_HASH_CHECKSUM, /* 4 bytes */
};

/*
 * What the encoder says of each component (Y, Cb, Cr) of the picture in its coded size, in the byte order
 * of the stream: big-endian. Source: Rec. ITU-T H.265, D.3.19.
 */
struct vacodec_picture_hash {
	enum vacodec_hash_type type;
	uint8_t value[3][16];
};

struct vacodec_frame_info {
	size_t size_bytes; /* sizeof(struct vacodec_frame_info), set by the caller */
	uint64_t timestamp;
	uint32_t flags; /* enum vacodec_frame_flags; CORRUPT is final once the frame is synced */
	uint32_t fourcc;
	unsigned int chroma, bit_depth; /* as in struct vacodec_format */
	unsigned int coded_width, coded_height;
	struct vacodec_rect crop;
	struct vacodec_mastering_display mastering_display; /* as the stream says for this frame */
	struct vacodec_content_light content_light;
	struct vacodec_picture_hash hash; /* where the stream has one, to check the picture by */
};

/*
 * A frame goes back to its pool with its last reference. NULL is accepted; unref returns NULL.
 * A picture that the stream shows again is a frame of its own, with its own timestamp, on the surface of
 * the first one: frames are not to be written to.
 */
struct vacodec_frame *vacodec_frame_ref(struct vacodec_frame *frame);
struct vacodec_frame *vacodec_frame_unref(struct vacodec_frame *frame);
int vacodec_frame_get_info(const struct vacodec_frame *frame, struct vacodec_frame_info *info);
/* The surface; valid while the frame is held. Its pixels are there after vacodec_frame_sync(). */
struct vawrap_surface *vacodec_frame_get_surface(const struct vacodec_frame *frame);
/*
 * Waits for the frame's pixels: timeout_ns 0 polls, -1 waits for ever.
 * Errors: -ETIMEDOUT; -EBADMSG the driver could not decode it whole (it is flagged corrupt);
 * -EIO, -ENODEV, -ESHUTDOWN.
 */
int vacodec_frame_sync(struct vacodec_frame *frame, int64_t timeout_ns);

/*
 * The caller's own frame memory: surfaces of the display that the format's decoder can use.
 * acquire() gives a surface that nobody uses, or NULL when there is none now: then send is
 * -EAGAIN until the caller has called vacodec_decoder_notify(). release() gives it back, on
 * whichever thread drops the last reference. The decoder holds its own reference in between.
 */
struct vacodec_frame_ops {
	struct vawrap_surface *(*acquire)(void *cookie);
	void (*release)(void *cookie, struct vawrap_surface *surface);
	void *cookie;
};

/* ---- Bytes of a stream ---- */

struct vacodec_packet {
	/* The caller's; not kept after the call, and nobody may write there while it lasts: copy a guest's. */
	const uint8_t *data;
	size_t size_bytes;
	uint64_t timestamp; /* opaque; a frame has that of the packet that holds its first byte */
};

/* ---- Buffers of the caller's, which pictures are brought into ---- */

/*
 * A buffer is linear memory of the caller's, imported as a surface of the display. What is written into
 * it is the driver's doing. The cookie is the caller's, and not looked at. The buffer has an fd of its
 * own. NULL is accepted by ref and unref, which is for any thread and returns NULL; it may block in the
 * driver. Errors: -EINVAL; -ENOMEM; -EMFILE; -EPERM a memfd that is not sealed against shrinking
 * (F_SEAL_SHRINK); those of vawrap_surface_new_dmabuf().
 */
int vacodec_buffer_new(struct vawrap_display *display, const struct vawrap_dmabuf *memory,
		       void *cookie, struct vacodec_buffer **out);
struct vacodec_buffer *vacodec_buffer_ref(struct vacodec_buffer *buffer);
struct vacodec_buffer *vacodec_buffer_unref(struct vacodec_buffer *buffer);
void *vacodec_buffer_get_cookie(const struct vacodec_buffer *buffer);
/*
 * The driver copies a synced frame of the same size and format into the buffer, and is waited for. There
 * are drivers that succeed and write elsewhere: with check the memory is filled before and looked at
 * afterwards, which is for the first copy of a kind. Errors: -EILSEQ the picture is not in the memory;
 * -EINVAL; -ENOMEM; -EIO, also memory that has gone; those of vawrap_surface_copy().
 */
int vacodec_buffer_copy(struct vacodec_buffer *buffer, const struct vacodec_frame *frame,
			bool check);

/*
 * Decoding in place: pictures come into buffers of the caller's where there is one to be lent, and into
 * the decoder's own memory else. lend() gives a buffer that nobody uses, or NULL. It is written to until
 * its frame is synced, or it was vacated, and is referred to until take_back(), which comes on
 * whichever thread drops the last reference: nobody is to write to it before that. lend() comes during
 * calls on the decoder. A buffer that list() does not give stays unused and is taken back at once.
 */
struct vacodec_place {
	struct vacodec_buffer *(*lend)(void *cookie);
	void (*take_back)(void *cookie, struct vacodec_buffer *buffer);
	/*
	 * Each buffer that may be lent, at a place below n_most; NULL: there is none at that place. All are asked
	 * for before the first lend() and once more after the trial, since there may be more of them by then.
	 */
	struct vacodec_buffer *(*list)(void *cookie, unsigned int i);
	unsigned int n_most;
	void *cookie; /* outlives the decoder and its frames */
	/* What the stream begins with, or what was sent last: a picture with its parameter sets (extradata is not seen). */
	struct vacodec_packet head;
};

/* The cookie of the buffer that the frame is in; NULL: it is in the decoder's own memory. */
void *vacodec_frame_get_place(const struct vacodec_frame *frame);

/* ---- Decoder ---- */

/* As enum vawrap_log_level: 0 error, 1 warning, 2 info, 3 debug. */
struct vacodec_log {
	void (*write)(void *cookie, int level, const char *message);
	void *cookie;
	int level;
};

struct vacodec_decoder_params {
	size_t size_bytes; /* sizeof(struct vacodec_decoder_params) */
	enum vacodec_codec codec;
	struct vacodec_log log; /* copied; write NULL is silent */
	/*
	 * Out-of-band parameter sets; read during the call, may be NULL. They are a byte stream
	 * (Annex B), or, when their first byte is 1, the record of ISO base media and Matroska files
	 * (avcC, hvcC); then the stream's units are behind lengths, of as many bytes as the record says.
	 */
	const uint8_t *extradata;
	size_t extradata_bytes;
	unsigned int max_in_flight; /* pictures submitted and not waited for; 0 means 4 */
	bool show_incomplete; /* output frames before the first recovery point is complete, too */
	bool skip_film_grain; /* AV1: output frames as they are decoded, without grain */
};

/*
 * Makes a decoder. The display is held until the last frame and the decoder are gone.
 * Errors: -ENOTSUP the display does not decode the codec; -EINVAL; -ENOMEM; -EBADMSG extradata.
 */
int vacodec_decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
			struct vacodec_decoder **out);
struct vacodec_decoder *vacodec_decoder_ref(struct vacodec_decoder *decoder);
struct vacodec_decoder *vacodec_decoder_unref(struct vacodec_decoder *decoder);

/*
 * Takes bytes of the stream, split in any way. Returns how many were taken, at least 1 and possibly
 * fewer than given (call again with the rest); 0 only for an empty packet. For VP8 that is a frame which
 * its encoder dropped: the one before it is shown again.
 * Where units are behind lengths, a wrong length costs what follows it in its packet; the next packet
 * that is whole units from its first byte to its last one begins anew. So it is, too, when a unit
 * reaches beyond its packet's end and none did before, but then the length was right if the next
 * packet is not whole units. (A stream in pieces that are cut anywhere gives the same frames, but
 * has no such place after damage before a drain or a flush.)
 * Errors: -EAGAIN receive an event, accept the format or give a frame back first; nothing was
 * taken. -ENOTSUP, -EIO, -ENODEV, -ESHUTDOWN: the session has ended (an ERROR event said so).
 * A damaged unit is no error: it is skipped, and its frames are flagged; so is what refers to them, up to
 * the next key picture or recovery point. In the middle of a stream, headers that would end the session
 * with -ENOTSUP count when they come a second time: the first time may be damage.
 */
ssize_t vacodec_decoder_send(struct vacodec_decoder *decoder, const struct vacodec_packet *packet);

enum vacodec_event_type {
	VACODEC_EVENT_FORMAT = 1, /* frames of the old format came before it; one of them that the
				     stream shows again may come after it */
	VACODEC_EVENT_FRAME,
	VACODEC_EVENT_DRAINED,
	VACODEC_EVENT_ERROR, /* the session has ended; error says why */
};

struct vacodec_event {
	size_t size_bytes; /* sizeof(struct vacodec_event), set by the caller */
	enum vacodec_event_type type;
	struct vacodec_frame *frame;  /* FRAME: a reference that the caller now owns */
	struct vacodec_format format; /* FORMAT */
	int error;                    /* ERROR: -errno */
};

/*
 * Gives the oldest event. timeout_ns 0 polls; otherwise the call waits (-1: for ever) while a frame
 * that somebody still holds is what a send or an unfinished drain waits for.
 * Errors: -EAGAIN no event: send more, or a refused send would now be taken. -ETIMEDOUT.
 */
int vacodec_decoder_receive(struct vacodec_decoder *decoder, struct vacodec_event *event,
			    int64_t timeout_ns);

/*
 * Answers a FORMAT event. With ops NULL the decoder makes its own pool: the format's min_frames and
 * n_frames more, which the client may hold at the same time. With ops the frames are the caller's,
 * and n_frames is how many there are.
 * Errors: -EINVAL no FORMAT event was received, or fewer frames than min_frames; -ENOTSUP; -ENOMEM;
 * -EIO.
 */
int vacodec_decoder_accept_format(struct vacodec_decoder *decoder,
				  const struct vacodec_frame_ops *ops, unsigned int n_frames);

/*
 * The same with frames in place where that can be; n_frames as without ops. There are drivers that accept
 * memory with success and write elsewhere: a buffer that is lent is filled, a decoder beside this one
 * decodes the head into it, and the picture is looked for there. Where it is not to be found, where no
 * buffer is lent for that, and for streams of fields, this is vacodec_decoder_accept_format() without
 * ops. What pictures with film grain are
 * made from is never in place. Returns 1 when frames come in place, 0 when not. Errors: also -EINVAL for
 * a place without its functions, or with n_most above 256.
 */
int vacodec_decoder_accept_format_in_place(struct vacodec_decoder *decoder, unsigned int n_frames,
					   const struct vacodec_place *place);

/*
 * Ends what was sent so far: all of it is decoded and output, then DRAINED. References and
 * parameter sets stay, so that the next P frame decodes. Errors: -EAGAIN as send: receive, then
 * call again; -EBUSY a drain is not finished yet.
 */
int vacodec_decoder_drain(struct vacodec_decoder *decoder);
/*
 * The client needs the memory of its buffers with that cookie back: waits for pictures at the driver, and
 * nothing is written there from then on. Pictures that are in them are copied by the driver to the decoder's
 * own memory, for the client; the picture at hand goes there altogether. They are lent still, as long as
 * they are referred to: drivers keep with a surface what a copy of its samples has not. Returns the bytes
 * that were copied; a picture whose copy fails (a driver that does not copy) is flagged, and in its buffer still.
 * Errors: -EINVAL. What ends the session comes as an event.
 */
int64_t vacodec_decoder_vacate(struct vacodec_decoder *decoder, const void *cookie);
/*
 * Seek: drops all pictures, queued events (but FORMAT) and unfinished units; parameter sets stay.
 * Decoding resumes at the next picture that it can start at.
 */
int vacodec_decoder_flush(struct vacodec_decoder *decoder);
/* Tells that a caller's frame became free (with ops); from any thread. */
void vacodec_decoder_notify(struct vacodec_decoder *decoder);

/*
 * The device was lost, and the caller has opened another display: goes on there, as after a flush, with the
 * parameter sets that there are; a session that had ended goes on, too. Where a format was known, its FORMAT
 * event comes again. Frames that the caller holds stay with the old display. Errors: -EINVAL; -ENOTSUP
 * the display does not decode the codec, and nothing has changed.
 */
int vacodec_decoder_set_display(struct vacodec_decoder *decoder, struct vawrap_display *display);

/*
 * A file descriptor for poll(2), owned by the decoder: readable while an event is queued or a
 * refused send would now be taken.
 */
int vacodec_decoder_get_fd(const struct vacodec_decoder *decoder);

/*
 * The last error or warning as one readable line, "" when there was none; valid until the next call on
 * the decoder. Of a picture that the driver could not decode whole it says how many macroblocks.
 */
const char *vacodec_decoder_get_last_error(const struct vacodec_decoder *decoder);

struct vacodec_stats {
	size_t size_bytes;       /* sizeof(struct vacodec_stats), set by the caller */
	uint64_t bytes;          /* of bitstream */
	uint64_t units;          /* NAL units */
	uint64_t bad_units;      /* skipped because they were damaged */
	uint64_t pictures;       /* given to the driver */
	uint64_t frames;         /* output */
	uint64_t corrupt_frames; /* of those, flagged when they were output */
};

int vacodec_decoder_get_stats(const struct vacodec_decoder *decoder, struct vacodec_stats *stats);

/* ---- Looking at a stream without decoding it ---- */

struct vacodec_probe;

/* What the pictures are, of those that were seen. */
enum vacodec_structure {
	VACODEC_STRUCTURE_FRAMES = 1 << 0, /* whole frames */
	VACODEC_STRUCTURE_MIXED = 1 << 1,  /* frames whose blocks are of frame or field: MBAFF */
	VACODEC_STRUCTURE_FIELDS = 1 << 2, /* each field a picture of its own */
};

struct vacodec_probe_result {
	size_t size_bytes; /* sizeof(struct vacodec_probe_result), set by the caller */
	/*
	 * The first sequence's. Here bit_depth is the greater one of luma and chroma; profile is
	 * VAProfileNone and fourcc 0 where the display does not decode the sequence.
	 */
	struct vacodec_format format;
	char profile[40];          /* what the stream calls itself: "High 4:2:2" */
	unsigned int chroma;       /* the stream's: 400, 420, 422 or 444 */
	unsigned int max_refs;     /* reference frames */
	unsigned int n_sequences;  /* changes of the sequence header, the first one included */
	uint32_t structure;        /* enum vacodec_structure */
	uint64_t features;         /* bits that vacodec_probe_get_feature_name() names */
	uint64_t units, bad_units; /* bad: damaged, or without their headers */
	uint64_t pictures;         /* a frame that is coded as two fields is two */
	int error; /* 0 the display decodes all that was seen, -ENOTSUP not, -ENODEV no display */
	char reason[160]; /* why not, by the names of what is in the way; "" where error is 0 */
};

/*
 * Makes a probe, which parses headers, decodes nothing and needs no memory for pictures. Without a
 * display (NULL) it says what the stream is, but not whether it can be decoded. The display is held.
 * Errors: -EINVAL; -ENOMEM.
 */
int vacodec_probe_new(struct vawrap_display *display, enum vacodec_codec codec,
		      struct vacodec_probe **out);
/* NULL is accepted; returns NULL. */
struct vacodec_probe *vacodec_probe_free(struct vacodec_probe *probe);
/* As vacodec_decoder_params.extradata, before the first bytes. Errors: -EBADMSG; -EINVAL; -ENOMEM. */
int vacodec_probe_set_extradata(struct vacodec_probe *probe, const uint8_t *data,
				size_t size_bytes);
/* Takes all of the bytes of a stream, split in any way. Errors: -EINVAL; -ENOMEM. */
int vacodec_probe_send(struct vacodec_probe *probe, const uint8_t *data, size_t size_bytes);
/*
 * What was seen so far; what was sent ends here, and more may follow from a unit's start on.
 * Errors: -ENODATA no sequence header was seen, and units alone are filled in; -EINVAL.
 */
int vacodec_probe_get_result(struct vacodec_probe *probe, struct vacodec_probe_result *result);
/* "cabac", "weighted-p", ... for bits from 0 on; NULL behind the last one. */
const char *vacodec_probe_get_feature_name(enum vacodec_codec codec, unsigned int bit);

#if defined(__GNUC__)
#pragma GCC visibility pop
#endif

#ifdef __cplusplus
}
#endif

#endif
