// SPDX-License-Identifier: MIT
/*
 * vacodec.c - decodes video files over VA-API, and tells what they are
 *
 * vacodec decode FILE|-: bytes go to the decoder as the input gives them; frames come back in output
 * order, as MD5 lines, as Y4M, or only counted. vacodec probe FILE|-: vacodec-probe.c.
 */
#include "tools/common.h"
#include "tools/input.h"
#include "tools/output.h"
#include "tools/picture-hash.h"
#include "tools/readout.h"
#include "tools/vacodec-probe.h"
#include "tools/vacodec-report.h"
#include "vacodec.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLIENT_FRAMES 2 /* one is written at a time */

static const char help[] =
	"Usage: vacodec decode [OPTION]... FILE|-\n"
	"       vacodec probe [OPTION]... FILE|-\n"
	"Decodes a video file over VA-API; or tells what it is, and whether it can be decoded here.\n\n"
	"  --md5               print one MD5 a frame and line, over the cropped planar picture\n"
	"  --y4m FILE|-        write the frames as YUV4MPEG2\n"
	"  --frames N          stop after N frames (probe: coded pictures)\n"
	"  --seek SECONDS      leave out the frames before that time\n"
	"  --chunk BYTES       give the decoder the stream in pieces of so many bytes\n"
	"  --verify-hash       check the pictures by the hashes that the stream has (HEVC)\n"
	"  --show-incomplete   output also what comes before a complete picture\n"
	"  --no-film-grain     output frames as they were coded, without film grain (AV1)\n"
	"  --stats             print counts and speed to stderr\n"
	"  --json              print the report as JSON (to stdout unless data goes there)\n" TOOL_COMMON_HELP
	"probe takes --frames, --json and the last five.\n"
	"\nExit status: 0 all frames intact, 1 usage or I/O, 2 some frames corrupt,\n"
	"3 unsupported or no device, 4 driver lost, 130 interrupted. probe: 0 it can be decoded\n"
	"here, 3 it cannot.\n";

enum {
	OPT_MD5 = TOOL_OPT_OWN,
	OPT_Y4M,
	OPT_FRAMES,
	OPT_SEEK,
	OPT_CHUNK,
	OPT_VERIFY_HASH,
	OPT_SHOW_INCOMPLETE,
	OPT_NO_FILM_GRAIN,
	OPT_STATS,
	OPT_JSON,
};

