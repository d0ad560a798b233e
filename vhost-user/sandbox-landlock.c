/* SPDX-License-Identifier: MIT */
/*
 * sandbox-landlock.c - which files can be opened, by Landlock's system calls
 *
 * Libraries and their data can be read, DRM nodes be used; nothing else, and nothing can be written,
 * made or executed.
 *
 * Source: the kernel's Documentation/userspace-api/landlock.rst. The headers of older systems lack
 * what newer kernels have, so the numbers stand here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "sandbox-internal.h"

/* The same on all architectures. */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE       445
#define CALL_RESTRICT_SELF  446
#define CREATE_VERSION      1u
#define RULE_PATH_BENEATH   1

#define ACCESS_WRITE_FILE (UINT64_C(1) << 1)
#define ACCESS_READ_FILE  (UINT64_C(1) << 2)
#define ACCESS_READ_DIR   (UINT64_C(1) << 3)
#define ACCESS_VERSION_1  ((UINT64_C(1) << 13) - 1) /* all that the first version knows */
#define ACCESS_REFER      (UINT64_C(1) << 13)       /* from version 2 */
#define ACCESS_TRUNCATE   (UINT64_C(1) << 14)       /* 3 */
#define ACCESS_IOCTL_DEV  (UINT64_C(1) << 15)       /* 5 */
#define NET_TCP           UINT64_C(3)               /* 4: bind and connect */
#define SCOPE_ALL         UINT64_C(3)               /* 6: abstract sockets and signals */

struct ruleset {
	uint64_t access_fs, access_net, scoped;
};

struct path_rule {
	uint64_t allowed;
	int32_t parent_fd;
} __attribute__((packed));

/* What VA drivers and the libraries below them read; what is not there does not matter. */
static const char *const readable[] = {
	"/usr",
	"/lib",
	"/lib64",
	"/etc/ld.so.cache",
	"/etc/ld.so.preload",
	"/etc/libva.conf",
	"/etc/drirc",
	"/nix/store",
	"/gnu/store",
	"/proc/self",
	"/proc/cpuinfo",
	"/proc/meminfo",
	"/sys/class/drm",
	"/sys/dev/char",
	"/sys/devices",
	"/dev/urandom",
};

/* The second number: how much of the structure the kernel knows. */
static size_t describe(int version, struct ruleset *ruleset)
{
	*ruleset = (struct ruleset){.access_fs = ACCESS_VERSION_1};
	if (version >= 2)
		ruleset->access_fs |= ACCESS_REFER;
	if (version >= 3)
		ruleset->access_fs |= ACCESS_TRUNCATE;
	if (version >= 5)
		ruleset->access_fs |= ACCESS_IOCTL_DEV;
	if (version >= 4)
		ruleset->access_net = NET_TCP;
	if (version >= 6)
		ruleset->scoped = SCOPE_ALL;
	if (version >= 6)
		return sizeof(*ruleset);
	return version >= 4 ? offsetof(struct ruleset, scoped)
			    : offsetof(struct ruleset, access_net);
}

static int allow(int fd, const char *path, uint64_t access)
{
	struct path_rule rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
	struct stat st;
	int ret = 0;

	if (rule.parent_fd < 0)
		return errno == ENOENT || errno == EACCES || errno == ENOTDIR ? 0 : -errno;
	if (fstat(rule.parent_fd, &st) < 0)
		ret = -errno;
	/* A rule for a file must not speak of folders. */
	rule.allowed = S_ISDIR(st.st_mode) ? access : access & ~ACCESS_READ_DIR;
	if (ret == 0 && syscall(CALL_ADD_RULE, fd, RULE_PATH_BENEATH, &rule, 0) < 0)
		ret = -errno;
	close(rule.parent_fd);
	return ret;
}

static int allow_all(int fd, const struct sandbox_options *options, uint64_t known)
{
	const uint64_t read = ACCESS_READ_FILE | ACCESS_READ_DIR;
	const uint64_t use = (read | ACCESS_WRITE_FILE | ACCESS_IOCTL_DEV) & known;
	int ret = allow(fd, "/dev/dri", use);

	if (ret == 0)
		ret = allow(fd, "/dev/null", read | ACCESS_WRITE_FILE);
	if (ret == 0 && options->device)
		ret = allow(fd, options->device, use);
	for (size_t i = 0; i < sizeof(readable) / sizeof(readable[0]) && ret == 0; i++)
		ret = allow(fd, readable[i], read);
	for (size_t i = 0; i < options->n_readable && ret == 0; i++)
		ret = allow(fd, options->readable[i], read);
	return ret;
}

int sandbox_landlock(const struct sandbox_options *options)
{
	struct ruleset ruleset;
	int version = (int)syscall(CALL_CREATE_RULESET, NULL, 0, CREATE_VERSION), fd, ret;

	if (version < 0)
		return -errno;
	fd = (int)syscall(CALL_CREATE_RULESET, &ruleset, describe(version, &ruleset), 0);
	if (fd < 0)
		return -errno;
	ret = allow_all(fd, options, ruleset.access_fs);
	if (ret == 0 && syscall(CALL_RESTRICT_SELF, fd, 0) < 0)
		ret = -errno;
	close(fd);
	return ret < 0 ? ret : version;
}
