/* SPDX-License-Identifier: MIT */
/*
 * watchdog.c - a timer that many threads arm and one takes
 */
#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>
#include "watchdog.h"

int watchdog_init(struct watchdog *watchdog, uint64_t period_ns)
{
	atomic_init(&watchdog->armed, false);
	watchdog->period_ns = period_ns;
	watchdog->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return watchdog->fd < 0 ? -errno : 0;
}

void watchdog_finish(struct watchdog *watchdog)
{
	close(watchdog->fd);
}

void watchdog_arm(struct watchdog *watchdog)
{
	struct itimerspec t = {.it_value = {.tv_sec = watchdog->period_ns / 1000000000,
					    .tv_nsec = watchdog->period_ns % 1000000000}};

	if (!atomic_exchange(&watchdog->armed, true))
		timerfd_settime(watchdog->fd, 0, &t, NULL);
}

bool watchdog_take(struct watchdog *watchdog)
{
	uint64_t times;

	if (read(watchdog->fd, &times, sizeof(times)) < 0)
		return false;
	atomic_store(&watchdog->armed, false);
	return true;
}

uint64_t watchdog_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
