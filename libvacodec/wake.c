/* SPDX-License-Identifier: MIT */
/*
 * wake.c - the decoder's pollable file descriptor
 */
#include "wake.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct wake {
	atomic_uint refs;
	int fd;
	pthread_mutex_t lock; /* over changes of the rest, and over writes and reads of fd */
	atomic_uint reasons;  /* enum wake_reason */
	atomic_uint armed;    /* 0 or 1 */
	bool watched;         /* somebody may look at fd: before, nothing is written to it */
};

int wake_new(struct wake **out)
{
	struct wake *wake = calloc(1, sizeof(*wake));
	int ret;

	*out = NULL;
	if (!wake)
		return -ENOMEM;
	wake->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (wake->fd < 0) {
		ret = -errno;
		free(wake);
		return ret;
	}
	atomic_init(&wake->refs, 1);
	pthread_mutex_init(&wake->lock, NULL);
	*out = wake;
	return 0;
}

struct wake *wake_ref(struct wake *wake)
{
	atomic_fetch_add_explicit(&wake->refs, 1, memory_order_relaxed);
	return wake;
}

struct wake *wake_unref(struct wake *wake)
{
	if (wake && atomic_fetch_sub_explicit(&wake->refs, 1, memory_order_acq_rel) == 1) {
		close(wake->fd);
		pthread_mutex_destroy(&wake->lock);
		free(wake);
	}
	return NULL;
}

static unsigned int get_reasons(const struct wake *wake)
{
	return atomic_load_explicit(&wake->reasons, memory_order_relaxed);
}

int wake_get_fd(struct wake *wake)
{
	pthread_mutex_lock(&wake->lock);
	if (!wake->watched && get_reasons(wake))
		(void)eventfd_write(wake->fd, 1);
	wake->watched = true;
	pthread_mutex_unlock(&wake->lock);
	return wake->fd;
}

static void change(struct wake *wake, unsigned int reasons)
{
	unsigned int before = get_reasons(wake);
	eventfd_t count;

	if (wake->watched && reasons && !before)
		(void)eventfd_write(wake->fd, 1);
	if (wake->watched && !reasons && before)
		(void)eventfd_read(wake->fd, &count);
	atomic_store_explicit(&wake->reasons, reasons, memory_order_relaxed);
}

/* Nobody else changes this reason meanwhile: where it is as it should be, it stays so. */
void wake_set(struct wake *wake, enum wake_reason reason, bool on)
{
	if (!!(get_reasons(wake) & reason) == on)
		return;
	pthread_mutex_lock(&wake->lock);
	change(wake, on ? get_reasons(wake) | reason : get_reasons(wake) & ~(unsigned int)reason);
	pthread_mutex_unlock(&wake->lock);
}

/* Without being armed there is no WAKE_FRAME to be forgotten. */
void wake_arm_frame(struct wake *wake, bool armed)
{
	if (!armed && !atomic_load_explicit(&wake->armed, memory_order_relaxed))
		return;
	pthread_mutex_lock(&wake->lock);
	atomic_exchange_explicit(&wake->armed, armed, memory_order_acq_rel);
	change(wake, get_reasons(wake) & ~(unsigned int)WAKE_FRAME);
	pthread_mutex_unlock(&wake->lock);
}

/*
 * Either this sees that somebody waits, or that one's arming comes after this in the order of what is
 * written to armed, and so its last look for a frame after this frame became free.
 */
void wake_frame_free(struct wake *wake)
{
	if (!atomic_fetch_or_explicit(&wake->armed, 0, memory_order_acq_rel))
		return;
	pthread_mutex_lock(&wake->lock);
	if (atomic_load_explicit(&wake->armed, memory_order_relaxed))
		change(wake, get_reasons(wake) | WAKE_FRAME);
	pthread_mutex_unlock(&wake->lock);
}

int wake_wait(struct wake *wake, int64_t timeout_ns)
{
	struct pollfd pfd = {.fd = wake_get_fd(wake), .events = POLLIN};
	struct timespec ts = {timeout_ns / 1000000000, timeout_ns % 1000000000};
	int n = ppoll(&pfd, 1, timeout_ns < 0 ? NULL : &ts, NULL);

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}
