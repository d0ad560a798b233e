// SPDX-License-Identifier: MIT
/*
 * play-session.c - opens device, guest and stream, runs the stream through, and ends all of it
 */
#include "tools/play.h"
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define INPUT_BUFFERS      8
#define INPUT_BUFFER_BYTES (4u << 20) /* a frame of some codecs must be in one buffer */
#define WAIT_MS            200
#define LINGER_MS          500
#define STALL_NS           INT64_C(60000000000)

static const struct {
	enum vacodec_codec codec;
	uint32_t format;
} formats[] = {
	{VACODEC_CODEC_H264, WIRE_FORMAT_H264},   {VACODEC_CODEC_HEVC, WIRE_FORMAT_HEVC},
	{VACODEC_CODEC_VP8, WIRE_FORMAT_VP8},     {VACODEC_CODEC_VP9, WIRE_FORMAT_VP9},
	{VACODEC_CODEC_MPEG2, WIRE_FORMAT_MPEG2}, {VACODEC_CODEC_AV1, WIRE_FORMAT_AV1},
};

static uint32_t find_format(enum vacodec_codec codec)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (formats[i].codec == codec)
			return formats[i].format;
	return 0;
}

/* A reference is kept, to see at the end that the device has left nothing on the display. */
static int open_display(void *cookie, struct vawrap_display **out)
{
	struct play *play = cookie;
	unsigned int n = play->result.displays;
	int ret;

	/* The suite opens as many streams as the device has. */
	if (play->options.selftest)
		return tool_open_display(play->common, out);
	if (n == PLAY_MAX_DISPLAYS)
		return -ENOSPC;
	ret = tool_open_display(play->common, out);
	if (ret < 0)
		return ret;
	play->displays[n] = vawrap_display_ref(*out);
	play->result.displays++;
	return 0;
}

/* The transport is made after the device, and nothing is asked for before it is. */
static int get_object(void *cookie, const uint8_t uuid[16], int *fd)
{
	const struct play *play = cookie;

	return transport_inprocess_get_object(play->transport, uuid, fd);
}

static void write_log(void *cookie, int level, const char *message)
{
	const struct vawrap_log *log = cookie;

	log->write(log->cookie, level, message);
}

static int make_device(struct play *play)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options),
		.role = VVD_ROLE_DECODER,
		.log = {.write = play->common->log.write ? write_log : NULL,
			.cookie = (void *)(uintptr_t)&play->common->log,
			.level = play->common->log.level},
		.open_display = open_display,
		.open_display_cookie = play,
		.offer_av1 = play->options.offer_av1,
		.get_object = play->options.suite.objects ? get_object : NULL,
		.get_object_cookie = play,
	};
	int ret = vvd_device_new(&options, &play->device);

	if (ret < 0) {
		/* What tool_open_display() has not already explained. */
		if (play->result.displays)
			tool_message(play->common, "no virtio-video device: %s", strerror(-ret));
		return TOOL_EXIT_NO_DEVICE;
	}
	ret = transport_inprocess_new(play->device, &play->transport);
	if (ret < 0)
		tool_message(play->common, "the transport: %s", strerror(-ret));
	return ret < 0 ? TOOL_EXIT_USAGE : TOOL_EXIT_OK;
}

static int connect_device(struct play *play)
{
	int ret = transport_vhost_user_new(play->options.socket, &play->remote);

	if (ret < 0)
		tool_message(play->common, "%s: no vhost-user device: %s", play->options.socket,
			     strerror(-ret));
	return ret < 0 ? TOOL_EXIT_NO_DEVICE : TOOL_EXIT_OK;
}

int play_attach(struct play *play)
{
	return play->options.socket ? connect_device(play) : make_device(play);
}

struct guest_transport *play_get_transport(const struct play *play)
{
	return play->remote ? transport_vhost_user_get_base(play->remote)
			    : transport_inprocess_get_base(play->transport);
}

static int get_device_error(const struct play *play)
{
	if (play->remote)
		return transport_vhost_user_is_closed(play->remote) ? -ENOTCONN : 0;
	return transport_inprocess_get_error(play->transport);
}

/* The driver's fault says what was wrong with the device. */
static int say_fault(struct play *play, int ret)
{
	const struct guest_fault *fault = play->driver ? &play->driver->fault : NULL;
	int error = get_device_error(play);

	if (fault && fault->code)
		tool_message(play->common, "%s", fault->text);
	else
		tool_message(play->common, "the guest: %s", strerror(-ret));
	if (error)
		tool_message(play->common, "the device has ended: %s", strerror(-error));
	return ret == -ENOTSUP ? TOOL_EXIT_NO_DEVICE : TOOL_EXIT_LOST;
}

