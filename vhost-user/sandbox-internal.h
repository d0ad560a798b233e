/* SPDX-License-Identifier: MIT */
/*
 * sandbox-internal.h - the sandbox's two mechanisms
 */
#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H

#include "sandbox.h"

/* Returns the version of Landlock. Errors: -ENOSYS, -EOPNOTSUPP the kernel has none; -errno. */
int sandbox_landlock(const struct sandbox_options *options);
/* Errors: -ENOTSUP not built in; -errno. */
int sandbox_seccomp(const struct sandbox_options *options);

#endif
