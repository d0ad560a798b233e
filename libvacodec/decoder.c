/* SPDX-License-Identifier: MIT */
/*
 * decoder.c - the decoder's API: bytes in, events out
 *
 * A unit that cannot be decoded yet stays in the splitter; advance() tries it again whenever the
 * client calls. While an event is queued no more bytes are taken, so the decoder is never ahead by
 * more than one unit.
 */
#include "decoder.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const struct codec_ops *const codecs[] = {
	[VACODEC_CODEC_AV1] = &av1_codec_ops,     [VACODEC_CODEC_H264] = &h264_codec_ops,
	[VACODEC_CODEC_HEVC] = &hevc_codec_ops,   [VACODEC_CODEC_VP8] = &vp8_codec_ops,
	[VACODEC_CODEC_MPEG2] = &mpeg2_codec_ops, [VACODEC_CODEC_VP9] = &vp9_codec_ops,
};

const struct codec_ops *codec_ops_get(enum vacodec_codec codec)
{
	if ((unsigned int)codec >= sizeof(codecs) / sizeof(codecs[0]))
		return NULL;
	return codecs[codec];
}

const char *vacodec_codec_get_name(enum vacodec_codec codec)
{
	const struct codec_ops *ops = codec_ops_get(codec);

	return ops ? ops->name : NULL;
}

/* ---- Events ---- */

void decoder_push_event(struct vacodec_decoder *decoder, enum vacodec_event_type type, int error)
{
	struct vacodec_event event = {.size_bytes = sizeof(event), .type = type, .error = error};

	if (type == VACODEC_EVENT_FORMAT)
		event.format = decoder->format;
	event_queue_push(&decoder->events, &event);
}

bool decoder_output_first(struct vacodec_decoder *decoder)
{
	struct vacodec_event event = {.size_bytes = sizeof(event), .type = VACODEC_EVENT_FRAME};

	event.frame = reorder_pop(&decoder->reorder);
	if (!event.frame)
		return false;
	decoder->stats.frames++;
	if (frame_get_flags(event.frame) & VACODEC_FRAME_CORRUPT)
		decoder->stats.corrupt_frames++;
	event_queue_push(&decoder->events, &event);
	return true;
}

void decoder_output_all(struct vacodec_decoder *decoder)
{
	while (decoder_output_first(decoder))
		;
}

void decoder_fail(struct vacodec_decoder *decoder, int error)
{
	if (decoder->ended)
		return;
	decoder_output_all(decoder);
	decoder->ended = error;
	decoder->draining = false;
	decoder_push_event(decoder, VACODEC_EVENT_ERROR, error);
}

/* ---- Progress ---- */

static int parse_unit(struct vacodec_decoder *decoder)
{
	struct unit unit;
	int ret;

	unit_splitter_get(&decoder->splitter, &unit);
	ret = decoder->ops->parse_unit(decoder, &unit);
	if (ret == -EAGAIN)
		return ret;
	decoder->stats.units++;
	decoder->stats.bad_units += ret == -EBADMSG || unit.damaged;
	unit_splitter_next(&decoder->splitter);
	return ret == -EBADMSG ? 0 : ret;
}

static int end_drain(struct vacodec_decoder *decoder)
{
	int ret = decoder->ops->finish_picture(decoder);

	if (ret < 0)
		return ret;
	decoder_output_all(decoder);
	decoder->draining = false;
	decoder_push_event(decoder, VACODEC_EVENT_DRAINED, 0);
	return 0;
}

static int advance_step(struct vacodec_decoder *decoder)
{
	if (decoder->format_state != FORMAT_NONE)
		return -EAGAIN;
	if (decoder->splitter.ready)
		return parse_unit(decoder);
	if (!decoder->input_ended) {
		unit_splitter_end(&decoder->splitter);
		decoder->input_ended = true;
		return 0;
	}
	return end_drain(decoder);
}

/* Goes on as far as possible: 0 when a send would be taken, -EAGAIN, or the session's error. */
static int advance(struct vacodec_decoder *decoder)
{
	int ret = 0;

	while (ret == 0 && !decoder->ended &&
	       (decoder->splitter.ready || decoder->draining || decoder->format_state))
		ret = advance_step(decoder);
	if (ret < 0 && ret != -EAGAIN)
		decoder_fail(decoder, ret);
	return decoder->ended ? decoder->ended : ret;
}

