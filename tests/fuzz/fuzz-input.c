// SPDX-License-Identifier: MIT
/*
 * fuzz-input.c - the tools' readers of raw streams and of IVF, without libavformat behind them
 *
 * Input: the way to split, 2 bytes for the size of a chunk, the file. What holds: the packets of a raw
 * stream laid one after the other are the file; those of an IVF file are its frames.
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

/* Where the next frame is that has bytes, and how many of them there are; false: no more, or damage. */
static bool find_frame(struct fuzz_reader *file, size_t *size)
{
	do {
		if (file->left <= 12)
			return false;
		*size = fuzz_u32(file);
		fuzz_u32(file);
		fuzz_u32(file);
	} while (*size == 0);
	if (*size > file->left)
		*size = file->left;
	return true;
}

static void read_ivf(struct input *input, struct fuzz_reader file)
{
	size_t header = file.data[6] | (size_t)file.data[7] << 8, size;
	struct input_packet packet;
	const uint8_t *frame;
	int ret;

	fuzz_bytes(&file, header < 32 ? 32 : header, &size);
	while ((ret = input_read(input, &packet)) == 1) {
		fuzz_check(find_frame(&file, &size) && packet.size_bytes == size, "a frame's size");
		frame = fuzz_bytes(&file, size, &size);
		fuzz_check(!memcmp(packet.data, frame, size), "a frame's bytes");
	}
	fuzz_check(ret == -EBADMSG || (ret == 0 && !find_frame(&file, &size)), "the end");
	fuzz_check(ret == 0 || input_get_error(input), "what is wrong");
}

static void read_all(struct input *input, const struct input_options *options,
		     struct fuzz_reader file)
{
	bool is_h264 = input_get_codec(input) == VACODEC_CODEC_H264;
	size_t total = file.left;
	struct input_packet packet;
	int ret;

	fuzz_check(input_get_size(input) == total, "the file's size");
	while ((ret = input_read(input, &packet)) == 1) {
		fuzz_check(packet.size_bytes > 0 && packet.size_bytes <= file.left,
			   "a packet's size");
		fuzz_check(!is_h264 || options->split == INPUT_SPLIT_UNITS ||
				   packet.size_bytes <= options->chunk_bytes,
			   "a chunk's size");
		fuzz_check(!memcmp(packet.data, file.data, packet.size_bytes), "a packet's bytes");
		file.data += packet.size_bytes;
		file.left -= packet.size_bytes;
	}
	if (ret == -EBADMSG && !is_h264 && input_get_error(input))
		return;
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
	fuzz_check(ret == 0 || ((ret == -ENOTSUP || ret == -EBADMSG) && why),
		   "why it was not opened");
	if (input && file.left > 4 && memcmp(file.data, "DKIF", 4) == 0)
		read_ivf(input, file);
	else if (input)
		read_all(input, options, file);
	input_free(input);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct input_options options = {.split = fuzz_u8(&r) & 1 ? INPUT_SPLIT_CHUNKS
								 : INPUT_SPLIT_UNITS,
					.any_codec = true};
	int fd = memfd_create(fuzz_name, MFD_CLOEXEC);

	options.chunk_bytes = 1 + fuzz_u16(&r) % 8192;
	if (fd >= 0 && write(fd, r.data, r.left) == (ssize_t)r.left)
		run(fd, &options, r);
	if (fd >= 0)
		close(fd);
	return 0;
}
