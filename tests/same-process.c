/* SPDX-License-Identifier: MIT */
/*
 * same-process.c - FFmpeg decodes on one display while libvawrap decodes on another, in one process
 *
 *     same-process STREAM.264 OWN-DRIVER FFMPEG-DRIVER
 *
 * Prints the MD5 of each of FFmpeg's pictures. libvawrap's thread decodes one picture again and again, with
 * a display opened and closed for each, and fails when a sample of it is wrong. The displays have drivers
 * of two names.
 */
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/hwcontext.h>
#include <libavutil/hwcontext_vaapi.h>
#include <libavutil/md5.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include "tests/display.h"
#include "tests/wrapped-stream.h"

static atomic_bool done;

/* ---- libvawrap's side ---- */

struct own {
	const char *driver;
	unsigned int rounds;
	int error; /* the first one */
};

/* Whether the luma of each macroblock is as it must be: -EIO. */
static int look(struct vawrap_surface *surface, const struct stream_picture *content)
{
	struct vawrap_image *image;
	void *data;
	int error = vawrap_image_derive(surface, &image);

	if (!error)
		error = vawrap_image_map_for(image, VAWRAP_MAP_READ, &data);
	if (!error) {
		unsigned int pitch = vawrap_image_get_layout(image)->pitch_bytes[0];

		for (unsigned int mb = 0; mb < STREAM_MBS; mb++) {
			const uint8_t *at =
				(uint8_t *)data + mb / 2 * 16 * pitch + mb % 2 * 16 + 7 * pitch + 7;

			if (*at != content->expected[mb][0])
				error = -EIO;
		}
		vawrap_image_unmap(image);
	}
	vawrap_image_unref(image);
	return error;
}

static int decode_own(struct vawrap_display *display)
{
	struct vawrap_surface_params params = {
		.size_bytes = sizeof(params), .width = STREAM_SIZE, .height = STREAM_SIZE};
	struct vawrap_config *config;
	struct vawrap_context *context = NULL;
	struct vawrap_surface *surface = NULL;
	struct vawrap_picture *picture = NULL;
	struct stream stream;
	VASurfaceID ids[STREAM_PICTURES] = {0};
	int error =
		vawrap_config_new(display, VAProfileH264High, VAEntrypointVLD, NULL, 0, &config);

	if (!error)
		error = vawrap_surface_new_batch(display, &params, &surface, 1);
	if (!error)
		error = vawrap_context_new(config, STREAM_SIZE, STREAM_SIZE, VA_PROGRESSIVE,
					   &surface, 1, &context);
	if (!error)
		error = vawrap_picture_new(context, surface, &picture);
	if (!error) {
		ids[0] = vawrap_surface_get_id(surface);
		stream_make(&stream, ids);
		error = wrapped_decode(picture, &stream.pictures[0]);
	}
	if (!error)
		error = look(surface, &stream.pictures[0]);
	vawrap_config_unref(config);
	vawrap_context_unref(context);
	vawrap_surface_unref(surface);
	vawrap_picture_unref(picture);
	return error;
}

static void *run_own(void *cookie)
{
	struct own *own = cookie;

	while ((own->rounds < 2 || !atomic_load(&done)) && !own->error) {
		struct vawrap_display *display;

		own->error = vawrap_display_new_driver(own->driver, NULL, &display);
		if (!own->error)
			own->error = decode_own(display);
		vawrap_display_unref(display);
		own->rounds++;
	}
	return NULL;
}

/* ---- FFmpeg's side ---- */

static enum AVPixelFormat choose_vaapi(AVCodecContext *codec, const enum AVPixelFormat *formats)
{
	(void)codec;
	while (*formats != AV_PIX_FMT_NONE && *formats != AV_PIX_FMT_VAAPI)
		formats++;
	return *formats;
}

/* Planar, as the MD5s beside the streams are. */
static void print_md5(const AVFrame *nv12)
{
	struct AVMD5 *md5 = av_md5_alloc();
	uint8_t digest[16], sample;

	av_md5_init(md5);
	for (int y = 0; y < nv12->height; y++)
		av_md5_update(md5, nv12->data[0] + y * nv12->linesize[0], nv12->width);
	for (int plane = 0; plane < 2; plane++) {
		for (int y = 0; y < (nv12->height + 1) / 2; y++) {
			for (int x = 0; x < (nv12->width + 1) / 2; x++) {
				sample = nv12->data[1][y * nv12->linesize[1] + 2 * x + plane];
				av_md5_update(md5, &sample, 1);
			}
		}
	}
	av_md5_final(md5, digest);
	av_free(md5);
	for (int i = 0; i < 16; i++)
		printf("%02x", digest[i]);
	putchar('\n');
}

