// SPDX-License-Identifier: MIT
/*
 * fuzz-vhost-user.c - a front end that sends any messages, and a driver that writes any rings
 *
 * Input: a byte of settings (1: the session begins as QEMU begins it; 2: small limits), then steps: a
 * byte that says what, and what that step takes. Below STEP_RAW it is a message of that type with a
 * payload that is roughly right, and descriptors of all kinds. What holds: nothing blocks, replies
 * are whole, and whatever ends a session, no descriptor, mapping or handle is left.
 */
#include "fuzz.h"
#include "fake-vacodec.h"
#include "vhost-user/session.h"
#include "virtio-video.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define RAM_BYTES      0x10000u
#define USER           UINT64_C(0x700000000000) /* the front end's addresses of guest memory */
#define QUEUE_SIZE     8u
#define RING_AT(i)     ((i)*0x1000u) /* descriptors, then avail at 0x400 and used at 0x800 */
#define MESSAGE_AT     0x4000u
#define ANSWER_AT      0x5000u
#define MAX_STEPS      150
#define MAX_DISPATCH   40
#define MAX_BYTES      512
#define REPLY_HEADER   12
#define REPLY_MAX      8192
#define HANDSHAKE_BITS UINT64_C(0x1b229) /* all protocol features */

const char fuzz_name[] = "fuzz-vhost-user";

enum step {
	STEP_RAW = 48, /* bytes that need be no message */
	STEP_WRITE,    /* guest memory */
	STEP_CHAIN,    /* a command, offered and kicked */
	STEP_KICK,
	STEP_WAIT,
	STEP_SHRINK, /* guest memory, and it grows again */
	STEP_RECONNECT,
	STEP_READ,
	N_STEPS,
};

/* Kinds of descriptors that come with a message. */
enum kind {
	KIND_MEMORY,
	KIND_EVENTFD,
	KIND_PIPE_OUT,
	KIND_PIPE_IN,
	KIND_SOCKET,
	KIND_FILE,
	N_KINDS,
};

struct message {
	uint32_t request, flags, size;
	uint8_t payload[MAX_BYTES];
};

struct front {
	struct vvd_device *device;
	struct session *session;
	int socket, memory, kick, pipe[2];
	uint16_t avail;
	uint8_t reply[REPLY_HEADER + REPLY_MAX];
	size_t reply_bytes;
};

/* ---- The session ---- */

static void end_session(struct front *front)
{
	if (front->socket >= 0)
		close(front->socket);
	front->socket = -1;
	fuzz_check(session_free(front->session), "memory stays mapped");
	front->session = NULL;
	front->reply_bytes = 0;
}

static void connect_again(struct front *front)
{
	struct session_options options = {.device = front->device};
	int ends[2];

	end_session(front);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return;
	front->socket = ends[0];
	session_new(&options, ends[1], &front->session);
}

static void run_session(struct front *front)
{
	for (int i = 0; i < MAX_DISPATCH && front->session; i++) {
		struct pollfd fd = {session_get_fd(front->session), POLLIN, 0};

		if (poll(&fd, 1, 0) != 1)
			return;
		if (session_dispatch(front->session))
			connect_again(front);
	}
}

/* Takes whole replies out of what has come. */
static void check_replies(struct front *front)
{
	uint32_t header[3];

	while (front->reply_bytes >= REPLY_HEADER) {
		size_t size;

		memcpy(header, front->reply, sizeof(header));
		fuzz_check(header[1] == 5, "a reply's flags");
		fuzz_check(header[2] <= REPLY_MAX, "a reply's size");
		size = REPLY_HEADER + header[2];
		if (front->reply_bytes < size)
			return;
		front->reply_bytes -= size;
		memmove(front->reply, front->reply + size, front->reply_bytes);
	}
}

static void read_replies(struct front *front)
{
	ssize_t n;

	do {
		n = recv(front->socket, front->reply + front->reply_bytes,
			 sizeof(front->reply) - front->reply_bytes, MSG_DONTWAIT);
		if (n > 0)
			front->reply_bytes += (size_t)n;
		check_replies(front);
		run_session(front);
	} while (n > 0);
}

/* ---- Messages ---- */

static int descriptor(const struct front *front, unsigned int kind)
{
	switch (kind % N_KINDS) {
	case KIND_MEMORY:
		return front->memory;
	case KIND_EVENTFD:
		return front->kick;
	case KIND_PIPE_OUT:
		return front->pipe[0];
	case KIND_PIPE_IN:
		return front->pipe[1];
	case KIND_SOCKET:
		return front->socket;
	default:
		return STDERR_FILENO;
	}
}

static void send_bytes(struct front *front, const void *bytes, size_t size, const int *fds,
		       unsigned int n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	struct iovec iov = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = size};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};

	memset(&control, 0, sizeof(control));
	if (n_fds) {
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.align.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.align), fds, n_fds * sizeof(int));
	}
	(void)!sendmsg(front->socket, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	run_session(front);
}

