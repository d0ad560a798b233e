/* SPDX-License-Identifier: MIT */
/*
 * stream.c - streams and their resources: the commands that make, use and end them
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "device.h"
#include "log.h"
#include "resource.h"

#define TAG_BYTES       64
#define LEAVING_WAIT_NS 100000000

struct stream *stream_find(const struct vvd_device *device, uint32_t id)
{
	for (unsigned int i = 0; i < device->n_streams; i++) {
		if (device->streams[i]->id == id)
			return device->streams[i];
	}
	return NULL;
}

/* ---- Create and destroy ---- */

static int create_engine(struct vvd_device *device, struct stream *stream,
			 const uint32_t mem_types[ENGINE_N_SIDES])
{
	const struct vvd_limits *limits = &device->options.limits;
	uint64_t coded_bytes = limits->coded_buffer_bytes;
	struct engine_params params = {
		.log = device->log,
		.done = &device->done,
		.watchdog = &device->watchdog,
		.open_display = device_open_display,
		.open_cookie = device,
		.codec = stream->caps->codec,
		.bounds = {stream->caps->min_width, stream->caps->min_height,
			   stream->caps->max_width, stream->caps->max_height,
			   limits->resources_per_queue,
			   coded_bytes > UINT32_MAX ? UINT32_MAX : coded_bytes},
		.resource_bytes = limits->resource_bytes,
		.state.stats.stream_id = stream->id,
	};
	struct params *queues = params.state.params;
	int err;

	params_init(&queues[ENGINE_INPUT], VIRTIO_VIDEO_QUEUE_TYPE_INPUT, stream->caps->format,
		    &params.bounds);
	params_init(&queues[ENGINE_OUTPUT], VIRTIO_VIDEO_QUEUE_TYPE_OUTPUT,
		    VIRTIO_VIDEO_FORMAT_NV12, &params.bounds);
	for (int i = 0; i < ENGINE_N_SIDES; i++)
		queues[i].mem_type = mem_types[i];
	err = device_open_display(device, &params.display);
	if (err) {
		log_printf(device->log, LOG_LEVEL_ERROR, "stream %u: no display: %s", stream->id,
			   strerror(-err));
		return err == -ENOMEM ? err : -EPERM;
	}
	err = engine_new(&params, &stream->engine);
	caps_unref_display(params.display);
	return err;
}

/* Whether there is room for one more; a thread that is about to end gets a moment for it. */
static int check_room(struct vvd_device *device)
{
	unsigned int limit = device->options.limits.streams;

	device_collect(device);
	if (device->n_streams + device->n_leaving < limit)
		return 0;
	if (device->n_streams < limit && engine_collect(device->leaving[0], LEAVING_WAIT_NS)) {
		device->leaving[0] = device->leaving[--device->n_leaving];
		return 0;
	}
	return -ENOSPC;
}

static int create_stream(struct vvd_device *device, const struct stream *init,
			 const uint32_t mem_types[ENGINE_N_SIDES])
{
	struct stream *stream = malloc(sizeof(*stream));
	int err;

	if (!stream)
		return -ENOMEM;
	*stream = *init;
	err = create_engine(device, stream, mem_types);
	if (err)
		free(stream);
	else
		device->streams[device->n_streams++] = stream;
	return err;
}

int stream_handle_create(struct call *call)
{
	struct stream init = {.id = call->answer->stream_id};
	uint32_t mem_types[ENGINE_N_SIDES], format;
	int err;

	mem_types[ENGINE_INPUT] = wire_u32(&call->request);
	mem_types[ENGINE_OUTPUT] = wire_u32(&call->request);
	format = wire_u32(&call->request);
	wire_skip(&call->request, 4 + TAG_BYTES);
	if (call->request.err)
		return call->request.err;
	if (stream_find(call->device, init.id))
		return -EEXIST;
	/* Objects that were not negotiated are refused when one is made: drivers say so blindly. */
	if (mem_types[ENGINE_INPUT] > VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT ||
	    mem_types[ENGINE_OUTPUT] > VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT)
		return -EINVAL;
	init.caps = caps_find(&call->device->caps, format);
	if (!init.caps)
		return -EINVAL;
	err = check_room(call->device);
	return err ? err : create_stream(call->device, &init, mem_types);
}

