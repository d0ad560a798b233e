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
	pthread_mutex_t lock; /* over the rest, and over writes and reads of fd */
	unsigned int reasons; /* enum wake_reason */
	bool armed;
	bool watched; /* somebody may look at fd: before, nothing is written to it */
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

int wake_get_fd(struct wake *wake)
{
	pthread_mutex_lock(&wake->lock);
	if (!wake->watched && wake->reasons)
		(void)eventfd_write(wake->fd, 1);
	wake->watched = true;
	pthread_mutex_unlock(&wake->lock);
	return wake->fd;
}

static void change(struct wake *wake, unsigned int reasons)
{
	eventfd_t count;

	if (wake->watched && reasons && !wake->reasons)
		(void)eventfd_write(wake->fd, 1);
	if (wake->watched && !reasons && wake->reasons)
		(void)eventfd_read(wake->fd, &count);
	wake->reasons = reasons;
}

void wake_set(struct wake *wake, enum wake_reason reason, bool on)
{
	pthread_mutex_lock(&wake->lock);
	change(wake, on ? wake->reasons | reason : wake->reasons & ~(unsigned int)reason);
	pthread_mutex_unlock(&wake->lock);
}

void wake_arm_frame(struct wake *wake, bool armed)
{
	pthread_mutex_lock(&wake->lock);
	wake->armed = armed;
	change(wake, wake->reasons & ~(unsigned int)WAKE_FRAME);
	pthread_mutex_unlock(&wake->lock);
}

void wake_frame_free(struct wake *wake)
{
	pthread_mutex_lock(&wake->lock);
	if (wake->armed)
		change(wake, wake->reasons | WAKE_FRAME);
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
