// SPDX-License-Identifier: MIT
/*
 * virtio-video-play.c - plays a file through a virtio-video device, with a guest in user space
 *
 * The whole way in one process: guest driver, virtqueues, device, decoder, VA driver. A check that
 * a host can serve guests, and a measure of what it costs.
 */
#include "tools/play.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
	"Usage: virtio-video-play [OPTION]... FILE|-\n"
	"       virtio-video-play --selftest[=GLOB] [OPTION]...\n"
	"Decodes a video file as a virtual machine's guest would, through a virtio-video device in\n"
	"this process, and writes the frames that come back in guest memory.\n"
	"\n"
	"  --md5               one MD5 a frame and line on stdout, over the cropped planar picture\n"
	"  --y4m FILE|-        write the frames as YUV4MPEG2\n"
	"  --picture FILE.png  write a contact sheet of some frames\n"
	"  --frames N          stop after N frames\n"
	"  --seek SECONDS      leave out the frames before that time\n"
	"  --timestamps FILE   write each frame's timestamp, in nanoseconds\n"
	"  --chunk BYTES       input buffers of BYTES, wherever access units end\n"
	"  --dialect v3|ext    without or with the EXT commands (default: ext)\n"
	"  --no-sg             guest buffers in one piece, not scattered over its memory\n"
	"  --no-indirect       no indirect descriptors\n"
	"  --no-event-idx      no event indices\n"
	"  --min-buffers       only as many output buffers as the device says it needs\n"
	"  --offer-av1         of the device in this process: AV1, which the protocol does not have\n"
	"  --vhost-user SOCKET use the device that listens there, not one in this process\n"
	"  --stats             more in the report at the end (on stderr)\n"
	"  --json              the report as JSON on stdout (stderr with --md5 or --y4m -)\n"
	"  --selftest[=GLOB]   no file: run the protocol suite on the device, or those of its tests\n"
	"                      whose names match; TAP on stdout\n"
	"  --objects           of the suite, device in this process: buffers are virtio objects\n"
	"  --seed N            of the suite's random commands\n"
	"  --commands N        how many of them (default: 10000)\n" TOOL_COMMON_HELP "\n"
	"Exit status: 0 all frames intact; 1 usage, reading or writing; 2 corrupt frames;\n"
	"3 unsupported, or no device; 4 driver or session lost; 130 interrupted.\n";

enum {
	OPT_MD5 = TOOL_OPT_OWN,
	OPT_Y4M,
	OPT_PICTURE,
	OPT_FRAMES,
	OPT_SEEK,
	OPT_TIMESTAMPS,
	OPT_CHUNK,
	OPT_DIALECT,
	OPT_SG,
	OPT_NO_SG,
	OPT_NO_INDIRECT,
	OPT_NO_EVENT_IDX,
	OPT_MIN_BUFFERS,
	OPT_OFFER_AV1,
	OPT_STATS,
	OPT_JSON,
	OPT_OBJECTS,
	OPT_SELFTEST,
	OPT_SEED,
	OPT_COMMANDS,
	OPT_VHOST_USER,
};

static const struct option options[] = {
	{"md5", no_argument, NULL, OPT_MD5},
	{"y4m", required_argument, NULL, OPT_Y4M},
	{"picture", required_argument, NULL, OPT_PICTURE},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"seek", required_argument, NULL, OPT_SEEK},
	{"timestamps", required_argument, NULL, OPT_TIMESTAMPS},
	{"chunk", required_argument, NULL, OPT_CHUNK},
	{"dialect", required_argument, NULL, OPT_DIALECT},
	{"sg", no_argument, NULL, OPT_SG},
	{"no-sg", no_argument, NULL, OPT_NO_SG},
	{"no-indirect", no_argument, NULL, OPT_NO_INDIRECT},
	{"no-event-idx", no_argument, NULL, OPT_NO_EVENT_IDX},
	{"min-buffers", no_argument, NULL, OPT_MIN_BUFFERS},
	{"offer-av1", no_argument, NULL, OPT_OFFER_AV1},
	{"stats", no_argument, NULL, OPT_STATS},
	{"json", no_argument, NULL, OPT_JSON},
	{"selftest", optional_argument, NULL, OPT_SELFTEST},
	{"objects", no_argument, NULL, OPT_OBJECTS},
	{"seed", required_argument, NULL, OPT_SEED},
	{"commands", required_argument, NULL, OPT_COMMANDS},
	{"vhost-user", required_argument, NULL, OPT_VHOST_USER},
	TOOL_COMMON_OPTIONS,
	{NULL, 0, NULL, 0},
};

static int take_number(const struct tool_common *common, const char *arg, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(arg, &end, 10);
	if (errno == 0 && end != arg && !*end && *arg != '-' && *out > 0)
		return 0;
	tool_message(common, "\"%s\" is not a number above 0", arg);
	return -EINVAL;
}

