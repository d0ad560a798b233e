/* SPDX-License-Identifier: MIT */
/*
 * selftest.c - runs the tests one after the other and says how they went
 */
#include <errno.h>
#include <fnmatch.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "selftest-private.h"

static const struct st_case *const parts[] = {
	selftest_commands, selftest_errors, selftest_framing, selftest_queues,
	selftest_changes,  selftest_limits, selftest_habits,  selftest_random,
};

#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

void st_fail(struct st *st, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(st->why, sizeof(st->why), format, args);
	va_end(args);
	longjmp(st->fail, 1);
}

void st_check(struct st *st, bool ok, const char *format, ...)
{
	va_list args;

	if (ok)
		return;
	va_start(args, format);
	vsnprintf(st->why, sizeof(st->why), format, args);
	va_end(args);
	longjmp(st->fail, 1);
}

static void say(const struct st *st, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(const struct st *st, const char *format, ...)
{
	char line[600];
	va_list args;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	st->options->print(st->options->cookie, line);
}

static bool is_wanted(const struct st *st, const struct st_case *test)
{
	return !st->options->only || fnmatch(st->options->only, test->name, 0) == 0;
}

static bool needs_session(const struct st_case *test)
{
	return test->flags & ~(unsigned int)ST_PAGES;
}

/* What needs a session of another kind gets one; the next test a usual one again. */
static void begin(struct st *st, const struct st_case *test)
{
	int ret;

	if (st->started && !needs_session(test))
		return;
	st_session_stop(st);
	ret = st_session_start(st, test->flags);
	if (ret < 0)
		st_fail(st, "no session: %s", strerror(-ret));
}

/* Returns whether all was well. */
static bool run_one(struct st *st, const struct st_case *test)
{
	/* Not a local that the test's way out could spoil. */
	static volatile bool cleaning;

	st->why[0] = '\0';
	st->test = test;
	cleaning = false;
	if (setjmp(st->fail)) {
		if (cleaning)
			say(st, "# while cleaning up:");
		st_session_stop(st);
		return false;
	}
	begin(st, test);
	test->run(st);
	cleaning = true;
	st_session_clean(st);
	if (needs_session(test))
		st_session_stop(st);
	return true;
}

static unsigned int count(const struct st *st)
{
	unsigned int n = 0;

	for (size_t i = 0; i < N_PARTS; i++) {
		for (const struct st_case *test = parts[i]; test->name; test++)
			n += is_wanted(st, test);
	}
	return n;
}

static int run_all(struct st *st)
{
	unsigned int n = 0, failed = 0;

	say(st, "1..%u", count(st));
	for (size_t i = 0; i < N_PARTS; i++) {
		for (const struct st_case *test = parts[i]; test->name; test++) {
			bool ok;

			if (!is_wanted(st, test))
				continue;
			ok = st->options->list || run_one(st, test);
			failed += !ok;
			if (!ok)
				say(st, "# %s", st->why);
			say(st, "%s %u - %s", ok ? "ok" : "not ok", ++n, test->name);
		}
	}
	return (int)failed;
}

int selftest_run(struct guest_transport *transport, const struct selftest_options *options)
{
	struct st *st;
	int ret = -ENOMEM;

	if (options->objects && !transport->ops->add_object)
		return -ENOTSUP;
	st = calloc(1, sizeof(*st));
	if (!st)
		return ret;
	st->transport = transport;
	st->options = options;
	st->replies = calloc(ST_RING_SIZE, sizeof(*st->replies));
	st->pixels = malloc(ST_MAX_PIXELS);
	if (st->replies && st->pixels)
		ret = run_all(st);
	st_session_stop(st);
	free(st->replies);
	free(st->pixels);
	free(st);
	return ret;
}