void decoder_update_fd(struct vacodec_decoder *decoder)
{
	bool would_take = !decoder->ended && !decoder->draining && !decoder->waiting_frame &&
			  decoder->format_state == FORMAT_NONE;

	wake_set(decoder->wake, WAKE_EVENT,
		 decoder->events.n > 0 || (decoder->refused && would_take));
}

static ssize_t refuse(struct vacodec_decoder *decoder)
{
	decoder->refused = true;
	decoder_update_fd(decoder);
	return -EAGAIN;
}

/* Takes bytes until an event is queued or a unit has to wait. */
static ssize_t take(struct vacodec_decoder *decoder, const struct vacodec_packet *packet)
{
	size_t taken = 0;
	int64_t n = 0;

	do {
		/* An empty packet may have no data at all. */
		n = unit_splitter_push(&decoder->splitter,
				       taken ? packet->data + taken : packet->data,
				       packet->size_bytes - taken, packet->timestamp);
		if (n < 0)
			break;
		taken += (size_t)n;
		if (advance(decoder) < 0)
			break;
	} while (taken < packet->size_bytes && decoder->events.n == 0);
	unit_splitter_keep(&decoder->splitter);
	decoder->stats.bytes += taken;
	return taken > 0 ? (ssize_t)taken : (ssize_t)n;
}

/* 0 when a send would be taken, -EAGAIN, or the session's error. */
static int make_ready(struct vacodec_decoder *decoder)
{
	int ret = advance(decoder);

	return ret == 0 && decoder->events.n > 0 ? -EAGAIN : ret;
}

/* The rest of a packet that was taken in part is no packet of its own. */
static int begin_packet(struct vacodec_decoder *decoder, const struct vacodec_packet *packet)
{
	if (decoder->rest_bytes == 0 || decoder->rest_bytes != packet->size_bytes)
		unit_splitter_begin_packet(&decoder->splitter, packet->data, packet->size_bytes);
	return make_ready(decoder);
}

ssize_t vacodec_decoder_send(struct vacodec_decoder *decoder, const struct vacodec_packet *packet)
{
	ssize_t ret;

	if (!decoder || !packet || (!packet->data && packet->size_bytes > 0))
		return -EINVAL;
	if (decoder->ended)
		return decoder->ended;
	if (decoder->events.n > 0 || decoder->draining)
		return refuse(decoder);
	ret = make_ready(decoder);
	if (ret == 0)
		ret = begin_packet(decoder, packet);
	if (ret == -EAGAIN)
		return refuse(decoder);
	if (ret == 0) {
		decoder->refused = false;
		ret = take(decoder, packet);
	}
	if (ret >= 0)
		decoder->rest_bytes = packet->size_bytes - (size_t)ret;
	decoder_update_fd(decoder);
	return ret;
}

static int64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Waits for a frame that somebody holds, again and again, until there is an event. */
static int wait_event(struct vacodec_decoder *decoder, int64_t timeout_ns)
{
	int64_t end = timeout_ns < 0 || timeout_ns > INT64_MAX - now_ns() ? INT64_MAX
									  : now_ns() + timeout_ns;
	int64_t left;
	int ret;

	while (decoder->events.n == 0 && decoder->waiting_frame && !decoder->ended) {
		left = end == INT64_MAX ? -1 : end - now_ns();
		if (end != INT64_MAX && left <= 0)
			return -ETIMEDOUT;
		ret = wake_wait(decoder->wake, left);
		if (ret < 0 && ret != -EINTR)
			return ret;
		advance(decoder);
	}
	return 0;
}

int vacodec_decoder_receive(struct vacodec_decoder *decoder, struct vacodec_event *event,
			    int64_t timeout_ns)
{
	struct vacodec_event next;
	size_t size_bytes;
	int ret = 0, error;

	if (!decoder || !event || event->size_bytes < sizeof(*event))
		return -EINVAL;
	size_bytes = event->size_bytes;
	/* Their buffers may be what the client lacks for the frame that comes now. */
	error = submit_collect(decoder);
	if (error < 0)
		decoder_fail(decoder, error);
	if (decoder->events.n == 0)
		advance(decoder);
	decoder_update_fd(decoder);
	if (timeout_ns != 0)
		ret = wait_event(decoder, timeout_ns);
	if (event_queue_pop(&decoder->events, &next)) {
		if (next.type == VACODEC_EVENT_FORMAT)
			decoder->format_state = FORMAT_ASKED;
		*event = next;
		event->size_bytes = size_bytes;
		ret = 0;
	} else if (ret == 0) {
		ret = -EAGAIN;
	}
	decoder_update_fd(decoder);
	return ret;
}

