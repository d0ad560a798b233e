/* SPDX-License-Identifier: MIT */
/*
 * vp9-stream.c - VP9 streams that vpxenc cannot be asked for: libvpx's encoder by hand, or written headers
 *
 * Usage: vp9-stream MODE WIDTH HEIGHT FRAMES SOURCE.yuv OUT.ivf, where MODE is
 *   resize    other sizes every four frames, without key frames
 *   layers    three spatial layers in superframes, each twice as large
 *   flags     references updated and left out in turn
 *   shown     the same, with frames in between that show a slot again
 *   written   written headers without a source: an intra-only start, sizes that change, hidden frames
 *   segments  the same: features of all segments, which stay and change
 * For make-streams-vp9.sh.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vpx/vp8cx.h>
#include <vpx/vpx_encoder.h>

#include "../vp9-writer.h"

static FILE *out;
static unsigned int n_packets;

static void fail(const char *what)
{
	fprintf(stderr, "vp9-stream: %s\n", what);
	exit(1);
}

static void put_le(uint8_t *to, size_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void write_header(unsigned int width, unsigned int height)
{
	uint8_t head[32] = "DKIF\0\0\x20\0VP90";

	put_le(head + 12, width, 2);
	put_le(head + 14, height, 2);
	put_le(head + 16, 30, 4);
	put_le(head + 20, 1, 4);
	put_le(head + 24, n_packets, 4);
	rewind(out);
	fwrite(head, 1, sizeof(head), out);
}

static void write_packet(const void *data, size_t size_bytes)
{
	uint8_t head[12] = {0};

	put_le(head, size_bytes, 4);
	put_le(head + 4, n_packets++, 4);
	fwrite(head, 1, sizeof(head), out);
	fwrite(data, 1, size_bytes, out);
}

/* ---- Encoded ---- */

struct encoder {
	const char *mode;
	unsigned int width, height;
	vpx_codec_enc_cfg_t config;
	vpx_codec_ctx_t codec;
	uint8_t *picture, *scaled;
};

static size_t get_bytes(unsigned int width, unsigned int height)
{
	return (size_t)width * height + 2 * (size_t)((width + 1) / 2) * ((height + 1) / 2);
}

static void ask_for_layers(vpx_codec_enc_cfg_t *config)
{
	config->ss_number_layers = 3;
	config->ts_number_layers = 1;
	config->ts_rate_decimator[0] = 1;
	config->ts_periodicity = 1;
	config->g_error_resilient = 1;
	config->rc_target_bitrate = 0;
	for (unsigned int i = 0; i < 3; i++) {
		config->layer_target_bitrate[i] = config->ss_target_bitrate[i] = 40 * (i + 1);
		config->rc_target_bitrate += 40 * (i + 1);
	}
}

static void control_layers(vpx_codec_ctx_t *codec)
{
	vpx_svc_extra_cfg_t extra;

	memset(&extra, 0, sizeof(extra));
	for (int i = 0; i < 3; i++) {
		extra.max_quantizers[i] = 56;
		extra.min_quantizers[i] = 8;
		extra.scaling_factor_num[i] = 1;
		extra.scaling_factor_den[i] = 4 >> i;
		extra.speed_per_layer[i] = 7;
	}
	if (vpx_codec_control(codec, VP9E_SET_SVC, 1) ||
	    vpx_codec_control(codec, VP9E_SET_SVC_PARAMETERS, &extra))
		fail("layers");
}

static void open_encoder(struct encoder *e)
{
	vpx_codec_enc_cfg_t *config = &e->config;

	vpx_codec_enc_config_default(vpx_codec_vp9_cx(), config, 0);
	config->g_w = e->width;
	config->g_h = e->height;
	config->g_timebase.num = 1;
	config->g_timebase.den = 30;
	config->g_lag_in_frames = 0;
	config->rc_end_usage = VPX_CBR;
	config->rc_target_bitrate = 100;
	config->rc_min_quantizer = 8;
	config->rc_max_quantizer = 56;
	config->kf_mode = VPX_KF_DISABLED;
	config->g_threads = 1;
	if (strcmp(e->mode, "layers") == 0)
		ask_for_layers(config);
	if (vpx_codec_enc_init(&e->codec, vpx_codec_vp9_cx(), config, 0) ||
	    vpx_codec_control(&e->codec, VP8E_SET_CPUUSED, 7))
		fail("the encoder does not open");
	if (strcmp(e->mode, "layers") == 0)
		control_layers(&e->codec);
}

