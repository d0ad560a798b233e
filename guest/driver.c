/* SPDX-License-Identifier: MIT */
/*
 * driver.c - a virtio-video decoder driver in user space: probe, events, waiting
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include "driver.h"
#include "stream.h"

#define COMMAND_QUEUE   0
#define EVENT_QUEUE     1
#define COMMAND_ENTRIES 1024 /* without indirect descriptors a command takes up to three */
#define EVENT_ENTRIES   256
#define DEFAULT_RAM     (UINT64_C(512) << 20)

static int negotiate(struct guest_driver *driver)
{
	struct guest_transport *t = driver->transport;
	uint64_t wanted = RING_FEATURE_VERSION_1 | WIRE_FEATURE_GUEST_PAGES;
	uint64_t offered;
	int ret;

	if (!driver->options.one_piece)
		wanted |= WIRE_FEATURE_NON_CONTIG;
	ret = t->ops->get_features(t, &offered);
	if (ret < 0)
		return guest_fault_set(&driver->fault, ret, "the device's features: %s",
				       strerror(-ret));
	if ((offered & wanted) != wanted)
		return guest_fault_set(&driver->fault, -ENOTSUP,
				       "the device lacks features: 0x%llx of 0x%llx",
				       (unsigned long long)offered, (unsigned long long)wanted);
	if (!driver->options.no_indirect)
		wanted |= offered & RING_FEATURE_INDIRECT;
	if (!driver->options.no_event_idx)
		wanted |= offered & RING_FEATURE_EVENT_IDX;
	driver->features = wanted;
	ret = t->ops->set_features(t, wanted);
	return ret < 0 ? guest_fault_set(&driver->fault, ret, "setting features 0x%llx: %s",
					 (unsigned long long)wanted, strerror(-ret))
		       : 0;
}

static int read_config(struct guest_driver *driver)
{
	struct guest_transport *t = driver->transport;
	struct wire_config config;
	int ret = t->ops->get_config(t, 0, &config, sizeof(config));

	if (ret < 0)
		return guest_fault_set(&driver->fault, ret, "the config space: %s", strerror(-ret));
	driver->max_caps_bytes = guest_get32(config.max_caps_length);
	driver->max_resp_bytes = guest_get32(config.max_resp_length);
	memcpy(driver->device_name, config.device_name, sizeof(config.device_name));
	if (guest_get32(config.version) != 0)
		return guest_fault_set(&driver->fault, -ENOTSUP, "config version %u, not 0",
				       guest_get32(config.version));
	if (!driver->max_caps_bytes || !driver->max_resp_bytes ||
	    driver->max_caps_bytes > GUEST_CHANNEL_MAX_ANSWER ||
	    driver->max_resp_bytes > GUEST_CHANNEL_MAX_ANSWER)
		return guest_fault_set(&driver->fault, -EPROTO,
				       "config: max_caps_length %u, max_resp_length %u",
				       driver->max_caps_bytes, driver->max_resp_bytes);
	return 0;
}

static int make_rings(struct guest_driver *driver)
{
	struct guest_ram *ram = driver->ram;
	int ret;

	ret = guest_ring_new(ram, COMMAND_ENTRIES, driver->features, &driver->command_ring);
	if (ret < 0)
		return ret;
	ret = guest_ring_new(ram, EVENT_ENTRIES, driver->features, &driver->event_ring);
	if (ret < 0)
		return ret;
	return guest_ram_alloc(ram, EVENT_ENTRIES * sizeof(struct wire_event), &driver->event_gpa);
}

static int make_memory(struct guest_driver *driver)
{
	uint32_t answer = driver->max_resp_bytes > driver->max_caps_bytes ? driver->max_resp_bytes
									  : driver->max_caps_bytes;
	uint64_t size = driver->options.ram_bytes ? driver->options.ram_bytes : DEFAULT_RAM;
	int ret;

	ret = guest_ram_new(size, &driver->ram);
	if (ret == 0)
		ret = make_rings(driver);
	if (ret == 0) /* fixed answers must have room, whatever the config says of lists */
		ret = guest_channel_new(driver->ram, driver->command_ring,
					answer > 512 ? answer : 512, &driver->fault,
					&driver->channel);
	if (ret < 0)
		return guest_fault_set(&driver->fault, ret, "guest memory: %s", strerror(-ret));
	if (driver->options.timeout_ms)
		guest_channel_set_timeout(driver->channel, driver->options.timeout_ms);
	return 0;
}

static int offer_event(struct guest_driver *driver, uint64_t index)
{
	struct guest_piece piece = {
		.gpa = driver->event_gpa + index * sizeof(struct wire_event),
		.size_bytes = sizeof(struct wire_event),
		.device_writes = true,
	};

	return guest_ring_add(driver->event_ring, &piece, 1, index);
}

