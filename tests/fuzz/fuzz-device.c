// SPDX-License-Identifier: MIT
/*
 * fuzz-device.c - a guest that sends any commands to the device, on the scripted decoder
 *
 * Input: a byte of settings, then steps: a byte that says what, and what that step takes. What holds:
 * each token comes back exactly once, answers are whole and fit, and nothing is left at the end.
 * A run starts the streams' threads: the same input need not take the same way twice.
 */
#include "fuzz.h"
#include "fake-vacodec.h"
#include "virtio-video.h"
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define GPA        UINT64_C(0x100000000)
#define RAM_BYTES  0x8000u
#define PLACE      0x1000u /* of one resource */
#define MAX_STEPS  200
#define MAX_TOKENS 256
#define MAX_BYTES  512

const char fuzz_name[] = "fuzz-device";

enum step {
	/* 0 to 14: the command of type 0x100 and so many */
	STEP_RAW = 15,
	STEP_EVENT,
	STEP_REAP,
	STEP_WAIT,
	STEP_RECORDS,
	STEP_RESET,
	STEP_REMOVE,
	STEP_ADD,
	STEP_FEATURES,
	STEP_CONFIG,
	N_STEPS,
};

struct command {
	uint8_t bytes[MAX_BYTES];
	size_t size_bytes;
};

struct guest {
	struct vvd_device *device;
	uint8_t *ram;
	bool mapped;
	unsigned int n_tokens; /* tokens are 1 and up */
	bool pending[MAX_TOKENS + 1];
	uint32_t caps[MAX_TOKENS + 1];
	uint8_t *answer;
	size_t answer_bytes;
};

/* The lengths of the commands, as the protocol has them. */
static const uint8_t lengths[15] = {16, 88, 8, 8, 104, 64, 16, 16, 16, 120, 16, 16, 24, 16, 128};

static void put(struct command *command, size_t at, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		command->bytes[at + i] = (uint8_t)(value >> 8 * i);
}

/* ---- Answers ---- */

static void check_answer(const struct guest *guest, const struct vvd_done *done)
{
	uint32_t type;

	fuzz_check(done->token > 0 && done->token <= guest->n_tokens, "an unknown token");
	fuzz_check(guest->pending[done->token], "a token comes back twice");
	fuzz_check(done->len_bytes <= guest->caps[done->token], "an answer is too large");
	if (done->len_bytes < 8)
		return;
	type = guest->answer[0] | (uint32_t)guest->answer[1] << 8;
	if (done->queue == VVD_QUEUE_EVENT)
		fuzz_check(type == 0x100 || type == 0x200, "an event's type");
	else
		fuzz_check((type >= 0x200 && type <= 0x205) || (type >= 0x300 && type <= 0x305),
			   "an answer's type");
}

static void reap(struct guest *guest)
{
	struct vvd_done done;
	int ret;

	while ((ret = vvd_device_reap(guest->device, &done, guest->answer, guest->answer_bytes)) ==
	       1) {
		check_answer(guest, &done);
		guest->pending[done.token] = false;
	}
	fuzz_check(ret == 0, "reap fails");
}

static void wait_moment(struct guest *guest)
{
	struct pollfd fd = {vvd_device_get_fd(guest->device), POLLIN, 0};

	poll(&fd, 1, 1);
	reap(guest);
}

/* ---- Commands ---- */

static void submit(struct guest *guest, const struct command *command, uint32_t cap)
{
	uint64_t token = guest->n_tokens + 1;
	/* Of the exact size, in two pieces. */
	uint8_t *copy = malloc(command->size_bytes + 1);
	size_t cut = command->size_bytes / 2;

	if (copy && token <= MAX_TOKENS) {
		struct iovec iov[2] = {{copy + 1, cut},
				       {copy + 1 + cut, command->size_bytes - cut}};

		memcpy(copy + 1, command->bytes, command->size_bytes);
		guest->n_tokens++;
		guest->caps[token] = cap;
		guest->pending[token] = vvd_device_submit(guest->device, token, iov, 2, cap) == 0;
	}
	free(copy);
}

static void put_params(struct command *command, uint32_t format)
{
	put(command, 12, format);
	put(command, 16, 64);
	put(command, 20, 48);
}

static void put_resource(struct command *command, uint32_t queue, uint32_t id)
{
	put(command, 12, id);
	put(command, 16, 1);
	put(command, 20, 1);
	put(command, 56, 1);
	put(command, 88, queue & 1 ? 4 * PLACE + id % 4 * PLACE : id % 4 * PLACE);
	put(command, 92, (uint32_t)(GPA >> 32));
	put(command, 96, PLACE);
}

/* A command that a driver could send: who is its stream, queue and resource. */
static void fill(struct command *command, unsigned int kind, unsigned int who)
{
	uint32_t queue = 0x100 + (who >> 2 & 1), id = who >> 3 & 7;

	memset(command, 0, sizeof(*command));
	command->size_bytes = lengths[kind];
	put(command, 0, 0x100 + kind);
	put(command, 4, who & 3);
	put(command, 8, kind == 0x1 ? 0 : queue);
	if (kind == 0x1)
		put(command, 16, 0x1002);
	else if (kind == 0x4)
		put_resource(command, queue, id);
	else if (kind == 0x5) {
		put(command, 12, id);
		put(command, 16, who);
		put(command, 24, 1);
		put(command, 28, queue & 1 ? 0 : 64);
	} else if (kind == 0x9 || kind == 0xe) {
		put_params(command, id & 1 ? 3 : 4);
	} else if (kind >= 0xa && kind <= 0xc) {
		put(command, 8, 1 + id % 4);
	}
}

