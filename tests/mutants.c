/* SPDX-License-Identifier: MIT */
/*
 * mutants.c - mutants of the project's streams of all codecs through the whole decoder on softva
 *
 * One process decodes all of a codec, on one display; another one starts it, watches that no unit takes
 * longer than it may, and says which mutant it was when the first one dies. Prints TAP. The count is
 * H.264's; each other codec has a fourth of it.
 *
 *     mutants [--codec NAME] [--seed N] [--count N] [--only N] [--limit-ms N] [--streams FOLDER]
 *             [--verbose]
 */
#include "mutator.h"
#include "process-use.h"
#include "slice-watch.h"
#include "softva-session.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_SAMPLES     (512 * 512)
#define MAX_DEATHS      20
#define LOOK_NS         50000000
#define SLEEP_LIMIT     20 /* times the limit of CPU time: of time in which nothing happens */
#define N_REPEATED      100
#define MAX_RSS_GROWTH  (24u << 10) /* KiB */
#define RSS_MIN_MUTANTS 1000
#define SHARE_MIN       100 /* fewer say nothing of a share */
#define OTHERS_SHARE    4   /* of the count of H.264's mutants that other codecs have */

struct options {
	enum vacodec_codec codec; /* NONE: all, one after the other */
	uint64_t seed, count, only, limit_ms;
	bool has_only, verbose;
	const char *streams;
};

/* What the decoding process leaves for the other one. */
struct progress {
	atomic_ullong mutant, unit; /* at hand; units of all mutants are counted on */
	uint64_t done, headers, reached, refused, pictures, frames, corrupt, errors;
	uint64_t digest;
	uint64_t slowest_ns, slowest;
	struct process_use begin, end;
	unsigned int faults;
	bool finished;
};

static struct progress *progress;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts) < 0)
		return 0;
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

/* ---- One mutant ---- */

static void fault(const struct mutant *mutant, const char *what)
{
	progress->faults++;
	printf("# mutant %llu: %s (%s)\n", (unsigned long long)progress->mutant, what,
	       mutant->what);
}

static void digest(uint64_t value)
{
	progress->digest = (progress->digest ^ value) * UINT64_C(0x100000001b3);
}

static void on_frame(struct session *session, struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	(void)session;
	vacodec_frame_get_info(frame, &info);
	digest(info.timestamp);
	digest(info.flags);
}

static bool is_start_coded(enum vacodec_codec codec)
{
	return codec == VACODEC_CODEC_H264 || codec == VACODEC_CODEC_HEVC ||
	       codec == VACODEC_CODEC_MPEG2;
}

static uint64_t count_bad(const struct session *session)
{
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};

	vacodec_decoder_get_stats(session->decoder, &stats);
	return stats.bad_units;
}

/* Sends a unit; its end is seen with the next one's start code. */
static int send_unit(struct session *session, const struct mutant *mutant, unsigned int i)
{
	uint64_t begin = clock_ns(CLOCK_PROCESS_CPUTIME_ID), ns;
	int ret = session_send(session, mutant->unit[i].data, mutant->unit[i].size_bytes, i);

	ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID) - begin;
	atomic_fetch_add(&progress->unit, 1);
	if (ns > progress->slowest_ns) {
		progress->slowest_ns = ns;
		progress->slowest = progress->mutant;
	}
	return ret;
}

/*
 * What became of the changed unit: whether it was skipped as damaged, and how many pictures there were
 * before it. Units that are no packets are whole with the next one's begin.
 */
struct fate {
	bool skipped;
	uint64_t before;
};

static int send_all(struct session *session, const struct mutant *mutant, struct fate *fate)
{
	unsigned int looked_at = mutant->changed + (is_start_coded(session->codec) ? 1 : 0);
	uint64_t before = 0;
	int ret = 0;

	for (unsigned int i = 0; i < mutant->n_units && ret == 0; i++) {
		if (i == mutant->changed)
			fate->before = slice_watch_get_pictures();
		if (i == looked_at)
			before = count_bad(session);
		ret = send_unit(session, mutant, i);
		if (i == looked_at)
			fate->skipped = count_bad(session) != before;
	}
	return ret;
}

static void watch_slices(const struct mutant *mutant)
{
	slice_watch_clear();
	for (unsigned int i = 0; i < mutant->n_units && mutant->header; i++) {
		const struct mutator_unit *unit = &mutant->unit[i];

		if (mutant->uses[i])
			slice_watch_add(unit->data + unit->start_bytes,
					unit->size_bytes - unit->start_bytes);
	}
}

