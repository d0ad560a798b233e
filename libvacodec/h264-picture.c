/* SPDX-License-Identifier: MIT */
/*
 * h264-picture.c - one H.264 picture from its first slice to its place in the DPB
 *
 * Everything that can make a picture wait (an unanswered format, no free frame) comes before
 * anything that changes the DPB, so that the first slice can be tried again.
 */
#include "h264.h"

#include <errno.h>
#include <string.h>

/* ---- Beginning ---- */

static bool is_idr(const struct h264_slice *slice)
{
	return slice->nal_unit_type == H264_NAL_IDR;
}

/* Slice groups of a profile without them are damage. */
static int check_supported(struct vacodec_decoder *decoder, const struct h264_sps *sps,
			   const struct h264_pps *pps)
{
	if (pps->num_slice_groups_minus1 == 0)
		return 0;
	return h264_has_slice_groups(sps) ? h264_refuse(decoder, H264_REASON_FMO) : -EBADMSG;
}

/* Takes over a new or changed SPS; -EAGAIN while its format waits for an answer. */
static int activate(struct vacodec_decoder *decoder, const struct h264_sps *sps)
{
	struct h264 *h264 = h264_of(decoder);
	struct vacodec_format format;
	int ret = h264_get_format(decoder, sps, &format);

	if (ret < 0)
		return ret == -EBADMSG ? -EIO : ret; /* the driver's, not the stream's */
	/* C.4.4: the IDR picture says whether what still waits is shown. */
	if (is_idr(&h264->slice) && h264->slice.no_output_of_prior_pics_flag)
		reorder_clear(&decoder->reorder);
	h264->activating = true;
	ret = decoder_begin_sequence(decoder, &format);
	if (ret < 0)
		return ret;
	h264->activating = false;
	memcpy(&h264->sets.active, sps, sizeof(*sps));
	decoder->output_limits.max_frames = h264_get_dpb_frames(sps);
	decoder->output_limits.max_reorder = h264_get_max_reorder(sps);
	h264_dpb_begin_sequence(&h264->dpb, sps);
	return 0;
}

/* Whether decoding can begin here, or goes on. */
static bool can_start(struct vacodec_decoder *decoder)
{
	const struct h264 *h264 = h264_of(decoder);

	if (decoder->start.state != START_WAITING || decoder->show_incomplete)
		return true;
	/* A seek may go into the middle of a picture; at the stream's begin a slice was lost. */
	return (h264->slice.first_mb_in_slice == 0 || !h264->sought) &&
	       (is_idr(&h264->slice) || h264->recovery_frame_cnt >= 0);
}

static void start_at_idr(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	if (h264->slice.no_output_of_prior_pics_flag)
		reorder_clear(&decoder->reorder);
	decoder_output_all(decoder);
	h264_dpb_clear(&h264->dpb);
	start_at_key(&decoder->start, decoder->n_begun);
}

/* Nothing was lost before the first picture. */
static void start_in_the_middle(struct h264 *h264)
{
	h264_dpb_clear(&h264->dpb);
	memset(&h264->dpb.poc, 0, sizeof(h264->dpb.poc));
	h264->dpb.prev_ref_frame_num = h264->slice.frame_num;
	h264->dpb.poc.prev_frame_num = h264->slice.frame_num;
}

/* Counts from the current picture on, D.2.8. */
static void begin_recovery(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	h264->recovery_count = (uint32_t)h264->recovery_frame_cnt;
	h264->recovery_frame_num =
		(h264->slice.frame_num + h264->recovery_count) & (h264->dpb.max_frame_num - 1);
	start_recovery(&decoder->start, decoder->n_begun);
}

/* The frames that a gap in frame_num stands for, 8.2.5.2, of which frame_num is the first. */
static void fill_gap(struct vacodec_decoder *decoder, uint32_t frame_num)
{
	struct h264 *h264 = h264_of(decoder);
	struct h264_picture gap = {
		.fields = H264_FRAME,
		.short_fields = H264_FRAME,
		.lost = !h264->sets.active.gaps_in_frame_num_value_allowed_flag,
		.number = decoder->n_begun - 1,
	};
	struct h264_slice slice = {.nal_ref_idc = 1, .nal_unit_type = H264_NAL_SLICE};
	uint32_t mask = h264->dpb.max_frame_num - 1;

	if (gap.lost) {
		start_spoil(&decoder->start, decoder->n_begun);
		decoder_warn(decoder, "H.264 frames are missing before frame_num %u",
			     h264->slice.frame_num);
	}
	for (; frame_num != h264->slice.frame_num; frame_num = (frame_num + 1) & mask) {
		slice.frame_num = frame_num;
		gap.frame_num = frame_num;
		if (h264->sets.active.pic_order_cnt_type != 0) {
			h264_poc_compute(&h264->dpb.poc, &h264->sets.active, &slice, gap.poc);
			h264_poc_advance(&h264->dpb.poc, &slice, gap.poc, false);
		}
		h264_dpb_number(&h264->dpb, frame_num, NULL);
		h264_dpb_slide(&h264->dpb, NULL);
		output_make_room(decoder, h264_dpb_count(&h264->dpb));
		h264_dpb_insert(&h264->dpb, &gap);
		h264->dpb.prev_ref_frame_num = frame_num;
	}
}

