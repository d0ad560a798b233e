/* SPDX-License-Identifier: MIT */
/*
 * mini-guest.h - a guest with many streams on one device, by virtio-video.h alone
 *
 * Each stream plays a file of tests/streams/: one input with all of it, exactly as many outputs as
 * the device asks for, drained at the end. Its pictures' MD5s are compared with the file's as they
 * come. Answers that the protocol does not allow here, and wrong pictures, are counted.
 */
#ifndef MINI_GUEST_H
#define MINI_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "virtio-video.h"

#define GUEST_STREAMS 64
#define GUEST_OUTPUTS 32 /* of one format; those of the format before keep their ids and memory */
#define GUEST_SLICE   (4u << 20) /* guest memory of one stream */
#define GUEST_GPA     UINT64_C(0x100000000)

struct guest_object {
	int fd;
	uint8_t *map;
	size_t size_bytes;
};

struct guest_stream {
	bool created, finished;
	bool lost;                            /* the event ERROR came; finished, too */
	uint8_t *data;                        /* the file */
	size_t size_bytes, pos, packet_bytes; /* packet: what is queued of it */
	char (*md5)[33];
	unsigned int n_expected, n_frames, n_wrong;
	uint32_t params[28]; /* of the output */
	bool have_params;
	unsigned int n_outputs, n_events;
	uint32_t base;                      /* ids of outputs are above it: 0 or GUEST_OUTPUTS */
	uint64_t at[2 * GUEST_OUTPUTS + 1]; /* where output i begins in the stream's slice */
	struct guest_object objects[2 * GUEST_OUTPUTS + 1]; /* or in which object */
	struct guest_object
		old[2 * GUEST_OUTPUTS + 1]; /* one that was replaced, until its answer */
};

struct guest {
	struct vvd_device *device;
	int ram_fd;
	uint8_t *ram;
	uint32_t format;         /* 3 NV12, 4 YUV420 */
	bool objects;            /* outputs are virtio objects */
	bool unsealed;           /* which could be made smaller */
	uint32_t stride;         /* that is asked for; 0 none */
	unsigned int more;       /* outputs than the device asks for */
	unsigned int per_plane;  /* outputs have a buffer for each plane */
	bool keeps;              /* nothing that comes back is queued again, nothing is drained */
	bool holds;              /* the same of outputs alone */
	bool blind;              /* pictures are counted, and not looked at */
	bool insists;            /* a drain that was cancelled is asked for again */
	unsigned int n_errors;   /* answers that are errors */
	unsigned int n_returned; /* outputs that came back without a picture */
	struct guest_stream streams[GUEST_STREAMS];
	uint8_t answer[4096];
};

/* options: driver and features are filled in; NULL: none else. Returns 0 or -errno. */
int guest_open(struct guest *guest, const struct vvd_device_options *options);
void guest_close(struct guest *guest);
/*
 * Reads tests/streams/NAME for stream i and its MD5s, and starts it. Without an extension it is .264, of hevc-*
 * .265.
 */
int guest_start(struct guest *guest, unsigned int i, const char *name);
/* In the middle of it: clears both queues and begins anew. False: something was not answered as it should. */
bool guest_seek(struct guest *guest, unsigned int i);
/* Its two halves. What comes of other streams during the first is not heeded. */
bool guest_clear(struct guest *guest, unsigned int i);
bool guest_begin(struct guest *guest, unsigned int i);
/* All outputs at once, which are the guest's; anew: with other memory, after they were destroyed. */
void guest_queue_outputs(struct guest *guest, unsigned int i, bool anew);
/* Another object for an output, whoever has it, and queues it. */
void guest_replace_output(struct guest *guest, unsigned int i, uint32_t id);
/* Reaps and reacts until nothing is there; waits for it at most timeout_ms. False: timed out. */
bool guest_step(struct guest *guest, int timeout_ms);
/* Steps until all streams are finished; false if nothing comes for a long time. */
bool guest_run(struct guest *guest);
/* Whether stream i has shown all of its pictures, each as expected. */
bool guest_is_exact(const struct guest *guest, unsigned int i);
/* The memory of an output, or NULL when there is none of that id. */
uint8_t *guest_get_output(struct guest *guest, unsigned int i, uint32_t id);
/* Destroys the stream, and forgets its file and objects when it was answered. */
void guest_end(struct guest *guest, unsigned int i);
/* After a reset or an end: what the guest keeps for its streams. */
void guest_forget(struct guest *guest, unsigned int i);
/* A command of one stream with no more than a queue type, and its answer's type; or one by one. */
uint32_t guest_command(struct guest *guest, unsigned int i, uint32_t type, uint32_t queue);
void guest_send(struct guest *guest, unsigned int i, uint32_t type, uint32_t queue);
uint32_t guest_wait(struct guest *guest, unsigned int i);

#endif
