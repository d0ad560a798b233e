/* SPDX-License-Identifier: MIT */
/*
 * device-life.c - making, resetting and freeing a device; memory, features, config, statistics
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "device.h"
#include "log.h"

#define DEFAULT_STREAMS        64
#define DEFAULT_ENTRIES        4096
#define DEFAULT_RESOURCE_BYTES (UINT64_C(1) << 30)
#define DEFAULT_CODED_BYTES    (UINT64_C(64) << 20)
#define DEFAULT_PENDING        4096
#define DEFAULT_HANG_MS        10000
#define MAX_STREAMS            4096
#define MAX_ENTRIES            (1 << 20)
#define MAX_PENDING            (1 << 20)

/* How long stopping waits for threads in the driver, all together. */
#define STOP_WAIT_NS UINT64_C(800000000)

/* ---- Display and threads ---- */

int device_open_display(void *cookie, struct vawrap_display **out)
{
	const struct vvd_device *device = cookie;
	const struct vvd_device_options *options = &device->options;

	if (options->share_display && device->display) {
		*out = caps_ref_display(device->display);
		return 0;
	}
	if (options->open_display)
		return options->open_display(options->open_display_cookie, out);
	return caps_open_display(options, device->log, out);
}

void device_collect(struct vvd_device *device)
{
	for (unsigned int i = device->n_leaving; i-- > 0;) {
		if (engine_collect(device->leaving[i], 0))
			device->leaving[i] = device->leaving[--device->n_leaving];
	}
}

void device_send_events(struct vvd_device *device)
{
	for (unsigned int i = 0; i < device->n_streams; i++)
		engine_send_events(device->streams[i]->engine);
}

static void stop_all(struct vvd_device *device)
{
	uint64_t until_ns = watchdog_now_ns() + STOP_WAIT_NS;

	while (device->n_streams)
		stream_destroy(device, device->streams[0], NULL);
	for (unsigned int i = 0; i < device->n_leaving; i++) {
		uint64_t now_ns = watchdog_now_ns();

		if (engine_collect(device->leaving[i], now_ns < until_ns ? until_ns - now_ns : 0))
			continue;
		log_printf(device->log, LOG_LEVEL_ERROR,
			   "a thread hangs in the driver: left behind");
		engine_abandon(device->leaving[i]);
		device->n_abandoned++;
	}
	device->n_leaving = 0;
}

bool device_watch(struct vvd_device *device)
{
	if (!watchdog_take(&device->watchdog))
		return false;
	for (unsigned int i = 0; i < device->n_streams; i++)
		engine_check(device->streams[i]->engine);
	for (unsigned int i = 0; i < device->n_leaving; i++)
		engine_check(device->leaving[i]);
	return true;
}

/* ---- New and free ---- */

static void set_default(unsigned int *value, unsigned int fallback, unsigned int max)
{
	if (*value == 0)
		*value = fallback;
	if (*value > max)
		*value = max;
}

static void set_limits(struct vvd_limits *limits)
{
	set_default(&limits->streams, DEFAULT_STREAMS, MAX_STREAMS);
	set_default(&limits->resources_per_queue, PARAMS_MAX_BUFFERS, PARAMS_MAX_BUFFERS);
	set_default(&limits->entries_per_resource, DEFAULT_ENTRIES, MAX_ENTRIES);
	set_default(&limits->pending_commands, DEFAULT_PENDING, MAX_PENDING);
	if (limits->resource_bytes == 0)
		limits->resource_bytes = DEFAULT_RESOURCE_BYTES;
	if (limits->coded_buffer_bytes == 0)
		limits->coded_buffer_bytes = DEFAULT_CODED_BYTES;
}

static int copy_string(char **out, const char **option)
{
	if (!*option)
		return 0;
	*out = strdup(*option);
	*option = *out;
	return *out ? 0 : -ENOMEM;
}

static int copy_options(struct vvd_device *device, const struct vvd_device_options *options)
{
	size_t size = options->size_bytes;
	const char *name;
	int err;

	if (size < offsetof(struct vvd_device_options, device))
		return -EINVAL;
	memcpy(&device->options, options,
	       size < sizeof(device->options) ? size : sizeof(device->options));
	set_limits(&device->options.limits);
	set_default(&device->options.hang_ms, DEFAULT_HANG_MS, UINT32_MAX);
	name = device->options.device_name ? device->options.device_name : "vaapi";
	if (strlen(name) >= sizeof(device->name))
		return -EINVAL;
	memcpy(device->name, name, strlen(name));
	device->options.device_name = NULL;
	err = copy_string(&device->device_path, &device->options.device);
	return err ? err : copy_string(&device->driver_name, &device->options.driver);
}

