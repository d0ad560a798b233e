/* SPDX-License-Identifier: MIT */
/*
 * sandbox-seccomp.c - which system calls can be made, by libseccomp
 *
 * What is not listed fails with EPERM. Streams open the driver anew, so files are opened while the
 * process runs; which ones is for Landlock to say.
 */
#include <errno.h>
#include "sandbox-internal.h"

#ifdef HAVE_SECCOMP
#include <fcntl.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <unistd.h>

#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41
#endif

static const char *const calls[] = {
	/* memory */
	"brk",
	"madvise",
	"memfd_create",
	"mmap",
	"mprotect",
	"mremap",
	"munmap",
	/* files that are open, and those that may be opened */
	"access",
	"close",
	"dup",
	"dup3",
	"faccessat",
	"faccessat2",
	"fallocate",
	"fcntl",
	"fstat",
	"fstatfs",
	"ftruncate",
	"getdents64",
	"lseek",
	"lstat",
	"newfstatat",
	"open",
	"openat",
	"pread64",
	"pwrite64",
	"read",
	"readlink",
	"readlinkat",
	"readv",
	"stat",
	"statfs",
	"statx",
	"write",
	"writev",
	/* front ends */
	"accept4",
	"getsockopt",
	"recvmsg",
	"sendmsg",
	"sendto",
	"shutdown",
	/* waiting */
	"clock_getres",
	"clock_gettime",
	"clock_nanosleep",
	"epoll_create1",
	"epoll_ctl",
	"epoll_pwait",
	"epoll_pwait2",
	"epoll_wait",
	"eventfd2",
	"gettimeofday",
	"nanosleep",
	"pipe2",
	"poll",
	"ppoll",
	"pselect6",
	"select",
	"setitimer",
	"time",
	"timerfd_create",
	"timerfd_settime",
	/* threads */
	"exit",
	"exit_group",
	"futex",
	"futex_waitv",
	"getcpu",
	"gettid",
	"membarrier",
	"rseq",
	"sched_get_priority_max",
	"sched_get_priority_min",
	"sched_getaffinity",
	"sched_getparam",
	"sched_getscheduler",
	"sched_setaffinity",
	"sched_yield",
	"set_robust_list",
	/* signals */
	"restart_syscall",
	"rt_sigaction",
	"rt_sigprocmask",
	"rt_sigreturn",
	"sigaltstack",
	/* what one is, and where */
	"getegid",
	"geteuid",
	"getgid",
	"getpid",
	"getrandom",
	"getrusage",
	"getuid",
	"sysinfo",
	"uname",
};

/* Types of ioctl requests: bits 8 to 15. */
static const uint8_t ioctl_types[] = {
	'd', /* DRM */
	'b', /* dma-buf */
	'>', /* sync_file */
};

#define IOCTL_TYPE_MASK 0xff00u

static int allow(scmp_filter_ctx filter, const char *name, unsigned int n,
		 const struct scmp_arg_cmp *args)
{
	int number = seccomp_syscall_resolve_name(name);

	/* An architecture need not have all of them. */
	if (number == __NR_SCMP_ERROR)
		return 0;
	return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, number, n, args);
}

/* With one argument that must have a value in some of its bits. */
static int allow_with(scmp_filter_ctx filter, const char *name, unsigned int arg, uint64_t mask,
		      uint64_t value)
{
	const struct scmp_arg_cmp cmp = {
		.arg = arg, .op = SCMP_CMP_MASKED_EQ, .datum_a = mask, .datum_b = value};

	return allow(filter, name, 1, &cmp);
}

static int allow_ioctls(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(ioctl_types) && ret == 0; i++)
		ret = allow_with(filter, "ioctl", 1, IOCTL_TYPE_MASK,
				 (uint64_t)ioctl_types[i] << 8);
	return ret;
}

/* Threads, but no processes. What clone3() asks for cannot be seen: without it, clone() is used. */
static int allow_threads(scmp_filter_ctx filter)
{
	int ret = allow_with(filter, "clone", 0, CLONE_THREAD, CLONE_THREAD);

	if (ret == 0)
		ret = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (ret == 0)
		ret = allow_with(filter, "prctl", 0, UINT32_MAX, PR_SET_NAME);
	if (ret == 0)
		ret = allow_with(filter, "prctl", 0, UINT32_MAX, PR_SET_VMA);
	/* abort(), and no signals to others. */
	if (ret == 0)
		ret = allow_with(filter, "tgkill", 0, UINT32_MAX, (uint32_t)getpid());
	/* Limits can be read. */
	return ret ? ret : allow_with(filter, "prlimit64", 2, UINT64_MAX, 0);
}

static int allow_calls(scmp_filter_ctx filter)
{
	int ret = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]) && ret == 0; i++)
		ret = allow(filter, calls[i], 0, NULL);
	if (ret == 0)
		ret = allow_ioctls(filter);
	return ret ? ret : allow_threads(filter);
}

int sandbox_seccomp(const struct sandbox_options *options)
{
	uint32_t otherwise = options->mode == SANDBOX_LOG ? SCMP_ACT_LOG : SCMP_ACT_ERRNO(EPERM);
	scmp_filter_ctx filter = seccomp_init(otherwise);
	int ret;

	if (!filter)
		return -ENOMEM;
	/* The driver's threads too. */
	ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	if (ret == 0)
		ret = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (ret == 0)
		ret = allow_calls(filter);
	if (ret == 0)
		ret = seccomp_load(filter);
	seccomp_release(filter);
	return ret;
}

#else

int sandbox_seccomp(const struct sandbox_options *options)
{
	(void)options;
	return -ENOTSUP;
}

#endif
