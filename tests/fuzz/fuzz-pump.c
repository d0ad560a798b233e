// SPDX-License-Identifier: MIT
/*
 * fuzz-pump.c - chains of a guest that means harm, all the way into the device and back
 *
 * Input: a byte of settings, then steps: a byte that says what, and what that step takes. Commands
 * lie in guest memory and are offered in any framing; descriptors, tables and rings are written
 * over; a second thread scribbles on requests, buffers and rings while the device reads them. The
 * decoder is the scripted one. Of a guest that has spoilt nothing itself, each chain comes back
 * once, with no more bytes than it has room for.
 */
#include "fuzz.h"
#include "fake-vacodec.h"
#include "vhost-user/pump.h"
#include "virtio-video.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define GPA         UINT64_C(0x1000)
#define RAM_BYTES   0x8000u
#define OTHER_GPA   UINT64_C(0x4000000000)
#define OTHER_BYTES 0x1000u
#define RING        32u
#define MAX_STEPS   200
#define TABLES      0x0800u
#define REQUESTS    0x1000u
#define ANSWERS     0x2000u
#define BUFFERS     0x4000u
#define SLOT        0x80u /* of a request, and of an answer */

const char fuzz_name[] = "fuzz-pump";

enum step {
	/* 0 to 14: the command of type 0x100 and so many */
	STEP_EVENT = 15,
	STEP_DISPATCH,
	STEP_WAIT,
	STEP_RECORDS,
	STEP_DESC,
	STEP_POKE,
	STEP_OFFER,
	STEP_SCRIBBLE,
	STEP_RESTART,
	STEP_STOP_QUEUE,
	STEP_REGION,
	N_STEPS,
};

/* Where a queue's rings lie in the memory. */
struct ring {
	uint32_t desc, avail, used;
	uint16_t next_avail, next_used;
	bool offered[RING];
	uint32_t room[RING];
};

struct guest {
	struct vvd_device *device;
	struct pump *pump;
	uint8_t *ram, *other;
	bool mapped; /* the other region */
	bool spoilt; /* by the guest itself */
	struct ring rings[VVD_N_QUEUES];
	unsigned int scribble; /* 0 no; 1 not on the rings; 2 everywhere */
	uint32_t seed;
	atomic_bool stop;
};

static const struct ring places[VVD_N_QUEUES] = {
	{.desc = 0, .avail = 0x200, .used = 0x280},
	{.desc = 0x400, .avail = 0x600, .used = 0x680},
};

static void put16(struct guest *guest, uint32_t at, uint16_t value)
{
	guest->ram[at] = (uint8_t)value;
	guest->ram[at + 1] = (uint8_t)(value >> 8);
}

static void put32(struct guest *guest, uint32_t at, uint32_t value)
{
	put16(guest, at, (uint16_t)value);
	put16(guest, at + 2, (uint16_t)(value >> 16));
}

