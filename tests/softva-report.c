/* SPDX-License-Identifier: MIT */
/*
 * softva-report.c - which checks of softva failed; see softva-report.h
 */
#include "softva-report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

const char *softva_report_begin(void)
{
	int fd;

	snprintf(path, sizeof(path), "/tmp/softva-report-XXXXXX");
	fd = mkstemp(path);
	if (fd < 0)
		abort();
	close(fd);
	setenv("SOFTVA_CHECKS", path, 1);
	return path;
}

unsigned long softva_report_end(char *names, size_t size)
{
	FILE *file = fopen(path, "r");
	unsigned long done, failed, performed = 0;
	char line[256], name[64];

	*names = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "softva: check %63[^:]: %lu performed, %lu failed", name, &done,
			   &failed) != 3)
			continue;
		performed += done;
		if (failed)
			snprintf(names + strlen(names), size - strlen(names), "%s ", name);
	}
	if (file)
		fclose(file);
	unlink(path);
	return performed;
}
