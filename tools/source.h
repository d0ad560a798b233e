/* SPDX-License-Identifier: MIT */
/*
 * source.h - bytes of a file or a pipe, with a look at its head before it is read
 */
#ifndef TOOLS_SOURCE_H
#define TOOLS_SOURCE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define SOURCE_HEAD_BYTES 65536

struct source {
	int fd;
	uint8_t head[SOURCE_HEAD_BYTES]; /* the first bytes, read when opened */
	size_t head_bytes;
	uint64_t position;
	uint64_t size_bytes; /* 0 where unknown */
	int seekable;
};

/* path "-" is stdin. -errno of open(2) and read(2), -EINTR after ^C included; -EISDIR. */
int source_open(struct source *source, const char *path);
void source_close(struct source *source);
/* Returns what is there, 0 at the end, -errno. */
ssize_t source_read(struct source *source, uint8_t *data, size_t size_bytes);
/* For seekable sources. */
int source_seek(struct source *source, uint64_t position);

#endif
