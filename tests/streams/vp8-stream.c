/* SPDX-License-Identifier: MIT */
/*
 * vp8-stream.c - for make-streams-vp8.sh: what vpxenc cannot ask of libvpx, and libvpx's own
 * pictures
 *
 *   vp8-stream md5 FILE.ivf                     one MD5 a shown frame and line, by libvpx's decoder
 *   vp8-stream MODE WIDTH HEIGHT IN.yuv OUT.ivf encodes 4:2:0 pictures
 *
 * Modes: flags (golden and alternate frames updated and left out in turn, entropy taken back),
 * segments (a map of four with quantisers and filters of their own), scale (key frames of other
 * sizes with scaling bits), layers (three temporal layers with partitions).
 */
#include <md5.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vp8dx.h>
#include <vpx/vpx_decoder.h>
#include <vpx/vpx_encoder.h>

#define HEADER_BYTES 32
#define FRAME_BYTES  12

static void fail(const char *what)
{
	fprintf(stderr, "vp8-stream: %s\n", what);
	exit(1);
}

static void put_le(uint8_t *at, unsigned int n, uint32_t value)
{
	for (; n > 0; n--, value >>= 8)
		*at++ = (uint8_t)value;
}

static uint32_t get_le32(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---- Decoding ---- */

static void add_plane(MD5_CTX *md5, const vpx_image_t *image, int plane)
{
	unsigned int width = plane ? (image->d_w + 1) / 2 : image->d_w;
	unsigned int height = plane ? (image->d_h + 1) / 2 : image->d_h;

	for (unsigned int y = 0; y < height; y++)
		MD5Update(md5, image->planes[plane] + (ptrdiff_t)image->stride[plane] * y, width);
}

static void print_frames(vpx_codec_ctx_t *codec)
{
	vpx_codec_iter_t iter = NULL;
	const vpx_image_t *image;
	char text[33];
	MD5_CTX md5;

	while ((image = vpx_codec_get_frame(codec, &iter))) {
		MD5Init(&md5);
		for (int plane = 0; plane < 3; plane++)
			add_plane(&md5, image, plane);
		puts(MD5End(&md5, text));
	}
}

static void decode(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t header[HEADER_BYTES], *data;
	vpx_codec_ctx_t codec;

	if (!file || fread(header, 1, HEADER_BYTES, file) != HEADER_BYTES)
		fail(path);
	if (vpx_codec_dec_init(&codec, vpx_codec_vp8_dx(), NULL, 0))
		fail("no decoder");
	while (fread(header, 1, FRAME_BYTES, file) == FRAME_BYTES) {
		uint32_t size = get_le32(header);

		data = malloc(size);
		if (!data || fread(data, 1, size, file) != size)
			fail("a frame is cut off");
		if (vpx_codec_decode(&codec, data, size, NULL, 0))
			fail(vpx_codec_error(&codec));
		print_frames(&codec);
		free(data);
	}
	vpx_codec_destroy(&codec);
	fclose(file);
}

/* ---- Encoding ---- */

struct encoder {
	vpx_codec_ctx_t codec;
	vpx_codec_enc_cfg_t config;
	FILE *out;
	uint32_t frames;
};

static void write_header(struct encoder *e)
{
	uint8_t header[HEADER_BYTES] = "DKIF";

	put_le(header + 6, 2, HEADER_BYTES);
	memcpy(header + 8, "VP80", 4);
	put_le(header + 12, 2, e->config.g_w);
	put_le(header + 14, 2, e->config.g_h);
	put_le(header + 16, 4, 30);
	put_le(header + 20, 4, 1);
	put_le(header + 24, 4, e->frames);
	rewind(e->out);
	fwrite(header, 1, sizeof(header), e->out);
}

static void write_packets(struct encoder *e)
{
	vpx_codec_iter_t iter = NULL;
	const vpx_codec_cx_pkt_t *packet;
	uint8_t header[FRAME_BYTES] = {0};

	while ((packet = vpx_codec_get_cx_data(&e->codec, &iter))) {
		if (packet->kind != VPX_CODEC_CX_FRAME_PKT)
			continue;
		put_le(header, 4, (uint32_t)packet->data.frame.sz);
		put_le(header + 4, 4, e->frames++);
		fwrite(header, 1, sizeof(header), e->out);
		fwrite(packet->data.frame.buf, 1, packet->data.frame.sz, e->out);
	}
}

static void control(struct encoder *e, int id, void *value)
{
	if (vpx_codec_control_(&e->codec, id, value))
		fail(vpx_codec_error_detail(&e->codec));
}

/* Four segments in quarters of the picture. */
static void set_segments(struct encoder *e)
{
	unsigned int cols = (e->config.g_w + 15) / 16, rows = (e->config.g_h + 15) / 16;
	vpx_roi_map_t map = {.rows = rows, .cols = cols};

	map.roi_map = calloc(rows, cols);
	for (unsigned int i = 0; map.roi_map && i < rows * cols; i++)
		map.roi_map[i] = (uint8_t)((i / cols >= rows / 2) * 2 + (i % cols >= cols / 2));
	memcpy(map.delta_q, (int[4]){0, -20, 15, 30}, 4 * sizeof(int));
	memcpy(map.delta_lf, (int[4]){0, -2, 6, 12}, 4 * sizeof(int));
	control(e, VP8E_SET_ROI_MAP, &map);
	free(map.roi_map);
}

static vpx_enc_frame_flags_t get_flags(unsigned int frame)
{
	static const vpx_enc_frame_flags_t flags[8] = {
		0,
		VP8_EFLAG_NO_UPD_GF | VP8_EFLAG_NO_UPD_ARF,
		VP8_EFLAG_FORCE_GF | VP8_EFLAG_NO_UPD_LAST,
		VP8_EFLAG_NO_REF_LAST | VP8_EFLAG_NO_UPD_GF,
		VP8_EFLAG_FORCE_ARF | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF,
		VP8_EFLAG_NO_REF_LAST | VP8_EFLAG_NO_REF_GF,
		VP8_EFLAG_NO_UPD_ENTROPY | VP8_EFLAG_NO_UPD_LAST | VP8_EFLAG_NO_UPD_GF |
			VP8_EFLAG_NO_UPD_ARF,
		VP8_EFLAG_NO_REF_ARF | VP8_EFLAG_NO_REF_LAST,
	};

	return flags[frame % 8];
}

/* 3/5 x 3/5, 4/5 x 1/2 and back again. */
static vpx_enc_frame_flags_t set_scale(struct encoder *e, unsigned int frame)
{
	static const vpx_scaling_mode_t modes[3] = {{VP8E_NORMAL, VP8E_NORMAL},
						    {VP8E_THREEFIVE, VP8E_THREEFIVE},
						    {VP8E_FOURFIVE, VP8E_ONETWO}};
	vpx_scaling_mode_t mode = modes[frame / 6 % 3];

	if (frame % 6 != 0 || frame == 0)
		return 0;
	control(e, VP8E_SET_SCALEMODE, &mode);
	return VPX_EFLAG_FORCE_KF;
}

static void set_layers(vpx_codec_enc_cfg_t *config)
{
	static const unsigned int ids[4] = {0, 2, 1, 2}, decimators[3] = {4, 2, 1};

	config->ts_number_layers = 3;
	config->ts_periodicity = 4;
	memcpy(config->ts_layer_id, ids, sizeof(ids));
	memcpy(config->ts_rate_decimator, decimators, sizeof(decimators));
	for (unsigned int i = 0; i < 3; i++)
		config->ts_target_bitrate[i] = 60 * (i + 1);
	config->rc_target_bitrate = 180;
	config->g_error_resilient = VPX_ERROR_RESILIENT_DEFAULT | VPX_ERROR_RESILIENT_PARTITIONS;
}

static void open_encoder(struct encoder *e, const char *mode, const char *const size[2])
{
	vpx_codec_enc_config_default(vpx_codec_vp8_cx(), &e->config, 0);
	e->config.g_w = (unsigned int)atoi(size[0]);
	e->config.g_h = (unsigned int)atoi(size[1]);
	e->config.g_timebase.den = 30;
	e->config.rc_end_usage = VPX_CBR;
	e->config.rc_target_bitrate = 150;
	e->config.rc_min_quantizer = 8;
	e->config.rc_max_quantizer = 50;
	e->config.kf_mode = VPX_KF_DISABLED;
	e->config.g_threads = 1;
	if (strcmp(mode, "layers") == 0)
		set_layers(&e->config);
	if (vpx_codec_enc_init(&e->codec, vpx_codec_vp8_cx(), &e->config, 0))
		fail(vpx_codec_error_detail(&e->codec));
	vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, 4);
	if (strcmp(mode, "layers") == 0)
		vpx_codec_control(&e->codec, VP8E_SET_TOKEN_PARTITIONS, VP8_FOUR_TOKENPARTITION);
}

