/* SPDX-License-Identifier: MIT */
/*
 * device.c - requests in, answers out: the dispatcher and its table
 */
#include <errno.h>
#include <string.h>
#include "device.h"
#include "log.h"

/* ---- Helpers of handlers ---- */

int call_begin(struct call *call, uint32_t type, size_t size_bytes, struct wire *w)
{
	struct answer *answer = call->answer;

	if (answer->cap_bytes < size_bytes || size_bytes > sizeof(answer->bytes))
		return -EINVAL;
	answer_header(answer, type);
	answer->len_bytes = size_bytes;
	wire_init(w, answer->bytes + WIRE_HDR, size_bytes - WIRE_HDR);
	return 0;
}

static int handle_query_capability(struct call *call)
{
	const struct caps *caps = &call->device->caps;
	struct wire w;
	/* Never truncated: whoever has no room for all of it gets an error. */
	int err = call_begin(call, VIRTIO_VIDEO_RESP_OK_QUERY_CAPABILITY,
			     caps_get_size(caps, call->side), &w);

	if (!err)
		caps_write(caps, call->side, &w);
	return err;
}

/* ---- The table ---- */

enum command_flags {
	COMMAND_STREAM = 1 << 0,    /* names a stream that exists */
	COMMAND_WHEN_LOST = 1 << 1, /* also when its session is lost */
	COMMAND_QUEUE = 1 << 2,     /* names a queue, first of all */
	COMMAND_ENTRIES = 1 << 3,   /* any number of entries may follow */
};

#define ANY_STREAM   (COMMAND_STREAM | COMMAND_WHEN_LOST)
#define STREAM_QUEUE (COMMAND_STREAM | COMMAND_QUEUE)

/* In the order of their numbers, from QUERY_CAPABILITY on. */
static const struct command {
	uint16_t min_len, max_len; /* of the request */
	uint16_t resp_len;         /* of an answer without an error, at least */
	uint16_t flags;
	int (*handle)(struct call *call);               /* NULL: a control that no decoder has */
	void (*fail)(struct call *call, uint32_t code); /* NULL: a bare header */
} commands[] = {
	{16, 16, 16, COMMAND_QUEUE, handle_query_capability, NULL},
	{88, 88, 8, 0, stream_handle_create, NULL},
	{8, 8, 8, ANY_STREAM, stream_handle_destroy, NULL},
	{8, 8, 8, COMMAND_STREAM, stream_handle_drain, NULL},
	{88, 88, 8, STREAM_QUEUE | COMMAND_ENTRIES, stream_handle_resource_create, NULL},
	{64, 64, 24, STREAM_QUEUE, stream_handle_resource_queue, stream_answer_failed_queue},
	{16, 16, 8, ANY_STREAM | COMMAND_QUEUE, stream_handle_clear, NULL},
	{16, 16, 8, ANY_STREAM | COMMAND_QUEUE, stream_handle_clear, NULL},
	{16, 16, 120, STREAM_QUEUE, control_handle_get_params, control_answer_failed_get},
	{120, 120, 8, STREAM_QUEUE, control_handle_set_params, NULL},
	{16, 24, 16, 0, control_handle_query, NULL},
	{16, 16, 16, COMMAND_STREAM, control_handle_get, NULL},
	{16, 24, 8, COMMAND_STREAM, NULL, NULL},
	{16, 16, 128, STREAM_QUEUE, control_handle_get_params, control_answer_failed_get},
	{128, 128, 8, STREAM_QUEUE, control_handle_set_params, NULL},
};

static const struct command *find_command(uint32_t type)
{
	uint32_t i = type - VIRTIO_VIDEO_CMD_QUERY_CAPABILITY;

	return i < sizeof(commands) / sizeof(commands[0]) ? &commands[i] : NULL;
}

static int read_side(struct call *call)
{
	uint32_t queue_type = wire_u32(&call->request);

	call->side = queue_type == VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT ? ENGINE_OUTPUT : ENGINE_INPUT;
	return queue_type - VIRTIO_VIDEO_QUEUE_TYPE_INPUT < ENGINE_N_SIDES ? 0 : -EINVAL;
}

