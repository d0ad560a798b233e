/* SPDX-License-Identifier: MIT */
/*
 * message.c - framing: recvmsg() and sendmsg() with SCM_RIGHTS on a stream socket
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "message.h"

/* ---- In ---- */

void message_reader_init(struct message_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
}

void message_close_fds(struct message *message)
{
	for (unsigned int i = 0; i < message->n_fds; i++)
		if (message->fds[i] >= 0)
			close(message->fds[i]);
	message->n_fds = 0;
}

int message_take_fd(struct message *message, unsigned int index)
{
	int fd = index < message->n_fds ? message->fds[index] : -1;

	if (fd >= 0)
		message->fds[index] = -1;
	return fd;
}

/* Those that do not fit are closed at once. */
static int keep_fds(struct message *message, const uint8_t *data, size_t n)
{
	int err = 0, fd;

	for (size_t i = 0; i < n; i++) {
		memcpy(&fd, data + i * sizeof(fd), sizeof(fd));
		if (message->n_fds < MESSAGE_MAX_FDS) {
			message->fds[message->n_fds++] = fd;
		} else {
			close(fd);
			err = -E2BIG;
		}
	}
	return err;
}

static int keep_control(struct message *message, struct msghdr *msg)
{
	int err = msg->msg_flags & MSG_CTRUNC ? -E2BIG : 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		int one = 0;

		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
			one = keep_fds(message, CMSG_DATA(c),
				       (c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		err = err ? err : one;
	}
	return err;
}

/* Returns the bytes received, 0 at the end, or -errno. */
static ssize_t receive(struct message *message, int socket, void *to, size_t size_bytes)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(MESSAGE_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = to, .iov_len = size_bytes};
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n;
	int err;

	do
		n = recvmsg(socket, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	err = keep_control(message, &msg);
	return err ? err : n;
}

static int take_header(struct message *message, const uint8_t *header)
{
	memcpy(&message->request, header, 4);
	memcpy(&message->flags, header + 4, 4);
	memcpy(&message->size_bytes, header + 8, 4);
	if ((message->flags & MESSAGE_VERSION_MASK) != MESSAGE_VERSION ||
	    message->flags & MESSAGE_FLAG_REPLY)
		return -EPROTO;
	return message->size_bytes > MESSAGE_MAX_PAYLOAD ? -EMSGSIZE : 0;
}

/* The header is kept at the payload's begin while it is not whole. */
static int read_part(struct message_reader *reader, int socket)
{
	struct message *message = &reader->message;
	bool header = reader->got_bytes < MESSAGE_HEADER_BYTES;
	size_t at = header ? reader->got_bytes : reader->got_bytes - MESSAGE_HEADER_BYTES;
	size_t wanted = (header ? MESSAGE_HEADER_BYTES : message->size_bytes) - at;
	ssize_t n = receive(message, socket, message->payload + at, wanted);

	if (n == -EAGAIN)
		return 0;
	if (n < 0)
		return (int)n;
	if (n == 0)
		return reader->got_bytes ? -ECONNRESET : -ESHUTDOWN;
	reader->got_bytes += (size_t)n;
	if (reader->got_bytes == MESSAGE_HEADER_BYTES && header) {
		int err = take_header(message, message->payload);

		memset(message->payload, 0, MESSAGE_HEADER_BYTES);
		return err ? err : 1;
	}
	return 1;
}

int message_read(struct message_reader *reader, int socket)
{
	struct message *message = &reader->message;
	int ret;

	do {
		ret = read_part(reader, socket);
		if (ret <= 0)
			return ret;
	} while (reader->got_bytes < MESSAGE_HEADER_BYTES ||
		 reader->got_bytes < MESSAGE_HEADER_BYTES + message->size_bytes);
	/* What a longer message has left behind the payload. */
	memset(message->payload + message->size_bytes, 0,
	       sizeof(message->payload) - message->size_bytes);
	reader->got_bytes = 0;
	return 1;
}

/* ---- Out ---- */

void message_writer_init(struct message_writer *writer)
{
	writer->size_bytes = writer->sent_bytes = 0;
	writer->fd = -1;
}

void message_writer_finish(struct message_writer *writer)
{
	if (writer->fd >= 0)
		close(writer->fd);
	message_writer_init(writer);
}

bool message_writer_is_empty(const struct message_writer *writer)
{
	return writer->sent_bytes == writer->size_bytes;
}

int message_write(struct message_writer *writer, uint32_t request, const void *payload,
		  size_t size_bytes, int fd)
{
	const uint32_t header[3] = {request, MESSAGE_VERSION | MESSAGE_FLAG_REPLY,
				    (uint32_t)size_bytes};

	if (size_bytes > MESSAGE_MAX_PAYLOAD)
		return -EMSGSIZE;
	memcpy(writer->bytes, header, sizeof(header));
	if (size_bytes)
		memcpy(writer->bytes + sizeof(header), payload, size_bytes);
	writer->size_bytes = sizeof(header) + size_bytes;
	writer->sent_bytes = 0;
	writer->fd = fd;
	return 0;
}

static ssize_t send_part(struct message_writer *writer, int socket)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.bytes = {0}};
	struct iovec iov = {.iov_base = writer->bytes + writer->sent_bytes,
			    .iov_len = writer->size_bytes - writer->sent_bytes};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	if (writer->fd >= 0) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = sizeof(control.bytes);
		control.align = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&msg)), &writer->fd, sizeof(int));
	}
	return sendmsg(socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
}

int message_flush(struct message_writer *writer, int socket)
{
	while (!message_writer_is_empty(writer)) {
		ssize_t n = send_part(writer, socket);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? 0 : -errno;
		writer->sent_bytes += (size_t)n;
		if (writer->fd >= 0)
			close(writer->fd);
		writer->fd = -1;
	}
	return 1;
}