static uint32_t get32(const struct guest *guest, uint32_t at)
{
	const uint8_t *b = guest->ram + at;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* ---- Chains ---- */

static void put_desc(struct guest *guest, uint32_t at, uint32_t place, uint32_t len, uint32_t rest)
{
	put32(guest, at, (uint32_t)GPA + place);
	put32(guest, at + 4, 0);
	put32(guest, at + 8, len);
	put32(guest, at + 12, rest); /* flags, and next in the upper half */
}

static void make_available(struct guest *guest, unsigned int which, unsigned int head,
			   uint32_t room)
{
	struct ring *ring = &guest->rings[which];

	ring->offered[head] = true;
	ring->room[head] = room;
	put16(guest, ring->avail + 4 + 2 * (ring->next_avail % RING), (uint16_t)head);
	put16(guest, ring->avail + 2, ++ring->next_avail);
}

/* The first head, of every step-th, that the device does not have; RING or more: none. */
static unsigned int find_free(const struct guest *guest, unsigned int which, unsigned int step)
{
	unsigned int head = 0;

	while (head < RING && guest->rings[which].offered[head])
		head += step;
	return head;
}

/* Three descriptors a chain, of the ring or in a table: a request in two pieces, and the answer. */
static void offer(struct guest *guest, unsigned int slot, const uint32_t sizes[2], unsigned int how)
{
	const struct ring *ring = &guest->rings[VVD_QUEUE_COMMAND];
	unsigned int head = slot * 3;
	uint32_t size_bytes = sizes[0], room = sizes[1];
	uint32_t cut = size_bytes / 2 + (how >> 2) % 8;
	uint32_t request = REQUESTS + slot * SLOT, answer = ANSWERS + slot * 2 * SLOT;
	bool indirect = how & 1;
	uint32_t at = indirect ? TABLES + slot * 64 : ring->desc + head * 16;
	uint32_t first = indirect ? 0 : head;

	if (cut >= size_bytes)
		cut = size_bytes;
	put_desc(guest, at, request, cut, 1 | (first + 1) << 16);
	put_desc(guest, at + 16, request + cut, size_bytes - cut, 1 | (first + 2) << 16);
	put_desc(guest, at + 32, answer, room, 2);
	/* Empty pieces are no chain of an honest driver. */
	guest->spoilt |= cut == 0 || cut == size_bytes || room == 0;
	if (indirect)
		put_desc(guest, ring->desc + head * 16, at, 48, 4);
	make_available(guest, VVD_QUEUE_COMMAND, head, room);
}

static void take_used(struct guest *guest, unsigned int which)
{
	struct ring *ring = &guest->rings[which];

	while (!guest->spoilt && ring->next_used != (uint16_t)get32(guest, ring->used + 2)) {
		uint32_t at = ring->used + 4 + 8 * (ring->next_used++ % RING);
		uint32_t head = get32(guest, at);

		fuzz_check(head < RING && ring->offered[head], "a chain that was not offered");
		fuzz_check(get32(guest, at + 4) <= ring->room[head],
			   "more bytes than there is room");
		ring->offered[head] = false;
	}
}

/* ---- Commands ---- */

/* The lengths of the commands, as the protocol has them. */
static const uint8_t lengths[15] = {16, 88, 8, 8, 104, 64, 16, 16, 16, 120, 16, 16, 24, 16, 128};

static void put_resource(struct guest *guest, uint32_t at, uint32_t queue, uint32_t id)
{
	uint32_t place = BUFFERS + (queue & 1 ? 0x2000u : 0) + id % 4 * 0x800u;

	put32(guest, at + 12, id);
	put32(guest, at + 16, 1);
	put32(guest, at + 20, 1);
	put32(guest, at + 56, 1);
	put32(guest, at + 88, id & 4 ? 0 : (uint32_t)GPA + place);
	put32(guest, at + 92, id & 4 ? (uint32_t)(OTHER_GPA >> 32) : 0);
	put32(guest, at + 96, id & 4 ? OTHER_BYTES : 0x800);
}

/* A command that a driver could send: who is its stream, queue and resource. */
static void fill(struct guest *guest, uint32_t at, unsigned int kind, unsigned int who)
{
	uint32_t queue = 0x100 + (who >> 2 & 1), id = who >> 3 & 7;

	memset(guest->ram + at, 0, SLOT);
	put32(guest, at, 0x100 + kind);
	put32(guest, at + 4, who & 3);
	if (lengths[kind] > 8)
		put32(guest, at + 8, kind == 1 ? 0 : queue);
	if (kind == 1) {
		put32(guest, at + 16, 0x1002);
	} else if (kind == 4) {
		put_resource(guest, at, queue, id);
	} else if (kind == 5) {
		put32(guest, at + 12, id);
		put32(guest, at + 24, 1);
		put32(guest, at + 28, queue & 1 ? 0 : 64);
	} else if (kind == 9 || kind == 14) {
		put32(guest, at + 12, id & 1 ? 3 : 4);
		put32(guest, at + 16, 32);
		put32(guest, at + 20, 32);
	} else if (kind >= 10 && kind <= 12) {
		put32(guest, at + 8, 1 + id % 4);
	}
}

static void send_command(struct guest *guest, struct fuzz_reader *r, unsigned int kind)
{
	unsigned int slot = find_free(guest, VVD_QUEUE_COMMAND, 3) / 3;
	uint32_t at = REQUESTS + slot * SLOT, sizes[2] = {lengths[kind], 2 * SLOT};
	unsigned int who = fuzz_u8(r), how = fuzz_u8(r);

	if (slot >= RING / 3)
		return;
	fill(guest, at, kind, who);
	for (unsigned int n = how >> 6; n; n--) {
		uint32_t place = fuzz_u8(r) % SLOT;

		guest->ram[at + place] = fuzz_u8(r);
	}
	if (how & 32)
		sizes[0] = fuzz_u8(r) % (SLOT + 1);
	if (how & 2)
		sizes[1] = fuzz_u8(r);
	offer(guest, slot, sizes, how);
}

static void post_event(struct guest *guest)
{
	const struct ring *ring = &guest->rings[VVD_QUEUE_EVENT];
	unsigned int head = find_free(guest, VVD_QUEUE_EVENT, 1);

	if (head >= RING)
		return;
	put_desc(guest, ring->desc + head * 16, 0x700 + head * 8, 8, 2);
	make_available(guest, VVD_QUEUE_EVENT, head, 8);
}

/* ---- The other thread ---- */

static void *scribble(void *arg)
{
	struct guest *guest = arg;
	uint32_t low = guest->scribble == 1 ? TABLES : 0, seed = guest->seed;

	while (!atomic_load(&guest->stop)) {
		for (int i = 0; i < 64; i++) {
			uint32_t at;

			seed = seed * 1664525 + 1013904223;
			at = low + (seed >> 8) % (RAM_BYTES - low);
			__atomic_store_n(&guest->ram[at], (uint8_t)(seed >> 24), __ATOMIC_RELAXED);
		}
	}
	return NULL;
}

static void dispatch(struct guest *guest)
{
	bool threaded = guest->scribble;
	pthread_t thread;

/* The races are the point, and ThreadSanitizer would say no more than that. */
#if defined(__SANITIZE_THREAD__)
	threaded = false;
#endif
	guest->seed++;
	atomic_store(&guest->stop, false);
	if (threaded)
		threaded = pthread_create(&thread, NULL, scribble, guest) == 0;
	for (int i = 0; i < (threaded ? 4 : 1); i++)
		pump_dispatch(guest->pump);
	atomic_store(&guest->stop, true);
	if (threaded)
		pthread_join(thread, NULL);
	for (unsigned int i = 0; i < VVD_N_QUEUES; i++)
		take_used(guest, i);
}

static void wait_moment(struct guest *guest)
{
	struct pollfd fd = {pump_get_fd(guest->pump), POLLIN, 0};

	poll(&fd, 1, 1);
	dispatch(guest);
}

/* ---- Set-up ---- */

static void start(struct guest *guest)
{
	int ret = pump_set_features(guest->pump, pump_get_features(guest->pump));

	fuzz_check(ret == 0, "features");
	memset(guest->ram, 0, TABLES);
	for (unsigned int i = 0; i < VVD_N_QUEUES; i++) {
		struct pump_queue queue = {.size = RING, .kick_fd = -1, .call_fd = -1};

		guest->rings[i] = places[i];
		queue.desc_gpa = GPA + places[i].desc;
		queue.avail_gpa = GPA + places[i].avail;
		queue.used_gpa = GPA + places[i].used;
		fuzz_check(pump_set_queue(guest->pump, i, &queue) == 0, "a queue is refused");
	}
	fuzz_check(pump_start(guest->pump) == 0, "the pump does not start");
}

static void restart(struct guest *guest)
{
	fuzz_check(pump_stop(guest->pump) == 0, "the pump does not stop");
	start(guest);
	guest->spoilt = false;
	guest->scribble = 0;
}

/* As a front end does that takes a queue away and gives it back. */
static void stop_queue(struct guest *guest, unsigned int which)
{
	struct pump_queue queue = {.size = RING, .kick_fd = -1, .call_fd = -1};

	if (pump_stop_queue(guest->pump, which, &queue.next_avail) < 0)
		return;
	take_used(guest, which);
	queue.desc_gpa = GPA + places[which].desc;
	queue.avail_gpa = GPA + places[which].avail;
	queue.used_gpa = GPA + places[which].used;
	if (pump_set_queue(guest->pump, which, &queue) == 0)
		pump_start_queue(guest->pump, which);
}

static void map_other(struct guest *guest)
{
	struct pump_region region = {OTHER_GPA, guest->other, OTHER_BYTES, -1};

	if (guest->mapped)
		fuzz_check(pump_remove_region(guest->pump, OTHER_GPA) == 0, "a region stays");
	else
		fuzz_check(pump_add_region(guest->pump, &region) == 0, "a region is refused");
	guest->mapped = !guest->mapped;
}

static void spoil_desc(struct guest *guest, struct fuzz_reader *r)
{
	uint32_t at = fuzz_u8(r) % 96 * 16;
	uint32_t place = fuzz_u16(r), len = fuzz_u16(r);

	guest->spoilt = true;
	put_desc(guest, at, place, len, fuzz_u32(r));
}

static void step(struct guest *guest, struct fuzz_reader *r)
{
	unsigned int what = fuzz_u8(r) % N_STEPS;
	const uint8_t *bytes;
	size_t n, want;
	uint32_t at;

	if (what < STEP_EVENT) {
		send_command(guest, r, what);
	} else if (what == STEP_EVENT) {
		post_event(guest);
	} else if (what == STEP_DISPATCH) {
		dispatch(guest);
	} else if (what == STEP_WAIT) {
		wait_moment(guest);
	} else if (what == STEP_RECORDS) {
		at = BUFFERS + fuzz_u8(r) % 4 * 0x800u;
		want = fuzz_u8(r) % 64;
		bytes = fuzz_bytes(r, want, &n);
		memcpy(guest->ram + at, bytes, n);
	} else if (what == STEP_DESC) {
		spoil_desc(guest, r);
	} else if (what == STEP_POKE) {
		at = fuzz_u16(r) % (RAM_BYTES - 1);
		put16(guest, at, fuzz_u16(r));
		guest->spoilt = true;
	} else if (what == STEP_OFFER) {
		guest->spoilt = true;
		make_available(guest, 0, fuzz_u8(r) % RING, 0);
	} else if (what == STEP_SCRIBBLE) {
		guest->scribble = fuzz_u8(r) % 3;
		guest->spoilt |= guest->scribble != 0;
	} else if (what == STEP_RESTART) {
		restart(guest);
	} else if (what == STEP_STOP_QUEUE) {
		stop_queue(guest, fuzz_u8(r) & 1);
	} else {
		map_other(guest);
	}
}

static bool open_device(struct guest *guest, unsigned int settings)
{
	struct vvd_device_options options = {
		.size_bytes = sizeof(options),
		.role = VVD_ROLE_DECODER,
		.share_display = settings & 1,
	};
	struct pump_region region = {GPA, guest->ram, RAM_BYTES, -1};

	if (settings & 2)
		options.limits = (struct vvd_limits){2, 3, 2, 0x3000, 0x800, 20};
	fake_reset();
	fake_unhang();
	fake.no_derive = settings & 4;
	return vvd_device_new(&options, &guest->device) == 0 &&
	       pump_new(guest->device, &guest->pump) == 0 &&
	       pump_add_region(guest->pump, &region) == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_reader r = {data, size};
	struct guest guest = {.ram = calloc(1, RAM_BYTES), .other = calloc(1, OTHER_BYTES)};

	if (guest.ram && guest.other && open_device(&guest, fuzz_u8(&r))) {
		start(&guest);
		map_other(&guest);
		for (unsigned int i = 0; r.left && i < MAX_STEPS; i++)
			step(&guest, &r);
		dispatch(&guest);
	}
	pump_free(guest.pump);
	vvd_device_free(guest.device);
	/* On a busy machine a stream's thread may be taken for a hung one and left behind. */
	fuzz_check(fake_wait_live() == 0, "handles are left");
	free(guest.ram);
	free(guest.other);
	return 0;
}
