/* SPDX-License-Identifier: MIT */
/*
 * session-memory.c - requests about guest memory
 *
 * A region that a new table has as well stays as it is, with the resources in it. Queues whose rings
 * lie in what changes are stopped meanwhile.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "session-internal.h"

#define TABLE_HEADER_BYTES 8 /* a number and padding, before one region as well */
#define FUSE_FILESYSTEM    0x65735546
#define LOG_LEVEL_WARN     1
#define MAP_FLAGS          (MAP_SHARED | MAP_NORESERVE)

static uint8_t *address_of(const struct session_mapping *mapping)
{
	return (uint8_t *)mapping->map + (mapping->map_bytes - mapping->region.size_bytes);
}

int session_find_gpa(const struct session *session, uint64_t user_addr, uint64_t *gpa)
{
	for (unsigned int i = 0; i < session->n_mappings; i++) {
		const struct session_region *r = &session->mappings[i].region;

		if (user_addr >= r->user_addr && user_addr - r->user_addr < r->size_bytes) {
			*gpa = r->gpa + (user_addr - r->user_addr);
			return 0;
		}
	}
	return -EFAULT;
}

/* ---- One region ---- */

/* A file that is too short would be a trap, and one that another process serves may never answer. */
static int check_file(const struct session_region *region, int fd, struct session_mapping *mapping)
{
	uint64_t end = region->mmap_offset + region->size_bytes;
	struct statfs fs;
	struct stat st;

	if (region->size_bytes == 0 || end < region->mmap_offset || end > INT64_MAX)
		return -EINVAL;
	if (region->user_addr + (region->size_bytes - 1) < region->user_addr)
		return -EINVAL;
	if (fstat(fd, &st) < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size < end)
		return -EINVAL;
	if (fs.f_type == FUSE_FILESYSTEM)
		return -EPERM;
	mapping->dev = st.st_dev;
	mapping->ino = st.st_ino;
	return 0;
}

/* Where the offset is not one that the file takes (huge pages), all before it is mapped as well. */
static int map_file(struct session_mapping *mapping, int fd)
{
	const struct session_region *region = &mapping->region;
	uint64_t skip = region->mmap_offset % (uint64_t)sysconf(_SC_PAGESIZE);

	for (int i = 0; i < 2; i++) {
		mapping->map_bytes = region->size_bytes + skip;
		mapping->map = mmap(NULL, mapping->map_bytes, PROT_READ | PROT_WRITE, MAP_FLAGS, fd,
				    (off_t)(region->mmap_offset - skip));
		if (mapping->map != MAP_FAILED)
			break;
		if (errno != EINVAL)
			return -errno;
		skip = region->mmap_offset;
	}
	if (mapping->map == MAP_FAILED)
		return -errno;
	/* The guest's memory is nothing for our core dumps. */
	madvise(mapping->map, mapping->map_bytes, MADV_DONTDUMP);
	return 0;
}

static int add_mapping(struct session *session, const struct session_region *region, int fd)
{
	struct session_mapping mapping = {.region = *region};
	struct pump_region r = {.gpa = region->gpa, .size_bytes = region->size_bytes, .fd = fd};
	int err;

	if (session->n_mappings == VIRTQ_MAX_REGIONS)
		return -ENOSPC;
	err = check_file(region, fd, &mapping);
	if (!err)
		err = map_file(&mapping, fd);
	if (err)
		return err;
	r.addr = address_of(&mapping);
	err = pump_add_region(session->pump, &r);
	if (err) {
		munmap(mapping.map, mapping.map_bytes);
		return err;
	}
	session->mappings[session->n_mappings++] = mapping;
	return 0;
}

/* -EBUSY: a thread that hangs in the driver may still touch it, and it stays mapped. */
static int remove_mapping(struct session *session, unsigned int index)
{
	struct session_mapping *mapping = &session->mappings[index];
	int err = pump_remove_region(session->pump, mapping->region.gpa);

	if (err)
		return err;
	munmap(mapping->map, mapping->map_bytes);
	*mapping = session->mappings[--session->n_mappings];
	return 0;
}