/* Of H.264 it is known which slices use the change; of the others, that a picture came with it or behind. */
static bool has_reached(const struct mutant *mutant, const struct session *session,
			const struct fate *fate)
{
	if (!mutant->header || fate->skipped)
		return false;
	return session->codec == VACODEC_CODEC_H264 ? slice_watch_was_submitted()
						    : slice_watch_get_pictures() != fate->before;
}

static void count(const struct mutant *mutant, const struct session *session, bool reached)
{
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};

	vacodec_decoder_get_stats(session->decoder, &stats);
	progress->done++;
	progress->headers += mutant->header;
	progress->reached += reached;
	progress->refused += session->ended;
	progress->pictures += stats.pictures;
	progress->frames += session->n_frames;
	progress->corrupt += session->n_corrupt;
	digest(stats.pictures);
	digest(stats.bad_units);
	digest(session->n_frames);
	digest((uint64_t)session->error);
}

static void check_end(const struct mutant *mutant, const struct session *session, int ret)
{
	if (ret < 0)
		fault(mutant, "a send or the drain is refused for ever");
	else if (!session->ended && session->n_drained != 1)
		fault(mutant, "not drained");
	if (session->n_frames < session->n_corrupt)
		fault(mutant, "more corrupt frames than frames");
}

static void run_mutant(struct mutator *mutator, const struct options *options,
		       struct vawrap_display *display, uint64_t number)
{
	const struct mutant *mutant;
	struct session session = {
		.on_frame = on_frame, .max_samples = MAX_SAMPLES, .codec = options->codec};
	struct fate fate = {0};
	bool reached = false;
	int ret;

	atomic_store(&progress->mutant, number);
	mutant = mutator_make(mutator, options->seed, number);
	session.max_in_flight = mutator_pick(mutator, 5);
	session.show_incomplete = mutator_pick(mutator, 4) < (mutant->whole_start ? 1 : 3);
	watch_slices(mutant);
	ret = session_open(&session, display);
	if (ret == 0) {
		ret = send_all(&session, mutant, &fate);
		if (ret == 0)
			ret = session_drain(&session);
		check_end(mutant, &session, ret);
		reached = has_reached(mutant, &session, &fate);
		count(mutant, &session, reached);
	}
	if (options->verbose)
		printf("# %llu:%s => %u frames, %u corrupt, %s%s\n", (unsigned long long)number,
		       mutant->what, session.n_frames, session.n_corrupt,
		       session.ended ? strerror(-session.error) : "drained",
		       reached ? ", reached" : "");
	session_close(&session);
	if (vawrap_display_get_live_count(display, VAWRAP_N_KINDS)) {
		fault(mutant, "handles are left");
		vawrap_display_report_live(display, stdout);
	}
}

/* ---- The decoding process ---- */

static void note_use(bool begin)
{
	*(begin ? &progress->begin : &progress->end) = process_use_read();
}

/* The same mutants give the same pictures and flags. */
static void repeat(struct mutator *mutator, const struct options *options,
		   struct vawrap_display *display)
{
	struct progress before = *progress;
	uint64_t digests[2], n = options->count < N_REPEATED ? options->count : N_REPEATED;

	for (unsigned int turn = 0; turn < 2; turn++) {
		progress->digest = 0;
		for (uint64_t i = 0; i < n; i++)
			run_mutant(mutator, options, display, i);
		digests[turn] = progress->digest;
	}
	before.faults = progress->faults + (digests[0] != digests[1]);
	before.unit = progress->unit;
	*progress = before;
	if (digests[0] != digests[1])
		printf("# the same mutants do not give the same frames\n");
}

static int decode_all(const struct options *options, uint64_t first)
{
	struct mutator *mutator = mutator_new(options->streams, options->codec);
	uint64_t end = options->has_only ? options->only + 1 : options->count;
	struct vawrap_display *display;
	int ret = session_open_display(options->verbose, &display);

	if (ret < 0 || !mutator) {
		printf("# no softva, or no streams in %s\n", options->streams);
		mutator_free(mutator);
		return 1;
	}
	for (uint64_t i = first; i < end; i++) {
		if (i == first + (end - first) / 5)
			note_use(true);
		run_mutant(mutator, options, display, i);
	}
	note_use(false);
	if (!options->has_only)
		repeat(mutator, options, display);
	mutator_free(mutator);
	vawrap_display_unref(display);
	progress->finished = true;
	return 0;
}