static int start(struct guest_driver *driver)
{
	struct guest_region regions[GUEST_RAM_REGIONS];
	struct guest_ring *rings[] = {driver->command_ring, driver->event_ring};
	struct guest_transport *t = driver->transport;
	struct guest_ring_setup setup;
	int ret = 0;

	guest_ram_get_regions(driver->ram, regions);
	for (unsigned int i = 0; i < GUEST_RAM_REGIONS && ret == 0; i++)
		ret = t->ops->add_region(t, &regions[i]);
	for (unsigned int i = 0; i < 2 && ret == 0; i++) {
		guest_ring_get_setup(rings[i], &setup);
		ret = t->ops->set_queue(t, i, &setup);
	}
	for (uint64_t i = 0; i < EVENT_ENTRIES && ret == 0; i++)
		ret = offer_event(driver, i);
	if (ret == 0)
		ret = t->ops->start(t);
	if (ret < 0)
		return guest_fault_set(&driver->fault, ret, "starting the device: %s",
				       strerror(-ret));
	driver->started = true;
	ret = guest_ring_kick(driver->event_ring);
	return ret < 0 ? ret : 0;
}

static int query_capability(struct guest_driver *driver, uint32_t queue, struct guest_formats *out)
{
	struct wire_queue_cmd request = {
		.hdr = guest_wire_hdr(WIRE_QUERY_CAPABILITY, 0),
		.queue_type = guest_le32(queue),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_QUERY_CAPABILITY,
		.ok_bytes = sizeof(struct wire_query_capability_resp),
		.max_bytes = driver->max_caps_bytes,
	};
	uint8_t *answer = malloc(driver->max_caps_bytes);
	int ret;

	if (!answer)
		return guest_fault_set(&driver->fault, -ENOMEM, "out of memory");
	ret = guest_channel_call(driver->channel, &command, answer);
	if (ret >= 0)
		ret = guest_wire_get_formats(answer, (size_t)ret, out);
	free(answer);
	return ret < 0 ? guest_fault_set(&driver->fault, ret, "a malformed capability list") : 0;
}

static int query_control(struct guest_driver *driver, uint32_t control, uint32_t format)
{
	struct wire_query_control request = {
		.hdr = guest_wire_hdr(WIRE_QUERY_CONTROL, 0),
		.control = guest_le32(control),
		.format = guest_le32(format),
	};
	struct guest_command command = {
		.request = &request,
		.request_bytes = sizeof(request),
		.ok_type = WIRE_OK_QUERY_CONTROL,
		.ok_bytes = sizeof(struct wire_query_control_resp),
		.max_bytes = driver->max_resp_bytes,
	};
	uint8_t answer[GUEST_CHANNEL_MAX_ANSWER];
	struct wire_query_control_resp head;
	int ret = guest_channel_call(driver->channel, &command, answer);

	if (ret < 0)
		return ret;
	memcpy(&head, answer, sizeof(head));
	if ((size_t)ret != sizeof(head) + (size_t)guest_get32(head.num) * sizeof(struct le32))
		return guest_fault_set(&driver->fault, -EPROTO,
				       "QUERY_CONTROL: %u values in %d bytes",
				       guest_get32(head.num), ret);
	return 0;
}

/* Of the others the protocol has none, and the Linux driver does not ask. */
static bool has_levels(uint32_t format)
{
	return format == WIRE_FORMAT_H264 || format == WIRE_FORMAT_HEVC;
}

static int query_all(struct guest_driver *driver)
{
	const struct guest_formats *coded = &driver->input_formats;
	int ret;

	ret = query_capability(driver, WIRE_QUEUE_INPUT, &driver->input_formats);
	if (ret == 0)
		ret = query_capability(driver, WIRE_QUEUE_OUTPUT, &driver->output_formats);
	if (ret == 0 && (coded->n == 0 || driver->output_formats.n == 0))
		ret = guest_fault_set(&driver->fault, -ENOTSUP, "the device has no format");
	for (unsigned int i = 0; i < coded->n && ret == 0; i++) {
		ret = query_control(driver, WIRE_CONTROL_PROFILE, coded->desc[i].format);
		if (ret == 0 && has_levels(coded->desc[i].format))
			ret = query_control(driver, WIRE_CONTROL_LEVEL, coded->desc[i].format);
	}
	return ret;
}

int guest_driver_new(struct guest_transport *transport, const struct guest_driver_options *options,
		     struct guest_driver **out)
{
	struct guest_driver *driver = calloc(1, sizeof(*driver));
	int ret;

	*out = driver;
	if (!driver)
		return -ENOMEM;
	driver->transport = transport;
	driver->options = *options;
	ret = negotiate(driver);
	if (ret == 0)
		ret = read_config(driver);
	if (ret == 0)
		ret = make_memory(driver);
	if (ret == 0)
		ret = start(driver);
	if (ret == 0)
		ret = query_all(driver);
	return ret;
}

