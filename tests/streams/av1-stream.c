/* SPDX-License-Identifier: MIT */
/*
 * av1-stream.c - scalable AV1 streams, which aomenc cannot be asked for: libaom's encoder by hand
 *
 * Usage: av1-stream SPATIAL TEMPORAL RATIO FRAMES SOURCE.yuv OUT.ivf
 * of 176x144 pictures: so many spatial layers, each RATIO (1, 2) times as large as the one below, and temporal
 * layers (1 to 3). For make-streams-av1.sh.
 */
#include <aom/aom_encoder.h>
#include <aom/aomcx.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 176, HEIGHT = 144, FRAME_BYTES = WIDTH * HEIGHT * 3 / 2 };

struct writer {
	FILE *out;
	unsigned int n_units;
	uint8_t unit[1 << 20];
	size_t unit_bytes;
};

static void fail(const char *what)
{
	fprintf(stderr, "av1-stream: %s\n", what);
	exit(1);
}

static void put_le(uint8_t *to, size_t value, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		to[i] = (uint8_t)(value >> 8 * i);
}

static void write_ivf_header(FILE *out, unsigned int n_units)
{
	uint8_t head[32] = "DKIF\0\0\x20\0AV01";

	put_le(head + 12, WIDTH, 2);
	put_le(head + 14, HEIGHT, 2);
	put_le(head + 16, 30, 4);
	put_le(head + 20, 1, 4);
	put_le(head + 24, n_units, 4);
	fwrite(head, 1, sizeof(head), out);
}

/* A temporal unit: the pictures of all layers. */
static void end_unit(struct writer *w)
{
	uint8_t head[12] = {0};

	put_le(head, w->unit_bytes, 4);
	put_le(head + 4, w->n_units++, 4);
	fwrite(head, 1, sizeof(head), w->out);
	fwrite(w->unit, 1, w->unit_bytes, w->out);
	w->unit_bytes = 0;
}

static void add_to_unit(struct writer *w, const void *data, size_t size_bytes)
{
	if (size_bytes > sizeof(w->unit) - w->unit_bytes)
		fail("a large temporal unit");
	memcpy(w->unit + w->unit_bytes, data, size_bytes);
	w->unit_bytes += size_bytes;
}

static void set_layers(aom_codec_ctx_t *codec, int n_spatial, int n_temporal, int ratio)
{
	aom_svc_params_t params = {.number_spatial_layers = n_spatial,
				   .number_temporal_layers = n_temporal};

	for (int s = 0; s < n_spatial; s++) {
		params.scaling_factor_num[s] = 1;
		params.scaling_factor_den[s] = ratio == 1 ? 1 : 1 << (n_spatial - 1 - s);
		for (int t = 0; t < n_temporal; t++) {
			int layer = s * n_temporal + t;

			params.min_quantizers[layer] = 20;
			params.max_quantizers[layer] = 56;
			params.layer_target_bitrate[layer] = 100 * (s + 1) * (t + 1);
		}
	}
	for (int t = 0; t < n_temporal; t++)
		params.framerate_factor[t] = 1 << (n_temporal - 1 - t);
	if (aom_codec_control(codec, AV1E_SET_SVC_PARAMS, &params) ||
	    aom_codec_control(codec, AOME_SET_NUMBER_SPATIAL_LAYERS, n_spatial))
		fail("layers");
}

/*
 * Slot s has the spatial layer's last picture of temporal layer 0, slot 5 + s its newest one. Each picture
 * refers to both, and to the newest picture of the layer below.
 */
static void set_references(aom_codec_ctx_t *codec, int spatial, int temporal, bool is_first)
{
	aom_svc_layer_id_t id = {spatial, temporal};
	aom_svc_ref_frame_config_t references = {.reference = {1, temporal > 1, 0, spatial > 0}};

	for (int i = 0; i < 7; i++)
		references.ref_idx[i] = spatial;
	references.ref_idx[1] = 5 + spatial;
	references.ref_idx[3] = spatial > 0 ? 5 + spatial - 1 : spatial;
	references.refresh[spatial] = temporal == 0;
	references.refresh[5 + spatial] = 1;
	for (int i = 0; i < 8 && is_first; i++)
		references.refresh[i] = 1;
	if (aom_codec_control(codec, AV1E_SET_SVC_LAYER_ID, &id) ||
	    aom_codec_control(codec, AV1E_SET_SVC_REF_FRAME_CONFIG, &references))
		fail("references");
}

static void encode(struct writer *w, aom_codec_ctx_t *codec, const aom_image_t *picture, int n,
		   bool is_key)
{
	const aom_codec_cx_pkt_t *packet;
	aom_codec_iter_t iter = NULL;

	if (aom_codec_encode(codec, picture, n, 1, is_key ? AOM_EFLAG_FORCE_KF : 0))
		fail(aom_codec_error_detail(codec));
	while ((packet = aom_codec_get_cx_data(codec, &iter))) {
		if (packet->kind == AOM_CODEC_CX_FRAME_PKT)
			add_to_unit(w, packet->data.frame.buf, packet->data.frame.sz);
	}
}

static void open_encoder(aom_codec_ctx_t *codec)
{
	aom_codec_enc_cfg_t config;

	aom_codec_enc_config_default(aom_codec_av1_cx(), &config, AOM_USAGE_REALTIME);
	config.g_w = WIDTH;
	config.g_h = HEIGHT;
	config.rc_end_usage = AOM_CBR;
	config.rc_target_bitrate = 200;
	config.g_lag_in_frames = 0;
	if (aom_codec_enc_init(codec, aom_codec_av1_cx(), &config, 0) ||
	    aom_codec_control(codec, AOME_SET_CPUUSED, 8) ||
	    aom_codec_control(codec, AV1E_SET_ENABLE_ORDER_HINT, 0))
		fail("encoder");
}

int main(int argc, char **argv)
{
	static const int temporal_of[3][4] = {{0, 0, 0, 0}, {0, 1, 0, 1}, {0, 2, 1, 2}};
	static struct writer w;
	static uint8_t pixels[FRAME_BYTES];
	int n_spatial = argc == 7 ? atoi(argv[1]) : 0, n_temporal = argc == 7 ? atoi(argv[2]) : 0;
	aom_codec_ctx_t codec;
	aom_image_t picture;
	FILE *in;

	if (n_spatial < 1 || n_spatial > 3 || n_temporal < 1 || n_temporal > 3)
		fail("usage: av1-stream SPATIAL TEMPORAL RATIO FRAMES SOURCE.yuv OUT.ivf");
	in = fopen(argv[5], "rb");
	w.out = fopen(argv[6], "wb");
	if (!in || !w.out)
		fail("cannot open a file");
	open_encoder(&codec);
	set_layers(&codec, n_spatial, n_temporal, atoi(argv[3]));
	write_ivf_header(w.out, (unsigned int)atoi(argv[4]));
	aom_img_wrap(&picture, AOM_IMG_FMT_I420, WIDTH, HEIGHT, 1, pixels);
	for (int n = 0; n < atoi(argv[4]) && fread(pixels, sizeof(pixels), 1, in); n++) {
		for (int spatial = 0; spatial < n_spatial; spatial++) {
			bool is_first = n == 0 && spatial == 0;

			set_references(&codec, spatial, temporal_of[n_temporal - 1][n % 4],
				       is_first);
			encode(&w, &codec, &picture, n, is_first);
		}
		end_unit(&w);
	}
	aom_codec_destroy(&codec);
	fclose(in);
	return fclose(w.out) ? 1 : 0;
}
