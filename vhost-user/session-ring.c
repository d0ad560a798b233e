/* SPDX-License-Identifier: MIT */
/*
 * session-ring.c - requests about virtqueues
 *
 * Front ends send them in different orders, and some while the ring runs. A ring starts once its
 * size, addresses and kick are known and it is enabled, and stops with GET_VRING_BASE.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "session-internal.h"

#define FD_INDEX_MASK UINT64_C(0xff)
#define FD_NONE       UINT64_C(0x100)

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void session_init_rings(struct session *session)
{
	for (int i = 0; i < VVD_N_QUEUES; i++)
		session->rings[i] =
			(struct session_ring){.kick_fd = -1, .call_fd = -1, .err_fd = -1};
}

void session_close_rings(struct session *session)
{
	for (int i = 0; i < VVD_N_QUEUES; i++) {
		close_fd(&session->rings[i].kick_fd);
		close_fd(&session->rings[i].call_fd);
		close_fd(&session->rings[i].err_fd);
	}
}

void session_reset_rings(struct session *session)
{
	for (int i = 0; i < VVD_N_QUEUES; i++) {
		struct session_ring *ring = &session->rings[i];

		close_fd(&ring->kick_fd);
		*ring = (struct session_ring){
			.kick_fd = -1, .call_fd = ring->call_fd, .err_fd = ring->err_fd};
	}
}

bool session_is_any_started(const struct session *session)
{
	return pump_is_started(session->pump, VVD_QUEUE_COMMAND) ||
	       pump_is_started(session->pump, VVD_QUEUE_EVENT);
}

static bool is_enabled(const struct session *session, unsigned int index)
{
	return session->rings[index].enabled || !(session->features & SESSION_FEATURE_PROTOCOL);
}

void session_update_enabled(struct session *session, unsigned int index)
{
	if (pump_is_started(session->pump, index))
		pump_set_enabled(session->pump, index, is_enabled(session, index));
}

/* ---- Start and stop ---- */

/*
 * Before the first ring starts. That the driver has reset the device is not always told: QEMU stops
 * the queues, as it does when the machine is paused, and begins them anew. A status of 0 is sent in
 * both cases. So it was a reset if the commands do not go on where they were stopped.
 */
static int prepare_device(struct session *session)
{
	const struct session_ring *ring = &session->rings[VVD_QUEUE_COMMAND];
	int err = 0;

	if (session_is_any_started(session))
		return 0;
	if (ring->base != ring->stopped_at || (session->reset_wanted && ring->base == 0))
		err = pump_reset_device(session->pump);
	session->reset_wanted = false;
	return err ? err
		   : pump_set_features(session->pump,
				       session->features & ~SESSION_FEATURE_PROTOCOL);
}

static int find_rings(const struct session *session, const struct session_ring *ring,
		      struct pump_queue *queue)
{
	int err = session_find_gpa(session, ring->addr.desc, &queue->desc_gpa);

	if (!err)
		err = session_find_gpa(session, ring->addr.avail, &queue->avail_gpa);
	if (!err)
		err = session_find_gpa(session, ring->addr.used, &queue->used_gpa);
	return err;
}

int session_start_ring(struct session *session, unsigned int index)
{
	struct session_ring *ring = &session->rings[index];
	struct pump_queue queue = {
		.size = ring->size,
		.kick_fd = ring->kick_fd,
		.call_fd = ring->call_fd,
		.next_avail = ring->base,
		.inflight = session_get_inflight(session, index, ring->size),
	};
	int err;

	if (!ring->has_num || !ring->has_addr || !ring->has_kick || !is_enabled(session, index) ||
	    pump_is_started(session->pump, index))
		return 0;
	err = find_rings(session, ring, &queue);
	if (err && session->n_mappings == 0)
		return 0;
	if (!err)
		err = prepare_device(session);
	if (!err)
		err = pump_set_queue(session->pump, index, &queue);
	if (!err)
		err = pump_start_queue(session->pump, index);
	if (err)
		return err;
	ring->told_error = false;
	session_update_enabled(session, index);
	return 0;
}

void session_pause_ring(struct session *session, unsigned int index)
{
	struct session_ring *ring = &session->rings[index];

	if (!pump_is_started(session->pump, index))
		return;
	pump_stop_queue(session->pump, index, &ring->base);
	ring->stopped_at = ring->base;
}

void session_tell_errors(struct session *session)
{
	const uint64_t one = 1;

	for (unsigned int i = 0; i < VVD_N_QUEUES; i++) {
		struct session_ring *ring = &session->rings[i];
		struct pollfd fd = {.fd = ring->err_fd, .events = POLLOUT};

		if (ring->told_error || !pump_is_broken(session->pump, i))
			continue;
		ring->told_error = true;
		session_log(session, 1, "queue %u is broken: the driver has made a mistake", i);
		if (ring->err_fd < 0 || poll(&fd, 1, 0) != 1 || !(fd.revents & POLLOUT))
			continue;
		if (write(ring->err_fd, &one, sizeof(one)) < 0)
			session_log(session, 3, "queue %u: the error could not be told", i);
	}
}