/* ---- The watching one ---- */

/* Waits for the child's end, or ends it when a unit takes too long. */
static int watch_child(pid_t child, const struct options *options)
{
	const struct timespec look = {0, LOOK_NS};
	uint64_t limit_ns = options->limit_ms * 1000000, unit = 0, cpu = 0, slept = 0, now;
	clockid_t clock;
	int status;

	if (clock_getcpuclockid(child, &clock))
		clock = CLOCK_MONOTONIC;
	while (waitpid(child, &status, WNOHANG) == 0) {
		now = clock_ns(clock);
		slept += LOOK_NS;
		if (progress->unit != unit || progress->finished) {
			unit = progress->unit;
			cpu = now;
			slept = 0;
		}
		if (now - cpu > limit_ns || slept > SLEEP_LIMIT * limit_ns) {
			printf("# a unit of mutant %llu takes longer than %llu ms\n",
			       (unsigned long long)progress->mutant,
			       (unsigned long long)options->limit_ms);
			kill(child, SIGABRT);
			slept = 0;
			cpu = now;
		}
		nanosleep(&look, NULL);
	}
	return status;
}

/* Returns how often the decoding process died; each time it goes on behind the mutant. */
static unsigned int supervise(const struct options *options)
{
	uint64_t first = options->has_only ? options->only : 0;
	unsigned int deaths = 0;

	while (!progress->finished && deaths < MAX_DEATHS) {
		int status;
		pid_t child;

		fflush(stdout);
		child = fork();
		if (child == 0)
			exit(decode_all(options, first));
		status = child < 0 ? -1 : watch_child(child, options);
		if (status == 0)
			continue;
		deaths++;
		printf("# status 0x%x with mutant %llu: --codec %s --seed %llu --only %llu shows it\n",
		       (unsigned int)status, (unsigned long long)progress->mutant,
		       vacodec_codec_get_name(options->codec), (unsigned long long)options->seed,
		       (unsigned long long)progress->mutant);
		if (child < 0 || progress->done == 0)
			break;
		first = progress->mutant + 1;
	}
	return deaths;
}

/* ---- The report ---- */

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void print_figures(const struct options *options)
{
	const struct progress *p = progress;

	printf("# %s, seed %llu: %llu mutants, %llu of them of header fields (%.1f %%)\n",
	       vacodec_codec_get_name(options->codec), (unsigned long long)options->seed,
	       (unsigned long long)p->done, (unsigned long long)p->headers,
	       percent(p->headers, p->done));
	printf("# header fields that reached vaEndPicture: %llu (%.1f %% of all mutants)\n",
	       (unsigned long long)p->reached, percent(p->reached, p->done));
	printf("# %llu pictures submitted, %llu frames out, %llu of them corrupt; %llu sessions "
	       "ended early\n",
	       (unsigned long long)p->pictures, (unsigned long long)p->frames,
	       (unsigned long long)p->corrupt, (unsigned long long)p->refused);
	printf("# slowest unit %.1f ms (mutant %llu); RSS %llu KiB after a fifth, %llu at the end; "
	       "digest %016llx\n",
	       (double)p->slowest_ns / 1e6, (unsigned long long)p->slowest,
	       (unsigned long long)p->begin.rss_kib, (unsigned long long)p->end.rss_kib,
	       (unsigned long long)p->digest);
}

/* softva's table of checks: what failed, and the sums. A damaged stream may fail some. */
static void print_checks(const char *path)
{
	FILE *file = fopen(path, "r");
	char line[256];

	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, ", 0 failed"))
			printf("# %s", line);
	}
	if (file)
		fclose(file);
}

static int result(const struct options *options, bool good, const char *text)
{
	static unsigned int n;

	printf("%s %u - %s: %s\n", good ? "ok" : "not ok", ++n,
	       vacodec_codec_get_name(options->codec), text);
	return !good;
}

/* What runs slower gets more time for a unit, and fewer mutants. */
static void choose_defaults(struct options *options)
{
	*options = (struct options){.seed = 1, .count = 1500, .limit_ms = 1000, .streams = STREAMS};
	if (session_has_sanitizer())
		options->limit_ms *= 10;
	if (session_is_slow()) {
		options->limit_ms *= 60;
		options->count = 40;
	}
}