/* who, the number of changes in the low bits of a byte whose high ones say more, the changes. */
static void send_command(struct guest *guest, struct fuzz_reader *r, unsigned int kind)
{
	struct command command;
	unsigned int who = fuzz_u8(r), more = fuzz_u8(r);

	fill(&command, kind, who);
	for (unsigned int n = more & 7; n; n--) {
		unsigned int at = fuzz_u8(r) % 128;

		command.bytes[at] = fuzz_u8(r);
	}
	if (more & 8)
		command.size_bytes = fuzz_u8(r);
	submit(guest, &command, more & 16 ? fuzz_u8(r) : MAX_BYTES);
}

static void send_raw(struct guest *guest, struct fuzz_reader *r)
{
	struct command command = {.size_bytes = fuzz_u8(r)};
	size_t n;
	const uint8_t *bytes = fuzz_bytes(r, command.size_bytes, &n);

	memcpy(command.bytes, bytes, n);
	submit(guest, &command, fuzz_u8(r) * 2u);
}

static void post_event(struct guest *guest)
{
	uint64_t token = guest->n_tokens + 1;

	if (token > MAX_TOKENS)
		return;
	guest->n_tokens++;
	guest->caps[token] = 8;
	guest->pending[token] = vvd_device_post_event(guest->device, token) == 0;
}

/* ---- Memory and the rest ---- */

static void write_records(struct guest *guest, struct fuzz_reader *r)
{
	uint8_t *at = guest->ram + fuzz_u8(r) % 4 * PLACE;
	size_t n;
	size_t want = fuzz_u8(r) % 64;
	const uint8_t *bytes = fuzz_bytes(r, want, &n);

	memcpy(at, bytes, n);
}

static void reset(struct guest *guest)
{
	fuzz_check(vvd_device_reset(guest->device) == 0, "reset");
	memset(guest->pending, 0, sizeof(guest->pending));
}

static void set_features(struct guest *guest, uint64_t features)
{
	int ret = vvd_device_set_features(guest->device, features);

	fuzz_check(ret <= 0 && (ret < 0 || !(features & ~vvd_device_get_features(guest->device))),
		   "features that were not offered");
}

static void read_config(struct guest *guest, uint32_t offset, uint32_t size_bytes)
{
	uint8_t *config = malloc(size_bytes + 1);

	if (config)
		vvd_device_get_config(guest->device, offset, config, size_bytes);
	free(config);
}

static void map(struct guest *guest, bool mapped)
{
	if (mapped == guest->mapped)
		return;
	if (mapped)
		fuzz_check(vvd_device_add_region(guest->device, GPA, guest->ram, RAM_BYTES, -1) ==
				   0,
			   "a region is refused");
	else
		fuzz_check(vvd_device_remove_region(guest->device, GPA) == 0, "a region stays");
	guest->mapped = mapped;
}

static void step(struct guest *guest, struct fuzz_reader *r)
{
	unsigned int what = fuzz_u8(r) % N_STEPS;
	uint32_t offset;

	if (what < STEP_RAW)
		send_command(guest, r, what);
	else if (what == STEP_RAW)
		send_raw(guest, r);
	else if (what == STEP_EVENT)
		post_event(guest);
	else if (what == STEP_REAP)
		reap(guest);
	else if (what == STEP_WAIT)
		wait_moment(guest);
	else if (what == STEP_RECORDS)
		write_records(guest, r);
	else if (what == STEP_RESET)
		reset(guest);
	else if (what == STEP_REMOVE || what == STEP_ADD)
		map(guest, what == STEP_ADD);
	else if (what == STEP_FEATURES)
		set_features(guest, fuzz_u8(r));
	else if (what == STEP_CONFIG) {
		offset = fuzz_u8(r) & 1 ? UINT32_MAX - fuzz_u8(r) : fuzz_u8(r);
		read_config(guest, offset, fuzz_u8(r));
	}
}

/* What has been submitted and not come back is what the device says is pending. */
static void check_pending(struct guest *guest)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};
	unsigned int n = 0;

	reap(guest);
	fuzz_check(vvd_device_get_stats(guest->device, &stats) == 0, "statistics");
	reap(guest);
	for (unsigned int i = 1; i <= guest->n_tokens; i++)
		n += guest->pending[i];
	fuzz_check(n <= stats.pending, "a token is lost");
}

static int open_device(struct guest *guest, unsigned int settings)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options),
		.role = VVD_ROLE_DECODER,
		.share_display = settings & 1,
	};
	int ret;

	if (settings & 2)
		options.limits = (struct vvd_limits){2, 3, 2, 6 * PLACE, PLACE, 40};
	fake_reset();
	/* A record that hangs does not. */
	fake_unhang();
	fake.no_derive = settings & 4;
	ret = vvd_device_new(&options, &guest->device);
	if (ret < 0)
		return ret;
	guest->answer_bytes = vvd_device_get_max_resp(guest->device);
	if (guest->answer_bytes < MAX_BYTES)
		guest->answer_bytes = MAX_BYTES;
	guest->answer = malloc(guest->answer_bytes);
	return guest->answer ? 0 : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct guest guest = {.ram = calloc(1, RAM_BYTES)};

	if (guest.ram && open_device(&guest, fuzz_u8(&r)) == 0) {
		set_features(&guest, vvd_device_get_features(guest.device));
		map(&guest, true);
		for (unsigned int i = 0; r.left && i < MAX_STEPS; i++)
			step(&guest, &r);
		check_pending(&guest);
	}
	vvd_device_free(guest.device);
	/* On a busy machine a stream's thread may be taken for a hung one and left behind. */
	fuzz_check(fake_wait_live() == 0, "handles are left");
	free(guest.answer);
	free(guest.ram);
	return 0;
}
