// SPDX-License-Identifier: MIT
/*
 * source.c - reads a file or a pipe; its head can be looked at first
 */
#include "tools/source.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ssize_t read_some(int fd, uint8_t *data, size_t size_bytes)
{
	/* Not again after EINTR: the only signals that tools catch ask them to end. */
	ssize_t n = read(fd, data, size_bytes);

	return n < 0 ? -errno : n;
}

static int read_head(struct source *source)
{
	while (source->head_bytes < sizeof(source->head)) {
		ssize_t n = read_some(source->fd, source->head + source->head_bytes,
				      sizeof(source->head) - source->head_bytes);

		if (n < 0)
			return (int)n;
		if (n == 0)
			break;
		source->head_bytes += (size_t)n;
	}
	return 0;
}

int source_open(struct source *source, const char *path)
{
	struct stat st;
	int ret;

	memset(source, 0, sizeof(*source));
	source->fd = strcmp(path, "-") ? open(path, O_RDONLY | O_CLOEXEC)
				       : fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	if (source->fd < 0)
		return -errno;
	ret = fstat(source->fd, &st) < 0 ? -errno : 0;
	if (ret == 0 && S_ISDIR(st.st_mode))
		ret = -EISDIR;
	if (ret == 0 && S_ISREG(st.st_mode) && strcmp(path, "-")) {
		source->seekable = 1;
		source->size_bytes = (uint64_t)st.st_size;
	}
	if (ret == 0)
		ret = read_head(source);
	if (ret < 0)
		source_close(source);
	return ret;
}

void source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	source->fd = -1;
}

ssize_t source_read(struct source *source, uint8_t *data, size_t size_bytes)
{
	ssize_t n;

	if (source->position < source->head_bytes) {
		size_t left = source->head_bytes - (size_t)source->position;

		n = (ssize_t)(size_bytes < left ? size_bytes : left);
		memcpy(data, source->head + source->position, (size_t)n);
	} else {
		n = read_some(source->fd, data, size_bytes);
	}
	if (n > 0)
		source->position += (uint64_t)n;
	return n;
}

int source_seek(struct source *source, uint64_t position)
{
	uint64_t at = position < source->head_bytes ? source->head_bytes : position;

	if (!source->seekable)
		return -ESPIPE;
	if (lseek(source->fd, (off_t)at, SEEK_SET) < 0)
		return -errno;
	source->position = position;
	return 0;
}
