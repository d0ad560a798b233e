/* SPDX-License-Identifier: MIT */
/*
 * process-use.h - what this process has of memory, descriptors and mappings
 */
#ifndef TESTS_PROCESS_USE_H
#define TESTS_PROCESS_USE_H

#include <stdint.h>

struct process_use {
	uint64_t rss_kib, fds, maps;
};

struct process_use process_use_read(void);

#endif
