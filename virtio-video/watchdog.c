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
	*watchdog = (struct watchdog){.period_ns = period_ns, .lock = PTHREAD_MUTEX_INITIALIZER};
	watchdog->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return watchdog->fd < 0 ? -errno : 0;
}

void watchdog_arm(struct watchdog *watchdog, uint64_t in_ns)
{
	uint64_t at_ns = watchdog_now_ns() + in_ns;
	struct itimerspec t = {
		.it_value = {.tv_sec = at_ns / 1000000000, .tv_nsec = at_ns % 1000000000}};

	pthread_mutex_lock(&watchdog->lock);
	if (!watchdog->at_ns || at_ns < watchdog->at_ns) {
		watchdog->at_ns = at_ns;
		timerfd_settime(watchdog->fd, TFD_TIMER_ABSTIME, &t, NULL);
	}
	pthread_mutex_unlock(&watchdog->lock);
}

bool watchdog_take(struct watchdog *watchdog)
{
	uint64_t times;
	bool taken;

	pthread_mutex_lock(&watchdog->lock);
	taken = read(watchdog->fd, &times, sizeof(times)) > 0;
	if (taken)
		watchdog->at_ns = 0;
	pthread_mutex_unlock(&watchdog->lock);
	return taken;
}

uint64_t watchdog_now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}
