/* SPDX-License-Identifier: MIT */
/*
 * vhost.c - vhost-user messages, as a front end sends and takes them
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>
#include "vhost.h"

#define HEADER_BYTES 12

int guest_vhost_connect(const char *path, unsigned int timeout_ms, int *out)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	struct timeval limit = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
	int fd, ret = 0;

	*out = -1;
	if (strlen(path) >= sizeof(addr.sun_path))
		return -ENAMETOOLONG;
	memcpy(addr.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) < 0)
		ret = -errno;
	if (ret < 0)
		close(fd);
	else
		*out = fd;
	return ret;
}

int guest_vhost_send(int socket, struct vhost_message *message)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(VHOST_MAX_FDS * sizeof(int))];
	} control;
	size_t size = HEADER_BYTES + (size_t)message->size, fd_bytes = message->n_fds * sizeof(int);
	uint8_t bytes[HEADER_BYTES + VHOST_MAX_PAYLOAD];
	struct iovec iov = {.iov_base = bytes, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	ssize_t n;

	message->flags |= VHOST_VERSION;
	memcpy(bytes, &message->request, HEADER_BYTES);
	memcpy(bytes + HEADER_BYTES, message->bytes, message->size);
	if (message->n_fds) {
		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(fd_bytes);
		control.align = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(fd_bytes),
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&control.align), message->fds, fd_bytes);
	}
	n = sendmsg(socket, &msg, MSG_NOSIGNAL);
	if (n < 0)
		return -errno;
	return (size_t)n == size ? 0 : -EIO;
}

static void take_fds(struct msghdr *msg, struct vhost_message *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(msg); c; c = CMSG_NXTHDR(msg, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n && message->n_fds < VHOST_MAX_FDS; i++)
			memcpy(&message->fds[message->n_fds++], CMSG_DATA(c) + i * sizeof(int),
			       sizeof(int));
	}
}

static int receive(int socket, void *to, size_t size, struct vhost_message *message)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(VHOST_MAX_FDS * sizeof(int))];
	} control;
	size_t got = 0;

	while (got < size) {
		struct iovec iov = {.iov_base = (uint8_t *)to + got, .iov_len = size - got};
		struct msghdr msg = {
			.msg_iov = &iov,
			.msg_iovlen = 1,
			.msg_control = control.bytes,
			.msg_controllen = sizeof(control.bytes),
		};
		ssize_t n = recvmsg(socket, &msg, MSG_CMSG_CLOEXEC);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN ? -ETIMEDOUT : -errno;
		if (n == 0)
			return -ENOTCONN;
		take_fds(&msg, message);
		got += (size_t)n;
	}
	return 0;
}

int guest_vhost_receive(int socket, struct vhost_message *message)
{
	int ret;

	*message = (struct vhost_message){.n_fds = 0};
	ret = receive(socket, &message->request, HEADER_BYTES, message);
	if (ret < 0)
		return ret == -ECONNRESET ? -ENOTCONN : ret;
	if (message->size > sizeof(message->bytes) || (message->flags & 3) != VHOST_VERSION)
		return -EPROTO;
	return receive(socket, message->bytes, message->size, message);
}

int guest_vhost_call(int socket, struct vhost_message *message)
{
	uint32_t request = message->request;
	int ret = guest_vhost_send(socket, message);

	if (ret == 0)
		ret = guest_vhost_receive(socket, message);
	if (ret < 0)
		return ret == -EPIPE ? -ENOTCONN : ret;
	return message->request == request && message->flags & VHOST_FLAG_REPLY ? 0 : -EPROTO;
}

bool guest_vhost_is_closed(int socket)
{
	struct pollfd fd = {.fd = socket, .events = POLLRDHUP};

	return poll(&fd, 1, 0) == 1 && fd.revents & (POLLRDHUP | POLLHUP | POLLERR);
}