static void encode(const char *mode, const char *const size[2], const char *in, const char *out)
{
	struct encoder e = {0};
	FILE *file = fopen(in, "rb");
	vpx_image_t image;
	uint8_t *data;
	size_t bytes;

	open_encoder(&e, mode, size);
	e.out = fopen(out, "wb");
	bytes = (size_t)e.config.g_w * e.config.g_h * 3 / 2;
	data = malloc(bytes);
	if (!file || !e.out || !data)
		fail(in);
	write_header(&e);
	for (unsigned int i = 0; fread(data, 1, bytes, file) == bytes; i++) {
		vpx_enc_frame_flags_t flags = 0;

		if (strcmp(mode, "flags") == 0)
			flags = get_flags(i);
		else if (strcmp(mode, "scale") == 0)
			flags = set_scale(&e, i);
		else if (strcmp(mode, "segments") == 0 && i % 5 == 1)
			set_segments(&e);
		vpx_img_wrap(&image, VPX_IMG_FMT_I420, e.config.g_w, e.config.g_h, 1, data);
		if (vpx_codec_encode(&e.codec, &image, i, 1, flags, VPX_DL_REALTIME))
			fail(vpx_codec_error_detail(&e.codec));
		write_packets(&e);
	}
	write_header(&e);
	vpx_codec_destroy(&e.codec);
	fclose(e.out);
	fclose(file);
	free(data);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "md5") == 0)
		decode(argv[2]);
	else if (argc == 6)
		encode(argv[1], (const char *const[]){argv[2], argv[3]}, argv[4], argv[5]);
	else
		fail("usage: vp8-stream md5 FILE | MODE WIDTH HEIGHT IN OUT");
	return 0;
}
