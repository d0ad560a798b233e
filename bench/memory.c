/* SPDX-License-Identifier: MIT */
/*
 * memory.c - see memory.h
 */
#include "bench/memory.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Of a mapping's first line in smaps: no file behind it. */
static bool is_anonymous(const char *line)
{
	char name[64] = "";

	sscanf(line, "%*s %*s %*s %*s %*s %63s", name);
	return name[0] != '/';
}

unsigned long memory_count_kib(void)
{
	FILE *file = fopen("/proc/self/smaps", "re");
	unsigned long sum = 0, kib;
	bool counts = false;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%lx-%*x", &kib) == 1 && strchr(line, '-'))
			counts = is_anonymous(line);
		else if (counts && sscanf(line, "Rss: %lu", &kib) == 1)
			sum += kib;
	}
	if (file)
		fclose(file);
	return sum;
}
