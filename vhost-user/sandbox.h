/* SPDX-License-Identifier: MIT */
/*
 * sandbox.h - a process gives up what it does not need to serve front ends
 *
 * In two steps, because what restricts files and capabilities holds for a thread and for those that
 * it makes, while the driver makes threads: files first, before the driver is loaded, and system
 * calls last, for all threads. Neither step ends the process: what the kernel or the build does not
 * have is said and left out.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include <stddef.h>

enum sandbox_mode {
	SANDBOX_ON,
	SANDBOX_LOG, /* system calls that would be refused are only logged, by the kernel */
	SANDBOX_OFF,
};

struct sandbox_options {
	enum sandbox_mode mode;
	/* Besides what every VA driver may want to read; folders with all below them. */
	const char *const *readable;
	size_t n_readable;
	const char *device; /* a DRM node elsewhere than in /dev/dri, or NULL */
	/* As enum vawrap_log_level. */
	void (*log)(void *cookie, int level, const char *message);
	void *cookie;
};

/* No new privileges, no capabilities, and only the listed files (Landlock). */
void sandbox_restrict_files(const struct sandbox_options *options);
/* Only the listed system calls (seccomp). */
void sandbox_restrict_calls(const struct sandbox_options *options);

#endif
