/* SPDX-License-Identifier: MIT */
/*
 * play.h - virtio-video-play's session: device, guest and stream, from an input to an output
 */
#ifndef TOOLS_PLAY_H
#define TOOLS_PLAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "guest/driver.h"
#include "guest/selftest.h"
#include "guest/stream.h"
#include "tools/common.h"
#include "tools/input.h"
#include "tools/output.h"
#include "tools/transport-inprocess.h"
#include "tools/transport-vhost-user.h"
#include "virtio-video.h"

#define PLAY_MAX_DISPLAYS 8

struct play_options {
	const char *path;
	struct input_options input;
	struct output_options output;
	struct guest_driver_options guest;
	const char *timestamps; /* file: one line a frame, in ns */
	uint64_t max_frames;    /* 0: all */
	uint64_t seek_ns;
	const char *socket; /* of a vhost-user device in another process; or NULL */
	bool stats, json;
	bool selftest;  /* the protocol suite in the place of a file */
	bool offer_av1; /* of the device in this process */
	struct selftest_options suite;
};

/* What a run came to. */
struct play_result {
	uint64_t frames, corrupt_frames, input_errors, events;
	uint64_t frame_bytes; /* of all frames, as they lie in guest memory */
	double seconds;
	unsigned int width, height;
	struct vvd_stats device;
	unsigned int displays, live_handles, failed_destroys, pending, guest_pages;
	int fds, threads; /* more than before */
};

struct play {
	const struct tool_common *common;
	struct play_options options;
	struct play_result result;
	struct input *input;
	struct output *output;
	struct vvd_device *device; /* one of our own, or one over a socket */
	struct transport_inprocess *transport;
	struct transport_vhost_user *remote;
	struct guest_driver *driver;
	struct guest_stream *stream;
	unsigned int guest_pages;                           /* in use before the stream */
	struct vawrap_display *displays[PLAY_MAX_DISPLAYS]; /* each one that the device was given */
	struct input_packet packet;
	size_t packet_taken;
	bool skipped; /* a frame before the time of --seek */
	bool has_packet, input_ended, extradata_sent;
	uint8_t *pixels; /* one frame, out of the guest's pages */
	size_t pixels_cap;
	FILE *timestamps;
	void (*mark)(uint64_t frame); /* a measuring tool's, may be NULL */
	int64_t start_ns, last_progress_ns, last_change_ns;
};

/* play-session.c. Both return an enum tool_exit; what was wrong has been said. */
int play_open(struct play *play);
int play_run(struct play *play);
/* Ends everything, in whatever state it is; returns status, or a worse one. */
int play_close(struct play *play, int status);

/* play-session.c: the device and its transport alone. Returns an enum tool_exit. */
int play_attach(struct play *play);
struct guest_transport *play_get_transport(const struct play *play);

/* play-selftest.c: runs the suite on the device. Returns an enum tool_exit. */
int play_selftest(struct play *play);

/* play-frames.c: delivers all frames that are there. Returns their number or -errno of output. */
int play_take_frames(struct play *play);

/* play-report.c */
int64_t play_now_ns(void);
void play_progress(struct play *play);
void play_end_progress(struct play *play);
/* What this process has open and runs now: the baseline for play_result. */
void play_count_process(int *fds, int *threads);
void play_report(const struct play *play, int status);

#endif
