/* SPDX-License-Identifier: MIT */
/*
 * process-use.c - what this process has of memory, descriptors and mappings
 */
#include "process-use.h"

#include <dirent.h>
#include <stdio.h>

static uint64_t read_rss_kib(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	unsigned long long kib = 0;
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmRSS: %llu", &kib) == 1)
			break;
	}
	if (file)
		fclose(file);
	return kib;
}

static uint64_t count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

static uint64_t count_maps(void)
{
	FILE *file = fopen("/proc/self/maps", "r");
	uint64_t n = 0;
	int c;

	while (file && (c = fgetc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

struct process_use process_use_read(void)
{
	return (struct process_use){read_rss_kib(), count_fds(), count_maps()};
}
