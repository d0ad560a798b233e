/* SPDX-License-Identifier: MIT */
/*
 * hevc-writer-sums.c - streams as files: the sums of their pictures in output order, and the hashes that
 * messages in the stream have of them
 *
 * See hevc-writer.h. Source: Rec. ITU-T H.265, D.3.19.
 */
#include "hevc-writer.h"

#include <errno.h>
#include <md5.h>
#include <stdlib.h>
#include <string.h>

static void row_sum(MD5_CTX *md5, const uint16_t *row, unsigned int n, bool words)
{
	for (unsigned int x = 0; x < n; x++) {
		uint8_t bytes[2] = {(uint8_t)row[x], (uint8_t)(row[x] >> 8)};

		MD5Update(md5, bytes, words ? 2 : 1);
	}
}

/* ---- Hashes of the whole picture ---- */

static void md5_write(struct writer *w, const uint16_t *samples, size_t n, bool words)
{
	uint8_t digest[MD5_DIGEST_LENGTH];
	MD5_CTX md5;

	MD5Init(&md5);
	row_sum(&md5, samples, (unsigned int)n, words);
	MD5Final(digest, &md5);
	for (int i = 0; i < MD5_DIGEST_LENGTH; i++)
		put(w, 8, digest[i]);
}

static unsigned int crc_add(unsigned int crc, unsigned int bit)
{
	unsigned int top = crc >> 15 & 1;

	crc = (crc << 1 | bit) & 0xffff;
	return top ? crc ^ 0x1021 : crc;
}

static void crc_write(struct writer *w, const uint16_t *samples, size_t n, bool words)
{
	unsigned int crc = 0xffff;

	for (size_t i = 0; i < n; i++) {
		for (int bit = 7; bit >= 0; bit--)
			crc = crc_add(crc, samples[i] >> bit & 1);
		for (int bit = 15; words && bit >= 8; bit--)
			crc = crc_add(crc, samples[i] >> bit & 1);
	}
	for (int bit = 0; bit < 16; bit++)
		crc = crc_add(crc, 0);
	put(w, 16, crc);
}

static void checksum_write(struct writer *w, const uint16_t *samples, size_t n, unsigned int width,
			   bool words)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned int x = (unsigned int)(i % width), y = (unsigned int)(i / width);
		unsigned int mask = (x & 0xff) ^ (y & 0xff) ^ (x >> 8) ^ (y >> 8);

		sum += (samples[i] & 0xff) ^ mask;
		if (words)
			sum += (unsigned int)(samples[i] >> 8) ^ mask;
	}
	put(w, 32, sum);
}

void hevcw_hash_write(struct hevcw_stream *s, const struct hevcw_picture *p, enum hevcw_hash hash)
{
	static const unsigned int types[] = {0, 0, 1, 2}, bytes[] = {0, 16, 2, 4};
	struct writer *w = &s->bits;

	put(w, 8, 132);
	put(w, 8, 1 + bytes[hash] * (unsigned int)hevcw_num_planes(&p->sps));
	put(w, 8, types[hash]);
	for (int plane = 0; plane < hevcw_num_planes(&p->sps); plane++) {
		unsigned int width = hevcw_plane_width(&p->sps, plane);
		size_t n = (size_t)width * hevcw_plane_height(&p->sps, plane);
		bool words = p->sps.depth[plane > 0] > 8;

		if (hash == HEVCW_CRC)
			crc_write(w, p->plane[plane], n, words);
		else if (hash == HEVCW_CHECKSUM)
			checksum_write(w, p->plane[plane], n, width, words);
		else
			md5_write(w, p->plane[plane], n, words);
	}
}

/* ---- Sums ---- */

static void picture_sum(struct hevcw_stream *s, const struct hevcw_picture *p)
{
	const struct hevcw_sps *sps = &p->sps;
	char hex[MD5_DIGEST_STRING_LENGTH];
	MD5_CTX md5;

	MD5Init(&md5);
	for (int plane = 0; plane < hevcw_num_planes(sps); plane++) {
		unsigned int width = hevcw_plane_width(sps, plane),
			     height = hevcw_plane_height(sps, plane);
		unsigned int x = plane || sps->chroma_format_idc % 3 == 0 ? 1 : 2;
		unsigned int y = plane || sps->chroma_format_idc != 1 ? 1 : 2;

		for (unsigned int v = y * sps->window[2]; v < height - y * sps->window[3]; v++)
			row_sum(&md5, p->plane[plane] + (size_t)v * width + x * sps->window[0],
				width - x * (sps->window[0] + sps->window[1]), sps->depth[0] > 8);
	}
	fprintf(s->sums, "%s\n", MD5End(&md5, hex));
}

void hevcw_flush(struct hevcw_stream *s)
{
	while (s->n_pending) {
		int first = 0;

		for (int i = 1; i < s->n_pending; i++)
			if (s->picture[s->pending[i]].poc < s->picture[s->pending[first]].poc)
				first = i;
		picture_sum(s, &s->picture[s->pending[first]]);
		s->n_pending--;
		memmove(&s->pending[first], &s->pending[first + 1],
			(size_t)(s->n_pending - first) * sizeof(s->pending[0]));
	}
}

int hevcw_stream_open(struct hevcw_stream *s, const char *folder, const char *name)
{
	char path[4096];

	memset(s, 0, sizeof(*s));
	snprintf(path, sizeof(path), "%s/%s.265", folder, name);
	s->units = fopen(path, "wb");
	if (!s->units)
		return -errno;
	snprintf(path, sizeof(path), "%s/%s.265.md5", folder, name);
	s->sums = fopen(path, "w");
	return s->sums ? 0 : -errno;
}

int hevcw_stream_close(struct hevcw_stream *s)
{
	int bad;

	hevcw_flush(s);
	for (int i = 1; i <= s->n_pictures; i++)
		for (int plane = 0; plane < 3; plane++)
			free(s->picture[i].plane[plane]);
	bad = fclose(s->units);
	return fclose(s->sums) || bad ? -EIO : 0;
}
