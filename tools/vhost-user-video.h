/* SPDX-License-Identifier: MIT */
/*
 * vhost-user-video.h - the daemon's parts: its log, its socket, its first context, and what systemd
 * wants to know
 */
#ifndef TOOLS_VHOST_USER_VIDEO_H
#define TOOLS_VHOST_USER_VIDEO_H

#include <stdbool.h>
#include "tools/common.h"

/*
 * Messages go to stderr; where that is the journal's, with the priority in front. Takes the place of
 * the tools' log in common.
 */
void daemon_log_init(struct tool_common *common);
void daemon_log(const struct tool_common *common, enum vawrap_log_level level, const char *format,
		...) __attribute__((format(printf, 3, 4)));

/*
 * A listening socket at path. One that is there and at which nobody listens is replaced. Returns the
 * descriptor or -errno; what was wrong has been said.
 */
int daemon_listen(const struct tool_common *common, const char *path);
/* Checks a descriptor that was passed on: *connected, or listening. 0 or -errno, said. */
int daemon_check_socket(const struct tool_common *common, int fd, bool *connected);

/* Makes the process's first context; NULL: it could not, which has been said. It holds its display. */
struct vawrap_context *daemon_warm_up(const struct tool_common *common);

/* NOTIFY_SOCKET, if there is one: opened once, told later. "READY=1" and the like. */
void daemon_notify_open(void);
void daemon_notify(const char *state);

#endif