static const struct option long_options[] = {
	{"md5", no_argument, NULL, OPT_MD5},
	{"y4m", required_argument, NULL, OPT_Y4M},
	{"frames", required_argument, NULL, OPT_FRAMES},
	{"seek", required_argument, NULL, OPT_SEEK},
	{"chunk", required_argument, NULL, OPT_CHUNK},
	{"verify-hash", no_argument, NULL, OPT_VERIFY_HASH},
	{"show-incomplete", no_argument, NULL, OPT_SHOW_INCOMPLETE},
	{"no-film-grain", no_argument, NULL, OPT_NO_FILM_GRAIN},
	{"stats", no_argument, NULL, OPT_STATS},
	{"json", no_argument, NULL, OPT_JSON},
	TOOL_COMMON_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct session {
	struct tool_common common;
	const char *path;
	struct output_options output_options;
	struct input_options input_options;
	uint64_t max_frames; /* 0: all */
	uint64_t seek_ns;
	bool skipped; /* a frame before it */
	bool verify_hash;
	bool show_incomplete;
	bool no_film_grain;
	bool stats, json;
	bool decode_only; /* an option that probe does not take */
	struct vawrap_display *display;
	struct input *input;
	struct output *output;
	struct vacodec_decoder *decoder;
	struct readout readout;
	struct readout whole; /* for hashes, which are of all that was coded */
	struct report report;
	bool drained;
	int exit_status;
};

static int usage(struct session *s, const char *message)
{
	tool_message(&s->common, "%s; see vacodec --help", message);
	return TOOL_EXIT_USAGE;
}

/* ---- Events ---- */

static enum tool_exit exit_of(int error)
{
	if (error == -ENOTSUP)
		return TOOL_EXIT_NO_DEVICE;
	if (error == -ENODEV || error == -ESHUTDOWN || error == -EIO)
		return TOOL_EXIT_LOST;
	return error == -EBADMSG ? TOOL_EXIT_CORRUPT : TOOL_EXIT_USAGE;
}

static int fail(struct session *s, int error, const char *what)
{
	const char *detail = vacodec_decoder_get_last_error(s->decoder);

	tool_message(&s->common, "%s: %s", what, detail[0] ? detail : strerror(-error));
	s->exit_status = exit_of(error);
	return error;
}

static int write_frame(struct session *s, struct vacodec_frame *frame)
{
	struct output_picture picture;
	int ret = readout_map(&s->readout, frame, &picture);

	if (ret < 0) {
		tool_message(&s->common, "cannot read a frame: %s", strerror(-ret));
		s->exit_status = exit_of(ret);
		return ret;
	}
	picture.frame_rate_num = s->report.format.frame_rate_num;
	picture.frame_rate_den = s->report.format.frame_rate_den;
	ret = output_write(s->output, &picture);
	readout_unmap(&s->readout);
	if (ret < 0) {
		tool_message(&s->common, "cannot write a frame: %s", strerror(-ret));
		s->exit_status = TOOL_EXIT_USAGE;
	}
	return ret;
}

/* The hash is the encoder's word. */
static int verify_hash(struct session *s, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct output_picture picture;
	int ret;

	vacodec_frame_get_info(frame, &info);
	if (info.hash.type == VACODEC_HASH_NONE)
		return 0;
	ret = readout_map(&s->whole, frame, &picture);
	if (ret == 0) {
		ret = picture_hash_check(&picture, &info.hash);
		readout_unmap(&s->whole);
	}
	if (ret < 0) {
		tool_message(&s->common, "cannot verify a frame: %s", strerror(-ret));
		s->exit_status = exit_of(ret);
		return ret;
	}
	s->report.hashes++;
	s->report.mismatches += ret == 0;
	return 0;
}

static int take_frame(struct session *s, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	int ret;

	vacodec_frame_get_info(frame, &info);
	if (input_is_before_seek(s->input, info.timestamp)) {
		s->skipped = true;
		vacodec_frame_unref(frame);
		return 0;
	}
	ret = vacodec_frame_sync(frame, -1);
	if (ret == -EBADMSG)
		ret = 0;
	if (ret < 0)
		ret = fail(s, ret, "decoding");
	else if (s->output_options.md5 || s->output_options.y4m)
		ret = write_frame(s, frame);
	if (ret == 0 && s->verify_hash)
		ret = verify_hash(s, frame);
	vacodec_frame_get_info(frame, &info);
	report_add_frame(&s->report, (info.flags & VACODEC_FRAME_CORRUPT) != 0);
	vacodec_frame_unref(frame);
	if (ret == 0 && s->max_frames && s->report.frames == s->max_frames)
		s->drained = true;
	return ret;
}

static int take_event(struct session *s, struct vacodec_event *event)
{
	int ret = 0;

	switch (event->type) {
	case VACODEC_EVENT_FORMAT:
		s->report.format = event->format;
		ret = vacodec_decoder_accept_format(s->decoder, NULL, CLIENT_FRAMES);
		if (ret < 0)
			fail(s, ret, "cannot set up the decoder");
		break;
	case VACODEC_EVENT_FRAME:
		ret = take_frame(s, event->frame);
		break;
	case VACODEC_EVENT_DRAINED:
		s->drained = true;
		break;
	case VACODEC_EVENT_ERROR:
		ret = fail(s, event->error, s->path);
		break;
	}
	report_progress(&s->report, input_get_position(s->input), input_get_size(s->input));
	return ret;
}

/* Takes all events that there are. */
static int take_events(struct session *s)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int ret = 0;

	while (ret == 0 && !s->drained && !tool_interrupted()) {
		ret = vacodec_decoder_receive(s->decoder, &event, 0);
		if (ret == 0)
			ret = take_event(s, &event);
	}
	return ret == -EAGAIN ? 0 : ret;
}

/* ---- The run ---- */

