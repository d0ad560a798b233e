/* SPDX-License-Identifier: MIT */
/*
 * hevc-rps.c - how HEVC's short-term reference picture sets are coded
 *
 * Source: Rec. ITU-T H.265, 7.3.7 and 7.4.8.
 */
#include "hevc-parser.h"

#include <errno.h>
#include <string.h>

#define MAX_DELTA 32768 /* of abs_delta_rps_minus1 + 1 and delta_poc_minus1 + 1 */

static void add(struct bits *b, struct hevc_rps *rps, int32_t delta, bool used)
{
	uint8_t *n = delta < 0 ? &rps->num_negative_pics : &rps->num_positive_pics;

	if (rps->num_negative_pics + rps->num_positive_pics >= HEVC_MAX_REFS) {
		b->err = -EBADMSG;
		return;
	}
	if (delta < 0) {
		rps->delta_poc_s0[*n] = delta;
		rps->used_s0[*n] = used;
	} else {
		rps->delta_poc_s1[*n] = delta;
		rps->used_s1[*n] = used;
	}
	++*n;
}

/* What the flags say of the pictures of the set that is predicted from, and of that set's own. */
struct prediction {
	int32_t delta_rps;
	bool used[HEVC_MAX_REFS + 1];
	bool use_delta[HEVC_MAX_REFS + 1];
};

/* The picture j of the other set, where it comes to lie on the side wanted: (7-61), (7-62). */
static void carry(struct bits *b, struct hevc_rps *rps, const struct prediction *p, int32_t delta,
		  unsigned int j)
{
	if (p->use_delta[j])
		add(b, rps, delta, p->used[j]);
}

static void predict_negative(struct bits *b, struct hevc_rps *rps, const struct hevc_rps *ref,
			     const struct prediction *p)
{
	unsigned int n = ref->num_negative_pics;
	unsigned int i;

	for (i = ref->num_positive_pics; i-- > 0;) {
		if (ref->delta_poc_s1[i] + p->delta_rps < 0)
			carry(b, rps, p, ref->delta_poc_s1[i] + p->delta_rps, n + i);
	}
	if (p->delta_rps < 0)
		carry(b, rps, p, p->delta_rps, n + ref->num_positive_pics);
	for (i = 0; i < n; i++) {
		if (ref->delta_poc_s0[i] + p->delta_rps < 0)
			carry(b, rps, p, ref->delta_poc_s0[i] + p->delta_rps, i);
	}
}

static void predict_positive(struct bits *b, struct hevc_rps *rps, const struct hevc_rps *ref,
			     const struct prediction *p)
{
	unsigned int n = ref->num_negative_pics;
	unsigned int i;

	for (i = n; i-- > 0;) {
		if (ref->delta_poc_s0[i] + p->delta_rps > 0)
			carry(b, rps, p, ref->delta_poc_s0[i] + p->delta_rps, i);
	}
	if (p->delta_rps > 0)
		carry(b, rps, p, p->delta_rps, n + ref->num_positive_pics);
	for (i = 0; i < ref->num_positive_pics; i++) {
		if (ref->delta_poc_s1[i] + p->delta_rps > 0)
			carry(b, rps, p, ref->delta_poc_s1[i] + p->delta_rps, n + i);
	}
}

static void parse_predicted(struct bits *b, const struct hevc_rps *sets, unsigned int index,
			    bool in_slice, struct hevc_rps *rps)
{
	struct prediction p;
	const struct hevc_rps *ref;
	unsigned int i, back = 1;
	bool negative;

	memset(&p, 0, sizeof(p));
	if (in_slice)
		back = 1 + bits_ue_max(b, index - 1);
	negative = bits_flag(b);
	p.delta_rps = (int32_t)(1 + bits_ue_max(b, MAX_DELTA - 1));
	if (negative)
		p.delta_rps = -p.delta_rps;
	ref = &sets[index - back];
	for (i = 0; i <= (unsigned int)ref->num_negative_pics + ref->num_positive_pics; i++) {
		p.used[i] = bits_flag(b);
		p.use_delta[i] = p.used[i] || bits_flag(b);
	}
	predict_negative(b, rps, ref, &p);
	predict_positive(b, rps, ref, &p);
}

static void parse_side(struct bits *b, unsigned int n, int32_t sign, struct hevc_rps *rps)
{
	int32_t delta = 0;

	for (; n > 0 && bits_ok(b); n--) {
		delta += sign * (int32_t)(1 + bits_ue_max(b, MAX_DELTA - 1));
		add(b, rps, delta, bits_flag(b));
	}
}

static void parse_coded(struct bits *b, struct hevc_rps *rps)
{
	unsigned int negative = bits_ue_max(b, HEVC_MAX_REFS);
	unsigned int positive = bits_ue_max(b, HEVC_MAX_REFS - negative);

	parse_side(b, negative, -1, rps);
	parse_side(b, positive, 1, rps);
}

void hevc_rps_parse(struct bits *b, const struct hevc_rps *sets, unsigned int index, unsigned int n,
		    struct hevc_rps *rps)
{
	memset(rps, 0, sizeof(*rps));
	if (index > 0 && bits_flag(b))
		parse_predicted(b, sets, index, index == n, rps);
	else
		parse_coded(b, rps);
}
