/* SPDX-License-Identifier: MIT */
/*
 * Calls that fail because SOFTVA_FAIL says so, for tests of what a client does then (softva(7)).
 */
#ifndef SOFTVA_FAIL_H
#define SOFTVA_FAIL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <va/va.h>

#define FAIL_MAX_RULES 8

struct VADriverVTable;

/* The first-th call fails, and those after it too where it is for good. */
struct fail_rule {
	const char *call;
	unsigned long first;
	bool for_good;
	VAStatus status;
	atomic_ulong calls;
};

struct fail_rules {
	unsigned int count;
	struct fail_rule rules[FAIL_MAX_RULES];
};

/* text: CALL:N[+][:STATUS], separated by commas. -EINVAL if it is anything else. */
int fail_parse(struct fail_rules *rules, const char *text);
/* Puts the calls that can fail in front of the others. */
void fail_fill(struct VADriverVTable *vtable);

#endif