static int send_packet(struct session *s, const struct input_packet *in)
{
	struct vacodec_packet packet = {in->data, in->size_bytes, in->timestamp_ns};
	ssize_t n;
	int ret;

	while (packet.size_bytes > 0 && !s->drained && !tool_interrupted()) {
		n = vacodec_decoder_send(s->decoder, &packet);
		if (n > 0) {
			packet.data += n;
			packet.size_bytes -= (size_t)n;
		}
		ret = take_events(s);
		if (ret < 0)
			return ret;
		if (n < 0 && n != -EAGAIN)
			return fail(s, (int)n, s->path);
	}
	return 0;
}

static int drain(struct session *s)
{
	int ret;

	do {
		ret = vacodec_decoder_drain(s->decoder);
		if (take_events(s) < 0)
			return -EIO;
	} while (ret == -EAGAIN && !s->drained && !tool_interrupted());
	return ret < 0 && ret != -EAGAIN ? fail(s, ret, s->path) : 0;
}

static int run(struct session *s)
{
	struct input_packet packet;
	int n = 0;
	int ret = 0;

	while (ret == 0 && !s->drained && !tool_interrupted()) {
		n = input_read(s->input, &packet);
		if (n <= 0)
			break;
		ret = send_packet(s, &packet);
	}
	if (n < 0) {
		s->exit_status =
			tool_input_failed(&s->common, s->path, n, input_get_error(s->input));
		ret = n;
	}
	if (ret == 0 && !s->drained)
		ret = drain(s);
	return ret;
}

static void write_log(void *cookie, int level, const char *message)
{
	const struct tool_common *common = cookie;

	common->log.write(common->log.cookie, (enum vawrap_log_level)level, message);
}

static int open_decoder(struct session *s)
{
	struct vacodec_decoder_params params = {
		.size_bytes = sizeof(params),
		.codec = input_get_codec(s->input),
		.log = {write_log, &s->common, s->common.log.level},
		.show_incomplete = s->show_incomplete,
		.skip_film_grain = s->no_film_grain,
	};
	int ret;

	params.extradata = input_get_extradata(s->input, &params.extradata_bytes);
	ret = vacodec_decoder_new(s->display, &params, &s->decoder);
	if (ret < 0) {
		tool_message(&s->common, "cannot decode %s: %s",
			     vacodec_codec_get_name(params.codec), strerror(-ret));
		s->exit_status = ret == -EBADMSG ? TOOL_EXIT_CORRUPT : TOOL_EXIT_NO_DEVICE;
	}
	return ret;
}

static int open_all(struct session *s)
{
	const char *why = NULL;
	int ret = input_open(s->path, &s->input_options, &s->input, &why);

	if (ret < 0) {
		s->exit_status = tool_input_failed(&s->common, s->path, ret, why);
		return ret;
	}
	ret = input_seek(s->input, s->seek_ns);
	if (ret < 0) {
		s->exit_status = tool_input_failed(&s->common, s->path, ret, NULL);
		return ret;
	}
	ret = tool_open_display(&s->common, &s->display);
	if (ret < 0) {
		s->exit_status = TOOL_EXIT_NO_DEVICE;
		return ret;
	}
	ret = open_decoder(s);
	if (ret < 0)
		return ret;
	ret = output_new(&s->output_options, &s->output);
	if (ret < 0) {
		tool_message(&s->common, "cannot open the output: %s", strerror(-ret));
		s->exit_status = TOOL_EXIT_USAGE;
	}
	return ret;
}

static void close_all(struct session *s)
{
	readout_finish(&s->readout);
	readout_finish(&s->whole);
	vacodec_decoder_unref(s->decoder);
	output_free(s->output);
	vawrap_display_unref(s->display);
	input_free(s->input);
}