static int open_stream(struct play *play)
{
	uint32_t format = find_format(input_get_codec(play->input));
	const char *name = vacodec_codec_get_name(input_get_codec(play->input));
	int ret;

	if (!format || !guest_driver_find_format(play->driver, format)) {
		tool_message(play->common, "the device does not decode %s",
			     name ? name : "this codec");
		return TOOL_EXIT_NO_DEVICE;
	}
	ret = guest_stream_open(play->driver, format, &play->stream);
	if (ret == 0)
		ret = guest_stream_set_input(play->stream, INPUT_BUFFERS, INPUT_BUFFER_BYTES);
	return ret < 0 ? say_fault(play, ret) : TOOL_EXIT_OK;
}

static int open_files(struct play *play)
{
	const struct play_options *options = &play->options;
	const char *why = NULL;
	int ret = input_open(options->path, &options->input, &play->input, &why);

	if (ret < 0)
		return tool_input_failed(play->common, options->path, ret, why);
	ret = input_seek(play->input, options->seek_ns);
	if (ret < 0)
		return tool_input_failed(play->common, options->path, ret, NULL);
	ret = output_new(&options->output, &play->output);
	if (ret < 0) {
		tool_message(play->common, "the output: %s", strerror(-ret));
		return TOOL_EXIT_USAGE;
	}
	if (!options->timestamps)
		return TOOL_EXIT_OK;
	play->timestamps = fopen(options->timestamps, "we");
	if (play->timestamps)
		return TOOL_EXIT_OK;
	tool_message(play->common, "%s: %s", options->timestamps, strerror(errno));
	return TOOL_EXIT_USAGE;
}

int play_open(struct play *play)
{
	int status, ret;

	/* ISO C has no conversion from an object's to a function's address; POSIX has. */
	*(void **)(void *)&play->mark = dlsym(RTLD_DEFAULT, "play_frame_mark");
	play_count_process(&play->result.fds, &play->result.threads);
	status = open_files(play);
	if (status == TOOL_EXIT_OK)
		status = play_attach(play);
	if (status != TOOL_EXIT_OK)
		return status;
	ret = guest_driver_new(play_get_transport(play), &play->options.guest, &play->driver);
	if (ret < 0)
		return say_fault(play, ret);
	play->guest_pages = guest_ram_get_used_pages(play->driver->ram);
	return open_stream(play);
}

/* ---- The run ---- */

static int next_packet(struct play *play)
{
	size_t size;
	const uint8_t *extradata = input_get_extradata(play->input, &size);

	if (!play->extradata_sent && extradata) {
		play->extradata_sent = true;
		play->packet = (struct input_packet){.data = extradata, .size_bytes = size};
		return 1;
	}
	return input_read(play->input, &play->packet);
}

/* Gives the device as much as its input buffers hold. Returns 1 some, 0 none, or -errno. */
static int feed(struct play *play)
{
	struct input_packet *p = &play->packet;
	int some = 0, ret;

	while (!play->input_ended) {
		if (!play->has_packet) {
			ret = next_packet(play);
			if (ret < 0)
				return ret;
			play->has_packet = ret == 1;
			play->input_ended = ret == 0;
			play->packet_taken = 0;
			continue;
		}
		ret = guest_stream_write(play->stream, p->data + play->packet_taken,
					 p->size_bytes - play->packet_taken, p->timestamp_ns);
		if (ret == -EAGAIN)
			return some;
		if (ret < 0)
			return ret;
		some = 1;
		play->packet_taken += (size_t)ret;
		play->has_packet = play->packet_taken < p->size_bytes;
	}
	guest_stream_drain(play->stream);
	return some;
}

static bool is_over(const struct play *play)
{
	return guest_stream_ended(play->stream) || play->stream->failed ||
	       (play->options.max_frames && play->result.frames >= play->options.max_frames);
}

/* Nothing came and nothing could be done: wait, but not for ever. */
static int wait(struct play *play)
{
	int64_t now = play_now_ns();

	if (play->remote && transport_vhost_user_is_closed(play->remote))
		return guest_fault_set(&play->driver->fault, -ENOTCONN,
				       "the device has closed the connection");
	if (!play->last_change_ns)
		play->last_change_ns = now;
	if (now - play->last_change_ns > STALL_NS)
		return guest_fault_set(&play->driver->fault, -ETIMEDOUT,
				       "the device has done nothing for %d s",
				       (int)(STALL_NS / 1000000000));
	guest_driver_wait(play->driver, WAIT_MS);
	return 0;
}

static int say_input_error(struct play *play, int ret)
{
	const char *why = input_get_error(play->input);

	if (tool_interrupted())
		return TOOL_EXIT_INTR;
	if (play->driver->fault.code)
		return say_fault(play, ret);
	tool_message(play->common, "%s: reading: %s", play->options.path,
		     why ? why : strerror(-ret));
	return TOOL_EXIT_USAGE;
}

