// SPDX-License-Identifier: MIT
/*
 * vhost-user-video.c - a virtio-video device for virtual machine monitors, in a process of its own
 *
 * Options and behaviour are those of QEMU's vhost-user backend programs ("Backend program
 * conventions" in its docs/interop/vhost-user).
 */
#include "tools/vhost-user-video.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <unistd.h>
#include "vhost-user/sandbox.h"
#include "vhost-user/server.h"
#include "virtio-video.h"

#define MAX_FRONT_ENDS 1024
#define MAX_READABLE   32

static const char help[] =
	"Usage: vhost-user-video --socket-path=PATH|--fd=N [OPTION]...\n"
	"Serves a virtio-video device to a virtual machine monitor over vhost-user: QEMU, crosvm,\n"
	"cloud-hypervisor, User-Mode Linux.\n"
	"\n"
	"  --socket-path=PATH         listen here; front ends come one after the other\n"
	"  --fd=N                     a socket that is open: listening, or one front end\n"
	"  --print-capabilities       print what this program is, as JSON, and exit\n"
	"  --role decoder             the device's role (default: decoder)\n"
	"  --offer-av1                AV1, which the protocol does not have, under a number of our own\n"
	"  --sandbox on|off|log       confine this process, or only log what it would not be allowed\n"
	"                             (default: on)\n"
	"  --sandbox-read PATH        a file or folder that the driver reads, besides the usual ones\n"
	"  --max-front-ends N         at a time, each with a device of its own (default: 1)\n"
	"  --max-streams N            of one front end (default: 64)\n"
	"  --max-resources N          buffers of a stream's queue (default and most: 32)\n"
	"  --max-entries N            pieces of memory of a buffer (default: 4096)\n"
	"  --max-resource-bytes N     guest memory in a stream's buffers (default: 1 GiB)\n"
	"  --max-coded-bytes N        one input buffer (default: 64 MiB)\n"
	"  --max-pending N            commands not answered yet (default: 4096)\n"
	"  --device PATH              DRM render node (default: the first that works)\n"
	"  --driver NAME|PATH         VA driver; with no --device it is opened without one\n"
	"                             (softva: the software driver)\n"
	"  --log-level LEVEL          error, warn, info or debug (default: info)\n"
	"  --help, --version\n"
	"\n"
	"Exit status: 0 ended by SIGTERM or SIGINT, or the one front end of --fd has left; 1 usage,\n"
	"or no socket; 3 no device.\n";

enum {
	OPT_SOCKET_PATH = TOOL_OPT_OWN,
	OPT_FD,
	OPT_PRINT_CAPABILITIES,
	OPT_ROLE,
	OPT_OFFER_AV1,
	OPT_SANDBOX,
	OPT_SANDBOX_READ,
	OPT_MAX_FRONT_ENDS,
	OPT_MAX_STREAMS,
	OPT_MAX_RESOURCES,
	OPT_MAX_ENTRIES,
	OPT_MAX_RESOURCE_BYTES,
	OPT_MAX_CODED_BYTES,
	OPT_MAX_PENDING,
};

static const struct option options[] = {
	{"socket-path", required_argument, NULL, OPT_SOCKET_PATH},
	{"fd", required_argument, NULL, OPT_FD},
	{"print-capabilities", no_argument, NULL, OPT_PRINT_CAPABILITIES},
	{"role", required_argument, NULL, OPT_ROLE},
	{"offer-av1", no_argument, NULL, OPT_OFFER_AV1},
	{"sandbox", required_argument, NULL, OPT_SANDBOX},
	{"sandbox-read", required_argument, NULL, OPT_SANDBOX_READ},
	{"max-front-ends", required_argument, NULL, OPT_MAX_FRONT_ENDS},
	{"max-streams", required_argument, NULL, OPT_MAX_STREAMS},
	{"max-resources", required_argument, NULL, OPT_MAX_RESOURCES},
	{"max-entries", required_argument, NULL, OPT_MAX_ENTRIES},
	{"max-resource-bytes", required_argument, NULL, OPT_MAX_RESOURCE_BYTES},
	{"max-coded-bytes", required_argument, NULL, OPT_MAX_CODED_BYTES},
	{"max-pending", required_argument, NULL, OPT_MAX_PENDING},
	TOOL_COMMON_OPTIONS,
	{NULL, 0, NULL, 0},
};

