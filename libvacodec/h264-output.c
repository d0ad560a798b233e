/* SPDX-License-Identifier: MIT */
/*
 * h264-output.c - H.264 output order: the bumping process
 *
 * A frame is output when the decoded picture buffer needs its place, or as soon as more frames wait
 * than the stream says it reorders; both give the same order.
 * Source: Rec. ITU-T H.264, C.4.
 */
#include "h264.h"

/* Frames that are references or wait for output. */
static unsigned int get_fullness(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	unsigned int n = h264_dpb_count(&h264->dpb);
	unsigned int i;

	for (i = 0; i < decoder->reorder.n; i++)
		n += !h264_dpb_has(&h264->dpb, decoder->reorder.waiting[i].frame);
	return n;
}

void h264_make_room(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	while (get_fullness(decoder) >= h264->dpb_frames && decoder_output_first(decoder))
		;
}

void h264_store_reference(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	if (!h264_picture_is_reference(&h264->current))
		return;
	if (!h264_dpb_has(&h264->dpb, h264->current.frame))
		h264_make_room(decoder);
	h264_dpb_insert(&h264->dpb, &h264->current);
}

void h264_store_output(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	int64_t order = h264_poc_get(h264->current.poc, h264->current.fields);

	if (!h264->output_current)
		return;
	reorder_add(&decoder->reorder, h264->current.frame, order);
	/* C.4.5.2: without room, a non-reference picture that precedes all others goes straight out. */
	while (get_fullness(decoder) > h264->dpb_frames && decoder_output_first(decoder))
		;
	while (decoder->reorder.n > h264->max_reorder)
		decoder_output_first(decoder);
}
