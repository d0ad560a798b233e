/* SPDX-License-Identifier: MIT */
/*
 * selftest-session.c - a session of the suite: features, memory, rings, events, the end of a test
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "selftest-private.h"

#define RAM_BYTES (UINT64_C(128) << 20)

/* ---- Start and stop ---- */

static int negotiate(struct st *st, unsigned int flags)
{
	struct guest_transport *t = st->transport;
	uint64_t wanted = RING_FEATURE_VERSION_1 | WIRE_FEATURE_GUEST_PAGES |
			  WIRE_FEATURE_NON_CONTIG | RING_FEATURE_INDIRECT | RING_FEATURE_EVENT_IDX;
	int ret = t->ops->get_features(t, &st->offered);

	if (ret < 0)
		return ret;
	if (st->options->objects) {
		if (!(st->offered & WIRE_FEATURE_VIRTIO_OBJECT))
			return -ENOTSUP;
		wanted |= WIRE_FEATURE_VIRTIO_OBJECT;
	}
	if (flags & ST_NO_SG)
		wanted &= ~WIRE_FEATURE_NON_CONTIG;
	if (flags & ST_NO_PAGES)
		wanted &= ~(WIRE_FEATURE_GUEST_PAGES | WIRE_FEATURE_NON_CONTIG);
	if (flags & ST_PLAIN)
		wanted &= ~(RING_FEATURE_INDIRECT | RING_FEATURE_EVENT_IDX);
	st->features = wanted & st->offered;
	return t->ops->set_features(t, st->features);
}

static int read_config(struct st *st)
{
	struct wire_config config;
	int ret = st->transport->ops->get_config(st->transport, 0, &config, sizeof(config));

	if (ret < 0)
		return ret;
	st->max_caps_bytes = guest_get32(config.max_caps_length);
	st->max_resp_bytes = guest_get32(config.max_resp_length);
	if (st->max_caps_bytes > ST_MAX_ANSWER)
		st->max_caps_bytes = ST_MAX_ANSWER;
	if (st->max_resp_bytes > ST_MAX_ANSWER)
		st->max_resp_bytes = ST_MAX_ANSWER;
	return 0;
}

static int make_memory(struct st *st)
{
	int ret = guest_ram_new(RAM_BYTES, &st->ram);

	for (int i = 0; i < 2 && ret == 0; i++)
		ret = guest_ring_new_long(st->ram, ST_RING_SIZE, st->features,
					  i == 0 ? ST_RING_SIZE : 1, &st->rings[i]);
	if (ret == 0)
		ret = guest_ram_alloc(st->ram, (size_t)ST_RING_SIZE * ST_AREA_BYTES, &st->area_gpa);
	if (ret == 0)
		ret = guest_ram_alloc(st->ram, ST_EVENT_SLOTS * GUEST_PAGE_BYTES, &st->event_gpa);
	return ret;
}

static int start_device(struct st *st)
{
	struct guest_transport *t = st->transport;
	struct guest_region regions[GUEST_RAM_REGIONS];
	struct guest_ring_setup setup;
	int ret = 0;

	guest_ram_get_regions(st->ram, regions);
	for (unsigned int i = 0; i < GUEST_RAM_REGIONS && ret == 0; i++)
		ret = t->ops->add_region(t, &regions[i]);
	for (unsigned int i = 0; i < 2 && ret == 0; i++) {
		guest_ring_get_setup(st->rings[i], &setup);
		ret = t->ops->set_queue(t, i, &setup);
	}
	return ret == 0 ? t->ops->start(t) : ret;
}

int st_session_start(struct st *st, unsigned int flags)
{
	int ret;

	st->n_known = st->n_events = st->n_taken_events = st->n_done = 0;
	st->n_event_buffers = 0;
	memset(st->event_busy, 0, sizeof(st->event_busy));
	st->hold_events = flags & ST_NO_EVENTS;
	for (unsigned int i = 0; i < ST_RING_SIZE; i++)
		st->replies[i] = (struct st_reply){.used = false};
	ret = negotiate(st, flags);
	if (ret == 0)
		ret = read_config(st);
	if (ret == 0)
		ret = make_memory(st);
	if (ret == 0)
		ret = start_device(st);
	st->started = true;
	if (ret == 0 && !st->hold_events)
		st_post_events(st, ST_EVENT_SLOTS);
	return ret;
}

int st_session_stop(struct st *st)
{
	int ret = 0;

	st_h264_free_all(st);
	if (!st->started)
		return 0;
	ret = st->transport->ops->stop(st->transport);
	for (unsigned int i = 0; i < ST_MAX_STREAMS; i++)
		if (st->streams[i])
			st_forget_stream(st, st->streams[i]);
	for (unsigned int i = 0; i < 2; i++)
		st->rings[i] = guest_ring_free(st->rings[i]);
	if (ret == 0)
		guest_ram_free(st->ram);
	st->ram = NULL;
	st->last_call = NULL;
	st->started = false;
	return ret;
}