static int say_end(struct play *play)
{
	const struct play_result *r = &play->result;
	bool any = play->stream->resolution_events;

	if (play->stream->failed && !any) {
		tool_message(play->common, "%s: the device does not support this stream",
			     play->options.path);
		return TOOL_EXIT_NO_DEVICE;
	}
	if (play->stream->failed) {
		tool_message(play->common, "the device has lost the session");
		return TOOL_EXIT_LOST;
	}
	if (r->frames == 0 && r->corrupt_frames == 0 && play->skipped) {
		tool_message(play->common, "%s: it ends before the time of --seek",
			     play->options.path);
		return TOOL_EXIT_USAGE;
	}
	if (r->frames == 0 && r->corrupt_frames == 0) {
		tool_message(play->common, "%s: %s", play->options.path,
			     any ? "no frame could be decoded" : "no sequence header was found");
		return any ? TOOL_EXIT_CORRUPT : TOOL_EXIT_NO_DEVICE;
	}
	if (r->corrupt_frames || play->stream->input_errors) {
		tool_message(play->common,
			     "%s: damaged: %llu corrupt frames, %llu inputs with errors",
			     play->options.path, (unsigned long long)r->corrupt_frames,
			     (unsigned long long)play->stream->input_errors);
		return TOOL_EXIT_CORRUPT;
	}
	return TOOL_EXIT_OK;
}

int play_run(struct play *play)
{
	play->start_ns = play_now_ns();
	for (;;) {
		int fed = feed(play), came, frames;

		if (fed < 0)
			return say_input_error(play, fed);
		came = guest_stream_step(play->stream);
		frames = play_take_frames(play);
		if (came < 0 || play->driver->fault.code)
			return say_fault(play, came < 0 ? came : play->driver->fault.code);
		if (frames < 0)
			return TOOL_EXIT_USAGE;
		if (is_over(play))
			return say_end(play);
		if (tool_interrupted())
			return TOOL_EXIT_INTR;
		if (fed || came || frames)
			play->last_change_ns = 0;
		else if (wait(play) < 0)
			return say_fault(play, -ETIMEDOUT);
	}
}

/* ---- The end ---- */

static int worse(int status, int other)
{
	return status == TOOL_EXIT_OK ? other : status;
}

static int close_stream(struct play *play, int status)
{
	bool faulty = !play->driver || play->driver->fault.code;
	int ret;

	if (play->stream) {
		play->result.input_errors = play->stream->input_errors;
		play->result.events = play->stream->resolution_events;
	}
	ret = guest_stream_close(play->stream);
	play->stream = NULL;
	if (play->driver && play->driver->ram)
		play->result.guest_pages =
			guest_ram_get_used_pages(play->driver->ram) - play->guest_pages;
	if (ret < 0 && !faulty)
		status = worse(status, say_fault(play, ret));
	if (play->driver && !faulty)
		play->result.pending = guest_driver_get_pending(play->driver);
	play->driver = guest_driver_free(play->driver);
	return status;
}

static void close_displays(struct play *play)
{
	for (unsigned int i = 0; i < play->result.displays; i++) {
		struct vawrap_display *display = play->displays[i];

		play->result.live_handles += vawrap_display_report_live(display, stderr);
		play->result.failed_destroys += vawrap_display_get_failed_destroys(display);
		play->displays[i] = vawrap_display_unref(display);
	}
}

/* After a success the output is completed; else what is unfinished goes. */
static int close_output(struct play *play, int status)
{
	bool keep = status == TOOL_EXIT_OK || status == TOOL_EXIT_CORRUPT ||
		    status == TOOL_EXIT_LOST || status == TOOL_EXIT_INTR;
	int ret = play->output && keep ? output_finish(play->output) : 0;

	play->output = output_free(play->output);
	if (play->timestamps && fclose(play->timestamps) != 0 && ret == 0)
		ret = -errno;
	play->timestamps = NULL;
	if (ret < 0)
		tool_message(play->common, "writing: %s", strerror(-ret));
	return ret < 0 ? TOOL_EXIT_USAGE : status;
}

/* A thread that was joined is listed a moment longer. */
static void count_left(struct play_result *result, int fds, int threads)
{
	struct timespec pause = {.tv_nsec = 1000000};

	play_count_process(&result->fds, &result->threads);
	for (unsigned int ms = 0; result->threads > threads && ms < LINGER_MS; ms++) {
		nanosleep(&pause, NULL);
		play_count_process(&result->fds, &result->threads);
	}
	result->fds -= fds;
	result->threads -= threads;
}

int play_close(struct play *play, int status)
{
	int fds = play->result.fds, threads = play->result.threads;

	if (play->start_ns)
		play->result.seconds = (double)(play_now_ns() - play->start_ns) / 1e9;
	play_end_progress(play);
	status = close_stream(play, status);
	if (play->transport)
		play->result.device = *transport_inprocess_get_stats(play->transport);
	play->transport = transport_inprocess_free(play->transport);
	play->remote = transport_vhost_user_free(play->remote);
	play->device = vvd_device_free(play->device);
	close_displays(play);
	play->input = input_free(play->input);
	status = close_output(play, status);
	free(play->pixels);
	play->pixels = NULL;
	count_left(&play->result, fds, threads);
	return status;
}