void guest_driver_stop(struct guest_driver *driver)
{
	if (driver->ram)
		driver->stop_error = driver->transport->ops->stop(driver->transport);
	driver->started = false;
	guest_fault_set(&driver->fault, -ESHUTDOWN, "the device was stopped");
}

struct guest_driver *guest_driver_free(struct guest_driver *driver)
{
	if (!driver)
		return NULL;
	guest_driver_stop(driver);
	if (driver->event_gpa)
		guest_ram_release(driver->ram, driver->event_gpa,
				  EVENT_ENTRIES * sizeof(struct wire_event));
	guest_channel_free(driver->channel);
	guest_ring_free(driver->command_ring);
	guest_ring_free(driver->event_ring);
	if (driver->stop_error == 0)
		guest_ram_free(driver->ram);
	free(driver);
	return NULL;
}

const struct guest_format *guest_driver_find_format(const struct guest_driver *driver,
						    uint32_t format)
{
	for (unsigned int i = 0; i < driver->input_formats.n; i++)
		if (driver->input_formats.desc[i].format == format)
			return &driver->input_formats.desc[i];
	return NULL;
}

static int take_event(struct guest_driver *driver, uint64_t index, uint32_t size)
{
	struct wire_event event;
	const void *memory = guest_ram_get_pointer(
		driver->ram, driver->event_gpa + index * sizeof(event), sizeof(event));
	uint32_t type, id;

	if (size != sizeof(event))
		return guest_fault_set(&driver->fault, -EPROTO, "an event of %u bytes", size);
	memcpy(&event, memory, sizeof(event));
	type = guest_get32(event.event_type);
	id = guest_get32(event.stream_id);
	driver->n_events++;
	if (type != WIRE_EVENT_ERROR && type != WIRE_EVENT_RESOLUTION_CHANGED)
		return guest_fault_set(&driver->fault, -EPROTO, "an event of type 0x%x", type);
	for (unsigned int i = 0; i < GUEST_MAX_STREAMS; i++)
		if (driver->streams[i] && driver->streams[i]->id == id) {
			guest_stream_take_event(driver->streams[i], type);
			return offer_event(driver, index);
		}
	return guest_fault_set(&driver->fault, -EPROTO, "an event for stream %u, which is not", id);
}

static int process_events(struct guest_driver *driver)
{
	uint64_t index;
	uint32_t size;
	int n = 0, ret;

	guest_ring_want_call(driver->event_ring, false);
	do {
		while ((ret = guest_ring_get(driver->event_ring, &index, &size)) == 1) {
			ret = take_event(driver, index, size);
			if (ret < 0)
				return ret;
			n++;
		}
		if (ret < 0)
			return guest_fault_set(&driver->fault, ret,
					       "the device spoilt the event queue");
	} while (guest_ring_want_call(driver->event_ring, true));
	ret = guest_ring_kick(driver->event_ring);
	return ret < 0 ? ret : n;
}

/* Events first: the frames that the device put before an event are then seen with it. */
int guest_driver_process(struct guest_driver *driver)
{
	int events, answers;

	if (driver->fault.code)
		return driver->fault.code;
	events = process_events(driver);
	if (events < 0)
		return events;
	answers = guest_channel_process(driver->channel);
	return answers < 0 ? answers : events + answers;
}

bool guest_driver_forgive(struct guest_driver *driver, const struct guest_stream *stream)
{
	if (driver->fault.code != -EREMOTEIO)
		return false;
	for (int tries = 0; tries < 5 && !stream->failed; tries++) {
		if (process_events(driver) < 0)
			return false;
		if (!stream->failed)
			guest_driver_wait(driver, 50);
	}
	if (stream->failed)
		driver->fault = (struct guest_fault){.code = 0};
	return stream->failed;
}

int guest_driver_wait(struct guest_driver *driver, int timeout_ms)
{
	struct guest_ring *rings[] = {driver->command_ring, driver->event_ring};
	struct guest_ring_setup setup;
	struct pollfd pfd[2];
	eventfd_t value;
	int ret;

	for (unsigned int i = 0; i < 2; i++) {
		guest_ring_get_setup(rings[i], &setup);
		pfd[i] = (struct pollfd){.fd = setup.call_fd, .events = POLLIN};
	}
	ret = poll(pfd, 2, timeout_ms);
	if (ret < 0)
		return -errno;
	for (unsigned int i = 0; i < 2; i++)
		if (pfd[i].revents & POLLIN)
			eventfd_read(pfd[i].fd, &value);
	return ret > 0;
}

unsigned int guest_driver_get_pending(const struct guest_driver *driver)
{
	return driver->command_ring ? guest_ring_get_pending(driver->command_ring) : 0;
}
