/* SPDX-License-Identifier: MIT */
/*
 * hevc-dpb.h - HEVC picture order counts, reference picture sets and reference lists
 *
 * Knows reference pictures only: what waits for output is in the reorder queue. Each picture that was
 * decoded is a reference until the set of a later one leaves it out.
 * Source: Rec. ITU-T H.265, 8.3.1, 8.3.2, 8.3.4.
 */
#ifndef LIBVACODEC_HEVC_DPB_H
#define LIBVACODEC_HEVC_DPB_H

#include "hevc-parser.h"
#include "vacodec.h"

enum hevc_marking {
	HEVC_UNUSED,
	HEVC_SHORT_TERM,
	HEVC_LONG_TERM,
};

/* The subset of the current picture's reference picture set that a picture is of. */
enum hevc_subset {
	HEVC_ST_CURR_BEFORE,
	HEVC_ST_CURR_AFTER,
	HEVC_LT_CURR,
	HEVC_N_CURR,
	HEVC_FOLL = HEVC_N_CURR, /* kept for later pictures */
	HEVC_NO_SUBSET,
};

struct hevc_picture {
	struct vacodec_frame *frame; /* NULL: no picture */
	enum hevc_marking marking;
	enum hevc_subset subset;
	int32_t poc;
	uint8_t field; /* of a sequence of fields: 1 top, 2 bottom; 0 a frame */
};

/* A picture that the set wants: where it is, or NULL where it is not there. */
struct hevc_wanted {
	const struct hevc_picture *picture;
	int32_t poc;
};

struct hevc_dpb {
	struct hevc_picture pictures[HEVC_MAX_DPB];
	unsigned int max_refs; /* the pictures that it has places for, the current one included */
	int32_t prev_tid0_poc; /* of prevTid0Pic, 8.3.1 */
	/* The current picture's set, but for what only later ones refer to. */
	struct hevc_wanted curr[HEVC_N_CURR][HEVC_MAX_REFS];
	uint8_t n_curr[HEVC_N_CURR];
};

/* ---- hevc-dpb.c ---- */

/* Drops all references. */
void hevc_dpb_clear(struct hevc_dpb *dpb);
unsigned int hevc_dpb_count(const struct hevc_dpb *dpb);
/*
 * PicOrderCntVal, 8.3.1; begins: of an IRAP picture with NoRaslOutputFlag, or one before which nothing is
 * known.
 */
int32_t hevc_dpb_compute_poc(const struct hevc_dpb *dpb, const struct hevc_sps *sps,
			     const struct hevc_slice *slice, bool begins);
/* The picture was begun: it may be the next one's prevTid0Pic. */
void hevc_dpb_note_poc(struct hevc_dpb *dpb, const struct hevc_slice *slice, int32_t poc);
/* Derives and marks the reference picture set, 8.3.2; what is not of it is let go of. */
void hevc_dpb_apply_rps(struct hevc_dpb *dpb, const struct hevc_sps *sps,
			const struct hevc_slice *slice, int32_t poc);
/*
 * Keeps a picture, as a short-term reference; takes a reference of its own on the frame. In a stream
 * that keeps more than it says, the one that is the oldest in output order goes.
 */
void hevc_dpb_insert(struct hevc_dpb *dpb, const struct hevc_picture *picture);

/* ---- hevc-refs.c ---- */

struct hevc_lists {
	const struct hevc_picture *entry[2][HEVC_MAX_LIST];
	bool missing;        /* an entry stands for a picture that is not there */
	int32_t missing_poc; /* the greatest order count of these */
};

/*
 * The reference lists of a slice, 8.3.4, every entry of num_ref_idx_active a picture; current: itself,
 * which may be one (SCC). Returns -ENOENT when there is no reference picture at all.
 */
int hevc_refs_build(const struct hevc_dpb *dpb, const struct hevc_slice *slice,
		    const struct hevc_picture *current, struct hevc_lists *lists);

#endif