static void follow_recovery(struct vacodec_decoder *decoder, int32_t poc)
{
	struct h264 *h264 = h264_of(decoder);
	uint32_t mask = h264->dpb.max_frame_num - 1;
	uint32_t left = (h264->recovery_frame_num - h264->slice.frame_num) & mask;

	if (decoder->start.counting && (left == 0 || left > h264->recovery_count))
		start_reach(&decoder->start, poc, h264->current.frame->number);
}

/* Where the current picture stands, once its order is known. Points on the way to one change nothing. */
static void place(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	int32_t poc = h264_poc_get(h264->current.poc, h264->current.fields);

	follow_recovery(decoder, poc);
	if (h264->recovery_frame_cnt >= 0 && !is_idr(&h264->slice) && !decoder->start.counting) {
		begin_recovery(decoder);
		follow_recovery(decoder, poc);
	}
	picture_place(decoder, poc);
}

static void init_frame(struct h264 *h264)
{
	struct vacodec_frame *frame = h264->current.frame;

	if (is_idr(&h264->slice) || h264->recovery_frame_cnt == 0)
		frame_add_flags(frame, VACODEC_FRAME_KEY);
	if (h264->slice.field_pic_flag || h264->sets.active.mb_adaptive_frame_field_flag)
		frame_add_flags(frame, VACODEC_FRAME_INTERLACED);
}

/* What each picture begins with, a second field too. */
static void init_picture(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	unsigned int fields = h264_slice_get_fields(&h264->slice);
	int32_t poc[2];

	h264->in_picture = true;
	h264->frame_open = false;
	h264->first_slice = h264->slice;
	h264->last_mb = 0;
	h264->current.short_fields = 0;
	h264->current.long_fields = 0;
	h264->current.fields |= (uint8_t)fields;
	h264_poc_compute(&h264->dpb.poc, &h264->sets.active, &h264->slice, poc);
	if (fields & H264_TOP)
		h264->current.poc[0] = poc[0];
	if (fields & H264_BOTTOM)
		h264->current.poc[1] = poc[1];
	h264->out_of_order = false;
	if (h264->slice.first_mb_in_slice != 0 || h264->doubtful)
		picture_damage(decoder);
}

/* A sequence begins where the SPS may be another one than what is decoded by. */
static void note_doubt(struct h264 *h264)
{
	if (!h264->doubt)
		h264->doubtful = false;
	else if (is_idr(&h264->slice) || h264->recovery_frame_cnt >= 0)
		h264->doubtful =
			h264->doubtful_sps.seq_parameter_set_id == h264->pps.seq_parameter_set_id;
}

static void note_slice_order(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	if (decoder->current.n_slices < 2 && !h264->out_of_order)
		return;
	h264->last_disorder = h264->out_of_order;
	h264->seen_order |= !h264->out_of_order;
}

void h264_enter_picture(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	uint32_t missing;
	bool waiting;

	if (h264->broken_link && !is_idr(&h264->slice)) {
		decoder_output_all(decoder);
		start_reset(&decoder->start);
	}
	waiting = decoder->start.state == START_WAITING;
	if (is_idr(&h264->slice))
		start_at_idr(decoder);
	else if (waiting && (h264->recovery_frame_cnt >= 0 || h264_dpb_count(&h264->dpb) == 0))
		start_in_the_middle(h264);
	else if (h264_dpb_find_gap(&h264->dpb, &h264->slice, &missing))
		fill_gap(decoder, missing);
	h264->current = (struct h264_picture){
		.frame = decoder->current.frame,
		.frame_num = h264->slice.frame_num,
	};
	note_doubt(h264);
	init_frame(h264);
	init_picture(decoder);
	place(decoder);
}

static bool has_mmco5(const struct h264_slice *slice)
{
	unsigned int i;

	for (i = 0; i < slice->n_mmcos; i++) {
		if (slice->mmcos[i].memory_management_control_operation == 5)
			return true;
	}
	return false;
}

