/* SPDX-License-Identifier: MIT */
/*
 * mpeg2-picture.c - one MPEG-2 picture from its first slice to its place among the references
 *
 * Everything that can make a picture wait comes before anything that changes the decoder, so that
 * the first slice can be tried again.
 *
 * Source: Rec. ITU-T H.262, 6.1.1.11 (order), 6.3.8 (groups), 7.6.2 (references).
 */
#include "mpeg2.h"

#include <errno.h>
#include <string.h>

/* Output order: reference frames are this far apart, B frames stand between them. */
#define ORDER_STEP 0x10000

/* ---- Beginning ---- */

/* Where there is a sequence that is decoded, one that is not may be damage. */
static bool is_doubtful(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (!mpeg2->active.extended || !mpeg2_get_fault(&mpeg2->sequence) ||
	    memcmp(&mpeg2->sequence, &mpeg2->doubtful, sizeof(mpeg2->sequence)) == 0)
		return false;
	mpeg2->doubtful = mpeg2->sequence;
	return true;
}

/* Takes over a new or changed sequence; -EAGAIN while its format waits for an answer. */
static int activate(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	struct vacodec_format format;
	int ret;

	if (!mpeg2->activating &&
	    memcmp(&mpeg2->sequence, &mpeg2->active, sizeof(mpeg2->active)) == 0)
		return 0;
	/* Nothing of another sequence is referred to. */
	if (is_doubtful(decoder) || mpeg2->picture.picture_coding_type != MPEG2_I)
		return -EBADMSG;
	ret = mpeg2_get_format(decoder, &mpeg2->sequence, &format);
	if (ret < 0)
		return ret == -EBADMSG ? -EIO : ret; /* the driver's, not the stream's */
	mpeg2->activating = true;
	ret = decoder_begin_sequence(decoder, &format);
	if (ret < 0)
		return ret;
	mpeg2->activating = false;
	mpeg2->active = mpeg2->sequence;
	decoder->output_limits.max_frames = REORDER_MAX_FRAMES - 1;
	decoder->output_limits.max_reorder = format.max_reorder;
	return 0;
}

/* The second field of a frame, 6.1.1.4.1. */
static bool is_second_field(const struct mpeg2 *mpeg2)
{
	const struct mpeg2_picture *picture = &mpeg2->picture;

	return mpeg2->frame_open && picture->picture_structure == (mpeg2->fields ^ MPEG2_FRAME) &&
	       picture->temporal_reference == mpeg2->current.temporal_reference &&
	       (picture->picture_coding_type == MPEG2_B) ==
		       (mpeg2->current.picture_coding_type == MPEG2_B) &&
	       memcmp(&mpeg2->sequence, &mpeg2->active, sizeof(mpeg2->active)) == 0;
}

/* 6.3.10: a progressive sequence has no fields. */
static bool is_possible(const struct mpeg2 *mpeg2)
{
	return mpeg2->picture.extended && (mpeg2->picture.picture_structure == MPEG2_FRAME ||
					   !mpeg2->active.progressive_sequence);
}

/* Whether decoding can begin here, or goes on. B pictures refer to the frame that they precede. */
static bool can_decode(const struct vacodec_decoder *decoder)
{
	const struct mpeg2 *mpeg2 = decoder->codec;
	unsigned int type = mpeg2->picture.picture_coding_type;

	if (mpeg2->sequence.frame_rate_code == 0)
		return false; /* no sequence header came */
	if (type == MPEG2_B && !mpeg2->references[1])
		return false;
	return decoder->start.state != START_WAITING || type == MPEG2_I ||
	       (decoder->show_incomplete && mpeg2->active.extended);
}

static void refer(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	unsigned int type = mpeg2->current.picture_coding_type;

	if (type == MPEG2_I)
		return;
	if (mpeg2->lost)
		picture_refer_missing(decoder, mpeg2->lost_number);
	if (mpeg2->references[1])
		picture_refer(decoder, mpeg2->references[1]);
	else if (mpeg2->fields == mpeg2->current.picture_structure)
		picture_refer_missing(decoder, UINT64_MAX);
	if (type == MPEG2_B && mpeg2->references[0])
		picture_refer(decoder, mpeg2->references[0]);
}

/* What each picture begins with, a second field too. */
static void init_picture(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	mpeg2->in_picture = true;
	mpeg2->frame_open = false;
	mpeg2->current = mpeg2->picture;
	mpeg2->fields |= mpeg2->picture.picture_structure;
	mpeg2->next_macroblock = 0;
	refer(decoder);
}

