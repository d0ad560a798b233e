/* SPDX-License-Identifier: MIT */
/*
 * memory.h - heaps and stacks of this process that are in memory: no file is behind them
 *
 * softva's surfaces and a guest's memory are files.
 */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

unsigned long memory_count_kib(void);

#endif
