/* SPDX-License-Identifier: MIT */
/*
 * selftest-habits.c - stub
 */
#include "selftest-private.h"

const struct st_case selftest_habits[] = {
	{NULL, NULL, 0, NULL},
};
