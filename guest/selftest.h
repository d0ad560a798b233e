/* SPDX-License-Identifier: MIT */
/*
 * selftest.h - a suite that tells whether a device keeps the protocol
 *
 * It needs a transport and nothing else of the device: whatever can be attached can be tested. It
 * brings its own H.264 streams, whose pictures are known by construction. One line of TAP a test.
 */
#ifndef GUEST_SELFTEST_H
#define GUEST_SELFTEST_H

#include <stdbool.h>
#include <stdint.h>
#include "transport.h"

struct selftest_options {
	void (*print)(void *cookie, const char *line); /* a line of TAP, without its newline */
	void *cookie;
	const char *only;         /* names that match this glob; NULL: all */
	unsigned int timeout_ms;  /* for what must come; 0: 20000 */
	uint32_t seed;            /* of the random runs */
	uint32_t random_commands; /* 0: 10000 */
	bool list;                /* name the tests only */
	bool objects;             /* buffers are virtio objects; the transport must take them */
};

/*
 * Runs the suite. The transport is started and stopped several times and left stopped.
 * Returns the number of tests that failed, or -errno: nothing could be run (-ENOTSUP: the transport
 * takes no objects).
 */
int selftest_run(struct guest_transport *transport, const struct selftest_options *options);

#endif
