/* SPDX-License-Identifier: MIT */
/*
 * softva-mistake.h - a client's mistakes: libvacodec decodes, and one value of one buffer is changed on its way
 * to softva. Linked with -Wl,--wrap=vaCreateBuffer.
 */
#ifndef TESTS_SOFTVA_MISTAKE_H
#define TESTS_SOFTVA_MISTAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <va/va.h>

struct session;

struct mistake {
	const char *name;
	/* In the picture of that number in decoding order, from 0 on. */
	unsigned int picture;
	VABufferType type;
	void (*make)(void *data); /* NULL: no mistake */
	/* Those that fail, each followed by a space, in the order of softva's table. */
	const char *checks;
};

/*
 * Decodes with the mistake in a session of its own. The names of the checks that failed are for
 * mistake->checks; returns how many were performed.
 */
unsigned long mistake_run(const struct mistake *mistake, struct session *session,
			  void (*decode)(struct session *session), char *names, size_t size);
/* Whether there was such a buffer in the last run. */
bool mistake_was_made(void);
/* Runs test with each of the list as its state; for main(). Each begins with a struct mistake. */
int mistake_run_tests(const char *name, const void *list, size_t n, size_t each_bytes,
		      void (*test)(void **state));

#endif
