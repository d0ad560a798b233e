// SPDX-License-Identifier: MIT
/*
 * daemon-log.c - a daemon's messages: to stderr, or to the journal by way of stderr
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "tools/vhost-user-video.h"

/* Source: sd-daemon(3), systemd.exec(5) "JOURNAL_STREAM". */
static const char *const priorities[] = {
	[VAWRAP_LOG_ERROR] = "<3>",
	[VAWRAP_LOG_WARN] = "<4>",
	[VAWRAP_LOG_INFO] = "<6>",
	[VAWRAP_LOG_DEBUG] = "<7>",
};

static const char *const names[] = {
	[VAWRAP_LOG_ERROR] = "error: ",
	[VAWRAP_LOG_WARN] = "warn: ",
	[VAWRAP_LOG_INFO] = "",
	[VAWRAP_LOG_DEBUG] = "debug: ",
};

static bool to_journal;

static void write_line(void *cookie, enum vawrap_log_level level, const char *message)
{
	const struct tool_common *common = cookie;

	if (to_journal)
		fprintf(stderr, "%s%s\n", priorities[level], message);
	else
		fprintf(stderr, "%s: %s%s\n", common->name, names[level], message);
}

static bool is_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t dev, ino;
	struct stat st;

	return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX, &dev, &ino) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev && st.st_ino == ino;
}

void daemon_log_init(struct tool_common *common)
{
	to_journal = is_journal();
	/* A line is written at once, whichever thread it comes from. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	common->log.write = write_line;
	common->log.level = VAWRAP_LOG_INFO;
}

void daemon_log(const struct tool_common *common, enum vawrap_log_level level, const char *format,
		...)
{
	char text[512];
	va_list args;

	if (level > common->log.level)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	common->log.write(common->log.cookie, level, text);
}
