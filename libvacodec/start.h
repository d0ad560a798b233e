/* SPDX-License-Identifier: MIT */
/*
 * start.h - where decoding can begin, and from which picture on nothing is missing
 *
 * A stream is entered at a key picture, or at a recovery point, after which some pictures may pass
 * until all that is shown is right (for H.264: D.2.8). The same points end damage: what was wrong
 * before one is not wrong after it.
 *
 *   WAITING --recovery point--> RECOVERING --its end is reached--> RUNNING
 *      +------------------------- key picture ------------------------^
 */
#ifndef LIBVACODEC_START_H
#define LIBVACODEC_START_H

#include <stdbool.h>
#include <stdint.h>

enum start_state {
	START_WAITING,
	START_RECOVERING,
	START_RUNNING,
};

struct start {
	enum start_state state;
	bool counting;  /* a recovery point came, its end did not yet */
	uint64_t begun; /* with this picture */
	bool spoiled;   /* something was damaged from there on */
	/* Entered at a recovery point: what precedes its end in output order is incomplete. */
	bool has_first;
	int64_t first_order;
	/*
	 * Pictures that precede the last intact recovery's end, in decoding order or in output order, do no
	 * harm to those that do not precede it in output order.
	 */
	bool has_clean;
	int64_t clean_order;
	uint64_t clean_from; /* its end's place in decoding order */
};

/* Nothing can be referred to any more. */
void start_reset(struct start *start);
/* Nothing before this picture can be referred to; number: its place in decoding order. */
void start_at_key(struct start *start, uint64_t number);
/* Recovery begins with this picture. */
void start_recovery(struct start *start, uint64_t number);
/* The picture is the first one behind which nothing is missing. */
void start_reach(struct start *start, int64_t order, uint64_t number);
/* A picture is damaged: a recovery on the way from one before it will not be one. */
void start_spoil(struct start *start, uint64_t number);
/* Output order begins anew without a key picture. */
void start_reorder(struct start *start);
/* Whether a picture of that output order has all that it refers to. */
bool start_is_complete(const struct start *start, int64_t order);
/* Whether damage to an earlier picture, of which both orders are known, can show in one of that order. */
bool start_can_harm(const struct start *start, uint64_t number, int64_t harmful_order,
		    int64_t order);

#endif
