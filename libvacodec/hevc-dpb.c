/* SPDX-License-Identifier: MIT */
/*
 * hevc-dpb.c - HEVC picture order counts and reference picture sets
 *
 * Sums wrap as unsigned: a damaged stream must not overflow a signed number.
 * Source: Rec. ITU-T H.265, 8.3.1, 8.3.2.
 */
#include "hevc-dpb.h"

#include "frame-pool.h"

#include <string.h>

static int32_t add(int32_t a, int32_t b)
{
	return (int32_t)((uint32_t)a + (uint32_t)b);
}

static void drop(struct hevc_picture *picture)
{
	if (picture->frame)
		picture->frame->is_reference = false;
	picture->frame = vacodec_frame_unref(picture->frame);
	picture->marking = HEVC_UNUSED;
}

void hevc_dpb_clear(struct hevc_dpb *dpb)
{
	unsigned int i;

	for (i = 0; i < HEVC_MAX_DPB; i++)
		drop(&dpb->pictures[i]);
	memset(dpb->n_curr, 0, sizeof(dpb->n_curr));
}

unsigned int hevc_dpb_count(const struct hevc_dpb *dpb)
{
	unsigned int n = 0;
	unsigned int i;

	for (i = 0; i < HEVC_MAX_DPB; i++)
		n += dpb->pictures[i].marking != HEVC_UNUSED;
	return n;
}

/* ---- Picture order counts ---- */

int32_t hevc_dpb_compute_poc(const struct hevc_dpb *dpb, const struct hevc_sps *sps,
			     const struct hevc_slice *slice, bool begins)
{
	int32_t max_lsb = 1 << sps->log2_max_pic_order_cnt_lsb;
	int32_t lsb = slice->pic_order_cnt_lsb;
	int32_t prev_lsb = dpb->prev_tid0_poc & (max_lsb - 1);
	int32_t msb = add(dpb->prev_tid0_poc, -prev_lsb);

	if (begins)
		return lsb;
	if (lsb < prev_lsb && prev_lsb - lsb >= max_lsb / 2)
		msb = add(msb, max_lsb);
	else if (lsb > prev_lsb && lsb - prev_lsb > max_lsb / 2)
		msb = add(msb, -max_lsb);
	return add(msb, lsb);
}

void hevc_dpb_note_poc(struct hevc_dpb *dpb, const struct hevc_slice *slice, int32_t poc)
{
	unsigned int type = slice->nal.nal_unit_type;
	bool is_non_reference = type < HEVC_NAL_LAST_SUB_LAYER && type % 2 == 0;

	if (slice->nal.temporal_id == 0 && !hevc_is_leading(type) && !is_non_reference)
		dpb->prev_tid0_poc = poc;
}

/* ---- Reference picture sets ---- */

static struct hevc_picture *find_short(struct hevc_dpb *dpb, int32_t poc)
{
	struct hevc_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + HEVC_MAX_DPB; p++) {
		if (p->marking == HEVC_SHORT_TERM && p->subset == HEVC_NO_SUBSET && p->poc == poc)
			return p;
	}
	return NULL;
}

/* By the lower bits alone where mask leaves no others. */
static struct hevc_picture *find_any(struct hevc_dpb *dpb, int32_t poc, int32_t mask)
{
	struct hevc_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + HEVC_MAX_DPB; p++) {
		if (p->marking != HEVC_UNUSED && (p->poc & mask) == (poc & mask))
			return p;
	}
	return NULL;
}

static void want(struct hevc_dpb *dpb, enum hevc_subset subset, struct hevc_picture *picture,
		 int32_t poc)
{
	if (picture)
		picture->subset = subset;
	if (subset == HEVC_FOLL)
		return;
	dpb->curr[subset][dpb->n_curr[subset]++] = (struct hevc_wanted){picture, poc};
}

static void derive_long_term(struct hevc_dpb *dpb, const struct hevc_sps *sps,
			     const struct hevc_slice *slice, int32_t poc)
{
	int32_t max_lsb = 1 << sps->log2_max_pic_order_cnt_lsb;
	const struct hevc_long_term *lt;
	struct hevc_picture *picture;
	int32_t wanted;
	unsigned int i;

	for (i = 0; i < slice->n_long_term; i++) {
		lt = &slice->long_term[i];
		wanted = lt->poc_lsb_lt;
		if (lt->delta_poc_msb_present_flag) { /* (8-5) */
			wanted = add(wanted, add(poc, -(poc & (max_lsb - 1))));
			wanted = add(wanted,
				     -(int32_t)(lt->delta_poc_msb_cycle * (uint32_t)max_lsb));
		}
		picture = find_any(dpb, wanted, lt->delta_poc_msb_present_flag ? -1 : max_lsb - 1);
		want(dpb, lt->used_by_curr_pic_lt ? HEVC_LT_CURR : HEVC_FOLL, picture, wanted);
		if (picture)
			picture->marking = HEVC_LONG_TERM;
	}
}

static void derive_short_term(struct hevc_dpb *dpb, const struct hevc_rps *rps, int32_t poc)
{
	int32_t wanted;
	unsigned int i;

	for (i = 0; i < rps->num_negative_pics; i++) {
		wanted = add(poc, rps->delta_poc_s0[i]);
		want(dpb, rps->used_s0[i] ? HEVC_ST_CURR_BEFORE : HEVC_FOLL,
		     find_short(dpb, wanted), wanted);
	}
	for (i = 0; i < rps->num_positive_pics; i++) {
		wanted = add(poc, rps->delta_poc_s1[i]);
		want(dpb, rps->used_s1[i] ? HEVC_ST_CURR_AFTER : HEVC_FOLL, find_short(dpb, wanted),
		     wanted);
	}
}

void hevc_dpb_apply_rps(struct hevc_dpb *dpb, const struct hevc_sps *sps,
			const struct hevc_slice *slice, int32_t poc)
{
	struct hevc_picture *p;

	memset(dpb->n_curr, 0, sizeof(dpb->n_curr));
	for (p = dpb->pictures; p < dpb->pictures + HEVC_MAX_DPB; p++)
		p->subset = HEVC_NO_SUBSET;
	derive_long_term(dpb, sps, slice, poc);
	derive_short_term(dpb, &slice->rps, poc);
	for (p = dpb->pictures; p < dpb->pictures + HEVC_MAX_DPB; p++) {
		if (p->subset == HEVC_NO_SUBSET)
			drop(p);
	}
}

/* ---- Keeping ---- */

static struct hevc_picture *find_oldest(struct hevc_dpb *dpb)
{
	struct hevc_picture *oldest = NULL;
	struct hevc_picture *p;

	for (p = dpb->pictures; p < dpb->pictures + HEVC_MAX_DPB; p++) {
		if (p->marking != HEVC_UNUSED && (!oldest || p->poc < oldest->poc))
			oldest = p;
	}
	return oldest;
}

void hevc_dpb_insert(struct hevc_dpb *dpb, const struct hevc_picture *picture)
{
	struct hevc_picture *p = dpb->pictures;

	while (hevc_dpb_count(dpb) > 0 && hevc_dpb_count(dpb) >= dpb->max_refs)
		drop(find_oldest(dpb));
	while (p->marking != HEVC_UNUSED)
		p++;
	*p = *picture;
	p->marking = HEVC_SHORT_TERM;
	vacodec_frame_ref(p->frame);
	p->frame->is_reference = true;
}
