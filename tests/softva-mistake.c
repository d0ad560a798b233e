/* SPDX-License-Identifier: MIT */
/*
 * softva-mistake.c - see softva-mistake.h
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "softva-mistake.h"
#include "softva-report.h"
#include "softva-session.h"

static struct {
	const struct mistake *mistake;
	unsigned int n_pictures;
	bool made;
} client;

VAStatus __real_vaCreateBuffer(VADisplay, VAContextID, VABufferType, unsigned int, unsigned int,
			       void *, VABufferID *);
/* Shared libraries in the link may refer to it, too. */
__attribute__((visibility("default"))) VAStatus __wrap_vaCreateBuffer(VADisplay, VAContextID,
								      VABufferType, unsigned int,
								      unsigned int, void *,
								      VABufferID *);

VAStatus __wrap_vaCreateBuffer(VADisplay va, VAContextID context, VABufferType type,
			       unsigned int size, unsigned int count, void *data, VABufferID *id)
{
	const struct mistake *mistake = client.mistake;
	_Alignas(16) uint8_t copy[8192]; /* a copy that nothing is before of */

	client.n_pictures += type == VAPictureParameterBufferType;
	if (!data || !mistake->make || type != mistake->type ||
	    client.n_pictures != mistake->picture + 1)
		return __real_vaCreateBuffer(va, context, type, size, count, data, id);
	assert_true((size_t)size * count <= sizeof(copy));
	memcpy(copy, data, (size_t)size * count);
	mistake->make(copy);
	client.made = true;
	return __real_vaCreateBuffer(va, context, type, size, count, copy, id);
}

unsigned long mistake_run(const struct mistake *mistake, struct session *session,
			  void (*decode)(struct session *session), char *names, size_t size)
{
	struct vawrap_display *display;

	client.mistake = mistake;
	client.n_pictures = 0;
	client.made = false;
	softva_report_begin();
	assert_int_equal(session_open_display(false, &display), 0);
	assert_int_equal(session_open(session, display), 0);
	decode(session);
	session_close(session);
	vawrap_display_unref(display);
	return softva_report_end(names, size);
}

bool mistake_was_made(void)
{
	return client.made;
}

int mistake_run_tests(const char *name, const void *list, size_t n, size_t each_bytes,
		      void (*test)(void **state))
{
	struct CMUnitTest *tests = calloc(n, sizeof(*tests));
	int failed;

	if (!tests)
		return 1;
	for (size_t i = 0; i < n; i++) {
		const struct mistake *mistake = (const void *)((const char *)list + i * each_bytes);

		tests[i] = (struct CMUnitTest){mistake->name, test, NULL, NULL,
					       (void *)(uintptr_t)mistake};
	}
	failed = _cmocka_run_group_tests(name, tests, n, NULL, NULL);
	free(tests);
	return failed;
}