/* ---- Events ---- */

static void post_event(struct st *st, unsigned int slot)
{
	struct guest_piece piece = {
		.gpa = st->event_gpa + (uint64_t)slot * GUEST_PAGE_BYTES,
		.size_bytes = sizeof(struct wire_event),
		.device_writes = true,
	};

	memset(guest_ram_get_pointer(st->ram, piece.gpa, GUEST_PAGE_BYTES), ST_FENCE, 64);
	st_check(st, guest_ring_add(st->rings[1], &piece, 1, slot) == 0,
		 "no room for an event buffer");
	st->event_busy[slot] = true;
	st->n_event_buffers++;
}

void st_post_events(struct st *st, unsigned int n)
{
	for (unsigned int slot = 0; n && slot < ST_EVENT_SLOTS; slot++) {
		if (st->event_busy[slot])
			continue;
		post_event(st, slot);
		n--;
	}
	guest_ring_kick(st->rings[1]);
}

bool st_is_known(const struct st *st, uint32_t id)
{
	for (unsigned int i = 0; i < st->n_known; i++) {
		if (st->known[i] == id)
			return true;
	}
	return false;
}

static void take_event(struct st *st, uint64_t slot, uint32_t len_bytes)
{
	const uint8_t *at = guest_ram_get_pointer(st->ram, st->event_gpa + slot * GUEST_PAGE_BYTES,
						  GUEST_PAGE_BYTES);
	struct st_event event = {st_get32(at, 0), st_get32(at, 4)};

	st->event_busy[slot] = false;
	st->n_event_buffers--;
	st_check(st, len_bytes == 8, "an event of %u bytes", len_bytes);
	for (unsigned int i = 8; i < 64; i++)
		st_check(st, at[i] == ST_FENCE, "an event writes behind its buffer");
	st_check(st, event.type == WIRE_EVENT_ERROR || event.type == WIRE_EVENT_RESOLUTION_CHANGED,
		 "an event of type 0x%x", event.type);
	st_check(st, st_is_known(st, event.stream_id), "event 0x%x for stream %u, which is not",
		 event.type, event.stream_id);
	st_check(st, st->n_events < ST_MAX_EVENTS, "too many events");
	st->events[st->n_events++] = event;
}

bool st_take_events(struct st *st)
{
	bool any = false;
	uint64_t slot;
	uint32_t len;
	int ret;

	while ((ret = guest_ring_get(st->rings[1], &slot, &len)) == 1) {
		take_event(st, slot, len);
		any = true;
	}
	st_check(st, ret == 0, "the event queue's used ring is wrong");
	if (any && !st->hold_events)
		st_post_events(st, ST_EVENT_SLOTS);
	return any;
}

void st_wait_event(struct st *st, uint32_t type, uint32_t stream_id)
{
	const struct st_event *event;
	int64_t end = 0;

	while (st->n_taken_events == st->n_events)
		st_tick(st, &end, type == WIRE_EVENT_ERROR ? "event ERROR" : "event 0x200");
	event = &st->events[st->n_taken_events++];
	st_check(st, event->type == type && event->stream_id == stream_id,
		 "event 0x%x of stream %u, not 0x%x of %u", event->type, event->stream_id, type,
		 stream_id);
}

void st_no_event(struct st *st)
{
	st_moment(st);
	st_check(st, st->n_taken_events == st->n_events, "an event 0x%x too many",
		 st->events[st->n_taken_events % ST_MAX_EVENTS].type);
}

/* ---- Between tests ---- */

static bool is_pending(const struct st *st)
{
	for (unsigned int i = 0; i < ST_RING_SIZE; i++) {
		if (st->replies[i].used && !st->replies[i].done)
			return true;
	}
	return false;
}

static void check_all_back(struct st *st)
{
	st_take_answers(st);
	if (is_pending(st))
		st_moment(st);
	for (unsigned int i = 0; i < ST_RING_SIZE; i++) {
		struct st_reply *reply = &st->replies[i];

		st_check(st, !reply->used || reply->done,
			 "command 0x%x of stream %u was never answered", reply->request_type,
			 reply->stream_id);
		reply->used = false;
		st_check_area(st, reply, "after its chain had come back");
	}
	st->last_call = NULL;
}

void st_session_clean(struct st *st)
{
	st->framing = NULL;
	for (unsigned int i = 0; i < ST_MAX_STREAMS; i++)
		if (st->streams[i])
			st_destroy(st, st->streams[i]);
	check_all_back(st);
	st_h264_free_all(st);
	st->n_known = st->n_events = st->n_taken_events = 0;
}
