/* SPDX-License-Identifier: MIT */
/*
 * start.c - where decoding can begin, and from which picture on nothing is missing
 */
#include "start.h"

#include <string.h>

void start_reset(struct start *start)
{
	memset(start, 0, sizeof(*start));
}

void start_at_key(struct start *start, uint64_t number)
{
	start_reset(start);
	start->state = START_RUNNING;
	start->clean_from = number;
}

void start_recovery(struct start *start, uint64_t number)
{
	start->begun = number;
	start->counting = true;
	start->spoiled = false;
	if (start->state == START_WAITING)
		start->state = START_RECOVERING;
}

void start_reach(struct start *start, int64_t order, uint64_t number)
{
	if (start->state == START_RECOVERING) {
		start->has_first = true;
		start->first_order = order;
	}
	if (!start->spoiled) {
		start->has_clean = true;
		start->clean_order = order;
		start->clean_from = number;
	}
	start->state = START_RUNNING;
	start->counting = false;
}

void start_spoil(struct start *start, uint64_t number)
{
	start->spoiled |= number >= start->begun;
}

void start_reorder(struct start *start)
{
	start->has_first = false;
	start->has_clean = false;
}

bool start_is_complete(const struct start *start, int64_t order)
{
	return start->state == START_RUNNING && !(start->has_first && order < start->first_order);
}

bool start_can_harm(const struct start *start, uint64_t number, int64_t harmful_order,
		    int64_t order)
{
	bool precedes = number < start->clean_from ||
			(start->has_clean && harmful_order < start->clean_order);

	return !precedes || (start->has_clean && order < start->clean_order);
}