static int check_request(struct call *call, const struct command *command)
{
	size_t size = call->request.size_bytes;
	struct engine_state state;

	if (call->request.err || size < WIRE_HDR)
		return -EINVAL;
	if (!command)
		return -EPERM;
	if (size < command->min_len ||
	    (size > command->max_len && !(command->flags & COMMAND_ENTRIES)))
		return -EINVAL;
	if (command->flags & COMMAND_STREAM) {
		call->stream = stream_find(call->device, call->answer->stream_id);
		if (!call->stream)
			return -ESRCH;
		engine_get_state(call->stream->engine, &state);
		if (!(command->flags & COMMAND_WHEN_LOST) && state.stats.lost)
			return -EPERM;
	}
	/* Nothing is done that cannot be answered. */
	if (call->answer->cap_bytes < command->resp_len)
		return -EINVAL;
	return command->flags & COMMAND_QUEUE ? read_side(call) : 0;
}

static void answer_error(struct call *call, const struct command *command, int error)
{
	uint32_t code = wire_code(error);

	if (command && command->fail)
		command->fail(call, code);
	else
		answer_header(call->answer, code);
	log_printf(call->device->log, LOG_LEVEL_DEBUG, "command 0x%x of stream %u: 0x%x",
		   call->type, call->answer->stream_id, code);
}

static void dispatch(struct call *call)
{
	const struct command *command;
	int err;

	call->type = wire_u32(&call->request);
	command = find_command(call->type);
	call->answer->stream_id = wire_u32(&call->request);
	err = check_request(call, command);
	if (!err) {
		answer_header(call->answer, VIRTIO_VIDEO_RESP_OK_NODATA);
		err = command->handle ? command->handle(call) : -ENOTSUP;
	}
	if (err == CALL_PENDING)
		return;
	if (err)
		answer_error(call, command, err);
	done_push(&call->device->done, call->answer);
	/* Not before: no frame of the new format may be answered before the parameters are. */
	if (call->read_output_params)
		engine_params_were_read(call->stream->engine);
}

/* ---- Entry ---- */

struct copy {
	struct vvd_device *device;
	const struct iovec *iov;
	size_t n, size_bytes;
};

/* What does not fit is longer than any request; the reader sees by one byte that it is. */
static int copy_request(void *cookie)
{
	struct copy *copy = cookie;
	struct vvd_device *device = copy->device;
	int err = 0;

	for (size_t i = 0; !err && i < copy->n; i++) {
		size_t room = device->request_capacity - copy->size_bytes;
		size_t part = copy->iov[i].iov_len < room ? copy->iov[i].iov_len : room;

		if (part)
			err = memory_copy(device->memory.n_by_syscall > 0,
					  device->request + copy->size_bytes, copy->iov[i].iov_base,
					  part);
		copy->size_bytes += part;
	}
	return err;
}

int vvd_device_submit(struct vvd_device *device, uint64_t token, const struct iovec *iov, size_t n,
		      uint32_t resp_cap_bytes)
{
	struct call call = {.device = device};
	struct copy copy = {device, iov, n, 0};
	int err;

	device_collect(device);
	/* Twice the limit: so many may wait with resources, and as many be ready to be reaped. */
	err = done_take(&device->done, VVD_QUEUE_COMMAND,
			2 * device->options.limits.pending_commands, &call.answer);
	if (err)
		return err;
	call.answer->token = token;
	call.answer->cap_bytes = resp_cap_bytes;
	device->stats.commands++;
	/* Of a request whose memory has gone nothing is believed. */
	if (vvd_guard(copy_request, &copy))
		copy.size_bytes = 0;
	wire_init(&call.request, device->request, copy.size_bytes);
	dispatch(&call);
	return 0;
}

int vvd_device_post_event(struct vvd_device *device, uint64_t token)
{
	struct answer *buffer;
	int err = done_take(&device->done, VVD_QUEUE_EVENT, device->options.limits.pending_commands,
			    &buffer);

	if (err)
		return err;
	buffer->token = token;
	buffer->cap_bytes = WIRE_EVENT;
	event_post_buffer(&device->done, buffer);
	device_send_events(device);
	return 0;
}

int vvd_device_reap(struct vvd_device *device, struct vvd_done *done, void *buf, size_t cap_bytes)
{
	if (cap_bytes < vvd_device_get_max_resp(device))
		return -ENOSPC;
	/* What the watchdog finds makes answers. */
	return done_reap(&device->done, done, buf) ||
	       (device_watch(device) && done_reap(&device->done, done, buf));
}

int vvd_device_get_fd(const struct vvd_device *device)
{
	return device->fd;
}
