// SPDX-License-Identifier: MIT
/*
 * replay.c - runs a fuzzer once over each file of its corpus, as TAP
 *
 * With arguments: over those files. Where libFuzzer drives, only fuzz_check() is left of it.
 */
#include "fuzz.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fuzz_check(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", fuzz_name, what);
	abort();
}

#ifndef FUZZ_LIBFUZZER
#define MAX_FILE_BYTES (1u << 20)

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
	(void)data;
	(void)max_size;
	return size;
}

/* A copy of the exact size: a read beyond it is seen. */
static bool run_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *whole = malloc(MAX_FILE_BYTES);
	size_t n = file && whole ? fread(whole, 1, MAX_FILE_BYTES, file) : 0;
	uint8_t *data = malloc(n ? n : 1);
	bool can_run = file && whole && data;

	if (can_run) {
		memcpy(data, whole, n);
		LLVMFuzzerTestOneInput(data, n);
	}
	free(data);
	free(whole);
	if (file)
		fclose(file);
	return can_run;
}

static int report(unsigned int n, const char *path)
{
	const char *slash = strrchr(path, '/');
	bool done;

	printf("# %s\n", path);
	fflush(stdout);
	done = run_file(path);
	printf("%s %u - %s\n", done ? "ok" : "not ok", n, slash ? slash + 1 : path);
	fflush(stdout);
	return done ? 0 : 1;
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_corpus(void)
{
	char folder[2048], path[4096];
	struct dirent **entries;
	int status = 0, n;

	snprintf(folder, sizeof(folder), "%s/%s", FUZZ_CORPUS, fuzz_name);
	n = scandir(folder, &entries, is_visible, alphasort);
	if (n <= 0) {
		printf("Bail out! no corpus in %s\n", folder);
		return 1;
	}
	printf("1..%d\n", n);
	for (int i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		status |= report((unsigned int)i + 1, path);
		free(entries[i]);
	}
	free(entries);
	return status;
}

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2)
		return run_corpus();
	printf("1..%d\n", argc - 1);
	for (int i = 1; i < argc; i++)
		status |= report((unsigned int)i, argv[i]);
	return status;
}
#endif