static void scale_plane(uint8_t *to, const unsigned int size[2], const uint8_t *from,
			const unsigned int from_size[2])
{
	for (unsigned int y = 0; y < size[1]; y++) {
		for (unsigned int x = 0; x < size[0]; x++)
			to[y * size[0] + x] = from[y * from_size[1] / size[1] * from_size[0] +
						   x * from_size[0] / size[0]];
	}
}

static void scale_picture(struct encoder *e, unsigned int width, unsigned int height)
{
	const unsigned int luma[2] = {width, height}, from[2] = {e->width, e->height};
	const unsigned int chroma[2] = {(width + 1) / 2, (height + 1) / 2};
	const unsigned int from_chroma[2] = {(e->width + 1) / 2, (e->height + 1) / 2};
	size_t n = (size_t)width * height, n_from = (size_t)e->width * e->height;
	size_t m = (size_t)chroma[0] * chroma[1], m_from = (size_t)from_chroma[0] * from_chroma[1];

	scale_plane(e->scaled, luma, e->picture, from);
	scale_plane(e->scaled + n, chroma, e->picture + n_from, from_chroma);
	scale_plane(e->scaled + n + m, chroma, e->picture + n_from + m_from, from_chroma);
}

/* Half, three quarters, odd, whole. */
static void resize(struct encoder *e, unsigned int n)
{
	static const unsigned int eighths[4] = {8, 4, 6, 5};
	unsigned int part = eighths[n / 4 % 4];

	e->config.g_w = e->width * part / 8 - (part == 5);
	e->config.g_h = e->height * part / 8 - (part == 5);
	if (vpx_codec_enc_config_set(&e->codec, &e->config))
		fail("the size does not change");
}

static vpx_enc_frame_flags_t get_flags(const struct encoder *e, unsigned int n)
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

	return strcmp(e->mode, "flags") == 0 || strcmp(e->mode, "shown") == 0 ? flags[n % 8] : 0;
}

static void encode(struct encoder *e, unsigned int n)
{
	const vpx_codec_cx_pkt_t *packet;
	vpx_codec_iter_t iter = NULL;
	vpx_image_t image;
	uint8_t shown;

	if (strcmp(e->mode, "resize") == 0 && n % 4 == 0)
		resize(e, n);
	scale_picture(e, e->config.g_w, e->config.g_h);
	vpx_img_wrap(&image, VPX_IMG_FMT_I420, e->config.g_w, e->config.g_h, 1, e->scaled);
	if (vpx_codec_encode(&e->codec, &image, n, 1, get_flags(e, n), VPX_DL_REALTIME))
		fail(vpx_codec_error_detail(&e->codec));
	while ((packet = vpx_codec_get_cx_data(&e->codec, &iter))) {
		if (packet->kind == VPX_CODEC_CX_FRAME_PKT)
			write_packet(packet->data.frame.buf, packet->data.frame.sz);
	}
	shown = (uint8_t)(0x88 | n % 3);
	if (strcmp(e->mode, "shown") == 0 && n % 3 == 2)
		write_packet(&shown, 1);
}

static void run(struct encoder *e, unsigned int n_frames, const char *source)
{
	size_t size_bytes = get_bytes(e->width, e->height);
	FILE *in = fopen(source, "rb");

	e->picture = malloc(size_bytes);
	e->scaled = malloc(size_bytes);
	if (!in || !e->picture || !e->scaled)
		fail("no source");
	open_encoder(e);
	for (unsigned int i = 0; i < n_frames && fread(e->picture, 1, size_bytes, in); i++)
		encode(e, i);
	vpx_codec_destroy(&e->codec);
	fclose(in);
}

/* ---- Written: every frame is a superframe with the frame that shows it, where it is hidden ---- */