/* What the whole run comes to. */
static void conclude(struct session *s)
{
	struct report *report = &s->report;

	report->stats.size_bytes = sizeof(report->stats);
	vacodec_decoder_get_stats(s->decoder, &report->stats);
	if (s->exit_status == TOOL_EXIT_OK && tool_interrupted())
		s->exit_status = TOOL_EXIT_INTR;
	if (s->exit_status == TOOL_EXIT_OK && report->frames == 0 && s->skipped) {
		tool_message(&s->common, "%s: it ends before the time of --seek", s->path);
		s->exit_status = TOOL_EXIT_USAGE;
	}
	if (s->exit_status == TOOL_EXIT_OK && report->frames == 0) {
		tool_message(&s->common, "%s: no frame could be decoded", s->path);
		s->exit_status = TOOL_EXIT_CORRUPT;
	}
	if (report->corrupt || report->stats.bad_units)
		tool_message(&s->common, "%s: %llu of %llu frames corrupt, %llu damaged units",
			     s->path, (unsigned long long)report->corrupt,
			     (unsigned long long)report->frames,
			     (unsigned long long)report->stats.bad_units);
	if (report->mismatches)
		tool_message(&s->common, "%s: %llu of %llu picture hashes do not match", s->path,
			     (unsigned long long)report->mismatches,
			     (unsigned long long)report->hashes);
	if (s->verify_hash && !report->hashes)
		tool_message(&s->common, "%s: no picture has a hash", s->path);
	if (s->exit_status == TOOL_EXIT_OK &&
	    (report->corrupt || report->stats.bad_units || report->mismatches))
		s->exit_status = TOOL_EXIT_CORRUPT;
}

static int decode(struct session *s)
{
	int ret = open_all(s);

	if (ret == 0) {
		report_begin(&s->report);
		run(s);
		report_end(&s->report);
		conclude(s);
		ret = output_finish(s->output);
		if (ret < 0 && s->exit_status == TOOL_EXIT_OK) {
			tool_message(&s->common, "cannot write: %s", strerror(-ret));
			s->exit_status = TOOL_EXIT_USAGE;
		}
		report_print(
			&s->report, &s->readout, s->stats,
			s->json ? (s->output_options.md5 || s->output_options.y4m ? stderr : stdout)
				: NULL);
	}
	close_all(s);
	return s->exit_status;
}

/* ---- Options ---- */

static bool parse_count(const char *text, uint64_t *count)
{
	char *end;

	errno = 0;
	*count = strtoull(text, &end, 10);
	return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *count > 0;
}

static bool take_option(struct session *s, int opt)
{
	uint64_t count;

	s->decode_only |= opt >= TOOL_OPT_OWN && opt != OPT_FRAMES && opt != OPT_JSON;
	switch (opt) {
	case OPT_MD5:
		s->output_options.md5 = true;
		return true;
	case OPT_Y4M:
		s->output_options.y4m = optarg;
		return true;
	case OPT_FRAMES:
		return parse_count(optarg, &s->max_frames);
	case OPT_SEEK:
		return tool_parse_seconds(optarg, &s->seek_ns);
	case OPT_CHUNK:
		if (!parse_count(optarg, &count) || count > 1 << 24)
			return false;
		s->input_options.chunk_bytes = (size_t)count;
		return true;
	case OPT_VERIFY_HASH:
		s->verify_hash = true;
		return true;
	case OPT_SHOW_INCOMPLETE:
		s->show_incomplete = true;
		return true;
	case OPT_NO_FILM_GRAIN:
		s->no_film_grain = true;
		return true;
	case OPT_STATS:
		s->stats = true;
		return true;
	case OPT_JSON:
		s->json = true;
		return true;
	}
	return tool_common_take(&s->common, opt, optarg) == 1;
}

int main(int argc, char **argv)
{
	struct session s = {.input_options = {.split = INPUT_SPLIT_CHUNKS, .as_stored = true},
			    .whole = {.whole = true}};
	bool probe;
	int opt;

	tool_common_init(&s.common, "vacodec", help);
	while ((opt = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (opt == '?')
			return TOOL_EXIT_USAGE;
		if (!take_option(&s, opt))
			return usage(&s, "a bad value");
	}
	probe = argc > optind && strcmp(argv[optind], "probe") == 0;
	if (argc - optind < 1 || (!probe && strcmp(argv[optind], "decode") != 0))
		return usage(&s, "the command must be decode or probe");
	if (argc - optind != 2)
		return usage(&s, probe ? "probe wants one FILE" : "decode wants one FILE");
	if (probe && s.decode_only)
		return usage(&s, "of these options, probe takes --frames and --json only");
	if (s.output_options.md5 && s.output_options.y4m && strcmp(s.output_options.y4m, "-") == 0)
		return usage(&s, "--md5 and --y4m - both want stdout");
	s.path = argv[optind + 1];
	tool_catch_interrupt();
	return probe ? probe_file(&s.common, s.path, s.max_frames, s.json) : decode(&s);
}