static int allocate(struct vvd_device *device)
{
	const struct vvd_limits *limits = &device->options.limits;

	device->streams = calloc(limits->streams, sizeof(struct stream *));
	device->leaving = calloc(limits->streams, sizeof(struct engine *));
	/* The entries, and more than any request without them. */
	device->request_capacity =
		(size_t)WIRE_ENTRY * limits->entries_per_resource + WIRE_MAX_ANSWER + 1;
	device->request = malloc(device->request_capacity);
	return device->streams && device->leaving && device->request ? 0 : -ENOMEM;
}

static int read_caps(struct vvd_device *device)
{
	int err = device_open_display(device, &device->display);

	return err ? err : caps_init(&device->caps, &device->options, device->display);
}

static int watch(struct vvd_device *device, int fd)
{
	struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

	return epoll_ctl(device->fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int open_fds(struct vvd_device *device)
{
	int err = done_init(&device->done);

	if (!err)
		err = watchdog_init(&device->watchdog, UINT64_C(1000000) * device->options.hang_ms);
	device->fd = epoll_create1(EPOLL_CLOEXEC);
	if (!err && device->fd < 0)
		err = -errno;
	if (!err)
		err = watch(device, device->done.fd);
	return err ? err : watch(device, device->watchdog.fd);
}

int vvd_device_new(const struct vvd_device_options *options, struct vvd_device **out)
{
	struct vvd_device *device;
	int err;

	*out = NULL;
	if (options->role != VVD_ROLE_DECODER)
		return options->role == VVD_ROLE_ENCODER ? -ENOTSUP : -EINVAL;
	device = calloc(1, sizeof(*device));
	if (!device)
		return -ENOMEM;
	device->fd = device->done.fd = device->watchdog.fd = -1;
	err = copy_options(device, options);
	if (!err)
		err = log_new(&device->options.log, &device->log);
	if (!err)
		err = allocate(device);
	if (!err)
		err = read_caps(device);
	if (!err)
		err = open_fds(device);
	*out = err ? vvd_device_free(device) : device;
	return err;
}

struct vvd_device *vvd_device_free(struct vvd_device *device)
{
	if (!device)
		return NULL;
	stop_all(device);
	done_finish(&device->done);
	close(device->watchdog.fd); /* or -1 */
	close(device->fd);
	caps_unref_display(device->display);
	free(device->streams);
	free(device->leaving);
	free(device->request);
	free(device->device_path);
	free(device->driver_name);
	if (device->log)
		log_close(device->log);
	log_unref(device->log);
	free(device);
	return NULL;
}

int vvd_device_reset(struct vvd_device *device)
{
	stop_all(device);
	done_reset(&device->done);
	device->features = 0;
	return 0;
}

int vvd_device_clear_queue(struct vvd_device *device, enum vvd_queue queue)
{
	if (queue == VVD_QUEUE_EVENT) {
		event_forget_buffers(&device->done);
		return 0;
	}
	if (queue != VVD_QUEUE_COMMAND)
		return -EINVAL;
	for (unsigned int i = 0; i < device->n_streams; i++) {
		engine_clear(device->streams[i]->engine, ENGINE_INPUT, NULL); /* cancels a drain */
		engine_clear(device->streams[i]->engine, ENGINE_OUTPUT, NULL);
	}
	return 0;
}

/* ---- Guest memory ---- */

int vvd_device_add_region(struct vvd_device *device, uint64_t gpa, void *addr, uint64_t size_bytes,
			  int fd)
{
	struct memory_region region = {.gpa = gpa, .addr = addr, .size_bytes = size_bytes};
	int seals = fd < 0 ? F_SEAL_SHRINK : fcntl(fd, F_GET_SEALS);
	uint8_t byte;

	if (!device->options.handles_sigbus && (seals < 0 || !(seals & F_SEAL_SHRINK)))
		region.by_syscall = true;
	if (region.by_syscall && memory_copy(true, &byte, &byte, 1)) {
		log_printf(device->log, LOG_LEVEL_WARN,
			   "region 0x%" PRIx64 " may shrink: touching what is gone is a SIGBUS",
			   gpa);
		region.by_syscall = false;
	}
	return memory_add(&device->memory, &region);
}

int vvd_device_remove_region(struct vvd_device *device, uint64_t gpa)
{
	const struct memory_region *region = memory_find(&device->memory, gpa);

	if (!region)
		return -ENOENT;
	for (unsigned int i = 0; i < device->n_streams; i++)
		engine_drop_memory(device->streams[i]->engine, region->addr, region->size_bytes);
	for (unsigned int i = 0; i < device->n_leaving; i++)
		engine_wait_for_copy(device->leaving[i]);
	return memory_remove(&device->memory, gpa);
}

/* ---- Features and config space ---- */

uint64_t vvd_device_get_features(const struct vvd_device *device)
{
	uint64_t objects = device->options.get_object ? VVD_FEATURE_RESOURCE_VIRTIO_OBJECT : 0;

	return VVD_FEATURE_RESOURCE_GUEST_PAGES | VVD_FEATURE_RESOURCE_NON_CONTIG | objects;
}

int vvd_device_set_features(struct vvd_device *device, uint64_t features)
{
	if (features & ~vvd_device_get_features(device))
		return -EINVAL;
	device->features = features;
	return 0;
}

static uint32_t max_caps(const struct vvd_device *device)
{
	size_t in = caps_get_size(&device->caps, ENGINE_INPUT);
	size_t out = caps_get_size(&device->caps, ENGINE_OUTPUT);

	return in > out ? in : out;
}

size_t vvd_device_get_max_resp(const struct vvd_device *device)
{
	uint32_t caps = max_caps(device);

	return caps > WIRE_MAX_ANSWER ? caps : WIRE_MAX_ANSWER;
}

int vvd_device_get_config(const struct vvd_device *device, uint32_t offset, void *data,
			  uint32_t size_bytes)
{
	uint8_t config[WIRE_CONFIG];
	struct wire w;

	wire_init(&w, config, sizeof(config));
	wire_put_u32(&w, 0); /* version */
	wire_put_u32(&w, max_caps(device));
	wire_put_u32(&w, WIRE_MAX_ANSWER);
	memcpy(config + w.pos, device->name, WIRE_DEVICE_NAME);
	for (uint64_t i = 0; i < size_bytes; i++)
		((uint8_t *)data)[i] = offset + i < sizeof(config) ? config[offset + i] : 0;
	return 0;
}

/* ---- Statistics ---- */

void device_add_stats(struct vvd_stats *to, struct engine *engine)
{
	struct engine_state state;

	engine_get_state(engine, &state);
	to->frames += state.stats.frames;
	to->corrupt_frames += state.stats.corrupt_frames;
	to->copied_bytes += state.stats.copied_bytes;
	to->driver_copied_bytes += state.stats.driver_copied_bytes;
	to->bitstream_bytes += state.stats.bitstream_bytes;
	to->detached_engines += state.stats.hangs;
	to->resources += state.n_resources;
}

static void count_streams(const struct vvd_device *device, struct vvd_stats *stats)
{
	struct vvd_stats leaving = {0};

	stats->streams = device->n_streams;
	stats->detached_engines = device->n_abandoned;
	for (unsigned int i = 0; i < device->n_streams; i++)
		device_add_stats(stats, device->streams[i]->engine);
	for (unsigned int i = 0; i < device->n_leaving; i++)
		device_add_stats(&leaving, device->leaving[i]);
	stats->detached_engines += leaving.detached_engines;
}

/* As much as the caller's version of the struct has. */
static int copy_stats(size_t *to, size_t *from, size_t size_bytes)
{
	if (*to < sizeof(*to))
		return -EINVAL;
	*from = *to;
	memcpy(to, from, *to < size_bytes ? *to : size_bytes);
	return 0;
}

int vvd_device_get_stats(const struct vvd_device *device, struct vvd_stats *stats)
{
	/* The counters of the done queue change under its lock, whoever looks. */
	struct done_queue *done = (struct done_queue *)(uintptr_t)&device->done;
	struct vvd_stats all = device->stats;

	pthread_mutex_lock(&done->lock);
	all.events = done->n_events;
	all.errors = done->n_errors;
	all.pending = done->commands + done->events;
	pthread_mutex_unlock(&done->lock);
	count_streams(device, &all);
	return copy_stats(&stats->size_bytes, &all.size_bytes, sizeof(all));
}

int vvd_device_get_stream_stats(const struct vvd_device *device, unsigned int index,
				struct vvd_stream_stats *stats)
{
	struct engine_state state;

	if (index >= device->n_streams)
		return -ENOENT;
	engine_get_state(device->streams[index]->engine, &state);
	return copy_stats(&stats->size_bytes, &state.stats.size_bytes, sizeof(state.stats));
}