struct daemon {
	struct tool_common common;
	struct tool_common display; /* the same, with what libva says at each stream left out */
	const char *socket_path;
	int fd; /* of --fd, or -1 */
	unsigned int max_front_ends;
	struct vvd_limits limits;
	bool offer_av1;
	struct sandbox_options sandbox;
	const char *readable[MAX_READABLE];
	struct server *server;
	struct vawrap_context *context; /* kept, for the driver to stay as it is with one */
	int signal_fd;
};

/* ---- Options ---- */

static int take_number(const struct daemon *daemon, const char *arg, uint64_t max, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(arg, &end, 10);
	if (errno == 0 && end != arg && !*end && *arg != '-' && *out > 0 && *out <= max)
		return 0;
	tool_message(&daemon->common, "\"%s\" is not a number from 1 to %llu", arg,
		     (unsigned long long)max);
	return -EINVAL;
}

static int take_count(const struct daemon *daemon, const char *arg, uint64_t max, unsigned int *out)
{
	uint64_t n;
	int ret = take_number(daemon, arg, max, &n);

	if (ret == 0)
		*out = (unsigned int)n;
	return ret;
}

static int take_fd(struct daemon *daemon, const char *arg)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(arg, &end, 10);
	if (errno || end == arg || *end || n < 0 || n > INT_MAX) {
		tool_message(&daemon->common, "--fd: \"%s\" is no descriptor", arg);
		return -EINVAL;
	}
	daemon->fd = (int)n;
	return 0;
}

static int take_role(const struct daemon *daemon, const char *arg)
{
	if (strcmp(arg, "decoder") == 0)
		return 0;
	tool_message(&daemon->common, "--role is decoder, not \"%s\"", arg);
	return -EINVAL;
}

static int take_sandbox(struct daemon *daemon, const char *arg)
{
	static const char *const names[] = {
		[SANDBOX_ON] = "on", [SANDBOX_LOG] = "log", [SANDBOX_OFF] = "off"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(arg, names[i]) == 0) {
			daemon->sandbox.mode = (enum sandbox_mode)i;
			return 0;
		}
	}
	tool_message(&daemon->common, "--sandbox is on, off or log, not \"%s\"", arg);
	return -EINVAL;
}

static int add_readable(struct daemon *daemon, const char *path)
{
	if (daemon->sandbox.n_readable == MAX_READABLE) {
		tool_message(&daemon->common, "--sandbox-read: %d at most", MAX_READABLE);
		return -EINVAL;
	}
	daemon->readable[daemon->sandbox.n_readable++] = path;
	return 0;
}

static int take_limit(struct daemon *daemon, int opt, const char *arg)
{
	struct vvd_limits *limits = &daemon->limits;

	switch (opt) {
	case OPT_MAX_FRONT_ENDS:
		return take_count(daemon, arg, MAX_FRONT_ENDS, &daemon->max_front_ends);
	case OPT_MAX_STREAMS:
		return take_count(daemon, arg, UINT_MAX, &limits->streams);
	case OPT_MAX_RESOURCES:
		return take_count(daemon, arg, UINT_MAX, &limits->resources_per_queue);
	case OPT_MAX_ENTRIES:
		return take_count(daemon, arg, UINT_MAX, &limits->entries_per_resource);
	case OPT_MAX_RESOURCE_BYTES:
		return take_number(daemon, arg, UINT64_MAX, &limits->resource_bytes);
	case OPT_MAX_CODED_BYTES:
		return take_number(daemon, arg, UINT64_MAX, &limits->coded_buffer_bytes);
	default:
		return take_count(daemon, arg, UINT_MAX, &limits->pending_commands);
	}
}

