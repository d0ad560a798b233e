/* SPDX-License-Identifier: MIT */
/*
 * channel.c - commands to the device and their answers, over one ring
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include "channel.h"

/* Buffers of both queues, their creation, and some. */
#define N_SLOTS       160
#define REQUEST_BYTES 512u

struct slot {
	bool busy;
	uint64_t gpa; /* request, and the answer REQUEST_BYTES behind it */
	uint32_t type, stream_id;
	struct guest_command command;
};

struct guest_channel {
	struct guest_ram *ram;
	struct guest_ring *ring;
	struct guest_fault *fault;
	uint32_t answer_bytes;
	unsigned int timeout_ms;
	int call_fd;
	struct slot slots[N_SLOTS];
	uint8_t *last; /* a copy of the answer that is being given out */
};

static int make_slots(struct guest_channel *channel)
{
	int ret;

	for (unsigned int i = 0; i < N_SLOTS; i++) {
		ret = guest_ram_alloc(channel->ram, REQUEST_BYTES + channel->answer_bytes,
				      &channel->slots[i].gpa);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int guest_channel_new(struct guest_ram *ram, struct guest_ring *ring, uint32_t max_answer_bytes,
		      struct guest_fault *fault, struct guest_channel **out)
{
	struct guest_channel *channel;
	struct guest_ring_setup setup;
	int ret = -ENOMEM;

	*out = NULL;
	if (max_answer_bytes > GUEST_CHANNEL_MAX_ANSWER)
		return -EINVAL;
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return -ENOMEM;
	guest_ring_get_setup(ring, &setup);
	channel->ram = ram;
	channel->ring = ring;
	channel->fault = fault;
	channel->timeout_ms = 5000;
	channel->call_fd = setup.call_fd;
	channel->answer_bytes = max_answer_bytes;
	channel->last = malloc(max_answer_bytes);
	if (channel->last)
		ret = make_slots(channel);
	if (ret < 0) {
		guest_channel_free(channel);
		return ret;
	}
	*out = channel;
	return 0;
}

struct guest_channel *guest_channel_free(struct guest_channel *channel)
{
	if (!channel)
		return NULL;
	for (unsigned int i = 0; i < N_SLOTS; i++)
		if (channel->slots[i].gpa)
			guest_ram_release(channel->ram, channel->slots[i].gpa,
					  REQUEST_BYTES + channel->answer_bytes);
	free(channel->last);
	free(channel);
	return NULL;
}

void guest_channel_set_timeout(struct guest_channel *channel, unsigned int timeout_ms)
{
	channel->timeout_ms = timeout_ms;
}

static struct slot *free_slot(struct guest_channel *channel)
{
	for (unsigned int i = 0; i < N_SLOTS; i++)
		if (!channel->slots[i].busy)
			return &channel->slots[i];
	return NULL;
}

static uint32_t answer_room(const struct guest_command *command)
{
	return command->max_bytes ? command->max_bytes : command->ok_bytes;
}

static int offer(struct guest_channel *channel, const struct slot *slot)
{
	const struct guest_command *command = &slot->command;
	struct guest_piece pieces[3];
	unsigned int n = 0;

	pieces[n++] = (struct guest_piece){slot->gpa, command->request_bytes, false};
	if (command->extra_bytes)
		pieces[n++] = (struct guest_piece){command->extra_gpa, command->extra_bytes, false};
	pieces[n++] = (struct guest_piece){slot->gpa + REQUEST_BYTES, answer_room(command), true};
	return guest_ring_add(channel->ring, pieces, n, (uint64_t)(slot - channel->slots));
}

int guest_channel_send(struct guest_channel *channel, const struct guest_command *command)
{
	struct slot *slot = free_slot(channel);
	const struct wire_hdr *hdr = command->request;
	uint32_t size = REQUEST_BYTES + channel->answer_bytes;
	uint8_t *memory;
	int ret;

	if (channel->fault->code)
		return channel->fault->code;
	if (!slot)
		return -ENOSPC;
	if (command->request_bytes > REQUEST_BYTES || answer_room(command) > channel->answer_bytes)
		return -EINVAL;
	memory = guest_ram_get_pointer(channel->ram, slot->gpa, size);
	memcpy(memory, command->request, command->request_bytes);
	memset(memory + REQUEST_BYTES, 0xa5, answer_room(command));
	slot->type = guest_get32(hdr->type);
	slot->stream_id = guest_get32(hdr->stream_id);
	slot->command = *command;
	slot->command.request = NULL;
	ret = offer(channel, slot);
	if (ret < 0)
		return ret;
	slot->busy = true;
	ret = guest_ring_kick(channel->ring);
	return ret < 0 ? ret : 0;
}

/* The driver takes an answer to these for whole, whatever its type. */
static bool must_be_whole(uint32_t type)
{
	return type == WIRE_RESOURCE_QUEUE || type == WIRE_GET_PARAMS ||
	       type == WIRE_GET_PARAMS_EXT;
}

static bool size_is_right(const struct slot *slot, uint32_t type, uint32_t size)
{
	const struct guest_command *command = &slot->command;

	if (size < sizeof(struct wire_hdr))
		return false;
	if (type == command->ok_type)
		return command->max_bytes ? size >= command->ok_bytes : size == command->ok_bytes;
	return !must_be_whole(slot->type) || size == command->ok_bytes;
}

static int check_answer(struct guest_channel *channel, const struct slot *slot,
			struct guest_answer *answer)
{
	const struct wire_hdr *hdr = answer->data;
	bool has_hdr = answer->size_bytes >= sizeof(*hdr);
	uint32_t id = has_hdr ? guest_get32(hdr->stream_id) : 0;
	const char *name = guest_wire_name(slot->type);

	answer->type = has_hdr ? guest_get32(hdr->type) : 0;
	answer->status = answer->type == slot->command.ok_type ? 0 : -EREMOTEIO;
	if (!size_is_right(slot, answer->type, answer->size_bytes))
		return guest_fault_set(channel->fault, -EPROTO,
				       "%s was answered with %u bytes, type 0x%x", name,
				       answer->size_bytes, answer->type);
	if (answer->status && (answer->type < WIRE_ERR_INVALID_OPERATION ||
			       answer->type > WIRE_ERR_UNSUPPORTED_CONTROL))
		return guest_fault_set(channel->fault, -EPROTO, "%s was answered with type 0x%x",
				       name, answer->type);
	if (id != slot->stream_id)
		return guest_fault_set(channel->fault, -EPROTO,
				       "%s of stream %u was answered for stream %u", name,
				       slot->stream_id, id);
	return 0;
}

static int take_answer(struct guest_channel *channel, struct slot *slot, uint32_t size)
{
	struct guest_answer answer = {.data = channel->last, .size_bytes = size};
	const void *memory = guest_ram_get_pointer(channel->ram, slot->gpa + REQUEST_BYTES, size);
	int ret;

	memcpy(channel->last, memory, size);
	ret = check_answer(channel, slot, &answer);
	if (ret < 0)
		return ret;
	slot->busy = false;
	if (slot->command.done)
		slot->command.done(slot->command.cookie, &answer);
	else if (answer.status)
		guest_fault_set(channel->fault, answer.status, "%s was answered with %s",
				guest_wire_name(slot->type), guest_wire_name(answer.type));
	return channel->fault->code;
}

int guest_channel_process(struct guest_channel *channel)
{
	uint64_t token;
	uint32_t size;
	int n = 0, ret;

	/* Behind a fault nobody waits any more: takers may be gone. */
	if (channel->fault->code)
		return channel->fault->code;
	guest_ring_want_call(channel->ring, false);
	do {
		while ((ret = guest_ring_get(channel->ring, &token, &size)) == 1) {
			ret = take_answer(channel, &channel->slots[token], size);
			if (ret < 0)
				return ret;
			n++;
		}
		if (ret < 0)
			return guest_fault_set(channel->fault, ret,
					       "the device spoilt the command queue");
	} while (guest_ring_want_call(channel->ring, true));
	return channel->fault->code ? channel->fault->code : n;
}

struct call {
	struct guest_channel *channel;
	uint32_t type;
	void *copy;
	bool done;
	int ret;
};

static void call_done(void *cookie, const struct guest_answer *answer)
{
	struct call *call = cookie;

	call->done = true;
	call->ret = (int)answer->size_bytes;
	if (answer->status)
		call->ret = guest_fault_set(call->channel->fault, answer->status,
					    "%s was answered with %s", guest_wire_name(call->type),
					    guest_wire_name(answer->type));
	else if (call->copy)
		memcpy(call->copy, answer->data, answer->size_bytes);
}

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int wait_for(struct guest_channel *channel, const struct call *call)
{
	int64_t end_ms = now_ms() + channel->timeout_ms, left_ms;
	struct pollfd pfd = {.fd = channel->call_fd, .events = POLLIN};
	eventfd_t value;
	int ret;

	for (;;) {
		ret = guest_channel_process(channel);
		if (call->done)
			return call->ret;
		if (ret < 0)
			return ret;
		left_ms = end_ms - now_ms();
		if (left_ms <= 0)
			return guest_fault_set(channel->fault, -ETIMEDOUT,
					       "%s was not answered within %u ms",
					       guest_wire_name(call->type), channel->timeout_ms);
		if (poll(&pfd, 1, (int)left_ms) == 1)
			eventfd_read(channel->call_fd, &value);
	}
}

int guest_channel_call(struct guest_channel *channel, const struct guest_command *command,
		       void *answer)
{
	const struct wire_hdr *hdr = command->request;
	struct call call = {
		.channel = channel,
		.type = guest_get32(hdr->type),
		.copy = answer,
	};
	struct guest_command with_taker = *command;
	int ret;

	with_taker.done = call_done;
	with_taker.cookie = &call;
	ret = guest_channel_send(channel, &with_taker);
	return ret < 0 ? ret : wait_for(channel, &call);
}
