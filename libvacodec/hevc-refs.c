/* SPDX-License-Identifier: MIT */
/*
 * hevc-refs.c - HEVC reference picture lists
 *
 * A picture that is not there has another one in its place: the nearest in output order.
 * Source: Rec. ITU-T H.265, 8.3.4.
 */
#include "hevc-dpb.h"

#include "decoder.h"

#include <errno.h>
#include <string.h>

/* The candidates of a list in their order; at most all of the set, and the current picture. */
struct candidates {
	struct hevc_wanted entry[HEVC_N_CURR * HEVC_MAX_REFS + 1];
	unsigned int n;
};

static void append(struct candidates *candidates, const struct hevc_dpb *dpb,
		   enum hevc_subset subset)
{
	unsigned int i;

	for (i = 0; i < dpb->n_curr[subset]; i++)
		candidates->entry[candidates->n++] = dpb->curr[subset][i];
}

/* (8-8) and (8-10) */
static void collect(struct candidates *candidates, const struct hevc_dpb *dpb, unsigned int list)
{
	candidates->n = 0;
	append(candidates, dpb, list ? HEVC_ST_CURR_AFTER : HEVC_ST_CURR_BEFORE);
	append(candidates, dpb, list ? HEVC_ST_CURR_BEFORE : HEVC_ST_CURR_AFTER);
	append(candidates, dpb, HEVC_LT_CURR);
}

static bool get_order(const void *item, int64_t *order)
{
	const struct hevc_picture *picture = item;

	*order = picture->poc;
	return picture->marking != HEVC_UNUSED;
}

static const struct hevc_picture *find_nearest(const struct hevc_dpb *dpb, int32_t poc)
{
	const struct conceal_candidates candidates = {
		.items = dpb->pictures,
		.n = HEVC_MAX_DPB,
		.item_bytes = sizeof(dpb->pictures[0]),
		.get_order = get_order,
	};

	return conceal_find_nearest(&candidates, poc);
}

static void note_missing(struct hevc_lists *lists, int32_t poc)
{
	if (!lists->missing || poc > lists->missing_poc)
		lists->missing_poc = poc;
	lists->missing = true;
}

/* The picture, or the one that stands in for it; NULL where there is none at all. */
static const struct hevc_picture *
get_picture(const struct hevc_dpb *dpb, const struct hevc_wanted *wanted, struct hevc_lists *lists)
{
	if (wanted->picture)
		return wanted->picture;
	note_missing(lists, wanted->poc);
	return find_nearest(dpb, wanted->poc);
}

int hevc_refs_build(const struct hevc_dpb *dpb, const struct hevc_slice *slice,
		    const struct hevc_picture *current, struct hevc_lists *lists)
{
	struct candidates candidates;
	unsigned int list, i, index;

	memset(lists, 0, sizeof(*lists));
	for (list = 0; list < 2; list++) {
		collect(&candidates, dpb, list);
		if (slice->refers_to_itself)
			candidates.entry[candidates.n++] =
				(struct hevc_wanted){current, current->poc};
		for (i = 0; i < slice->num_ref_idx_active[list]; i++) {
			index = hevc_slice_get_candidate(slice, list, i);
			/* The picture's first segment may have had another set: damage. */
			if (index >= candidates.n)
				return -EBADMSG;
			lists->entry[list][i] = get_picture(dpb, &candidates.entry[index], lists);
			if (!lists->entry[list][i])
				return -ENOENT;
		}
	}
	return 0;
}