static void put64(struct message *m, size_t at, uint64_t value)
{
	memcpy(m->payload + at, &value, sizeof(value));
}

/* A region somewhere in the memory, or beside it. */
static void put_region(struct message *m, size_t at, struct fuzz_reader *r)
{
	uint8_t where = fuzz_u8(r), size = fuzz_u8(r);
	uint64_t first = (uint64_t)(where & 15) << 12;

	put64(m, at, first);
	put64(m, at + 8, size ? (uint64_t)(size & 31) << 12 : RAM_BYTES);
	put64(m, at + 16, USER + first);
	put64(m, at + 24, where & 16 ? first + 64 : first);
}

static void fill_payload(struct message *m, struct fuzz_reader *r, unsigned int n_fds)
{
	uint8_t index = fuzz_u8(r), num = fuzz_u8(r);

	put64(m, 0, (index & 3) | (uint64_t)num << 32);
	m->size = 8;
	switch (m->request) {
	case 2:
		put64(m, 0, index | (uint64_t)num << 28);
		break;
	case 16:
		put64(m, 0, HANDSHAKE_BITS & ~((uint64_t)index << 4));
		break;
	case 5:
		put64(m, 0, index & 64 ? index & 7 : n_fds);
		for (unsigned int i = 0; i < (n_fds < 8 ? n_fds : 8); i++)
			put_region(m, 8 + 32 * i, r);
		m->size = num & 1 ? 264 : 8 + 32 * n_fds;
		break;
	case 9:
		put64(m, 0, index & 3);
		put64(m, 8, USER + RING_AT(index & 3) + (num & 3) * 4);
		put64(m, 16, USER + RING_AT(index & 3) + 0x800 + (num & 12) * 0x1000);
		put64(m, 24, USER + RING_AT(index & 3) + 0x400);
		m->size = 40;
		break;
	case 12:
	case 13:
	case 14:
		put64(m, 0, (index & 3) | (num & 1) << 8);
		break;
	case 24:
	case 25:
		put64(m, 0, index | (uint64_t)num << 32);
		m->size = 12;
		break;
	case 31:
	case 32:
		put64(m, 0, num & 1 ? 0x1000 : 0x200);
		put64(m, 8, (uint64_t)(num >> 2) << 8);
		put64(m, 16, (index & 3) | (num & 2 ? index : QUEUE_SIZE) << 16);
		m->size = 24;
		break;
	case 37:
	case 38:
		put_region(m, 8, r);
		m->size = 40;
		break;
	default:
		break;
	}
}

static void send_message(struct front *front, uint32_t id, struct fuzz_reader *r)
{
	struct message m = {.request = id};
	uint8_t how = fuzz_u8(r), kinds = fuzz_u8(r);
	unsigned int n_fds = how >> 3 & 3;
	int fds[16];

	m.flags = 1 | (how & 1 ? 8 : 0) | (how & 2 ? fuzz_u8(r) : 0);
	if (how & 32)
		n_fds = kinds & 15;
	for (unsigned int i = 0; i < n_fds; i++)
		fds[i] = descriptor(front, kinds + i * (how >> 6));
	fill_payload(&m, r, n_fds);
	if (how & 4)
		m.size = fuzz_u8(r);
	if (how & 64) {
		uint8_t at = fuzz_u8(r);

		put64(&m, at, fuzz_u32(r));
	}
	send_bytes(front, &m, REPLY_HEADER + m.size, fds, n_fds);
}

/* ---- What is there when QEMU has set up a device ---- */

static void say(struct front *front, uint32_t id, const void *payload, uint32_t size, int fd)
{
	struct message m = {.request = id, .flags = 1, .size = size};

	memcpy(m.payload, payload, size);
	send_bytes(front, &m, REPLY_HEADER + size, &fd, fd >= 0);
}

static void set_up(struct front *front)
{
	const uint64_t features = UINT64_C(1) << 32 | 1u << 30 | 1u << 28 | 3;
	const uint64_t table[] = {1, 0, RAM_BYTES, USER, 0};

	say(front, 16, &(uint64_t){HANDSHAKE_BITS}, 8, -1);
	say(front, 2, &features, 8, -1);
	say(front, 5, table, sizeof(table), front->memory);
	for (uint32_t i = 0; i < 2; i++) {
		const uint64_t ring = USER + RING_AT(i);
		const uint64_t addr[] = {i, ring, ring + 0x800, ring + 0x400, 0};

		say(front, 8, (uint32_t[]){i, QUEUE_SIZE}, 8, -1);
		say(front, 10, (uint32_t[]){i, 0}, 8, -1);
		say(front, 9, addr, sizeof(addr), -1);
		say(front, 12, &(uint64_t){i}, 8, front->kick);
		say(front, 13, &(uint64_t){i}, 8, front->pipe[1]);
		say(front, 18, (uint32_t[]){i, 1}, 8, -1);
	}
}

/* ---- The driver ---- */

static void write_guest(const struct front *front, size_t at, const void *bytes, size_t size)
{
	(void)!pwrite(front->memory, bytes, size, (off_t)(at % RAM_BYTES));
}

