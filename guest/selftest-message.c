/* SPDX-License-Identifier: MIT */
/*
 * selftest-message.c - the suite's commands between fences, and what is true of every answer
 *
 * Each message lies in an area of its own, its pieces apart. A picture of the area is kept: when
 * the chain comes back, and once more before the area serves again, the device must have written
 * the bytes of its answer and no others.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include "selftest-private.h"

#define TIMEOUT_MS 20000
#define ROOM       0x5a /* for the answer */

uint32_t st_get32(const uint8_t *bytes, size_t at)
{
	struct le32 v;

	memcpy(&v, bytes + at, sizeof(v));
	return guest_get32(v);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Sending ---- */

uint32_t st_answer_room(const struct st *st, uint32_t type)
{
	switch (type) {
	case WIRE_QUERY_CAPABILITY:
		return st->max_caps_bytes;
	case WIRE_QUERY_CONTROL:
		return st->max_resp_bytes;
	case WIRE_RESOURCE_QUEUE:
		return sizeof(struct wire_resource_queue_resp);
	case WIRE_GET_PARAMS:
		return sizeof(struct wire_params_msg);
	case WIRE_GET_PARAMS_EXT:
		return sizeof(struct wire_params_ext_msg);
	case WIRE_GET_CONTROL:
		return sizeof(struct wire_get_control_resp);
	default:
		return sizeof(struct wire_hdr);
	}
}

static uint64_t area_of(const struct st *st, const struct st_reply *reply)
{
	return st->area_gpa + (uint64_t)(reply - st->replies) * ST_AREA_BYTES;
}

void st_check_area(struct st *st, const struct st_reply *reply, const char *when)
{
	const uint8_t *area = guest_ram_get_pointer(st->ram, area_of(st, reply), ST_AREA_BYTES);

	if (memcmp(area, reply->image, reply->area_bytes) == 0)
		return;
	for (uint32_t i = 0; i < reply->area_bytes; i++)
		st_check(st, area[i] == reply->image[i],
			 "byte %u of a message's area was written %s (command 0x%x, answer of %u "
			 "bytes, room for %u)",
			 i, when, reply->request_type, reply->len_bytes, reply->cap_bytes);
}

static struct st_reply *free_reply(struct st *st)
{
	for (unsigned int i = 0; i < ST_RING_SIZE; i++) {
		struct st_reply *reply = &st->replies[i];

		if (reply->used)
			continue;
		st_check_area(st, reply, "after its chain had come back");
		reply->used = true;
		reply->keep = true;
		reply->done = false;
		reply->len_bytes = 0;
		return reply;
	}
	st_fail(st, "too many replies are kept");
}

/* One run of pieces of size_bytes in all, from a message or room for an answer. */
struct layout {
	struct st_reply *reply;
	uint64_t gpa;
	uint32_t at;
	struct guest_piece pieces[ST_RING_SIZE];
	unsigned int n;
};

static void put_piece(struct st *st, struct layout *l, const uint8_t *data, uint32_t size_bytes)
{
	st_check(st, l->n < ST_RING_SIZE && l->at + size_bytes + ST_FENCE_BYTES <= ST_AREA_BYTES,
		 "a message of the test is too large");
	if (data) {
		memcpy(l->reply->image + l->at, data, size_bytes);
	} else {
		memset(l->reply->image + l->at, ROOM, size_bytes);
		l->reply->places[l->reply->n_places++] =
			(struct st_place){(uint16_t)l->at, (uint16_t)size_bytes};
	}
	l->pieces[l->n++] = (struct guest_piece){l->gpa + l->at, size_bytes, data == NULL};
	memset(l->reply->image + l->at + size_bytes, ST_FENCE, ST_FENCE_BYTES);
	l->at += size_bytes + ST_FENCE_BYTES;
}

static void put_run(struct st *st, struct layout *l, const uint8_t *data, uint32_t size_bytes)
{
	const struct st_framing *f = st->framing;
	unsigned int n = !f ? 0 : data ? f->n_read : f->n_write;
	const uint16_t *sizes = !f ? NULL : data ? f->read : f->write;
	uint32_t done = 0;

	for (unsigned int i = 0; i < n && done < size_bytes; i++) {
		uint32_t part = sizes[i] < size_bytes - done ? sizes[i] : size_bytes - done;

		put_piece(st, l, data ? data + done : NULL, part);
		done += part;
	}
	if (done < size_bytes)
		put_piece(st, l, data ? data + done : NULL, size_bytes - done);
}

/* Events for it may come from now on. */
static void note_request(struct st *st, struct st_reply *reply, const void *request,
			 size_t size_bytes)
{
	reply->request_type = size_bytes >= 4 ? st_get32(request, 0) : 0;
	reply->stream_id = size_bytes >= 8 ? st_get32(request, 4) : 0;
	reply->request_bytes = (uint32_t)size_bytes;
	/* Each life of an id counts: the next one may be asked for before the last has ended. */
	if (reply->request_type == WIRE_STREAM_CREATE) {
		st_check(st, st->n_known < ST_MAX_KNOWN, "too many streams");
		st->known[st->n_known++] = reply->stream_id;
	}
}

static struct st_reply *send(struct st *st, const void *request, size_t size_bytes, uint32_t cap,
			     const struct guest_piece *extra)
{
	struct st_reply *reply = free_reply(st);
	struct layout l = {.reply = reply, .gpa = area_of(st, reply), .at = ST_FENCE_BYTES};
	int ret;

	reply->n_places = 0;
	reply->cap_bytes = cap;
	memset(reply->image, ST_FENCE, ST_FENCE_BYTES);
	note_request(st, reply, request, size_bytes);
	put_run(st, &l, request, (uint32_t)size_bytes);
	if (extra)
		l.pieces[l.n++] = *extra;
	put_run(st, &l, NULL, cap);
	reply->area_bytes = l.at;
	memcpy(guest_ram_get_pointer(st->ram, l.gpa, ST_AREA_BYTES), reply->image, l.at);
	ret = guest_ring_add_as(st->rings[0], l.pieces, l.n, (uint64_t)(reply - st->replies),
				!(st->framing && st->framing->direct) && l.n > 1);
	st_check(st, ret == 0, "no room in the ring for a chain of %u", l.n);
	st->n_commands++;
	guest_ring_kick(st->rings[0]);
	return reply;
}

struct st_reply *st_send_cap(struct st *st, const void *request, size_t size_bytes,
			     uint32_t cap_bytes)
{
	return send(st, request, size_bytes, cap_bytes, NULL);
}

struct st_reply *st_send(struct st *st, const void *request, size_t size_bytes)
{
	return send(st, request, size_bytes, st_answer_room(st, st_get32(request, 0)), NULL);
}

struct st_reply *st_send_long(struct st *st, const void *request, size_t size_bytes, uint64_t gpa,
			      uint32_t extra_bytes)
{
	struct guest_piece extra = {gpa, extra_bytes, false};

	return send(st, request, size_bytes, st_answer_room(st, st_get32(request, 0)), &extra);
}

/* ---- Answers ---- */

/* What is true of every answer of every command, whatever else. */
static void check_answer(struct st *st, const struct st_reply *reply)
{
	uint32_t type = st_reply_type(reply), cap = reply->cap_bytes, len = reply->len_bytes;
	uint32_t full = st_answer_room(st, reply->request_type), want = 8;
	bool whole = reply->request_type == WIRE_RESOURCE_QUEUE ||
		     reply->request_type == WIRE_GET_PARAMS ||
		     reply->request_type == WIRE_GET_PARAMS_EXT;

	if (cap < 8) {
		st_check(st, len == cap, "room for %u bytes, %u written", cap, len);
		return;
	}
	st_check(st, len >= 8, "command 0x%x was answered with %u bytes", reply->request_type, len);
	st_check(st, (type >= 0x200 && type <= 0x205) || (type >= 0x300 && type <= 0x305),
		 "command 0x%x was answered with type 0x%x", reply->request_type, type);
	if (reply->request_bytes >= 8)
		st_check(st, st_get32(reply->bytes, 4) == reply->stream_id,
			 "stream %u in the answer to command 0x%x of stream %u",
			 st_get32(reply->bytes, 4), reply->request_type, reply->stream_id);
	if (type == WIRE_OK_QUERY_CAPABILITY || type == WIRE_OK_QUERY_CONTROL)
		return;
	if (type < 0x300 || (whole && cap >= full && reply->request_bytes >= 8))
		want = full;
	/* Of less than a header, who can say whose error it is. */
	st_check(st, len == want || (reply->request_bytes < 8 && len == full),
		 "command 0x%x was answered with 0x%x in %u bytes, not %u", reply->request_type,
		 type, len, want);
}

static void gather(struct st *st, struct st_reply *reply)
{
	uint8_t *area = guest_ram_get_pointer(st->ram, area_of(st, reply), ST_AREA_BYTES);
	uint32_t done = 0;

	for (unsigned int i = 0; i < reply->n_places && done < reply->len_bytes; i++) {
		uint32_t n = reply->places[i].size_bytes;

		if (n > reply->len_bytes - done)
			n = reply->len_bytes - done;
		if (done + n <= ST_MAX_ANSWER)
			memcpy(reply->bytes + done, area + reply->places[i].at, n);
		memcpy(reply->image + reply->places[i].at, area + reply->places[i].at, n);
		done += n;
	}
}

/* An event that the device sent before this answer is in its ring by now. */
static void forget_known(struct st *st, uint32_t id)
{
	st_take_events(st);
	for (unsigned int i = 0; i < st->n_known; i++) {
		if (st->known[i] == id) {
			st->known[i] = st->known[--st->n_known];
			return;
		}
	}
}

static void note_answer(struct st *st, const struct st_reply *reply)
{
	bool ok = reply->len_bytes >= 8 && st_reply_type(reply) == WIRE_OK_NODATA;

	if (reply->request_type == WIRE_STREAM_CREATE && !ok)
		forget_known(st, reply->stream_id);
	if (reply->request_type == WIRE_STREAM_DESTROY && ok)
		forget_known(st, reply->stream_id);
}

static void take_answer(struct st *st, struct st_reply *reply, uint32_t len_bytes)
{
	reply->len_bytes = len_bytes;
	reply->done = true;
	reply->order = ++st->n_done;
	memset(reply->bytes, 0, 8);
	gather(st, reply);
	st_check_area(st, reply, "by the time its chain came back");
	check_answer(st, reply);
	note_answer(st, reply);
	if (!reply->keep)
		reply->used = false;
}

/* Events first: the frames that the device put before an event are then seen with it. */
bool st_take_answers(struct st *st)
{
	bool any = st_take_events(st);
	uint64_t token;
	uint32_t len;
	int ret;

	while ((ret = guest_ring_get(st->rings[0], &token, &len)) == 1) {
		take_answer(st, &st->replies[token], len);
		any = true;
	}
	st_check(st, ret == 0, "a chain came back twice, or with more bytes than it has");
	/* Those that came before an answer are there with it. */
	return st_take_events(st) || any;
}

/* Waits until one of the queues has something, at most timeout_ms. */
static void wait_call(struct st *st, int timeout_ms)
{
	struct guest_ring_setup setup;
	struct pollfd fds[2];
	eventfd_t value;

	for (int i = 0; i < 2; i++) {
		guest_ring_get_setup(st->rings[i], &setup);
		fds[i] = (struct pollfd){.fd = setup.call_fd, .events = POLLIN};
		if (guest_ring_want_call(st->rings[i], true))
			return;
	}
	if (poll(fds, 2, timeout_ms) <= 0)
		return;
	for (int i = 0; i < 2; i++)
		if (fds[i].revents & POLLIN)
			eventfd_read(fds[i].fd, &value);
}

bool st_process(struct st *st)
{
	bool any = st_take_answers(st);

	if (any)
		return true;
	wait_call(st, 5);
	return st_take_answers(st);
}

void st_tick(struct st *st, int64_t *end_ms, const char *what)
{
	int64_t now = now_ms();

	if (*end_ms == 0)
		*end_ms = now + (st->options->timeout_ms ? st->options->timeout_ms : TIMEOUT_MS);
	st_check(st, now < *end_ms, "%s does not come", what);
	st_process(st);
}

void st_wait(struct st *st, const struct st_reply *reply)
{
	char what[80];
	int64_t end = 0;

	snprintf(what, sizeof(what), "the answer to command 0x%x of stream %u", reply->request_type,
		 reply->stream_id);
	while (!reply->done)
		st_tick(st, &end, what);
}

void st_moment(struct st *st)
{
	int64_t end = now_ms() + ST_QUIET_MS;

	while (now_ms() < end)
		st_process(st);
}

void st_quiet(struct st *st, const struct st_reply *reply)
{
	st_moment(st);
	st_check(st, !reply->done, "command 0x%x was answered (0x%x) before its time",
		 reply->request_type, st_reply_type(reply));
}

void st_drop(struct st *st, struct st_reply *reply)
{
	(void)st;
	if (reply->done)
		reply->used = false;
	reply->keep = false;
}

const struct st_reply *st_call(struct st *st, const void *request, size_t size_bytes)
{
	struct st_reply *reply = st_send(st, request, size_bytes);

	if (st->last_call)
		st->last_call->used = false;
	st->last_call = reply;
	st_wait(st, reply);
	return reply;
}

void st_expect(struct st *st, const void *request, size_t size_bytes, uint32_t type)
{
	const struct st_reply *reply = st_call(st, request, size_bytes);

	st_check(st, st_reply_type(reply) == type, "command 0x%x was answered with %s, not %s",
		 reply->request_type, guest_wire_name(st_reply_type(reply)), guest_wire_name(type));
}

uint32_t st_reply_type(const struct st_reply *reply)
{
	return st_get32(reply->bytes, 0);
}
