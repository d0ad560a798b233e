/* SPDX-License-Identifier: MIT */
/*
 * selftest-changes.c - stub
 */
#include "selftest-private.h"

const struct st_case selftest_changes[] = {
	{NULL, NULL, 0, NULL},
};
