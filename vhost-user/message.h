/* SPDX-License-Identifier: MIT */
/*
 * message.h - vhost-user messages on a socket: read in parts, with file descriptors; sent in parts
 *
 * Nothing here blocks, and nothing trusts the other side: sizes and numbers of descriptors are
 * limited where they are read, and each descriptor that arrives has one owner who closes it.
 *
 * Source: QEMU's docs/interop/vhost-user, "Message Specification". All in native byte order.
 */
#ifndef MESSAGE_H
#define MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MESSAGE_HEADER_BYTES 12
#define MESSAGE_MAX_PAYLOAD  8192
#define MESSAGE_MAX_FDS      253 /* what the kernel passes at once: SCM_MAX_FD */

#define MESSAGE_VERSION         1u
#define MESSAGE_VERSION_MASK    3u
#define MESSAGE_FLAG_REPLY      4u
#define MESSAGE_FLAG_NEED_REPLY 8u

struct message {
	uint32_t request, flags;
	uint32_t size_bytes; /* of the payload; what lies behind it is zero */
	uint8_t payload[MESSAGE_MAX_PAYLOAD];
	unsigned int n_fds;
	int fds[MESSAGE_MAX_FDS]; /* the message's, until taken; -1: taken */
};

/* A message that is on its way in. */
struct message_reader {
	size_t got_bytes; /* header and payload */
	struct message message;
};

/* A message that is on its way out. */
struct message_writer {
	size_t size_bytes, sent_bytes;
	int fd; /* goes with the first byte and is closed then; or -1 */
	uint8_t bytes[MESSAGE_HEADER_BYTES + MESSAGE_MAX_PAYLOAD];
};

void message_reader_init(struct message_reader *reader);
/*
 * Reads what is there. Returns 1: reader->message is whole and holds until the next call; 0 there is
 * no more yet. Errors: -ESHUTDOWN the other side has closed, between messages; -ECONNRESET it has in
 * the middle of one; -EMSGSIZE too long; -E2BIG too many descriptors, or some were lost on the way;
 * -EPROTO version or flags; -errno of recvmsg().
 */
int message_read(struct message_reader *reader, int socket);
/* Closes what the message still has. In any state of the reader. */
void message_close_fds(struct message *message);
/* The caller's from now on. -1: there is none, or it was taken. */
int message_take_fd(struct message *message, unsigned int index);

void message_writer_init(struct message_writer *writer);
/* Puts a reply in; the writer is empty. fd (or -1) becomes the writer's. Errors: -EMSGSIZE. */
int message_write(struct message_writer *writer, uint32_t request, const void *payload,
		  size_t size_bytes, int fd);
bool message_writer_is_empty(const struct message_writer *writer);
/* Sends what the socket takes: 1 all is sent, 0 not yet. Errors: -errno of sendmsg(). */
int message_flush(struct message_writer *writer, int socket);
void message_writer_finish(struct message_writer *writer);

#endif
