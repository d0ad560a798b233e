/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - the timer behind the device's fd, for driver calls that do not come back
 *
 * Armed by streams' threads before they call the driver, so that an idle device wakes nobody.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct watchdog {
	int fd;
	uint64_t period_ns; /* how long a driver call may take */
	pthread_mutex_t lock;
	uint64_t at_ns; /* 0: not armed */
};

/* Its fd is the caller's to close. */
int watchdog_init(struct watchdog *watchdog, uint64_t period_ns);
/* Makes the fd readable in so many ns, or sooner where it is armed for that already. */
void watchdog_arm(struct watchdog *watchdog, uint64_t in_ns);
/* Whether the time has come since it was asked last. */
bool watchdog_take(struct watchdog *watchdog);
uint64_t watchdog_now_ns(void);

#endif
