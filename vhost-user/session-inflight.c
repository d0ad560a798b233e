/* SPDX-License-Identifier: MIT */
/*
 * session-inflight.c - requests about the memory that outlives the daemon
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "inflight.h"
#include "session-internal.h"

void session_forget_inflight(struct session *session)
{
	if (session->inflight_map)
		munmap(session->inflight_map, session->inflight_map_bytes);
	session->inflight_map = NULL;
	session->inflight = (struct session_inflight){.n_queues = 0};
}

void *session_get_inflight(const struct session *session, unsigned int index, unsigned int size)
{
	const struct session_inflight *inflight = &session->inflight;

	if (index >= inflight->n_queues || size != inflight->queue_size)
		return NULL;
	return (uint8_t *)session->inflight_map +
	       (session->inflight_map_bytes - inflight->mmap_size_bytes) +
	       index * inflight_bytes(size);
}

static int clear(void *cookie)
{
	const struct session *session = cookie;

	memset(session->inflight_map, 0, session->inflight_map_bytes);
	return 0;
}

void session_clear_inflight(struct session *session)
{
	/* Memory that is gone has nothing to be cleared. */
	if (session->inflight_map)
		vvd_guard(clear, session);
}

static int get_description(const struct session *session, const struct message *message,
			   struct session_inflight *inflight)
{
	memcpy(inflight, message->payload, SESSION_INFLIGHT_BYTES);
	if (inflight->n_queues == 0 || inflight->n_queues > VVD_N_QUEUES ||
	    inflight->queue_size == 0 || inflight->queue_size > VIRTQ_MAX_SIZE)
		return -EINVAL;
	return session_is_any_started(session) ? -EBUSY : 0;
}

/* The description is right; what it says of the file was checked. */
static int map_inflight(struct session *session, const struct session_inflight *inflight, int fd)
{
	uint64_t skip = inflight->mmap_offset % (uint64_t)sysconf(_SC_PAGESIZE);
	size_t bytes = inflight->mmap_size_bytes + skip;
	void *map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 (off_t)(inflight->mmap_offset - skip));

	if (map == MAP_FAILED)
		return -errno;
	session_forget_inflight(session);
	session->inflight = *inflight;
	session->inflight_map = map;
	session->inflight_map_bytes = bytes;
	return 0;
}

static int make_file(uint64_t size_bytes)
{
	int fd = memfd_create("vhost-user-inflight", MFD_CLOEXEC | MFD_ALLOW_SEALING), err = 0;

	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)size_bytes) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) < 0)
		err = -errno;
	if (err)
		close(fd);
	return err ? err : fd;
}

int session_get_inflight_fd(struct session *session, struct message *message)
{
	struct session_inflight inflight;
	int fd, err = get_description(session, message, &inflight);

	if (err)
		return err;
	inflight.mmap_size_bytes = inflight.n_queues * inflight_bytes(inflight.queue_size);
	inflight.mmap_offset = 0;
	fd = make_file(inflight.mmap_size_bytes);
	if (fd < 0)
		return fd;
	err = map_inflight(session, &inflight, fd);
	if (err) {
		close(fd);
		return err;
	}
	memcpy(message->payload, &inflight, SESSION_INFLIGHT_BYTES);
	err = message_write(&session->out, message->request, message->payload, message->size_bytes,
			    fd);
	return err ? err : SESSION_REPLIED;
}

int session_set_inflight_fd(struct session *session, struct message *message)
{
	struct session_inflight inflight;
	struct stat st;
	uint64_t end;
	int err = get_description(session, message, &inflight);

	if (message->n_fds != 1)
		return -EBADMSG;
	if (err)
		return err;
	end = inflight.mmap_offset + inflight.mmap_size_bytes;
	if (inflight.mmap_size_bytes < inflight.n_queues * inflight_bytes(inflight.queue_size) ||
	    end < inflight.mmap_offset || end > INT64_MAX || inflight.mmap_offset % 8)
		return -EINVAL;
	if (fstat(message->fds[0], &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || (uint64_t)st.st_size < end)
		return -EINVAL;
	return map_inflight(session, &inflight, message->fds[0]);
}