/* ---- State ---- */

static int get_state(const struct message *message, struct session_vring_state *state)
{
	memcpy(state, message->payload, sizeof(*state));
	return state->index < VVD_N_QUEUES ? 0 : -EINVAL;
}

static int get_idle_state(const struct session *session, const struct message *message,
			  struct session_vring_state *state)
{
	int err = get_state(message, state);

	if (!err && pump_is_started(session->pump, state->index))
		err = -EBUSY;
	return err;
}

int session_set_vring_num(struct session *session, struct message *message)
{
	struct session_vring_state state;
	int err = get_idle_state(session, message, &state);

	if (err)
		return err;
	if (state.num == 0 || state.num > VIRTQ_MAX_SIZE || (state.num & (state.num - 1)))
		return -EINVAL;
	session->rings[state.index].size = state.num;
	session->rings[state.index].has_num = true;
	return session_start_ring(session, state.index);
}

int session_set_vring_base(struct session *session, struct message *message)
{
	struct session_vring_state state;
	int err = get_idle_state(session, message, &state);

	if (err)
		return err;
	if (state.num > UINT16_MAX)
		return -EINVAL;
	session->rings[state.index].base = (uint16_t)state.num;
	return 0;
}

/* While the ring runs, only what it has already: front ends send it again to change the flags. */
int session_set_vring_addr(struct session *session, struct message *message)
{
	struct session_vring_addr addr;
	struct session_ring *ring;

	memcpy(&addr, message->payload, sizeof(addr));
	if (addr.index >= VVD_N_QUEUES)
		return -EINVAL;
	ring = &session->rings[addr.index];
	if (pump_is_started(session->pump, addr.index))
		return addr.desc == ring->addr.desc && addr.used == ring->addr.used &&
				       addr.avail == ring->addr.avail
			       ? 0
			       : -EBUSY;
	ring->addr = addr;
	ring->has_addr = true;
	return session_start_ring(session, addr.index);
}

int session_get_vring_base(struct session *session, struct message *message)
{
	struct session_vring_state state;
	struct session_ring *ring;
	int err = get_state(message, &state);

	if (err)
		return err;
	ring = &session->rings[state.index];
	session_pause_ring(session, state.index);
	close_fd(&ring->kick_fd);
	ring->has_kick = false;
	state.num = ring->base;
	return session_reply(session, message, &state, sizeof(state));
}

int session_set_vring_enable(struct session *session, struct message *message)
{
	struct session_vring_state state;
	int err = get_state(message, &state);

	if (err)
		return err;
	if (state.num > 1)
		return -EINVAL;
	session->rings[state.index].enabled = state.num;
	session_update_enabled(session, state.index);
	return session_start_ring(session, state.index);
}

/* ---- Kick, call and error ---- */

/* An eventfd has no type, a pipe is a FIFO. What else there is may block or do anything. */
static int check_fd(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	return (st.st_mode & S_IFMT) == 0 || S_ISFIFO(st.st_mode) ? 0 : -EINVAL;
}

/* The descriptor, or -1 where there is to be none, is the caller's. */
static int take_ring_fd(struct message *message, unsigned int *index, int *fd)
{
	uint64_t value = session_u64(message);
	int err;

	*index = value & FD_INDEX_MASK;
	if (*index >= VVD_N_QUEUES || value & ~(FD_INDEX_MASK | FD_NONE))
		return -EINVAL;
	*fd = -1;
	if (value & FD_NONE)
		return 0;
	if (message->n_fds != 1)
		return -EBADMSG;
	err = check_fd(message->fds[0]);
	if (!err)
		*fd = message_take_fd(message, 0);
	return err;
}

int session_set_vring_kick(struct session *session, struct message *message)
{
	struct session_ring *ring;
	unsigned int index;
	int fd, err = take_ring_fd(message, &index, &fd);

	if (err)
		return err;
	ring = &session->rings[index];
	if (pump_is_started(session->pump, index)) {
		err = pump_set_kick_fd(session->pump, index, fd);
		if (err)
			pump_set_kick_fd(session->pump, index, -1);
	}
	close_fd(&ring->kick_fd);
	if (err && fd >= 0)
		close(fd);
	ring->kick_fd = err ? -1 : fd;
	ring->has_kick = true;
	return err ? err : session_start_ring(session, index);
}

int session_set_vring_call(struct session *session, struct message *message)
{
	unsigned int index;
	int fd, err = take_ring_fd(message, &index, &fd);

	if (err)
		return err;
	if (pump_is_started(session->pump, index))
		pump_set_call_fd(session->pump, index, fd);
	close_fd(&session->rings[index].call_fd);
	session->rings[index].call_fd = fd;
	return 0;
}

int session_set_vring_err(struct session *session, struct message *message)
{
	unsigned int index;
	int fd, err = take_ring_fd(message, &index, &fd);

	if (err)
		return err;
	close_fd(&session->rings[index].err_fd);
	session->rings[index].err_fd = fd;
	return 0;
}
