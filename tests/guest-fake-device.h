/* SPDX-License-Identifier: MIT */
/*
 * guest-fake-device.h - a virtio-video device of a few rules, to test the guest's driver alone
 *
 * Its "bitstream" is one instruction an input buffer: 'S' w h a sequence header (in units of 16
 * samples), 'F' v a frame full of v, 'C' v the same, corrupt, 'X' the session is lost, 'L' the same
 * with a late event. It can be told to break the protocol in one place.
 */
#ifndef GUEST_FAKE_DEVICE_H
#define GUEST_FAKE_DEVICE_H

#include <pthread.h>
#include "guest/transport.h"
#include "guest/wire.h"

enum fake_fault {
	FAKE_HONEST,
	FAKE_SILENT,        /* no answer to the command */
	FAKE_REFUSES,       /* INVALID_PARAMETER */
	FAKE_WRONG_TYPE,    /* a type that is no response's */
	FAKE_SHORT,         /* an answer without its last 4 bytes */
	FAKE_WRONG_STREAM,  /* another stream's id in the answer */
	FAKE_STRANGE_EVENT, /* an event for a stream that is not */
	FAKE_EARLY_DRAIN,   /* DRAIN answered without EOS */
	FAKE_FULL_EOS,      /* EOS on a frame */
	FAKE_KEEPS,         /* QUEUE_CLEAR answers no buffer */
	FAKE_GREEDY,        /* min_buffers 33 */
	FAKE_BAD_CROP,      /* a crop rectangle outside the frame */
	FAKE_WRONG_TIME,    /* an input comes back with another timestamp */
};

#define FAKE_MAX_RESOURCES 80
#define FAKE_MAX_ENTRIES   256
#define FAKE_MAX_LOG       4096

struct fake_resource {
	uint32_t id, queue, stream;
	unsigned int n;
	struct guest_extent entries[FAKE_MAX_ENTRIES];
	bool queued;
	uint16_t head; /* of its chain */
	uint64_t timestamp, order;
	uint32_t data_bytes;
};

struct fake_queue {
	struct guest_ring_setup setup;
	uint16_t seen, used;
};

struct fake_device {
	struct guest_transport base;
	enum fake_fault fault;
	uint32_t fault_command;
	uint64_t offered;
	struct guest_region regions[GUEST_RAM_REGIONS];
	unsigned int n_regions;
	struct fake_queue queues[2];
	pthread_t thread;
	bool running;
	int stop_fd;
	struct fake_resource resources[FAKE_MAX_RESOURCES];
	unsigned int n_resources;
	uint32_t stream, width, height;
	uint64_t order;
	bool wants_params, draining;
	bool lost, late; /* the session; its event, until something was refused */
	uint16_t drain_head;
	uint32_t log[FAKE_MAX_LOG]; /* command types, as they came */
	unsigned int n_log;
};

void fake_device_init(struct fake_device *fake, enum fake_fault fault, uint32_t command);
void fake_device_finish(struct fake_device *fake);

#endif
