// SPDX-License-Identifier: MIT
/*
 * common.c - options, exit codes and the display, as all tools have them
 */
#include "tools/common.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIVER_SUFFIX "_drv_video.so"

static volatile sig_atomic_t interrupted;

static const char *const level_names[] = {
	[VAWRAP_LOG_ERROR] = "error",
	[VAWRAP_LOG_WARN] = "warn",
	[VAWRAP_LOG_INFO] = "info",
	[VAWRAP_LOG_DEBUG] = "debug",
};

static void write_log(void *cookie, enum vawrap_log_level level, const char *message)
{
	const struct tool_common *common = cookie;

	fprintf(stderr, "%s: %s: %s\n", common->name, level_names[level], message);
}

void tool_common_init(struct tool_common *common, const char *name, const char *help)
{
	*common = (struct tool_common){
		.name = name,
		.help = help,
		.log = {.write = write_log, .cookie = common, .level = VAWRAP_LOG_WARN},
	};
}

void tool_message(const struct tool_common *common, const char *format, ...)
{
	va_list args;

	fprintf(stderr, "%s: ", common->name);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

/* libva looks for drivers in this one folder from here on. */
static void use_driver_folder(const char *folder)
{
	setenv("LIBVA_DRIVERS_PATH", folder, 1);
}

static bool has_softva(const char *folder)
{
	char path[PATH_MAX];
	int len = snprintf(path, sizeof(path), "%s/softva" DRIVER_SUFFIX, folder);

	return len > 0 && (size_t)len < sizeof(path) && access(path, R_OK) == 0;
}

/* The folder of the build tree that this program was started from, if it was. */
static bool find_build_folder(char *folder, size_t size)
{
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	char *end;

	if (n <= 0)
		return false;
	exe[n] = '\0';
	end = strrchr(exe, '/');
	if (!end)
		return false;
	*end = '\0';
	end = strrchr(exe, '/');
	if (end && strcmp(end, "/.libs") == 0)
		*end = '\0';
	n = snprintf(folder, size, "%s/../soft-driver/.libs", exe);
	return n > 0 && (size_t)n < size && has_softva(folder);
}

static void find_softva(void)
{
	char folder[PATH_MAX];

	if (find_build_folder(folder, sizeof(folder)))
		use_driver_folder(folder);
	else if (!getenv("LIBVA_DRIVERS_PATH") && has_softva(SOFTVA_DRIVERDIR))
		use_driver_folder(SOFTVA_DRIVERDIR);
}

/* A file's path becomes the folder to look in and the name that libva completes. */
static int take_driver_path(struct tool_common *common, const char *path)
{
	char absolute[PATH_MAX];
	size_t suffix = strlen(DRIVER_SUFFIX);
	char *name;
	size_t len;

	if (!realpath(path, absolute)) {
		tool_message(common, "%s: %s", path, strerror(errno));
		return -EINVAL;
	}
	name = strrchr(absolute, '/');
	*name++ = '\0';
	len = strlen(name);
	if (len <= suffix || strcmp(name + len - suffix, DRIVER_SUFFIX) != 0) {
		tool_message(common, "%s: a driver's file name ends in " DRIVER_SUFFIX, path);
		return -EINVAL;
	}
	name[len - suffix] = '\0';
	if (len - suffix >= sizeof(common->driver))
		return -EINVAL;
	memcpy(common->driver, name, len - suffix + 1);
	use_driver_folder(*absolute ? absolute : "/");
	return 0;
}

static int take_driver(struct tool_common *common, const char *arg)
{
	if (strchr(arg, '/'))
		return take_driver_path(common, arg);
	if (!*arg || strlen(arg) >= sizeof(common->driver)) {
		tool_message(common, "--driver wants a name or a path");
		return -EINVAL;
	}
	memcpy(common->driver, arg, strlen(arg) + 1);
	if (strcmp(arg, "softva") == 0)
		find_softva();
	return 0;
}

static int take_log_level(struct tool_common *common, const char *arg)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(arg, level_names[i]) == 0) {
			common->log.level = (enum vawrap_log_level)i;
			return 0;
		}
	}
	tool_message(common, "--log-level: %s is not error, warn, info or debug", arg);
	return -EINVAL;
}

/* What --help and --version print must arrive, too. */
static void finish_stdout(const struct tool_common *common)
{
	if (fflush(stdout) != 0) {
		tool_message(common, "stdout: %s", strerror(errno));
		exit(TOOL_EXIT_USAGE);
	}
	exit(TOOL_EXIT_OK);
}

int tool_common_take(struct tool_common *common, int opt, const char *arg)
{
	int ret = 0;

	switch (opt) {
	case TOOL_OPT_DEVICE:
		common->device = arg;
		break;
	case TOOL_OPT_DRIVER:
		ret = take_driver(common, arg);
		break;
	case TOOL_OPT_LOG_LEVEL:
		ret = take_log_level(common, arg);
		break;
	case TOOL_OPT_HELP:
		fputs(common->help, stdout);
		finish_stdout(common);
		break;
	case TOOL_OPT_VERSION:
		printf("%s %s\n", common->name, PACKAGE_VERSION);
		finish_stdout(common);
		break;
	default:
		return 0;
	}
	if (ret < 0)
		exit(TOOL_EXIT_USAGE);
	return 1;
}

int tool_open_display(const struct tool_common *common, struct vawrap_display **out)
{
	struct vawrap_error error = {.call = ""};
	struct vawrap_display_options options = {
		.size_bytes = sizeof(options),
		.log = common->log,
		.driver = common->driver[0] ? common->driver : NULL,
		.error = &error,
	};
	const char *what = common->device ? common->device : common->driver;
	int ret;

	if (common->device)
		ret = vawrap_display_new_path(common->device, &options, out);
	else if (common->driver[0])
		ret = vawrap_display_new_driver(common->driver, &options, out);
	else
		ret = vawrap_display_new_first(&options, out);
	if (ret == 0)
		return 0;
	if (*what)
		tool_message(common, "%s: no display%s: %s", what,
			     common->device ? "" : " (is there such a driver?)",
			     error.text[0] ? error.text : strerror(-ret));
	else
		tool_message(common,
			     "no render node works (%s); --driver softva decodes in software",
			     strerror(-ret));
	return ret;
}

enum tool_exit tool_input_failed(const struct tool_common *common, const char *path, int error,
				 const char *why)
{
	if (error == -EINTR && tool_interrupted())
		return TOOL_EXIT_INTR;
	tool_message(common, "%s: %s", path, why ? why : strerror(-error));
	return error == -ENOTSUP ? TOOL_EXIT_NO_DEVICE : TOOL_EXIT_USAGE;
}

static void on_interrupt(int sig)
{
	(void)sig;
	interrupted = 1;
}

void tool_catch_interrupt(void)
{
	/* The second ^C ends the process at once, in case the first one finds it stuck. */
	struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	sigemptyset(&action.sa_mask);
	sigemptyset(&ignore.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGPIPE, &ignore, NULL);
}

bool tool_interrupted(void)
{
	return interrupted != 0;
}

bool tool_parse_seconds(const char *text, uint64_t *time_ns)
{
	char *end;
	double seconds;

	errno = 0;
	seconds = strtod(text, &end);
	/* Not NaN either. */
	if (end == text || *end || errno || !(seconds >= 0 && seconds <= 1e9))
		return false;
	*time_ns = (uint64_t)(seconds * 1e9 + 0.5);
	return true;
}
