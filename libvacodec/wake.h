/* SPDX-License-Identifier: MIT */
/*
 * wake.h - the decoder's pollable file descriptor
 *
 * Level-triggered: readable while one of its reasons holds. Refcounted, because a frame that goes
 * back to its pool on another thread after the decoder has gone still tells it.
 */
#ifndef LIBVACODEC_WAKE_H
#define LIBVACODEC_WAKE_H

#include <stdbool.h>
#include <stdint.h>

struct wake;

enum wake_reason {
	WAKE_EVENT = 1 << 0, /* an event is queued, or a refused send would be taken */
	WAKE_FRAME = 1 << 1, /* a frame that the decoder waited for has become free */
};

int wake_new(struct wake **out);
struct wake *wake_ref(struct wake *wake);
struct wake *wake_unref(struct wake *wake);
/* From then on the fd is kept true: who decodes in blocking mode has no system calls for it. */
int wake_get_fd(struct wake *wake);
/* A reason that one thread at a time gives and takes back. */
void wake_set(struct wake *wake, enum wake_reason reason, bool on);
/* The decoder begins (or ends) to wait for a free frame; forgets an earlier one. */
void wake_arm_frame(struct wake *wake, bool armed);
/* A frame has become free; counts only while somebody waits. Any thread. */
void wake_frame_free(struct wake *wake);
/* Waits until the fd is readable: 0, -ETIMEDOUT, -errno. */
int wake_wait(struct wake *wake, int64_t timeout_ns);

#endif