static void write_setup(const struct vp9_setup *setup, bool show)
{
	uint8_t data[2 * VP9_WRITER_MAX_BYTES], one[VP9_WRITER_MAX_BYTES];
	struct vp9_setup again = {.show_existing = true};
	size_t sizes[2], n;

	sizes[0] = n = vp9_write_frame(setup, data);
	while (show && !(setup->refresh >> again.existing & 1))
		again.existing++;
	sizes[1] = vp9_write_frame(&again, one);
	if (show) {
		memcpy(data + n, one, sizes[1]);
		n += sizes[1];
		n += vp9_write_index(data + n, sizes, 2, 1);
	}
	write_packet(data, n);
}

static void write_all(unsigned int width, unsigned int height)
{
	struct vp9_setup setup = {.width = width, .height = height, .q_index = 60, .level = 12};

	setup.intra_only = setup.hidden = true;
	setup.refresh = 0x0f;
	setup.reset_context = 3;
	write_setup(&setup, true);
	setup.intra_only = setup.hidden = false;
	setup.inter = true;
	setup.refs[1] = 1;
	setup.refs[2] = 2;
	for (unsigned int i = 0; i < 12; i++) {
		setup.refresh = 1U << i % 4;
		setup.hidden = i % 3 == 2;
		setup.width = width - i % 5 * 7;
		setup.height = height - i % 4 * 9;
		setup.size_of = i % 4 == 3 ? 2 : 0;
		setup.filter = i % 5;
		setup.resilient = i == 7;
		setup.reset_context = i == 7 ? 0 : i % 4;
		setup.context = i % 4;
		setup.refresh_context = i != 7;
		write_setup(&setup, setup.hidden);
	}
	/* Another intra-only frame in the middle fills what the first one left. */
	setup.inter = setup.resilient = false;
	setup.intra_only = setup.hidden = true;
	setup.refresh = 0xf0;
	write_setup(&setup, true);
	setup.intra_only = setup.hidden = false;
	setup.inter = true;
	setup.refs[0] = 7;
	setup.size_of = 1;
	write_setup(&setup, false);
}

static void write_segments(unsigned int width, unsigned int height)
{
	struct vp9_setup setup = {.width = width, .height = height, .q_index = 60, .level = 12};

	setup.segmentation = setup.update_map = setup.update_data = true;
	for (unsigned int i = 0; i < 8; i++) {
		setup.features[i][0] = setup.features[i][1] = setup.features[i][3] = true;
		setup.data[i][0] = 8 * (int)i - 30;
		setup.data[i][1] = 20 - 9 * (int)i;
	}
	write_setup(&setup, false);
	setup.inter = true;
	setup.size_of = 1;
	setup.refresh = 2;
	setup.refs[1] = 1;
	for (unsigned int i = 0; i < 8; i++) {
		setup.features[i][2] = true;
		setup.data[i][2] = 1 + (int)i % 3;
	}
	for (unsigned int i = 0; i < 5; i++) {
		setup.update_data = i != 1 && i != 4;
		setup.update_map = i < 2;
		setup.temporal = i == 1;
		setup.pred_probs[0] = 200;
		setup.tree_probs[3] = 90;
		setup.absolute = i > 1;
		setup.data[0][0] = 70 + (int)i;
		setup.data[0][1] = (int)i;
		setup.deltas = setup.update_deltas = i > 2;
		setup.ref_deltas[1] = -7;
		setup.mode_deltas[0] = 9;
		write_setup(&setup, false);
	}
}

int main(int argc, char **argv)
{
	struct encoder e = {0};

	if (argc != 7)
		fail("MODE WIDTH HEIGHT FRAMES SOURCE OUT");
	e.mode = argv[1];
	e.width = (unsigned int)atoi(argv[2]);
	e.height = (unsigned int)atoi(argv[3]);
	out = fopen(argv[6], "wb");
	if (!out)
		fail("cannot write");
	write_header(e.width, e.height);
	if (strcmp(e.mode, "written") == 0)
		write_all(e.width, e.height);
	else if (strcmp(e.mode, "segments") == 0)
		write_segments(e.width, e.height);
	else
		run(&e, (unsigned int)atoi(argv[4]), argv[5]);
	write_header(e.width, e.height);
	return fclose(out) ? 1 : 0;
}