static int accept_format(struct vacodec_decoder *decoder, const struct vacodec_frame_ops *ops,
			 const struct vacodec_place *place, unsigned int n_frames)
{
	struct vawrap_error error;
	int ret = frames_make(decoder, ops, place, n_frames);

	if (ret < 0) {
		vawrap_display_get_last_error(decoder->display, &error);
		decoder_warn(decoder, "cannot make the frames: %s",
			     ret == -ENOMEM ? "no memory" : error.text);
		return ret;
	}
	decoder->format_state = FORMAT_NONE;
	decoder->waiting_frame = false;
	if (decoder->events.n == 0)
		advance(decoder);
	decoder_update_fd(decoder);
	return 0;
}

static bool may_accept(const struct vacodec_decoder *decoder, unsigned int n_frames)
{
	return decoder && decoder->format_state == FORMAT_ASKED && !decoder->ended &&
	       n_frames <= FRAME_POOL_MAX_FRAMES;
}

int vacodec_decoder_accept_format(struct vacodec_decoder *decoder,
				  const struct vacodec_frame_ops *ops, unsigned int n_frames)
{
	if (!may_accept(decoder, n_frames) ||
	    (ops && (!ops->acquire || !ops->release || n_frames < decoder->format.min_frames)))
		return -EINVAL;
	return accept_format(decoder, ops, NULL,
			     ops ? n_frames : decoder->format.min_frames + n_frames);
}

int decoder_accept_format(struct vacodec_decoder *decoder, const struct vacodec_place *place,
			  unsigned int n_frames)
{
	if (!may_accept(decoder, n_frames))
		return -EINVAL;
	return accept_format(decoder, NULL, place, decoder->format.min_frames + n_frames);
}

int vacodec_decoder_accept_format_in_place(struct vacodec_decoder *decoder, unsigned int n_frames,
					   const struct vacodec_place *place)
{
	bool good;
	int ret;

	if (!may_accept(decoder, n_frames) || !place || !place->lend || !place->take_back ||
	    !place->list || place->n_most > FRAME_POOL_MAX_FRAMES)
		return -EINVAL;
	good = place_is_good(decoder, place);
	ret = decoder_accept_format(decoder, good ? place : NULL, n_frames);
	return ret < 0 ? ret : good;
}

int vacodec_decoder_drain(struct vacodec_decoder *decoder)
{
	int ret;

	if (!decoder)
		return -EINVAL;
	if (decoder->ended)
		return decoder->ended;
	if (decoder->draining)
		return -EBUSY;
	if (decoder->events.n > 0)
		return (int)refuse(decoder);
	ret = make_ready(decoder);
	if (ret == -EAGAIN)
		return (int)refuse(decoder);
	if (ret == 0) {
		decoder->draining = true;
		decoder->input_ended = false;
		advance(decoder);
	}
	decoder_update_fd(decoder);
	return ret;
}

int vacodec_decoder_flush(struct vacodec_decoder *decoder)
{
	if (!decoder)
		return -EINVAL;
	reorder_clear(&decoder->reorder);
	event_queue_flush(&decoder->events);
	unit_splitter_reset(&decoder->splitter);
	decoder->rest_bytes = 0;
	decoder->ops->flush(decoder);
	picture_drop(decoder);
	start_reset(&decoder->start);
	decoder->draining = false;
	decoder->waiting_frame = false;
	wake_arm_frame(decoder->wake, false);
	decoder_update_fd(decoder);
	return 0;
}

void vacodec_decoder_notify(struct vacodec_decoder *decoder)
{
	if (decoder)
		wake_frame_free(decoder->wake);
}

int vacodec_decoder_get_fd(const struct vacodec_decoder *decoder)
{
	return decoder ? wake_get_fd(decoder->wake) : -EINVAL;
}

const char *vacodec_decoder_get_last_error(const struct vacodec_decoder *decoder)
{
	return decoder ? decoder->last_error : "";
}

int vacodec_decoder_get_stats(const struct vacodec_decoder *decoder, struct vacodec_stats *stats)
{
	size_t size_bytes;

	if (!decoder || !stats || stats->size_bytes < sizeof(*stats))
		return -EINVAL;
	size_bytes = stats->size_bytes;
	*stats = decoder->stats;
	stats->size_bytes = size_bytes;
	return 0;
}
