/* SPDX-License-Identifier: MIT */
/*
 * output.c - output order: the bumping process that H.264 and HEVC share
 *
 * A frame is output when the decoded picture buffer needs its place, or as soon as more frames wait
 * than the stream says it reorders; both give the same order. Codecs without reordering have limits
 * of 0.
 * Source: Rec. ITU-T H.264, C.4; Rec. ITU-T H.265, C.5.2.
 */
#include "decoder.h"

/* References, and frames that only wait for output. */
static unsigned int get_fullness(const struct vacodec_decoder *decoder, unsigned int n_references)
{
	unsigned int i;

	for (i = 0; i < decoder->reorder.n; i++)
		n_references += !decoder->reorder.waiting[i].frame->is_reference;
	return n_references;
}

void output_make_room(struct vacodec_decoder *decoder, unsigned int n_references)
{
	while (get_fullness(decoder, n_references) >= decoder->output_limits.max_frames &&
	       decoder_output_first(decoder))
		;
}

/* PicLatencyCount of C.5.2.3: frames decoded while one waits that is later than they in output. */
static void count_latency(struct vacodec_decoder *decoder, int64_t order)
{
	unsigned int i;

	for (i = 0; i < decoder->reorder.n; i++)
		decoder->reorder.waiting[i].latency += decoder->reorder.waiting[i].order > order;
}

static bool is_late(const struct vacodec_decoder *decoder)
{
	uint64_t max = decoder->output_limits.max_latency;
	unsigned int i;

	for (i = 0; i < decoder->reorder.n; i++) {
		if (max > 0 && decoder->reorder.waiting[i].latency >= max)
			return true;
	}
	return false;
}

void output_store(struct vacodec_decoder *decoder, unsigned int n_references, int64_t order)
{
	const struct output_limits *limits = &decoder->output_limits;

	if (!decoder->current.shown)
		return;
	count_latency(decoder, order);
	reorder_add(&decoder->reorder, decoder->current.frame, order);
	/* C.4.5.2: without room, a non-reference picture that precedes all others goes straight out. */
	while (get_fullness(decoder, n_references) > limits->max_frames &&
	       decoder_output_first(decoder))
		;
	while (decoder->reorder.n > limits->max_reorder || is_late(decoder))
		decoder_output_first(decoder);
}
