/* SPDX-License-Identifier: MIT */
/*
 * test-device-random.c - a guest that does anything in any order, on the scripted decoder
 *
 * What holds whatever it does: each token comes back exactly once, and no byte of a resource
 * changes unless it is queued.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define N_STREAMS 2
#define N_IDS     3
#define OUT_BYTES 0x2000u
#define IN_BYTES  0x200u
#define N_TOKENS  8192
#define ROUNDS    60
#define COMMANDS  200

/* Of one output resource. */
struct shadow {
	unsigned int n_pending; /* RESOURCE_QUEUEs without an answer; 0: it is the guest's */
	uint8_t copy[OUT_BYTES];
};

static struct shadow shadows[N_STREAMS][N_IDS];
static uint8_t answered[N_TOKENS];
static struct shadow *owner[N_TOKENS];
static unsigned int inputs[N_STREAMS][N_IDS], *input_owner[N_TOKENS]; /* pending, as above */
static uint32_t seed, current_round;
static uint64_t base;
static unsigned int n_changes;

static uint32_t pick(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

static uint8_t *memory_of(const struct shadow *shadow)
{
	return fx.ram + (shadow - &shadows[0][0]) * OUT_BYTES;
}

static void check_shadows(void)
{
	for (int i = 0; i < N_STREAMS * N_IDS; i++) {
		struct shadow *shadow = &shadows[0][0] + i;

		if (!shadow->n_pending && memcmp(shadow->copy, memory_of(shadow), OUT_BYTES) != 0)
			fail_msg("round %u: resource %d was written while it was the guest's",
				 current_round, i);
	}
}

static void reap_all(void)
{
	struct vvd_done done;
	uint8_t buf[512];

	while (vvd_device_reap(fx.device, &done, buf, sizeof(buf)) == 1) {
		uint64_t n = done.token - base;

		assert_true(n < N_TOKENS);
		assert_int_equal(answered[n]++, 0);
		if (done.queue == VVD_QUEUE_EVENT)
			n_changes++;
		if (input_owner[n])
			--*input_owner[n];
		if (owner[n] && --owner[n]->n_pending == 0)
			memcpy(owner[n]->copy, memory_of(owner[n]), OUT_BYTES);
	}
	check_shadows();
}

/* Mostly, what a driver does after an event. */
static void react(void)
{
	for (; n_changes; n_changes--) {
		for (uint32_t stream = 1; stream <= N_STREAMS; stream++) {
			struct msg msg = msg_queue_type(0x108, stream, OUT);

			if (pick(4))
				fx_submit(&msg);
		}
		fx_post_event();
	}
}

static void queue_output(uint32_t stream, uint32_t id)
{
	struct msg msg = msg_queue(stream, OUT, id, pick(1000), 0);
	struct shadow *shadow = &shadows[stream - 1][id];

	shadow->n_pending++;
	owner[fx.next_token + 1 - base] = shadow;
	fx_submit(&msg);
}

static void queue_input(uint32_t stream, uint32_t id)
{
	static const char kinds[] = "SFFFFFFFFFFFFFDC?";
	uint32_t place = 0x40000 + (stream * N_IDS + id) * IN_BYTES, n = pick(12);
	struct msg msg = msg_queue(stream, IN, id, pick(1000), 4 * n + pick(3));

	/* Rewriting a queued one would be a race that ThreadSanitizer sees. */
	for (uint32_t i = 0; i < n && !inputs[stream - 1][id]; i++) {
		uint8_t *record = fx.ram + place + 4 * i;

		record[0] = kinds[pick(sizeof(kinds) - 1)];
		if (pick(1000) == 0)
			record[0] = 'L';
		record[1] = 3 + pick(2);
		record[2] = 4;
		record[3] = 1 + pick(3);
	}
	inputs[stream - 1][id]++;
	input_owner[fx.next_token + 1 - base] = &inputs[stream - 1][id];
	fx_submit(&msg);
}

static void create(uint32_t stream, uint32_t queue, uint32_t id)
{
	uint32_t place = 0x40000 + (stream * N_IDS + id) * IN_BYTES;
	struct msg msg = msg_resource(stream, IN, id, place, IN_BYTES);

	if (queue == OUT)
		msg = msg_resource(stream, OUT, id, memory_of(&shadows[stream - 1][id]) - fx.ram,
				   OUT_BYTES);
	fx_submit(&msg);
}

static void set_params(uint32_t stream)
{
	struct msg msg = msg_queue_type(0x109, stream, OUT);

	msg.len = 120;
	msg_put32(&msg, 12, 3 + pick(3));
	msg_put32(&msg, 52, 1);
	msg_put32(&msg, 60, pick(100));
	fx_submit(&msg);
}

static void anything(uint32_t stream, uint32_t id)
{
	struct msg msg = msg_new(0x100 + pick(16), stream, pick(130) + 8);

	for (size_t i = 8; i + 4 <= msg.len; i += 4)
		msg_put32(&msg, i, pick(4) ? pick(5) : 0x100 + pick(2));
	/* These would move what is known of the memory. */
	if (get32(msg.bytes, 0) == 0x105 || get32(msg.bytes, 0) == 0x104)
		msg_put32(&msg, 4, id + 1000);
	fx_submit(&msg);
}

static void one_command(void)
{
	uint32_t stream = 1 + pick(N_STREAMS), id = pick(N_IDS), what = pick(100);
	uint32_t queue = pick(2) ? IN : OUT;
	struct msg msg;

	if (what < 40) {
		queue_output(stream, id);
	} else if (what < 65) {
		queue_input(stream, id);
	} else if (what < 70) {
		create(stream, queue, id);
	} else if (what < 73) {
		set_params(stream);
	} else if (what < 76) {
		anything(stream, id);
	} else if (what < 79) {
		fx_post_event();
	} else {
		static const uint32_t types[] = {0x108, 0x10d, 0x108, 0x108, 0x108, 0x103, 0x103,
						 0x107, 0x107, 0x106, 0x102, 0x101, 0x101};
		uint32_t type = types[pick(sizeof(types) / sizeof(types[0]))];

		msg = msg_queue_type(type, stream, pick(3) ? OUT : queue);
		if (type == 0x101)
			msg = msg_create(stream, H264);
		else if (type == 0x102 || type == 0x103)
			msg.len = 8;
		if (type != 0x102 || pick(8) == 0)
			fx_submit(&msg);
	}
}

static void run_round(bool transfers)
{
	struct pollfd fd = {vvd_device_get_fd(fx.device), POLLIN, 0};
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};
	uint64_t unanswered = 0;

	fake.no_derive = transfers;
	fake.slow = true;
	memset(answered, 0, sizeof(answered));
	memset(owner, 0, sizeof(owner));
	memset(inputs, 0, sizeof(inputs));
	memset(input_owner, 0, sizeof(input_owner));
	base = fx.next_token;
	for (uint32_t stream = 1; stream <= N_STREAMS; stream++) {
		struct msg msg = msg_create(stream, H264);

		fx_submit(&msg);
		for (uint32_t id = 0; id < N_IDS; id++) {
			struct shadow *shadow = &shadows[stream - 1][id];

			shadow->n_pending = 0;
			memcpy(shadow->copy, memory_of(shadow), OUT_BYTES);
			create(stream, OUT, id);
			create(stream, IN, id);
		}
	}
	n_changes = 1;
	for (int i = 0; i < COMMANDS; i++) {
		react();
		one_command();
		if (pick(3) == 0)
			poll(&fd, 1, 2);
		if (pick(3))
			reap_all();
	}
	for (uint32_t stream = 1; stream <= N_STREAMS; stream++) {
		struct msg msg = msg_new(0x102, stream, 8);

		fx_submit(&msg);
	}
	reap_all();
	for (uint64_t token = base + 1; token <= fx.next_token; token++)
		unanswered += !answered[token - base];
	vvd_device_get_stats(fx.device, &stats);
	/* What is left are event buffers. */
	assert_int_equal(unanswered, stats.pending);
}

static void test_anything_in_any_order(void **state)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	(void)state;
	for (uint32_t round = 0; round < ROUNDS; round++) {
		seed = current_round = round;
		run_round(round & 1);
		vvd_device_get_stats(fx.device, &stats);
		assert_int_equal(stats.streams, 0);
		assert_int_equal(stats.resources, 0);
		vvd_device_reset(fx.device);
		vvd_device_set_features(fx.device, 3);
	}
	print_message("%u rounds, %llu commands, %llu frames\n", ROUNDS,
		      (unsigned long long)stats.commands, (unsigned long long)stats.frames);
	assert_true(stats.frames > 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_anything_in_any_order, fx_setup, fx_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