void stream_destroy(struct vvd_device *device, struct stream *stream, struct answer *answer)
{
	unsigned int i = 0;

	engine_stop(stream->engine, answer);
	device_add_stats(&device->stats, stream->engine);
	while (device->streams[i] != stream)
		i++;
	device->streams[i] = device->streams[--device->n_streams];
	device->leaving[device->n_leaving++] = stream->engine;
	free(stream);
	device_send_events(device);
}

int stream_handle_destroy(struct call *call)
{
	stream_destroy(call->device, call->stream, call->answer);
	device_collect(call->device);
	return CALL_PENDING;
}

/* ---- Resources ---- */

static int get_limits(const struct call *call, struct resource_limits *limits)
{
	const struct vvd_device *device = call->device;
	uint64_t wanted = VVD_FEATURE_RESOURCE_GUEST_PAGES;
	struct engine_state state;

	*limits = (struct resource_limits){
		.handles_sigbus = device->options.handles_sigbus,
		.entries = device->options.limits.entries_per_resource,
		.non_contiguous = device->features & VVD_FEATURE_RESOURCE_NON_CONTIG,
	};
	engine_get_state(call->stream->engine, &state);
	if (state.params[call->side].mem_type == VIRTIO_VIDEO_MEM_TYPE_VIRTIO_OBJECT) {
		wanted = VVD_FEATURE_RESOURCE_VIRTIO_OBJECT;
		limits->get_object = device->options.get_object;
		limits->get_object_cookie = device->options.get_object_cookie;
	}
	return device->features & wanted ? 0 : -EINVAL;
}

int stream_handle_resource_create(struct call *call)
{
	struct resource_limits limits;
	struct resource *resource;
	int err = get_limits(call, &limits);

	if (!err)
		err = resource_new(&call->request, &call->device->memory, &limits, &resource);
	if (err)
		return err;
	if (call->side == ENGINE_INPUT && resource->num_planes != 1)
		err = -EINVAL;
	if (!err)
		err = engine_add(call->stream->engine, call->side, resource, call->answer);
	if (err)
		resource_unref(resource);
	return err ? err : CALL_PENDING;
}

/* ---- Work ---- */

static int read_sizes(struct call *call, uint32_t *first)
{
	uint32_t n = wire_u32(&call->request);

	*first = wire_u32(&call->request);
	wire_skip(&call->request, 4 * (WIRE_MAX_PLANES - 1) + 4);
	if (call->request.err)
		return call->request.err;
	return n > WIRE_MAX_PLANES ? -EINVAL : (int)n;
}

static int check_input(const struct call *call, const struct resource *resource, int n_sizes,
		       uint32_t data_bytes)
{
	if (n_sizes < 1)
		return -EINVAL;
	if (data_bytes > resource->size_bytes - resource->planes[0].offset_bytes)
		return -EINVAL;
	return data_bytes > call->device->options.limits.coded_buffer_bytes ? -ENOSPC : 0;
}

int stream_handle_resource_queue(struct call *call)
{
	struct engine_job job = {.answer = call->answer};
	struct resource *resource;
	enum engine_side side = call->side;
	uint32_t id = wire_u32(&call->request);
	int err = 0, n_sizes;

	job.timestamp = wire_u64(&call->request);
	n_sizes = read_sizes(call, &job.data_bytes);
	if (n_sizes < 0)
		return n_sizes;
	resource = engine_find(call->stream->engine, side, id);
	if (!resource)
		return -ENOENT;
	if (side == ENGINE_INPUT)
		err = check_input(call, resource, n_sizes, job.data_bytes);
	if (!err && call->device->done.commands > call->device->options.limits.pending_commands)
		err = -ENOSPC;
	if (!err)
		err = engine_queue(call->stream->engine, side, resource, &job);
	return err ? err : CALL_PENDING;
}

void stream_answer_failed_queue(struct call *call, uint32_t code)
{
	/* Whatever was wrong, where the timestamp can be read it is told of. */
	call->request.pos = WIRE_HDR + 8;
	call->request.err = 0;
	answer_resource(call->answer, code, wire_u64(&call->request), VIRTIO_VIDEO_BUFFER_FLAG_ERR,
			0);
}

int stream_handle_drain(struct call *call)
{
	int err = engine_drain(call->stream->engine, call->answer);

	return err ? err : CALL_PENDING;
}

int stream_handle_clear(struct call *call)
{
	engine_clear(call->stream->engine, call->side, call->answer);
	if (call->type == VIRTIO_VIDEO_CMD_RESOURCE_DESTROY_ALL)
		engine_remove_all(call->stream->engine, call->side);
	return CALL_PENDING;
}