static int take_seek(const struct tool_common *common, struct play_options *o, const char *arg)
{
	if (tool_parse_seconds(arg, &o->seek_ns))
		return 0;
	tool_message(common, "\"%s\" is not a time in seconds", arg);
	return -EINVAL;
}

static int take_chunk(const struct tool_common *common, struct play_options *o, const char *arg)
{
	uint64_t n;
	int ret = take_number(common, arg, &n);

	o->input.split = INPUT_SPLIT_CHUNKS;
	o->input.chunk_bytes = (size_t)n;
	return ret;
}

static int take_count(const struct tool_common *common, uint32_t *out, const char *arg)
{
	uint64_t n;
	int ret = take_number(common, arg, &n);

	*out = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return ret;
}

static int take_dialect(const struct tool_common *common, struct play_options *o, const char *arg)
{
	o->guest.plain_v3 = strcmp(arg, "v3") == 0;
	if (o->guest.plain_v3 || strcmp(arg, "ext") == 0)
		return 0;
	tool_message(common, "--dialect is v3 or ext, not \"%s\"", arg);
	return -EINVAL;
}

/* Returns 1 taken, 0 not one of these. */
static int take_flag(struct play_options *o, int opt)
{
	bool *const flags[] = {
		[OPT_MD5 - OPT_MD5] = &o->output.md5,
		[OPT_NO_SG - OPT_MD5] = &o->guest.one_piece,
		[OPT_NO_INDIRECT - OPT_MD5] = &o->guest.no_indirect,
		[OPT_NO_EVENT_IDX - OPT_MD5] = &o->guest.no_event_idx,
		[OPT_MIN_BUFFERS - OPT_MD5] = &o->guest.min_buffers,
		[OPT_OFFER_AV1 - OPT_MD5] = &o->offer_av1,
		[OPT_STATS - OPT_MD5] = &o->stats,
		[OPT_JSON - OPT_MD5] = &o->json,
		[OPT_OBJECTS - OPT_MD5] = &o->suite.objects,
	};

	if (opt == OPT_SG)
		o->guest.one_piece = false;
	else if (opt < OPT_MD5 || opt > OPT_OBJECTS || !flags[opt - OPT_MD5])
		return 0;
	else
		*flags[opt - OPT_MD5] = true;
	return 1;
}

static int take_option(struct tool_common *common, struct play_options *o, int opt, const char *arg)
{
	if (take_flag(o, opt))
		return 0;
	switch (opt) {
	case OPT_Y4M:
		o->output.y4m = arg;
		return 0;
	case OPT_PICTURE:
		o->output.picture = arg;
		return 0;
	case OPT_TIMESTAMPS:
		o->timestamps = arg;
		return 0;
	case OPT_VHOST_USER:
		o->socket = arg;
		return 0;
	case OPT_FRAMES:
		return take_number(common, arg, &o->max_frames);
	case OPT_SEEK:
		return take_seek(common, o, arg);
	case OPT_CHUNK:
		return take_chunk(common, o, arg);
	case OPT_DIALECT:
		return take_dialect(common, o, arg);
	case OPT_SELFTEST:
		o->selftest = true;
		o->suite.only = arg;
		return 0;
	case OPT_SEED:
		return take_count(common, &o->suite.seed, arg);
	case OPT_COMMANDS:
		return take_count(common, &o->suite.random_commands, arg);
	default:
		return tool_common_take(common, opt, arg) ? 0 : -EINVAL;
	}
}

static int parse(struct tool_common *common, struct play_options *o, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(common, o, opt, optarg) < 0)
			return -EINVAL;
	if (o->socket && (common->device || common->driver[0])) {
		tool_message(common, "--vhost-user: device and driver are the other process's");
		return -EINVAL;
	}
	if (o->suite.objects && (o->socket || !o->selftest)) {
		tool_message(common,
			     "--objects: for --selftest of the device in this process only");
		return -EINVAL;
	}
	if (o->selftest && optind == argc)
		return 0;
	if (optind + 1 != argc || o->selftest) {
		tool_message(common,
			     "one FILE (or - for stdin) or --selftest is wanted; see --help");
		return -EINVAL;
	}
	o->path = argv[optind];
	if (o->output.md5 && o->output.y4m && strcmp(o->output.y4m, "-") == 0) {
		tool_message(common, "--md5 and --y4m - both want stdout");
		return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct tool_common common;
	static struct play play = {.common = &common};
	int status;

	tool_common_init(&common, "virtio-video-play", help);
	if (parse(&common, &play.options, argc, argv) < 0)
		return TOOL_EXIT_USAGE;
	tool_catch_interrupt();
	status = play.options.selftest ? play_selftest(&play) : play_open(&play);
	if (status == TOOL_EXIT_OK && !play.options.selftest)
		status = play_run(&play);
	status = play_close(&play, status);
	if (play.start_ns)
		play_report(&play, status);
	return status;
}
