/* SPDX-License-Identifier: MIT */
/*
 * picture.c - the current picture: its frame, what is wrong with it, its way to the driver
 *
 * Damage is a flag on the frame. It spreads to what refers to it, up to the next point where the
 * stream can be entered (start.h).
 */
#include "decoder.h"

#include <errno.h>
#include <stdlib.h>

static int begin(struct vacodec_decoder *decoder, uint64_t timestamp, struct frame_pool *pool)
{
	struct current *current = &decoder->current;
	struct vacodec_frame *frame;
	int ret = frames_acquire(decoder, pool, &frame);

	if (ret < 0)
		return ret;
	*current = (struct current){.frame = frame};
	frame->timestamp = timestamp;
	frame->number = ++decoder->n_begun;
	decoder->ops->begin_picture(decoder);
	return 0;
}

int picture_begin(struct vacodec_decoder *decoder, uint64_t timestamp)
{
	return begin(decoder, timestamp, decoder->pool);
}

int picture_begin_layer(struct vacodec_decoder *decoder, uint64_t timestamp,
			const struct vacodec_format *layer)
{
	struct frame_pool *pool;
	int ret = frames_find_pool(decoder, layer, &pool);

	return ret < 0 ? ret : begin(decoder, timestamp, pool);
}

void picture_hide(struct vacodec_decoder *decoder)
{
	decoder->current.shown = false;
}

int picture_show_again(struct vacodec_decoder *decoder, struct vacodec_frame *frame,
		       uint64_t timestamp, uint32_t flags)
{
	struct vacodec_frame *again;
	int ret = frames_acquire_again(decoder, frame, &again);

	if (ret < 0)
		return ret;
	again->timestamp = timestamp;
	frame_add_flags(again, flags);
	decoder_output_all(decoder);
	reorder_add(&decoder->reorder, again, 0);
	vacodec_frame_unref(again);
	decoder_output_first(decoder);
	return 0;
}

void picture_begin_second(struct vacodec_decoder *decoder)
{
	frame_begin_second(decoder->current.frame);
	decoder->current.n_slices = 0;
	decoder->current.broken = false;
}

void picture_place(struct vacodec_decoder *decoder, int64_t order)
{
	struct current *current = &decoder->current;
	bool complete = start_is_complete(&decoder->start, order);

	current->order = order;
	current->frame->order = order;
	current->shown = complete || decoder->show_incomplete;
	if (!complete)
		frame_add_flags(current->frame, VACODEC_FRAME_CORRUPT);
}

void picture_damage(struct vacodec_decoder *decoder)
{
	if (!decoder->current.frame)
		return;
	frame_add_flags(decoder->current.frame, VACODEC_FRAME_CORRUPT);
	start_spoil(&decoder->start, decoder->current.frame->number);
}

void picture_refer(struct vacodec_decoder *decoder, struct vacodec_frame *reference)
{
	if (start_can_harm(&decoder->start, reference->number, reference->order,
			   decoder->current.order))
		frame_depend(decoder->current.frame, reference);
}

void picture_refer_missing(struct vacodec_decoder *decoder, uint64_t number)
{
	if (start_can_harm(&decoder->start, number, INT64_MAX, decoder->current.order))
		frame_add_flags(decoder->current.frame, VACODEC_FRAME_CORRUPT);
}

int picture_add_slice(struct vacodec_decoder *decoder, int ret)
{
	decoder->current.n_slices++;
	if (ret == -ENODEV || ret == -ESHUTDOWN || ret == -ENOMEM)
		return ret;
	if (ret < 0) {
		decoder_warn(decoder, "the driver refused a buffer (error %d)", -ret);
		decoder->current.broken = true;
		picture_damage(decoder);
	}
	return 0;
}

int picture_submit(struct vacodec_decoder *decoder, bool last)
{
	struct current *current = &decoder->current;

	if (current->n_slices > 0 && !current->broken)
		return submit_picture(decoder, current->frame, last);
	start_spoil(&decoder->start, decoder->current.frame->number);
	frame_add_error(current->frame, -EBADMSG);
	if (last)
		frame_set_result(current->frame, -EBADMSG);
	return 0;
}

void picture_drop(struct vacodec_decoder *decoder)
{
	decoder->current.frame = vacodec_frame_unref(decoder->current.frame);
}

/* ---- References that are not there ---- */

const void *conceal_find_nearest(const struct conceal_candidates *candidates, int64_t order)
{
	const char *item = candidates->items;
	const void *nearest = NULL;
	int64_t least = INT64_MAX;
	int64_t of_item, distance;
	size_t i;

	for (i = 0; i < candidates->n; i++, item += candidates->item_bytes) {
		if (!candidates->get_order(item, &of_item))
			continue;
		distance = llabs(of_item - order);
		if (distance >= least)
			continue;
		least = distance;
		nearest = item;
	}
	return nearest;
}

int conceal_make_frame(struct vacodec_decoder *decoder, struct vacodec_frame **out)
{
	int ret = decoder_acquire_frame(decoder, out);

	if (ret < 0)
		return ret;
	frame_set_result(*out, 0);
	frame_add_flags(*out, VACODEC_FRAME_CORRUPT);
	(*out)->number = ++decoder->n_begun;
	(*out)->order = INT64_MAX; /* it could be any picture */
	return 0;
}