static void kick(struct front *front)
{
	eventfd_write(front->kick, 1);
	run_session(front);
}

static void put_desc(const struct front *front, unsigned int index, uint64_t gpa, uint32_t len,
		     uint16_t flags)
{
	uint8_t desc[16];
	uint16_t next = (uint16_t)(index + 1);

	memcpy(desc, &gpa, 8);
	memcpy(desc + 8, &len, 4);
	memcpy(desc + 12, &flags, 2);
	memcpy(desc + 14, &next, 2);
	write_guest(front, RING_AT(0) + 16 * index, desc, sizeof(desc));
}

/* A command of up to 255 bytes with room for an answer, in descriptors that change from one to one. */
static void offer(struct front *front, struct fuzz_reader *r)
{
	uint16_t head = (uint16_t)(front->avail % (QUEUE_SIZE / 2) * 2);
	uint32_t place = MESSAGE_AT + head * 0x80;
	size_t n;
	const uint8_t *bytes = fuzz_bytes(r, fuzz_u8(r), &n);

	write_guest(front, place, bytes, n);
	put_desc(front, head, place, (uint32_t)n, 1);
	put_desc(front, head + 1u, ANSWER_AT + head * 0x200, 0x200, 2);
	write_guest(front, RING_AT(0) + 0x404 + 2 * (front->avail % QUEUE_SIZE), &head, 2);
	front->avail++;
	write_guest(front, RING_AT(0) + 0x402, &front->avail, 2);
	kick(front);
}

static void shrink(struct front *front, struct fuzz_reader *r)
{
	(void)!ftruncate(front->memory, (off_t)(fuzz_u8(r) & 15) << 12);
	kick(front);
	(void)!ftruncate(front->memory, RAM_BYTES);
}

static void wait_moment(struct front *front)
{
	struct pollfd fd = {.events = POLLIN};

	fd.fd = front->session ? session_get_fd(front->session) : -1;
	poll(&fd, 1, 1);
	run_session(front);
}

static void step(struct front *front, struct fuzz_reader *r)
{
	unsigned int what = fuzz_u8(r) % N_STEPS;
	size_t at, n;
	const uint8_t *bytes;

	if (what < STEP_RAW) {
		send_message(front, what, r);
		return;
	}
	switch (what) {
	case STEP_RAW:
		bytes = fuzz_bytes(r, fuzz_u8(r), &n);
		send_bytes(front, bytes, n, &front->memory, n & 1);
		break;
	case STEP_WRITE:
		at = fuzz_u16(r);
		bytes = fuzz_bytes(r, fuzz_u8(r) & 31, &n);
		write_guest(front, at, bytes, n);
		break;
	case STEP_CHAIN:
		offer(front, r);
		break;
	case STEP_KICK:
		kick(front);
		break;
	case STEP_WAIT:
		wait_moment(front);
		break;
	case STEP_SHRINK:
		shrink(front, r);
		break;
	case STEP_RECONNECT:
		connect_again(front);
		break;
	default:
		read_replies(front);
	}
}

/* ---- A run ---- */

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)context;
	if (!vvd_handle_sigbus(info))
		signal(sig, SIG_DFL);
}

static int open_front(struct front *front, uint8_t settings)
{
	struct sigaction bus = {.sa_sigaction = on_sigbus, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct vvd_device_options options = {
		.size_bytes = sizeof(options), .role = VVD_ROLE_DECODER, .handles_sigbus = true};

	if (settings & 2)
		options.limits = (struct vvd_limits){2, 3, 2, 0x6000, 0x1000, 40};
	sigaction(SIGBUS, &bus, NULL);
	fake_reset();
	fake_unhang();
	front->memory = memfd_create("guest", MFD_CLOEXEC);
	front->kick = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (front->memory < 0 || front->kick < 0 || ftruncate(front->memory, RAM_BYTES) < 0 ||
	    pipe2(front->pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	return vvd_device_new(&options, &front->device);
}

static void close_front(struct front *front)
{
	const int fds[] = {front->memory, front->kick, front->pipe[0], front->pipe[1]};

	end_session(front);
	vvd_device_free(front->device);
	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* The lowest that is free, and so are all above it but for what others opened before us. */
static int lowest_fd(void)
{
	int fd = dup(STDERR_FILENO);

	if (fd >= 0)
		close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct front front;
	struct fuzz_reader r = {data, size};
	uint8_t settings = fuzz_u8(&r);
	int lowest = lowest_fd();

	front = (struct front){.socket = -1, .memory = -1, .kick = -1, .pipe = {-1, -1}};
	if (open_front(&front, settings) == 0) {
		connect_again(&front);
		if (settings & 1)
			set_up(&front);
		for (unsigned int i = 0; r.left && front.session && i < MAX_STEPS; i++)
			step(&front, &r);
	}
	close_front(&front);
	fuzz_check(fake_get_live() == 0, "handles are left");
	fuzz_check(lowest_fd() == lowest, "a descriptor is left");
	return 0;
}
