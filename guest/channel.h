/* SPDX-License-Identifier: MIT */
/*
 * channel.h - commands to the device and their answers, over one ring
 *
 * An answer is checked before anybody sees it: that it was awaited, its type, its size and its
 * stream. One that fails is a fault and ends the session; an error that the device answers by the
 * rules is a value.
 */
#ifndef GUEST_CHANNEL_H
#define GUEST_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>
#include "fault.h"
#include "ram.h"
#include "ring.h"
#include "wire.h"

struct guest_channel;

struct guest_answer {
	int status;    /* 0, or -EREMOTEIO: the device answered with an error */
	uint32_t type; /* the response's */
	const void *data;
	uint32_t size_bytes;
};

struct guest_command {
	const void *request; /* begins with a header; copied */
	uint32_t request_bytes;
	uint64_t extra_gpa; /* more bytes of the request, kept until the answer; 0 bytes: none */
	uint32_t extra_bytes;
	uint32_t ok_type;
	uint32_t ok_bytes;  /* of the whole answer; its least size where it varies */
	uint32_t max_bytes; /* of an answer that varies, 0 where it does not */
	/* Takes the answer. NULL: an error is a fault, success needs no notice. */
	void (*done)(void *cookie, const struct guest_answer *answer);
	void *cookie;
};

/* The largest answer that a channel takes. */
#define GUEST_CHANNEL_MAX_ANSWER 65536u

/* max_answer_bytes: of any command. RAM, ring and fault must outlive the channel. */
int guest_channel_new(struct guest_ram *ram, struct guest_ring *ring, uint32_t max_answer_bytes,
		      struct guest_fault *fault, struct guest_channel **out);
struct guest_channel *guest_channel_free(struct guest_channel *channel);
void guest_channel_set_timeout(struct guest_channel *channel, unsigned int timeout_ms);

/* Sends, and returns before the answer. Errors: -ENOSPC, or the fault's. */
int guest_channel_send(struct guest_channel *channel, const struct guest_command *command);
/*
 * Sends and waits for the answer, while other answers go to their takers. Puts a good answer into
 * answer[] (NULL: not wanted) and returns its size; an error answered is a fault here.
 * Errors: -EREMOTEIO, -ETIMEDOUT, the fault's.
 */
int guest_channel_call(struct guest_channel *channel, const struct guest_command *command,
		       void *answer);
/* Gives the answers that are there to their takers; returns how many, or the fault's code. */
int guest_channel_process(struct guest_channel *channel);

#endif
