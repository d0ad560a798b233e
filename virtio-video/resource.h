/* SPDX-License-Identifier: MIT */
/*
 * resource.h - a buffer of the guest: pieces of memory, and where its planes begin
 *
 * The pieces are guest pages, or objects: files that the embedder gives, mapped here once.
 * A resource belongs to one queue of one stream and is changed by the caller's thread only. While
 * it is queued, its queue members belong to the engine's lock.
 */
#ifndef RESOURCE_H
#define RESOURCE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>
#include "wire.h"

struct answer;
struct memory;
struct vacodec_buffer;

struct resource_plane {
	uint32_t offset_bytes;    /* where the plane begins in its pieces */
	uint32_t first, n_pieces; /* of pieces[]; planes of a single buffer share all of them */
	uint64_t size_bytes;      /* of the pieces */
};

struct resource {
	uint32_t id;
	unsigned int num_planes;
	struct resource_plane planes[WIRE_MAX_PLANES];
	uint64_t size_bytes;    /* of all pieces */
	bool by_syscall;        /* how its memory is copied: memory_copy() */
	unsigned int n_objects; /* 0: guest pages; or as many as pieces */
	int fds[WIRE_MAX_PLANES];

	atomic_uint refs;
	struct resource *next; /* in the queue */
	struct answer *answer; /* not NULL: queued */
	bool held;             /* the engine's thread reads or writes it, or the decoder will */
	bool lent;             /* the decoder has it, maybe for longer: as a reference */
	bool kept;             /* it was taken away, and the engine has not let go of it */
	struct resource *next_kept;
	atomic_bool removed; /* whoever keeps a reference may let go */
	uint64_t timestamp;
	uint32_t data_bytes;

	/* The engine's thread only, which lets go of it. */
	struct vacodec_buffer *buffer;

	uint32_t n_pieces;
	struct iovec pieces[];
};

struct resource_limits {
	unsigned int entries;
	bool non_contiguous; /* more than one entry a plane is allowed */
	/* NULL: guest pages. */
	int (*get_object)(void *cookie, const uint8_t uuid[16], int *fd);
	void *get_object_cookie;
	bool handles_sigbus;
};

/*
 * Makes a resource from the body of a RESOURCE_CREATE after its queue_type.
 * Errors: -EINVAL, -EFAULT the message; -ENOENT no such object; -ENOSPC a limit; -ENOMEM.
 */
int resource_new(struct wire *r, const struct memory *memory, const struct resource_limits *limits,
		 struct resource **out);
struct resource *resource_ref(struct resource *resource);
void resource_unref(struct resource *resource);
/* Whether a piece lies in [addr, addr + size). */
bool resource_touches(const struct resource *resource, const uint8_t *addr, uint64_t size_bytes);

/* Around each access to an object's memory by the CPU: before it, and when it has ended. */
void resource_access(const struct resource *resource, bool begin);

/* A place in a plane's pieces that only moves forward. */
struct resource_cursor {
	const struct iovec *piece;
	size_t n_left;  /* pieces, this one included */
	uint64_t begin; /* position of this piece's first byte in the plane's pieces */
};

void resource_cursor_init(struct resource_cursor *cursor, const struct resource *resource,
			  unsigned int plane);
/*
 * The memory at position pos (never before an earlier one) of the pieces, and how many bytes of
 * it, at most *n_bytes, are in one piece; NULL past the end.
 */
uint8_t *resource_cursor_at(struct resource_cursor *cursor, uint64_t pos, size_t *n_bytes);
/*
 * Copies the first bytes of plane 0 out. The range was checked when it was queued. Errors: -EFAULT
 * the memory has gone.
 */
int resource_read(const struct resource *resource, void *out, size_t n_bytes);

#endif