static int report(const struct options *options, unsigned int deaths)
{
	const struct progress *p = progress;
	bool flat = p->end.rss_kib <= p->begin.rss_kib + MAX_RSS_GROWTH;
	int status = 0;

	print_figures(options);
	if (options->has_only)
		return result(options, !deaths && !p->faults, "the mutant decodes or is refused");
	status |= result(options, !deaths && p->finished, "no crash, no hang");
	status |= result(options, !p->faults, "sessions end, nothing is left, the same again");
	status |= result(options, 2 * p->reached >= p->done || p->done < SHARE_MIN,
			 "at least half are header fields that reach vaEndPicture");
	status |= result(options,
			 (flat || session_has_sanitizer() || session_is_slow() ||
			  p->done < RSS_MIN_MUTANTS) &&
				 p->begin.fds == p->end.fds,
			 "memory and descriptors stay as they are");
	return status;
}

static enum vacodec_codec find_codec(const char *name)
{
	enum vacodec_codec codec = VACODEC_CODEC_NONE + 1;

	while (codec < VACODEC_N_CODECS &&
	       (!vacodec_codec_get_name(codec) || strcmp(vacodec_codec_get_name(codec), name) != 0))
		codec++;
	return codec;
}

static bool parse_options(struct options *options, int argc, char **argv)
{
	static const struct option longs[] = {
		{"codec", required_argument, NULL, 'C'},
		{"seed", required_argument, NULL, 's'},
		{"count", required_argument, NULL, 'c'},
		{"only", required_argument, NULL, 'o'},
		{"limit-ms", required_argument, NULL, 'l'},
		{"streams", required_argument, NULL, 'd'},
		{"verbose", no_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int opt;

	while ((opt = getopt_long(argc, argv, "", longs, NULL)) >= 0) {
		if (opt == 'C')
			options->codec = find_codec(optarg);
		else if (opt == 's')
			options->seed = strtoull(optarg, NULL, 0);
		else if (opt == 'c')
			options->count = strtoull(optarg, NULL, 0);
		else if (opt == 'l')
			options->limit_ms = strtoull(optarg, NULL, 0);
		else if (opt == 'd')
			options->streams = optarg;
		else if (opt == 'v')
			options->verbose = true;
		else if (opt == 'o')
			options->only = strtoull(optarg, NULL, 0);
		else
			return false;
		options->has_only |= opt == 'o';
		options->verbose |= opt == 'o';
	}
	if (options->has_only && options->codec == VACODEC_CODEC_NONE)
		options->codec = VACODEC_CODEC_H264;
	return optind == argc && options->count > 0 && options->codec < VACODEC_N_CODECS;
}

/* One codec's mutants; a status as of exit. */
static int run_codec(struct options options, enum vacodec_codec codec)
{
	char checks[] = "/tmp/mutants-checks-XXXXXX";
	int fd = mkstemp(checks), status;
	unsigned int deaths;

	if (fd >= 0)
		close(fd);
	setenv("SOFTVA_CHECKS", checks, 1);
	memset(progress, 0, sizeof(*progress));
	if (options.codec == VACODEC_CODEC_NONE && codec != VACODEC_CODEC_H264)
		options.count = (options.count + OTHERS_SHARE - 1) / OTHERS_SHARE;
	options.codec = codec;
	deaths = supervise(&options);
	print_checks(checks);
	unlink(checks);
	status = report(&options, deaths);
	fflush(stdout);
	return status;
}

static bool is_wanted(const struct options *options, enum vacodec_codec codec)
{
#ifdef HAVE_DAV1D
	/* libdav1d's code is more than valgrind can translate. */
	bool has_av1 = !session_is_slow();
#else
	bool has_av1 = false;
#endif

	if (codec == VACODEC_CODEC_AV1 && !has_av1)
		return false;
	return vacodec_codec_get_name(codec) &&
	       (options->codec == VACODEC_CODEC_NONE || options->codec == codec);
}

int main(int argc, char **argv)
{
	struct options options;
	unsigned int n = 0;
	int status = 0;

	choose_defaults(&options);
	if (!parse_options(&options, argc, argv)) {
		fprintf(stderr, "usage: mutants [--codec NAME] [--seed N] [--count N] [--only N] "
				"[--limit-ms N] [--streams FOLDER] [--verbose]\n");
		return 1;
	}
	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			-1, 0);
	if (progress == MAP_FAILED)
		return 99;
	for (enum vacodec_codec codec = VACODEC_CODEC_NONE + 1; codec < VACODEC_N_CODECS; codec++) {
		if (is_wanted(&options, codec)) {
			status |= run_codec(options, codec);
			n += options.has_only ? 1 : 4;
		}
	}
	printf("1..%u\n", n);
	return status;
}
