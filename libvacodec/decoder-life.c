/* SPDX-License-Identifier: MIT */
/*
 * decoder-life.c - making a decoder and letting it go, and its messages
 */
#include "decoder.h"
#include "surface-format.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_IN_FLIGHT 4

static void write_log(struct vacodec_decoder *decoder, int level, const char *message)
{
	if (decoder->log.write && level <= decoder->log.level)
		decoder->log.write(decoder->log.cookie, level, message);
}

void decoder_warn(struct vacodec_decoder *decoder, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(decoder->last_error, sizeof(decoder->last_error), format, args);
	va_end(args);
	write_log(decoder, VAWRAP_LOG_WARN, decoder->last_error);
}

void decoder_debug(struct vacodec_decoder *decoder, const char *format, ...)
{
	char message[240];
	va_list args;

	if (!decoder->log.write || decoder->log.level < VAWRAP_LOG_DEBUG)
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	write_log(decoder, VAWRAP_LOG_DEBUG, message);
}

bool decoder_has_profile(struct vacodec_decoder *decoder, VAProfile profile)
{
	const VAProfile *profiles;
	int n = vawrap_display_get_profiles(decoder->display, &profiles);
	int i;

	for (i = 0; i < n; i++) {
		if (profiles[i] == profile)
			return true;
	}
	return false;
}

int decoder_choose_profile(struct vacodec_decoder *decoder, const VAProfile *list, unsigned int n,
			   struct vacodec_format *format)
{
	unsigned int i;
	int ret;

	for (i = 0; i < n; i++) {
		if (!decoder_has_profile(decoder, list[i]))
			continue;
		format->profile = list[i];
		ret = surface_format_choose(decoder->display, format);
		if (ret != -ENOTSUP)
			return ret;
	}
	format->profile = VAProfileNone;
	return -ENOTSUP;
}

static bool has_codec(struct vacodec_decoder *decoder)
{
	const VAProfile *profile = decoder->ops->profiles;

	while (*profile != VAProfileNone && !decoder_has_profile(decoder, *profile))
		profile++;
	return *profile != VAProfileNone;
}

int vacodec_decoder_set_display(struct vacodec_decoder *decoder, struct vawrap_display *display)
{
	struct vawrap_display *old;

	if (!decoder || !display)
		return -EINVAL;
	old = decoder->display;
	decoder->display = display;
	if (!has_codec(decoder)) {
		decoder->display = old;
		return -ENOTSUP;
	}
	vawrap_display_ref(display);
	vawrap_display_unref(old);
	submit_forget_all(decoder);
	vacodec_decoder_flush(decoder);
	event_queue_clear(&decoder->events);
	frames_finish(decoder);
	decoder->ended = 0;
	decoder->format_state = FORMAT_NONE;
	if (decoder->format.coded_width > 0)
		decoder_announce_format(decoder);
	return 0;
}

static int take_extradata(void *cookie, const struct unit *unit)
{
	struct vacodec_decoder *decoder = cookie;
	int ret = decoder->ops->parse_unit(decoder, unit);

	return ret < 0 && ret != -ENOMEM ? -EBADMSG : ret;
}

static int parse_extradata(struct vacodec_decoder *decoder, const uint8_t *data, size_t size_bytes)
{
	const struct unit_sink sink = {take_extradata, decoder};
	int ret = extradata_read(decoder->ops, &decoder->splitter, data, size_bytes, &sink);

	/* They belong to no picture, nor does their time. */
	decoder->ops->flush(decoder);
	return ret;
}

static void decoder_free(struct vacodec_decoder *decoder)
{
	decoder->ops->close(decoder);
	picture_drop(decoder);
	submit_forget_all(decoder);
	reorder_clear(&decoder->reorder);
	event_queue_clear(&decoder->events);
	frames_finish(decoder);
	unit_splitter_finish(&decoder->splitter);
	wake_unref(decoder->wake);
	vawrap_display_unref(decoder->display);
	free(decoder);
}

static struct vacodec_decoder *decoder_alloc(struct vawrap_display *display,
					     const struct vacodec_decoder_params *params,
					     const struct codec_ops *ops)
{
	struct vacodec_decoder *decoder = calloc(1, sizeof(*decoder));
	unsigned int max = params->max_in_flight ? params->max_in_flight : DEFAULT_IN_FLIGHT;

	if (!decoder)
		return NULL;
	atomic_init(&decoder->refs, 1);
	decoder->display = vawrap_display_ref(display);
	decoder->ops = ops;
	decoder->log = params->log;
	decoder->show_incomplete = params->show_incomplete;
	decoder->skip_film_grain = params->skip_film_grain;
	decoder->in_flight.max = max < DECODER_MAX_IN_FLIGHT ? max : DECODER_MAX_IN_FLIGHT;
	unit_splitter_init(&decoder->splitter, decoder->ops->syntax, 0);
	decoder->splitter.split_packet = ops->split_packet;
	return decoder;
}

int decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
		const struct codec_ops *ops, struct vacodec_decoder **out)
{
	struct vacodec_decoder *decoder = decoder_alloc(display, params, ops);
	int ret;

	if (!decoder)
		return -ENOMEM;
	ret = wake_new(&decoder->wake);
	if (ret == 0)
		ret = has_codec(decoder) ? ops->open(decoder) : -ENOTSUP;
	if (ret == 0 && params->extradata_bytes > 0)
		ret = parse_extradata(decoder, params->extradata, params->extradata_bytes);
	if (ret < 0) {
		decoder_free(decoder);
		return ret;
	}
	*out = decoder;
	return 0;
}

int vacodec_decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
			struct vacodec_decoder **out)
{
	if (!out)
		return -EINVAL;
	*out = NULL;
	if (!display || !params || params->size_bytes < sizeof(*params) ||
	    !codec_ops_get(params->codec) || (!params->extradata && params->extradata_bytes > 0))
		return -EINVAL;
	return decoder_new(display, params, codec_ops_get(params->codec), out);
}

struct vacodec_decoder *vacodec_decoder_ref(struct vacodec_decoder *decoder)
{
	if (decoder)
		atomic_fetch_add_explicit(&decoder->refs, 1, memory_order_relaxed);
	return decoder;
}

struct vacodec_decoder *vacodec_decoder_unref(struct vacodec_decoder *decoder)
{
	if (decoder && atomic_fetch_sub_explicit(&decoder->refs, 1, memory_order_acq_rel) == 1)
		decoder_free(decoder);
	return NULL;
}
