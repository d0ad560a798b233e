/* SPDX-License-Identifier: MIT */
/*
 * watchdog.h - the timer behind the device's fd, for driver calls that do not come back
 *
 * Armed by streams' threads before they call the driver, so that an idle device wakes nobody.
 */
#ifndef WATCHDOG_H
#define WATCHDOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct watchdog {
	int fd;
	uint64_t period_ns;
	atomic_bool armed;
};

int watchdog_init(struct watchdog *watchdog, uint64_t period_ns);
void watchdog_finish(struct watchdog *watchdog);
/* Makes the fd readable a period from now, or sooner where it is armed already. */
void watchdog_arm(struct watchdog *watchdog);
/* Whether the time has come since it was asked last. */
bool watchdog_take(struct watchdog *watchdog);
uint64_t watchdog_now_ns(void);

#endif