static int receive_all(AVCodecContext *codec)
{
	AVFrame *frame = av_frame_alloc(), *copy = av_frame_alloc();
	int ret;

	while ((ret = avcodec_receive_frame(codec, frame)) >= 0) {
		copy->format = AV_PIX_FMT_NV12;
		if (av_hwframe_transfer_data(copy, frame, 0) < 0)
			break;
		copy->width = frame->width;
		copy->height = frame->height;
		print_md5(copy);
		av_frame_unref(copy);
		av_frame_unref(frame);
	}
	av_frame_free(&frame);
	av_frame_free(&copy);
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : ret;
}

static int send_packet(AVCodecContext *codec, uint8_t *data, int size)
{
	AVPacket *packet = av_packet_alloc();
	int ret;

	packet->data = data;
	packet->size = size;
	ret = avcodec_send_packet(codec, size ? packet : NULL);
	av_packet_free(&packet);
	return ret < 0 ? ret : receive_all(codec);
}

static int decode_file(AVCodecContext *codec, const char *path)
{
	static uint8_t bytes[4 << 20];
	AVCodecParserContext *parser = av_parser_init(AV_CODEC_ID_H264);
	FILE *file = fopen(path, "rb");
	size_t n = file ? fread(bytes, 1, sizeof(bytes) - AV_INPUT_BUFFER_PADDING_SIZE, file) : 0;
	uint8_t *at = bytes, *unit;
	int ret = n > 0 ? 0 : AVERROR(EIO), size;
	bool more = true;

	/* The last call is with nothing, for what the parser still holds. */
	while (ret >= 0 && more) {
		int used = av_parser_parse2(parser, codec, &unit, &size, at, (int)n, AV_NOPTS_VALUE,
					    AV_NOPTS_VALUE, 0);

		more = n > 0;
		at += used;
		n -= (size_t)used;
		if (size > 0)
			ret = send_packet(codec, unit, size);
	}
	if (ret >= 0)
		ret = send_packet(codec, NULL, 0);
	if (file)
		fclose(file);
	av_parser_close(parser);
	return ret;
}

static AVBufferRef *open_device(const char *driver)
{
	AVBufferRef *device = av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_VAAPI);
	AVVAAPIDeviceContext *va = ((AVHWDeviceContext *)device->data)->hwctx;
	int major, minor;

	va->display = display_new(driver);
	if (!va->display || vaInitialize(va->display, &major, &minor) ||
	    av_hwdevice_ctx_init(device) < 0)
		av_buffer_unref(&device);
	return device;
}

static int run_ffmpeg(const char *path, const char *driver)
{
	AVCodecContext *codec = avcodec_alloc_context3(avcodec_find_decoder(AV_CODEC_ID_H264));
	AVBufferRef *device = open_device(driver);
	VADisplay display;
	int ret;

	if (!device)
		return AVERROR(ENODEV);
	display = ((AVVAAPIDeviceContext *)((AVHWDeviceContext *)device->data)->hwctx)->display;
	codec->hw_device_ctx = av_buffer_ref(device);
	codec->get_format = choose_vaapi;
	codec->extra_hw_frames = 16;
	ret = avcodec_open2(codec, NULL, NULL);
	if (ret >= 0)
		ret = decode_file(codec, path);
	avcodec_free_context(&codec);
	av_buffer_unref(&device);
	vaTerminate(display);
	return ret;
}

int main(int argc, char **argv)
{
	struct own own = {.driver = argc == 4 ? argv[2] : NULL};
	pthread_t thread;
	int ret;

	if (argc != 4 || pthread_create(&thread, NULL, run_own, &own))
		return 2;
	av_log_set_level(AV_LOG_ERROR);
	ret = run_ffmpeg(argv[1], argv[3]);
	atomic_store(&done, true);
	pthread_join(thread, NULL);
	fprintf(stderr, "ffmpeg %d, libvawrap %d after %u rounds\n", ret, own.error, own.rounds);
	return ret < 0 || own.error;
}
