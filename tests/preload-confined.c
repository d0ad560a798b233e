// SPDX-License-Identifier: MIT
/*
 * preload-confined.c - tries, inside the daemon, what a guest that took it over would try
 *
 * Preloaded. When the first front end comes, by which time the daemon has confined itself, each
 * attempt is made and a line "confined NAME ERRNO" goes to stderr, with 0 for what could be done. Where
 * nothing is confined the attempts do no harm: they name what is not there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOBODY 0x7fffffff /* no process */

static void report(const char *name, long ret)
{
	int error = ret < 0 ? errno : 0;

	fprintf(stderr, "confined %s %d\n", name, error);
}

static void try_open(const char *name, const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	report(name, fd);
	if (fd >= 0)
		close(fd);
}

static void try_sockets(void)
{
	report("socket-inet", socket(AF_INET, SOCK_STREAM, 0));
	report("socket-unix", socket(AF_UNIX, SOCK_STREAM, 0));
	report("socketpair", socketpair(AF_UNIX, SOCK_STREAM, 0, (int[2]){0}));
	report("bind", bind(0, &(struct sockaddr){.sa_family = AF_UNIX}, 2));
}

static void try_processes(void)
{
	char *const args[] = {(char *)(uintptr_t) "true", NULL};
	struct iovec iov = {.iov_base = &iov, .iov_len = 1};
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	report("fork", child);
	report("execve", syscall(SYS_execve, "/nonexistent/true", args, args));
	report("ptrace", ptrace(PTRACE_ATTACH, NOBODY, NULL, NULL));
	report("process_vm_readv", process_vm_readv(getpid(), &iov, 1, &iov, 1, 0));
	report("kill", kill(getppid(), 0));
	report("unshare", unshare(CLONE_FS));
	report("setuid", setuid(getuid()));
	report("bpf", syscall(SYS_bpf, 0, NULL, 0));
	report("ioctl", ioctl(STDIN_FILENO, TIOCSTI, ""));
}

static void try_files(void)
{
	char path[4096];
	const char *work = getenv("CONFINED_WORK");

	/* Nowhere: outside of a sandbox it must fail, too, and not cover a folder of the host. */
	report("mount", mount("none", "/nowhere/at/all", "tmpfs", 0, NULL));
	try_open("open-passwd", "/etc/passwd", O_RDONLY);
	try_open("open-shadow", "/etc/shadow", O_RDONLY);
	try_open("open-init", "/proc/1/status", O_RDONLY);
	try_open("open-root", "/", O_RDONLY | O_DIRECTORY);
	try_open("open-mem", "/dev/mem", O_RDWR);
	try_open("create-usr", "/usr/confined", O_RDWR | O_CREAT);
	snprintf(path, sizeof(path), "%s/made", work);
	try_open("create-work", path, O_RDWR | O_CREAT);
	snprintf(path, sizeof(path), "%s/secret", work);
	try_open("open-work", path, O_RDONLY);
	report("unlink", unlink(path));
	report("chmod", chmod(path, 0777));
}

static void *run(void *arg)
{
	return arg;
}

/* What must still work. */
static void try_needed(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, run, NULL);

	if (err == 0)
		pthread_join(thread, NULL);
	fprintf(stderr, "needed thread %d\n", err);
	fprintf(stderr, "needed library %d\n", access("/usr/lib", R_OK) == 0 ? 0 : errno);
}

static void show_status(void)
{
	FILE *file = fopen("/proc/self/status", "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, "Cap", 3) == 0 || strncmp(line, "NoNew", 5) == 0 ||
		    strncmp(line, "Seccomp:", 8) == 0)
			fprintf(stderr, "status %s", line);
	if (file)
		fclose(file);
}

__attribute__((visibility("default"))) int accept4(int fd, struct sockaddr *addr, socklen_t *len,
						   int flags)
{
	static int (*next)(int, struct sockaddr *, socklen_t *, int);

	if (!next) {
		*(void **)(void *)&next = dlsym(RTLD_NEXT, "accept4");
		try_sockets();
		try_processes();
		try_files();
		try_needed();
		show_status();
	}
	return next(fd, addr, len, flags);
}
