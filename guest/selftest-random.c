/* SPDX-License-Identifier: MIT */
/*
 * selftest-random.c - stub
 */
#include "selftest-private.h"

const struct st_case selftest_random[] = {
	{NULL, NULL, 0, NULL},
};