static int take_option(struct daemon *daemon, int opt, const char *arg)
{
	switch (opt) {
	case OPT_SOCKET_PATH:
		daemon->socket_path = arg;
		return 0;
	case OPT_FD:
		return take_fd(daemon, arg);
	case OPT_PRINT_CAPABILITIES:
		return 0;
	case OPT_ROLE:
		return take_role(daemon, arg);
	case OPT_OFFER_AV1:
		daemon->offer_av1 = true;
		return 0;
	case OPT_SANDBOX:
		return take_sandbox(daemon, arg);
	case OPT_SANDBOX_READ:
		return add_readable(daemon, arg);
	default:
		if (opt >= OPT_MAX_FRONT_ENDS && opt <= OPT_MAX_PENDING)
			return take_limit(daemon, opt, arg);
		return tool_common_take(&daemon->common, opt, arg) ? 0 : -EINVAL;
	}
}

static int parse(struct daemon *daemon, int argc, char **argv)
{
	int opt;

	while ((opt = getopt_long(argc, argv, "", options, NULL)) != -1)
		if (take_option(daemon, opt, optarg) < 0)
			return -EINVAL;
	if (optind != argc) {
		tool_message(&daemon->common, "\"%s\"? There is nothing but options; see --help",
			     argv[optind]);
		return -EINVAL;
	}
	if (!daemon->socket_path == (daemon->fd < 0)) {
		tool_message(&daemon->common, "either --socket-path or --fd is wanted; see --help");
		return -EINVAL;
	}
	return 0;
}

/* By the conventions all other options are ignored, whatever they are. */
static bool wants_capabilities(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], "--print-capabilities") == 0)
			return true;
	return false;
}

static int print_capabilities(void)
{
	puts("{\"type\":\"video-decoder\"}");
	return fflush(stdout) == 0 ? TOOL_EXIT_OK : TOOL_EXIT_USAGE;
}

/* ---- The device ---- */

static int open_display(void *cookie, struct vawrap_display **out)
{
	const struct daemon *daemon = cookie;

	return tool_open_display(&daemon->display, out);
}

static void write_log(void *cookie, int level, const char *message)
{
	const struct vawrap_log *log = cookie;

	if (level <= (int)log->level)
		log->write(log->cookie, (enum vawrap_log_level)level, message);
}

static struct vvd_log device_log(struct daemon *daemon)
{
	return (struct vvd_log){
		.write = write_log,
		.cookie = &daemon->common.log,
		.level = (int)daemon->common.log.level,
	};
}

static int open_device(void *cookie, struct vvd_device **out)
{
	struct daemon *daemon = cookie;
	const struct vvd_device_options device_options = {
		.size_bytes = sizeof(device_options),
		.role = VVD_ROLE_DECODER,
		.log = device_log(daemon),
		.limits = daemon->limits,
		.open_display = open_display,
		.open_display_cookie = daemon,
		.handles_sigbus = true,
		.offer_av1 = daemon->offer_av1,
	};

	return vvd_device_new(&device_options, out);
}

/* ---- The process ---- */

/* The standard ones may be closed; no socket or device is to be found in their place. */
static int open_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	return fd < 0 ? -errno : close(fd);
}

/* Guest memory may be a file that another process makes shorter. */
static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!vvd_handle_sigbus(info))
		signal(sig, SIG_DFL); /* which the access, done once more, then meets */
}

/*
 * A front end that has the other end of a descriptor can make a read, a write or a close of it block at
 * the wrong moment. A signal each second ends that with EINTR, while there are front ends.
 */
static void on_alarm(int sig)
{
	(void)sig;
}

static void set_alarm(bool wanted)
{
	const struct itimerval each = {.it_interval = {wanted, 0}, .it_value = {wanted, 0}};

	setitimer(ITIMER_REAL, &each, NULL);
}

static int catch_signals(struct daemon *daemon)
{
	struct sigaction interrupt = {.sa_handler = on_alarm};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction bus = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0 ||
	    sigaction(SIGALRM, &interrupt, NULL) < 0 || sigaction(SIGHUP, &ignore, NULL) < 0 ||
	    sigaction(SIGBUS, &bus, NULL) < 0)
		return -errno;
	daemon->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return daemon->signal_fd < 0 ? -errno : 0;
}