int mpeg2_begin(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	bool second = is_second_field(mpeg2);
	int ret;

	if (!second)
		mpeg2_close_frame(decoder);
	if (!second && !can_decode(decoder))
		return 0;
	ret = activate(decoder);
	if (ret == 0 && !is_possible(mpeg2))
		ret = -EBADMSG;
	if (ret < 0)
		return ret;
	if (!second)
		return picture_begin(decoder, mpeg2->timestamp);
	picture_begin_second(decoder);
	init_picture(decoder);
	return 0;
}

/* B frames of an open group refer to the frame before it, which a broken link has taken away. */
static void enter_at_intra(struct vacodec_decoder *decoder, int64_t order)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (mpeg2->in_group && mpeg2->group.closed_gop) {
		start_at_key(&decoder->start, decoder->n_begun);
		return;
	}
	if (mpeg2->in_group && mpeg2->group.broken_link)
		start_reset(&decoder->start);
	start_recovery(&decoder->start, decoder->n_begun);
	start_reach(&decoder->start, order, decoder->n_begun);
}

static void set_flags(struct vacodec_decoder *decoder)
{
	const struct mpeg2_picture *picture = &mpeg2_of(decoder)->picture;
	struct vacodec_frame *frame = decoder->current.frame;

	if (picture->picture_coding_type == MPEG2_I)
		frame_add_flags(frame, VACODEC_FRAME_KEY);
	if (picture->picture_structure == MPEG2_FRAME && picture->progressive_frame)
		return;
	frame_add_flags(frame, VACODEC_FRAME_INTERLACED);
	if (picture->picture_structure == MPEG2_TOP ||
	    (picture->picture_structure == MPEG2_FRAME && picture->top_field_first))
		frame_add_flags(frame, VACODEC_FRAME_TOP_FIRST);
}

/*
 * Whether the reference frame that a B frame precedes was lost: it does not precede the newest one there is,
 * since that is of another group, or earlier in its own (6.3.9, temporal_reference).
 */
static bool has_lost_its_next(const struct mpeg2 *mpeg2)
{
	uint32_t ahead = (mpeg2->picture.temporal_reference - mpeg2->temporal_reference) & 1023;

	if (!mpeg2->lost || mpeg2->temporal_reference == MPEG2_NO_TEMPORAL_REFERENCE ||
	    mpeg2->lost_number < mpeg2->references[1]->number)
		return false;
	return mpeg2->in_group || (ahead > 0 && ahead < 512);
}

/* The place in output order of a reference frame. */
static void advance(struct mpeg2 *mpeg2, uint32_t temporal_reference)
{
	mpeg2->order += ORDER_STEP;
	mpeg2->n_b = 0;
	mpeg2->temporal_reference = temporal_reference;
	mpeg2->in_group = false;
}

void mpeg2_enter_picture(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	unsigned int type = mpeg2->picture.picture_coding_type;
	int64_t order;

	if (type == MPEG2_B) {
		if (has_lost_its_next(mpeg2))
			advance(mpeg2, MPEG2_NO_TEMPORAL_REFERENCE);
		if (mpeg2->n_b < ORDER_STEP - 2)
			mpeg2->n_b++;
		order = mpeg2->order - ORDER_STEP + mpeg2->n_b;
	} else {
		order = mpeg2->order + ORDER_STEP;
	}
	if (type == MPEG2_I)
		enter_at_intra(decoder, order);
	if (type != MPEG2_B)
		advance(mpeg2, mpeg2->picture.temporal_reference);
	set_flags(decoder);
	picture_place(decoder, order);
	mpeg2->fields = 0;
	init_picture(decoder);
}

/* ---- Finishing ---- */

static void store_reference(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (mpeg2->current.picture_coding_type == MPEG2_B)
		return;
	vacodec_frame_unref(mpeg2->references[0]);
	mpeg2->references[0] = mpeg2->references[1];
	mpeg2->references[1] = vacodec_frame_ref(decoder->current.frame);
}

void mpeg2_close_frame(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);

	if (!mpeg2->frame_open)
		return;
	mpeg2->frame_open = false;
	if (mpeg2->fields != MPEG2_FRAME)
		submit_complete(decoder, decoder->current.frame);
	store_reference(decoder);
	output_store(decoder, 0, decoder->current.order);
	picture_drop(decoder);
}

int mpeg2_finish_picture(struct vacodec_decoder *decoder)
{
	struct mpeg2 *mpeg2 = mpeg2_of(decoder);
	int ret;

	if (!mpeg2->in_picture)
		return 0;
	ret = picture_submit(decoder, mpeg2->fields == MPEG2_FRAME);
	mpeg2->in_picture = false;
	mpeg2->frame_open = true;
	if (mpeg2->fields == MPEG2_FRAME)
		mpeg2_close_frame(decoder);
	return ret;
}