/* The second field of a complementary pair, 3.30 and 3.31. */
static bool is_second_field(const struct h264 *h264, const struct h264_sps *sps)
{
	const struct h264_slice *first = &h264->first_slice;
	const struct h264_slice *slice = &h264->slice;

	return h264->frame_open &&
	       h264_slice_get_fields(slice) == (h264->current.fields ^ H264_FRAME) &&
	       slice->frame_num == h264->current.frame_num &&
	       !slice->nal_ref_idc == !first->nal_ref_idc && !has_mmco5(slice) &&
	       (!is_idr(slice) || is_idr(first)) &&
	       memcmp(sps, &h264->sets.active, sizeof(*sps)) == 0;
}

static void enter_second_field(struct vacodec_decoder *decoder)
{
	picture_begin_second(decoder);
	init_picture(decoder);
}

int h264_begin(struct vacodec_decoder *decoder, uint64_t timestamp)
{
	struct h264 *h264 = h264_of(decoder);
	const struct h264_pps *pps = &h264->sets.pps[h264->slice.pic_parameter_set_id];
	const struct h264_sps *sps = h264_select_sps(&h264->sets, pps, is_idr(&h264->slice));
	bool second = is_second_field(h264, sps);
	int ret;

	if (!second)
		h264_close_frame(decoder);
	if (!second && !can_start(decoder))
		return 0;
	ret = check_supported(decoder, sps, pps);
	if (ret == 0 && second) {
		h264->pps = *pps;
		enter_second_field(decoder);
		return 0;
	}
	/* After a change that a flush took back, the active one is not what the frames are for. */
	if (ret == 0 && (h264->activating || memcmp(sps, &h264->sets.active, sizeof(*sps)) != 0))
		ret = activate(decoder, sps);
	if (ret < 0)
		return ret;
	h264->pps = *pps;
	return picture_begin(decoder, timestamp);
}

/* ---- Concealment ---- */

int h264_conceal_reference(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	struct h264_picture picture = {
		.fields = H264_FRAME,
		.short_fields = H264_FRAME,
		.lost = true,
	};
	unsigned int fields = h264_slice_get_fields(&h264->slice);
	int ret;

	h264_dpb_clear(&h264->dpb); /* none of them has a frame */
	output_make_room(decoder, h264_dpb_count(&h264->dpb));
	ret = conceal_make_frame(decoder, &picture.frame);
	if (ret < 0)
		return ret;
	picture.frame_num = (h264->slice.frame_num - 1) & (h264->dpb.max_frame_num - 1);
	picture.poc[0] = h264->current.poc[fields == H264_BOTTOM];
	picture.poc[1] = h264->current.poc[fields != H264_TOP];
	h264_dpb_insert(&h264->dpb, &picture);
	vacodec_frame_unref(picture.frame);
	return 0;
}

/* ---- Finishing ---- */

void h264_close_frame(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	struct h264_picture *current = &h264->current;

	if (!h264->frame_open)
		return;
	h264->frame_open = false;
	if (current->fields != H264_FRAME)
		submit_complete(decoder, current->frame);
	if (atomic_load(&current->frame->flags) & VACODEC_FRAME_INTERLACED &&
	    current->fields & H264_TOP &&
	    (current->fields == H264_TOP || current->poc[0] <= current->poc[1]))
		frame_add_flags(current->frame, VACODEC_FRAME_TOP_FIRST);
	output_store(decoder, h264_dpb_count(&h264->dpb),
		     h264_poc_get(current->poc, current->fields));
	picture_drop(decoder);
	current->frame = NULL;
}

static void store_reference(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);

	if (!h264_picture_is_reference(&h264->current))
		return;
	if (!h264_dpb_has(&h264->dpb, h264->current.frame))
		output_make_room(decoder, h264_dpb_count(&h264->dpb));
	h264_dpb_insert(&h264->dpb, &h264->current);
}

int h264_finish_picture(struct vacodec_decoder *decoder)
{
	struct h264 *h264 = h264_of(decoder);
	bool mmco5 = false;
	int ret;

	if (!h264->in_picture)
		return 0;
	note_slice_order(decoder);
	ret = picture_submit(decoder, h264->current.fields == H264_FRAME);
	if (h264->first_slice.nal_ref_idc != 0)
		mmco5 = h264_dpb_mark(&h264->dpb, &h264->first_slice, &h264->current);
	h264_poc_advance(&h264->dpb.poc, &h264->first_slice, h264->current.poc, mmco5);
	if (mmco5) {
		/* C.4.4: as before an IDR picture; the counts begin anew. */
		decoder_output_all(decoder);
		start_reorder(&decoder->start);
	}
	store_reference(decoder);
	h264->in_picture = false;
	h264->frame_open = true;
	if (h264->current.fields == H264_FRAME)
		h264_close_frame(decoder);
	return ret;
}