/* A front end brings some for each region and queue. */
static void raise_fd_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* libva looks for drivers in these folders, one or more with ':' in between. */
static void add_driver_folders(struct daemon *daemon)
{
	const char *folders = getenv("LIBVA_DRIVERS_PATH");
	char *copy = folders ? strdup(folders) : NULL, *rest = copy;

	/* The copy is kept: the list points into it. */
	for (char *at; (at = strsep(&rest, ":"));)
		if (*at)
			add_readable(daemon, at);
}

static void prepare_sandbox(struct daemon *daemon)
{
	struct sandbox_options *sandbox = &daemon->sandbox;

	add_driver_folders(daemon);
	sandbox->readable = daemon->readable;
	sandbox->device = daemon->common.device;
	sandbox->log = write_log;
	sandbox->cookie = &daemon->common.log;
}

static int open_server(struct daemon *daemon)
{
	struct server_options server_options = {
		.max_sessions = daemon->max_front_ends,
		.open_device = open_device,
		.cookie = daemon,
		.log = device_log(daemon),
	};
	int ret = 0;

	if (daemon->socket_path)
		server_options.socket = daemon_listen(&daemon->common, daemon->socket_path);
	else
		ret = daemon_check_socket(&daemon->common, daemon->fd, &server_options.connected);
	if (!daemon->socket_path)
		server_options.socket = daemon->fd;
	if (ret < 0 || server_options.socket < 0)
		return TOOL_EXIT_USAGE;
	sandbox_restrict_files(&daemon->sandbox);
	ret = server_new(&server_options, &daemon->server);
	if (ret < 0)
		tool_message(&daemon->common, "no virtio-video device: %s", strerror(-ret));
	return ret < 0 ? TOOL_EXIT_NO_DEVICE : TOOL_EXIT_OK;
}

static int run(struct daemon *daemon)
{
	struct pollfd fds[] = {
		{.fd = server_get_fd(daemon->server), .events = POLLIN},
		{.fd = daemon->signal_fd, .events = POLLIN},
	};
	bool alarmed = false;

	while (!fds[1].revents) {
		if (poll(fds, 2, -1) < 0) {
			if (errno != EINTR)
				return TOOL_EXIT_LOST;
			continue;
		}
		if ((server_get_sessions(daemon->server) > 0) != alarmed)
			set_alarm(alarmed = !alarmed);
		if (fds[0].revents && server_dispatch(daemon->server) == 1)
			return TOOL_EXIT_OK;
	}
	daemon_log(&daemon->common, VAWRAP_LOG_INFO, "ending: a signal");
	return TOOL_EXIT_OK;
}

int main(int argc, char **argv)
{
	static struct daemon daemon = {.fd = -1, .signal_fd = -1};
	int status, ret;

	if (wants_capabilities(argc, argv))
		return print_capabilities();
	ret = open_standard_fds();
	tool_common_init(&daemon.common, "vhost-user-video", help);
	daemon_log_init(&daemon.common);
	if (parse(&daemon, argc, argv) < 0)
		return TOOL_EXIT_USAGE;
	if (ret == 0)
		ret = catch_signals(&daemon);
	if (ret < 0) {
		tool_message(&daemon.common, "starting: %s", strerror(-ret));
		return TOOL_EXIT_USAGE;
	}
	daemon.display = daemon.common;
	if (daemon.display.log.level == VAWRAP_LOG_INFO)
		daemon.display.log.level = VAWRAP_LOG_WARN;
	raise_fd_limit();
	daemon_notify_open();
	prepare_sandbox(&daemon);
	status = open_server(&daemon);
	if (status != TOOL_EXIT_OK)
		return status;
	if (daemon.sandbox.mode != SANDBOX_OFF)
		daemon.context = daemon_warm_up(&daemon.display);
	sandbox_restrict_calls(&daemon.sandbox);
	daemon_log(&daemon.common, VAWRAP_LOG_INFO, "ready");
	daemon_notify("READY=1");
	status = run(&daemon);
	daemon_notify("STOPPING=1");
	server_free(daemon.server);
	vawrap_context_unref(daemon.context);
	return status;
}
