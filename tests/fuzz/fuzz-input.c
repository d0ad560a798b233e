// SPDX-License-Identifier: MIT
/*
 * fuzz-input.c - the tools' reader of raw streams, without libavformat behind it
 *
 * Input: the way to split, 2 bytes for the size of a chunk, the file. What holds: the packets laid
 * one after the other are the file.
 */
#include "fuzz.h"
#include "tools/input-private.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const char fuzz_name[] = "fuzz-input";

/* Stands in for tools/input-avformat.c. */
int input_avformat_open(struct input *input, const char **why)
{
	(void)input;
	*why = "no container is read here";
	return -ENOTSUP;
}

static void read_all(struct input *input, const struct input_options *options,
		     struct fuzz_reader file)
{
	size_t total = file.left;
	struct input_packet packet;
	int ret;

	fuzz_check(input_get_codec(input) == VACODEC_CODEC_H264, "the codec");
	fuzz_check(input_get_size(input) == total, "the file's size");
	while ((ret = input_read(input, &packet)) == 1) {
		fuzz_check(packet.size_bytes > 0 && packet.size_bytes <= file.left,
			   "a packet's size");
		fuzz_check(options->split == INPUT_SPLIT_UNITS ||
				   packet.size_bytes <= options->chunk_bytes,
			   "a chunk's size");
		fuzz_check(!memcmp(packet.data, file.data, packet.size_bytes), "a packet's bytes");
		file.data += packet.size_bytes;
		file.left -= packet.size_bytes;
	}
	fuzz_check(ret == 0 && file.left == 0 && input_get_position(input) == total, "the end");
	fuzz_check(input_read(input, &packet) == 0, "the end stays the end");
}

static void run(int fd, const struct input_options *options, struct fuzz_reader file)
{
	struct input *input;
	const char *why;
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ret = input_open(path, options, &input, &why);
	fuzz_check((ret == 0) == (input != NULL), "an input that could not be opened");
	fuzz_check(ret == 0 || (ret == -ENOTSUP && why), "why it was not opened");
	if (input)
		read_all(input, options, file);
	input_free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct input_options options = {.split = fuzz_u8(&r) & 1 ? INPUT_SPLIT_CHUNKS
								 : INPUT_SPLIT_UNITS};
	int fd = memfd_create(fuzz_name, MFD_CLOEXEC);

	options.chunk_bytes = 1 + fuzz_u16(&r) % 8192;
	if (fd >= 0 && write(fd, r.data, r.left) == (ssize_t)r.left)
		run(fd, &options, r);
	if (fd >= 0)
		close(fd);
	return 0;
}
