/* SPDX-License-Identifier: MIT */
/*
 * wire.c - little-endian reading and writing, and the one table of errors
 */
#include <errno.h>
#include <string.h>
#include "wire.h"

void wire_init(struct wire *w, void *data, size_t size_bytes)
{
	*w = (struct wire){.data = data, .size_bytes = size_bytes};
}

static uint8_t *take(struct wire *w, size_t n_bytes)
{
	if (w->err || w->size_bytes - w->pos < n_bytes) {
		w->err = -EINVAL;
		return NULL;
	}
	w->pos += n_bytes;
	return w->data + w->pos - n_bytes;
}

uint32_t wire_u32(struct wire *w)
{
	const uint8_t *p = take(w, 4);

	if (!p)
		return 0;
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t wire_u64(struct wire *w)
{
	uint64_t low = wire_u32(w);
	uint64_t high = wire_u32(w);

	return w->err ? 0 : low | high << 32;
}

void wire_skip(struct wire *w, size_t n_bytes)
{
	take(w, n_bytes);
}

void wire_put_u32(struct wire *w, uint32_t value)
{
	uint8_t *p = take(w, 4);

	for (int i = 0; p && i < 4; i++)
		p[i] = value >> 8 * i;
}

void wire_put_u64(struct wire *w, uint64_t value)
{
	wire_put_u32(w, value);
	wire_put_u32(w, value >> 32);
}

void wire_put_words(struct wire *w, const uint32_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		wire_put_u32(w, words[i]);
}

void wire_put_zeros(struct wire *w, size_t n_bytes)
{
	uint8_t *p = take(w, n_bytes);

	if (p)
		memset(p, 0, n_bytes);
}

static const struct {
	int error;
	uint32_t code;
} codes[] = {
	{ENOMEM, VIRTIO_VIDEO_RESP_ERR_OUT_OF_MEMORY},
	{ENOSPC, VIRTIO_VIDEO_RESP_ERR_OUT_OF_MEMORY}, /* over a limit */
	{ESRCH, VIRTIO_VIDEO_RESP_ERR_INVALID_STREAM_ID},
	{EEXIST, VIRTIO_VIDEO_RESP_ERR_INVALID_STREAM_ID},
	{ENOENT, VIRTIO_VIDEO_RESP_ERR_INVALID_RESOURCE_ID},
	{EINVAL, VIRTIO_VIDEO_RESP_ERR_INVALID_PARAMETER},
	{EFAULT, VIRTIO_VIDEO_RESP_ERR_INVALID_PARAMETER}, /* not guest memory */
	{ENOTSUP, VIRTIO_VIDEO_RESP_ERR_UNSUPPORTED_CONTROL},
};

uint32_t wire_code(int error)
{
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].error == -error)
			return codes[i].code;
	}
	return VIRTIO_VIDEO_RESP_ERR_INVALID_OPERATION;
}
