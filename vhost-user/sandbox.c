/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c - the two steps, and what is said of them
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sandbox-internal.h"

#define LOG_LEVEL_WARN 1
#define LOG_LEVEL_INFO 2

static void say(const struct sandbox_options *options, int level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void say(const struct sandbox_options *options, int level, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	options->log(options->cookie, level, text);
}

/* Also where there are none: the call is for whoever starts us as root. */
static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 && errno != EINVAL)
		return -errno;
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

void sandbox_restrict_files(const struct sandbox_options *options)
{
	int ret;

	if (options->mode == SANDBOX_OFF) {
		say(options, LOG_LEVEL_WARN, "sandbox: off");
		return;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		say(options, LOG_LEVEL_WARN, "sandbox: no_new_privs: %s", strerror(errno));
	ret = drop_capabilities();
	if (ret < 0)
		say(options, LOG_LEVEL_WARN, "sandbox: capabilities: %s", strerror(-ret));
	else
		say(options, LOG_LEVEL_INFO, "sandbox: no new privileges, no capabilities");
	/* Landlock has no way to only log. */
	if (options->mode == SANDBOX_LOG)
		return;
	ret = sandbox_landlock(options);
	if (ret < 0)
		say(options, LOG_LEVEL_WARN, "sandbox: files are not restricted: Landlock: %s",
		    strerror(-ret));
	else
		say(options, LOG_LEVEL_INFO, "sandbox: files: by Landlock, version %d", ret);
}

void sandbox_restrict_calls(const struct sandbox_options *options)
{
	int ret;

	if (options->mode == SANDBOX_OFF)
		return;
	ret = sandbox_seccomp(options);
	if (ret < 0)
		say(options, LOG_LEVEL_WARN,
		    "sandbox: system calls are not restricted: seccomp: %s", strerror(-ret));
	else
		say(options, LOG_LEVEL_INFO, "sandbox: system calls: %s by seccomp",
		    options->mode == SANDBOX_LOG ? "logged" : "restricted");
}