bool session_unmap_all(struct session *session)
{
	bool all = true;

	for (unsigned int i = session->n_mappings; i-- > 0;) {
		if (remove_mapping(session, i) < 0)
			all = false;
	}
	if (!all)
		session_log(session, LOG_LEVEL_WARN,
			    "guest memory stays mapped: the driver hangs and may still use it");
	return all;
}

/* ---- Rings meanwhile ---- */

static bool is_inside(uint64_t user_addr, const struct session_region *region)
{
	return user_addr >= region->user_addr && user_addr - region->user_addr < region->size_bytes;
}

static void pause_rings_in(struct session *session, const struct session_region *region)
{
	for (unsigned int i = 0; i < VVD_N_QUEUES; i++) {
		const struct session_vring_addr *addr = &session->rings[i].addr;

		if (is_inside(addr->desc, region) || is_inside(addr->avail, region) ||
		    is_inside(addr->used, region))
			session_pause_ring(session, i);
	}
}

/* Those that were stopped, and those that had everything but memory, which may still be to come. */
static int start_rings(struct session *session)
{
	int err = 0;

	for (unsigned int i = 0; i < VVD_N_QUEUES; i++) {
		int one = session_start_ring(session, i);

		if (one != -EFAULT && !err)
			err = one;
	}
	return err;
}

/* ---- The table ---- */

static struct session_region get_region(const struct message *message, unsigned int index)
{
	struct session_region region;

	memcpy(&region, message->payload + TABLE_HEADER_BYTES + index * sizeof(region),
	       sizeof(region));
	return region;
}

static bool is_same(const struct session_mapping *mapping, const struct session_region *region,
		    int fd)
{
	struct stat st;

	return memcmp(&mapping->region, region, sizeof(*region)) == 0 && fstat(fd, &st) == 0 &&
	       st.st_dev == mapping->dev && st.st_ino == mapping->ino;
}

/* Takes away what the message does not have, and closes the descriptors of what it has again. */
static int remove_others(struct session *session, struct message *message)
{
	int err = 0;

	for (unsigned int i = session->n_mappings; i-- > 0 && !err;) {
		const struct session_mapping *mapping = &session->mappings[i];
		bool kept = false;

		for (unsigned int j = 0; j < message->n_fds && !kept; j++) {
			struct session_region region = get_region(message, j);

			kept = message->fds[j] >= 0 && is_same(mapping, &region, message->fds[j]);
			if (kept)
				close(message_take_fd(message, j));
		}
		if (kept)
			continue;
		pause_rings_in(session, &mapping->region);
		err = remove_mapping(session, i);
	}
	return err;
}

/* Some front ends send room for eight regions, however many there are. */
int session_set_mem_table(struct session *session, struct message *message)
{
	uint32_t n;
	int err;

	memcpy(&n, message->payload, sizeof(n));
	if (n != message->n_fds ||
	    message->size_bytes < TABLE_HEADER_BYTES + n * sizeof(struct session_region))
		return -EBADMSG;
	err = remove_others(session, message);
	for (unsigned int i = 0; i < n && !err; i++) {
		struct session_region region = get_region(message, i);

		if (message->fds[i] >= 0)
			err = add_mapping(session, &region, message->fds[i]);
	}
	return err ? err : start_rings(session);
}

int session_get_max_mem_slots(struct session *session, struct message *message)
{
	return session_reply_u64(session, message, VIRTQ_MAX_REGIONS);
}

int session_add_mem_reg(struct session *session, struct message *message)
{
	struct session_region region = get_region(message, 0);
	int err;

	if (message->n_fds != 1)
		return -EBADMSG;
	err = add_mapping(session, &region, message->fds[0]);
	return err ? err : start_rings(session);
}

int session_rem_mem_reg(struct session *session, struct message *message)
{
	struct session_region region = get_region(message, 0);

	for (unsigned int i = 0; i < session->n_mappings; i++) {
		const struct session_region *r = &session->mappings[i].region;

		if (r->gpa != region.gpa || r->user_addr != region.user_addr ||
		    r->size_bytes != region.size_bytes)
			continue;
		pause_rings_in(session, r);
		return remove_mapping(session, i);
	}
	return -ENOENT;
}
