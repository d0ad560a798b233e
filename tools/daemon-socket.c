// SPDX-License-Identifier: MIT
/*
 * daemon-socket.c - where front ends come, and where systemd is told
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "tools/vhost-user-video.h"

#define BACKLOG 16

static int notify_fd = -1;

static int set_address(struct sockaddr_un *addr, const char *path)
{
	*addr = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(addr->sun_path))
		return -ENAMETOOLONG;
	memcpy(addr->sun_path, path, strlen(path));
	return 0;
}

/* ---- Front ends ---- */

/* A socket file that nobody listens at is what an earlier run has left. */
static bool is_left_over(const struct sockaddr_un *addr)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;
	bool left;

	if (fd < 0)
		return false;
	left = lstat(addr->sun_path, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       connect(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0 &&
	       errno == ECONNREFUSED;
	close(fd);
	return left;
}

static int bind_there(int fd, const struct sockaddr_un *addr)
{
	if (bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) == 0)
		return 0;
	if (errno != EADDRINUSE || !is_left_over(addr))
		return errno == EADDRINUSE ? -EADDRINUSE : -errno;
	if (unlink(addr->sun_path) < 0 ||
	    bind(fd, (const struct sockaddr *)addr, sizeof(*addr)) < 0)
		return -errno;
	return 0;
}

int daemon_listen(const struct tool_common *common, const char *path)
{
	struct sockaddr_un addr;
	int fd = -1, ret = set_address(&addr, path);

	if (ret == 0) {
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		ret = fd < 0 ? -errno : bind_there(fd, &addr);
	}
	if (ret == 0 && listen(fd, BACKLOG) < 0)
		ret = -errno;
	if (ret == 0)
		return fd;
	tool_message(common, "%s: %s", path, strerror(-ret));
	if (fd >= 0)
		close(fd);
	return ret;
}

int daemon_check_socket(const struct tool_common *common, int fd, bool *connected)
{
	int listening = 0, type = 0, ret = 0;
	socklen_t len = sizeof(int);

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0)
		ret = -errno;
	else if (type != SOCK_STREAM)
		ret = -EPROTOTYPE;
	else if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		ret = -errno;
	/* Two may wait for the same listening socket, and only one gets who comes. */
	if (ret == 0 && listening && fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0)
		ret = -errno;
	if (ret < 0)
		tool_message(common, "--fd=%d: %s", fd, strerror(-ret));
	*connected = !listening;
	return ret;
}

/* ---- systemd ---- */

/* Source: sd_notify(3): a datagram to the socket, whose name may be abstract ("@"). */
void daemon_notify_open(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un addr;
	socklen_t len;

	if (!path || (*path != '/' && *path != '@') || set_address(&addr, path) < 0)
		return;
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (*path == '@')
		addr.sun_path[0] = '\0';
	else
		len++;
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify_fd >= 0 && connect(notify_fd, (struct sockaddr *)&addr, len) < 0) {
		close(notify_fd);
		notify_fd = -1;
	}
}

void daemon_notify(const char *state)
{
	if (notify_fd >= 0)
		send(notify_fd, state, strlen(state), MSG_NOSIGNAL);
}
