/* SPDX-License-Identifier: MIT */
/*
 * place.c - whether the driver decodes into buffers of the client's: a trial with the stream's own head
 */
#include "buffer.h"
#include "decoder.h"

#include <errno.h>

struct trial {
	struct vacodec_decoder *decoder;
	struct vacodec_buffer *buffer;
	bool lent, shown, drained;
};

static struct vacodec_buffer *lend_once(void *cookie)
{
	struct trial *trial = cookie;

	if (trial->lent)
		return NULL;
	trial->lent = true;
	return trial->buffer;
}

static void keep(void *cookie, struct vacodec_buffer *buffer)
{
	(void)cookie;
	(void)buffer;
}

static struct vacodec_buffer *list_one(void *cookie, unsigned int i)
{
	struct trial *trial = cookie;

	return i == 0 ? trial->buffer : NULL;
}

/* Takes one event; 0 there may be more, else why not. */
static int take_event(struct trial *trial)
{
	const struct vacodec_place place = {lend_once, keep, list_one, 1, trial, {0}};
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int ret = vacodec_decoder_receive(trial->decoder, &event, 0);

	if (ret < 0)
		return ret;
	switch (event.type) {
	case VACODEC_EVENT_FRAME:
		trial->shown = true;
		vacodec_frame_unref(event.frame);
		return 0;
	case VACODEC_EVENT_FORMAT:
		return decoder_accept_format(trial->decoder, &place, 0);
	case VACODEC_EVENT_ERROR:
		return event.error;
	case VACODEC_EVENT_DRAINED:
		break;
	}
	trial->drained = true;
	return 0;
}

/* -EAGAIN: neither bytes were taken nor was there an event. */
static int feed(struct trial *trial, struct vacodec_packet *packet)
{
	ssize_t n = vacodec_decoder_send(trial->decoder, packet);
	int ret;

	if (n < 0 && n != -EAGAIN)
		return (int)n;
	packet->data += n > 0 ? n : 0;
	packet->size_bytes -= n > 0 ? (size_t)n : 0;
	ret = take_event(trial);
	return ret == -EAGAIN && n > 0 ? 0 : ret;
}

static int decode_first(struct trial *trial, struct vacodec_packet packet)
{
	int ret = 0;

	while (ret == 0 && packet.size_bytes > 0 && !trial->shown)
		ret = feed(trial, &packet);
	while (ret == 0 && !trial->shown &&
	       (ret = vacodec_decoder_drain(trial->decoder)) == -EAGAIN)
		ret = take_event(trial);
	while (ret == 0 && !trial->shown && !trial->drained)
		ret = take_event(trial);
	if (ret < 0)
		return ret;
	/* The first picture may be one that is not shown. */
	return trial->lent ? submit_wait_all(trial->decoder) : -ENODATA;
}

/* With the decoder's codec on its display. */
static int try_buffer(struct vacodec_decoder *decoder, struct trial *trial,
		      const struct vacodec_packet *head)
{
	const struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						      .codec = decoder->ops->codec,
						      .show_incomplete = true};
	int ret = decoder_new(decoder->display, &params, decoder->ops, &trial->decoder);

	if (ret < 0)
		return ret;
	ret = buffer_mark(trial->buffer);
	if (ret == 0)
		ret = decode_first(trial, *head);
	if (ret == 0)
		ret = vawrap_surface_sync(buffer_get_surface(trial->buffer), -1);
	if (ret == 0)
		ret = buffer_look(trial->buffer, buffer_get_surface(trial->buffer));
	submit_wait_all(trial->decoder);
	vacodec_decoder_unref(trial->decoder);
	return ret;
}

bool place_is_good(struct vacodec_decoder *decoder, const struct vacodec_place *place)
{
	struct trial trial = {0};
	unsigned int i;
	int ret;

	if (decoder->format.interlaced)
		return false;
	/* What is imported when it is asked for can be lent. */
	for (i = 0; i < place->n_most; i++)
		place->list(place->cookie, i);
	trial.buffer = place->lend(place->cookie);
	if (!trial.buffer)
		return false;
	ret = try_buffer(decoder, &trial, &place->head);
	place->take_back(place->cookie, trial.buffer);
	if (ret < 0)
		decoder_debug(decoder, "nothing is decoded in place (error %d)", -ret);
	else
		decoder_debug(decoder, "pictures are decoded in place");
	return ret == 0;
}
