// SPDX-License-Identifier: MIT
/*
 * guest-fake-device.c - a virtio-video device of a few rules, to test the guest's driver alone
 */
#include "tests/guest-fake-device.h"
#include <endian.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags, next;
};

/* One chain: what can be read, and where to write. */
struct chain {
	uint16_t head;
	uint8_t in[8192];
	size_t in_bytes;
	uint8_t *out;
	uint32_t out_bytes;
};

static struct fake_device *of(struct guest_transport *transport)
{
	return (struct fake_device *)(void *)transport;
}

static void *at(const struct fake_device *f, uint64_t gpa, uint64_t size)
{
	for (unsigned int i = 0; i < f->n_regions; i++) {
		const struct guest_region *r = &f->regions[i];

		if (gpa >= r->gpa && gpa - r->gpa + size <= r->size_bytes)
			return (uint8_t *)r->addr + (gpa - r->gpa);
	}
	abort(); /* a guest that names memory it does not have: the test is wrong */
}

/* ---- Rings ---- */

static void read_chain(struct fake_device *f, const struct fake_queue *q, struct chain *c)
{
	struct desc *table = at(f, q->setup.desc_gpa, q->setup.size * sizeof(*table));
	struct desc d = table[c->head];

	if (le16toh(d.flags) & 4) {
		table = at(f, le64toh(d.addr), le32toh(d.len));
		d = table[0];
	}
	for (;; d = table[le16toh(d.next)]) {
		uint32_t len = le32toh(d.len);
		uint8_t *p = at(f, le64toh(d.addr), len);

		if (le16toh(d.flags) & 2) {
			c->out = p;
			c->out_bytes = len;
		} else if (c->in_bytes + len <= sizeof(c->in)) {
			memcpy(c->in + c->in_bytes, p, len);
			c->in_bytes += len;
		}
		if (!(le16toh(d.flags) & 1))
			return;
	}
}

static bool pop(struct fake_device *f, struct fake_queue *q, struct chain *c)
{
	uint16_t *avail = at(f, q->setup.avail_gpa, 4 + 2 * q->setup.size);

	if (q->seen == le16toh(__atomic_load_n(&avail[1], __ATOMIC_SEQ_CST)))
		return false;
	memset(c, 0, sizeof(*c));
	c->head = le16toh(avail[2 + q->seen++ % q->setup.size]);
	read_chain(f, q, c);
	return true;
}

static void push(struct fake_device *f, struct fake_queue *q, uint16_t head, uint32_t len)
{
	uint16_t *used = at(f, q->setup.used_gpa, 4 + 8 * q->setup.size);
	uint32_t elem[2] = {htole32(head), htole32(len)};

	memcpy(&used[2 + 4 * (q->used % q->setup.size)], elem, sizeof(elem));
	q->used++;
	__atomic_store_n(&used[1], htole16(q->used), __ATOMIC_SEQ_CST);
	eventfd_write(q->setup.call_fd, 1);
}

/* ---- Answers ---- */

static void send(struct fake_device *f, uint16_t head, const void *answer, uint32_t size)
{
	struct chain c = {.head = head};
	const struct wire_hdr *request = (const void *)c.in;
	struct wire_hdr hdr;
	uint8_t copy[1024];
	bool faulty;

	read_chain(f, &f->queues[0], &c);
	faulty = guest_get32(request->type) == f->fault_command;
	memcpy(copy, answer, size);
	memcpy(&hdr, answer, sizeof(hdr));
	if (faulty && f->fault == FAKE_SILENT)
		return;
	if (faulty && f->fault == FAKE_WRONG_TYPE)
		hdr.type = guest_le32(0x206);
	if (faulty && f->fault == FAKE_REFUSES)
		hdr.type = guest_le32(WIRE_ERR_INVALID_PARAMETER);
	if (faulty && f->fault == FAKE_WRONG_STREAM)
		hdr.stream_id = guest_le32(guest_get32(hdr.stream_id) + 1);
	if (faulty && f->fault == FAKE_SHORT)
		size -= 4;
	memcpy(copy, &hdr, sizeof(hdr));
	memcpy(c.out, copy, size);
	push(f, &f->queues[0], head, size);
}

static void send_ok(struct fake_device *f, const struct chain *c, uint32_t type)
{
	const struct wire_hdr *request = (const void *)c->in;
	struct wire_hdr hdr = {guest_le32(type), request->stream_id};

	send(f, c->head, &hdr, sizeof(hdr));
}

static void send_event(struct fake_device *f, uint32_t type, uint32_t stream)
{
	struct wire_event event = {guest_le32(type), guest_le32(stream)};
	struct chain c;

	if (!pop(f, &f->queues[1], &c))
		abort();
	memcpy(c.out, &event, sizeof(event));
	push(f, &f->queues[1], c.head, sizeof(event));
}

static void send_buffer(struct fake_device *f, struct fake_resource *r, uint32_t flags,
			uint32_t size)
{
	uint64_t wrong = r->queue == WIRE_QUEUE_INPUT && f->fault == FAKE_WRONG_TIME;
	struct wire_resource_queue_resp answer = {
		.hdr = guest_wire_hdr(WIRE_OK_RESOURCE_QUEUE, r->stream),
		.timestamp = guest_le64(r->timestamp + wrong),
		.flags = guest_le32(flags),
		.size = guest_le32(size),
	};

	r->queued = false;
	send(f, r->head, &answer, sizeof(answer));
}

/* ---- What commands do ---- */

static struct fake_resource *next_queued(struct fake_device *f, uint32_t queue)
{
	struct fake_resource *first = NULL;

	for (unsigned int i = 0; i < f->n_resources; i++) {
		struct fake_resource *r = &f->resources[i];

		if (r->queued && r->queue == queue && (!first || r->order < first->order))
			first = r;
	}
	return first;
}

static uint32_t frame_bytes(const struct fake_device *f)
{
	return f->width * f->height * 3 / 2;
}

static bool fits(const struct fake_device *f, const struct fake_resource *r)
{
	uint32_t sum = 0;

	for (unsigned int i = 0; i < r->n; i++)
		sum += r->entries[i].size_bytes;
	return sum >= frame_bytes(f);
}

static void fill(struct fake_device *f, const struct fake_resource *r, uint8_t value, uint32_t size)
{
	for (unsigned int i = 0; i < r->n && size; i++) {
		uint32_t n = size < r->entries[i].size_bytes ? size : r->entries[i].size_bytes;

		memset(at(f, r->entries[i].gpa, n), value, n);
		size -= n;
	}
}

/* Does the oldest input's instruction; false where it has to wait. */
static bool do_input(struct fake_device *f, struct fake_resource *input)
{
	const uint8_t *code = at(f, input->entries[0].gpa, 3);
	struct fake_resource *output = next_queued(f, WIRE_QUEUE_OUTPUT);

	if (code[0] == 'F' || code[0] == 'C') {
		if (!output || !fits(f, output))
			return false;
		fill(f, output, code[1], frame_bytes(f));
		output->timestamp = input->timestamp;
		send_buffer(f, output, code[0] == 'C' ? WIRE_BUFFER_ERR : 0, frame_bytes(f));
	} else if (code[0] == 'S') {
		f->width = code[1] * 16u;
		f->height = code[2] * 16u;
		f->wants_params = true;
		send_event(f, WIRE_EVENT_RESOLUTION_CHANGED,
			   f->fault == FAKE_STRANGE_EVENT ? 77 : f->stream);
	} else if (code[0] == 'X') {
		f->lost = true;
		send_event(f, WIRE_EVENT_ERROR, f->stream);
	} else if (code[0] == 'L') { /* what comes is refused before the event is seen */
		f->lost = f->late = true;
	}
	send_buffer(f, input, 0, 0);
	return true;
}

static void finish_drain(struct fake_device *f)
{
	struct fake_resource *output = next_queued(f, WIRE_QUEUE_OUTPUT);
	struct wire_hdr ok = guest_wire_hdr(WIRE_OK_NODATA, f->stream);

	if (!output)
		return;
	output->timestamp = 0;
	if (f->fault != FAKE_EARLY_DRAIN)
		send_buffer(f, output, WIRE_BUFFER_EOS, f->fault == FAKE_FULL_EOS ? 96 : 0);
	f->draining = false;
	send(f, f->drain_head, &ok, sizeof(ok));
}

static void work(struct fake_device *f)
{
	struct fake_resource *input;

	while (!f->lost && !f->wants_params && (input = next_queued(f, WIRE_QUEUE_INPUT)))
		if (!do_input(f, input))
			return;
	if (f->draining && !f->lost && !f->wants_params)
		finish_drain(f);
}

static void clear(struct fake_device *f, const struct chain *c)
{
	const struct wire_queue_cmd *request = (const void *)c->in;
	uint32_t queue = guest_get32(request->queue_type);
	struct wire_hdr cancelled = guest_wire_hdr(WIRE_ERR_INVALID_OPERATION, f->stream);
	struct fake_resource *r;

	if (f->draining)
		send(f, f->drain_head, &cancelled, sizeof(cancelled));
	f->draining = false;
	while (f->fault != FAKE_KEEPS && (r = next_queued(f, queue)))
		send_buffer(f, r, WIRE_BUFFER_ERR, 0);
	send_ok(f, c, WIRE_OK_NODATA);
}

static void destroy_all(struct fake_device *f, const struct chain *c)
{
	const struct wire_queue_cmd *request = (const void *)c->in;
	unsigned int n = 0;

	for (unsigned int i = 0; i < f->n_resources; i++)
		if (f->resources[i].queue != guest_get32(request->queue_type))
			f->resources[n++] = f->resources[i];
	f->n_resources = n;
	send_ok(f, c, WIRE_OK_NODATA);
}

static void create(struct fake_device *f, const struct chain *c)
{
	const struct wire_resource_create *request = (const void *)c->in;
	const struct wire_mem_entry *entries = (const void *)(c->in + sizeof(*request));
	struct fake_resource *r = &f->resources[f->n_resources++];

	memset(r, 0, sizeof(*r));
	r->id = guest_get32(request->resource_id);
	r->queue = guest_get32(request->queue_type);
	r->stream = guest_get32(request->hdr.stream_id);
	r->n = guest_get32(request->num_entries[0]);
	if (f->n_resources == FAKE_MAX_RESOURCES || r->n > FAKE_MAX_ENTRIES ||
	    c->in_bytes != sizeof(*request) + r->n * sizeof(*entries))
		abort();
	for (unsigned int i = 0; i < r->n; i++)
		r->entries[i] = (struct guest_extent){guest_get64(entries[i].addr),
						      guest_get32(entries[i].length)};
	send_ok(f, c, WIRE_OK_NODATA);
}

static void queue(struct fake_device *f, const struct chain *c)
{
	const struct wire_resource_queue *request = (const void *)c->in;

	for (unsigned int i = 0; i < f->n_resources; i++) {
		struct fake_resource *r = &f->resources[i];

		if (r->id != guest_get32(request->resource_id))
			continue;
		if (r->queued)
			abort();
		r->queued = true;
		r->head = c->head;
		r->order = ++f->order;
		r->timestamp = guest_get64(request->timestamp);
		return;
	}
	abort();
}

static void get_params(struct fake_device *f, const struct chain *c)
{
	const struct wire_queue_cmd *request = (const void *)c->in;
	bool output = guest_get32(request->queue_type) == WIRE_QUEUE_OUTPUT;
	struct guest_params params = {
		.queue_type = guest_get32(request->queue_type),
		.format = output ? WIRE_FORMAT_NV12 : WIRE_FORMAT_H264,
		.min_buffers = f->fault == FAKE_GREEDY ? 33 : 2,
		.max_buffers = 32,
		.frame_width = f->width,
		.frame_height = f->height,
		.crop_width = f->width - 2,
		.crop_height = f->fault == FAKE_BAD_CROP ? f->height + 1 : f->height,
		.num_planes = 1,
		.planes[0] = {output ? frame_bytes(f) : 65536, output ? f->width : 0},
	};
	bool ext = guest_get32(request->hdr.type) == WIRE_GET_PARAMS_EXT;
	struct wire_params_ext_msg answer;

	answer.hdr = guest_wire_hdr(WIRE_OK_GET_PARAMS, guest_get32(request->hdr.stream_id));
	guest_wire_put_params(&answer.params, &params);
	if (output)
		f->wants_params = false;
	send(f, c->head, &answer, ext ? sizeof(answer) : sizeof(struct wire_params_msg));
}

static void query_capability(struct fake_device *f, const struct chain *c)
{
	const struct wire_queue_cmd *request = (const void *)c->in;
	bool output = guest_get32(request->queue_type) == WIRE_QUEUE_OUTPUT;
	struct {
		struct wire_query_capability_resp head;
		struct wire_format_desc desc;
	} answer = {
		.head.hdr = guest_wire_hdr(WIRE_OK_QUERY_CAPABILITY, 0),
		.head.num_descs = guest_le32(1),
		.desc.mask = guest_le64(1),
		.desc.format = guest_le32(output ? WIRE_FORMAT_NV12 : WIRE_FORMAT_H264),
	};

	send(f, c->head, &answer, sizeof(answer));
}

static void answer_control(struct fake_device *f, const struct chain *c, uint32_t type)
{
	const struct wire_hdr *request = (const void *)c->in;
	struct wire_query_control_resp answer = {
		.hdr = guest_wire_hdr(type, guest_get32(request->stream_id)),
	};

	send(f, c->head, &answer, sizeof(answer));
}

static void start_drain(struct fake_device *f, const struct chain *c)
{
	f->draining = true;
	f->drain_head = c->head;
}

static void refuse(struct fake_device *f, const struct chain *c)
{
	struct wire_resource_queue_resp answer = {
		.hdr = guest_wire_hdr(WIRE_ERR_INVALID_OPERATION, f->stream),
		.flags = guest_le32(WIRE_BUFFER_ERR),
	};
	const struct wire_hdr *request = (const void *)c->in;
	bool whole = guest_get32(request->type) == WIRE_RESOURCE_QUEUE;

	send(f, c->head, &answer, whole ? sizeof(answer) : sizeof(answer.hdr));
	if (!f->late)
		return;
	f->late = false;
	usleep(20000);
	send_event(f, WIRE_EVENT_ERROR, f->stream);
}

static void do_command(struct fake_device *f, const struct chain *c)
{
	const struct wire_hdr *request = (const void *)c->in;
	uint32_t type = guest_get32(request->type);

	if (f->n_log < FAKE_MAX_LOG)
		f->log[f->n_log++] = type;
	if (f->lost && (type == WIRE_RESOURCE_QUEUE || type == WIRE_STREAM_DRAIN)) {
		refuse(f, c);
		return;
	}
	if (type == WIRE_STREAM_CREATE)
		f->stream = guest_get32(request->stream_id);
	switch (type) {
	case WIRE_QUERY_CAPABILITY:
		return query_capability(f, c);
	case WIRE_QUERY_CONTROL:
		return answer_control(f, c, WIRE_OK_QUERY_CONTROL);
	case WIRE_GET_CONTROL:
		return answer_control(f, c, WIRE_OK_GET_CONTROL);
	case WIRE_GET_PARAMS:
	case WIRE_GET_PARAMS_EXT:
		return get_params(f, c);
	case WIRE_RESOURCE_CREATE:
		return create(f, c);
	case WIRE_RESOURCE_QUEUE:
		return queue(f, c);
	case WIRE_RESOURCE_DESTROY_ALL:
		return destroy_all(f, c);
	case WIRE_QUEUE_CLEAR:
		return clear(f, c);
	case WIRE_STREAM_DRAIN:
		return start_drain(f, c);
	default: /* STREAM_CREATE, STREAM_DESTROY, SET_PARAMS */
		return send_ok(f, c, WIRE_OK_NODATA);
	}
}

/* ---- The transport ---- */

static void *run(void *arg)
{
	struct fake_device *f = arg;
	struct pollfd pfd[] = {{.fd = f->queues[0].setup.kick_fd, .events = POLLIN},
			       {.fd = f->stop_fd, .events = POLLIN}};
	struct chain c;
	eventfd_t value;

	for (;;) {
		while (pop(f, &f->queues[0], &c))
			do_command(f, &c);
		work(f);
		poll(pfd, 2, -1);
		if (pfd[1].revents)
			return NULL;
		eventfd_read(pfd[0].fd, &value);
	}
}

static int get_config(struct guest_transport *transport, uint32_t offset, void *data, uint32_t size)
{
	struct wire_config config = {
		.max_caps_length = guest_le32(1024),
		.max_resp_length = guest_le32(1024),
		.device_name = "fake",
	};

	(void)transport;
	if (offset || size > sizeof(config))
		return -EINVAL;
	memcpy(data, &config, size);
	return 0;
}

static int get_features(struct guest_transport *transport, uint64_t *features)
{
	*features = of(transport)->offered;
	return 0;
}

static int set_features(struct guest_transport *transport, uint64_t features)
{
	return features & ~of(transport)->offered ? -EINVAL : 0;
}

static int add_region(struct guest_transport *transport, const struct guest_region *region)
{
	struct fake_device *f = of(transport);

	f->regions[f->n_regions++] = *region;
	return 0;
}

static int set_queue(struct guest_transport *transport, unsigned int index,
		     const struct guest_ring_setup *setup)
{
	of(transport)->queues[index].setup = *setup;
	return 0;
}

static int start(struct guest_transport *transport)
{
	struct fake_device *f = of(transport);

	f->running = pthread_create(&f->thread, NULL, run, f) == 0;
	return f->running ? 0 : -EAGAIN;
}

static int stop(struct guest_transport *transport)
{
	struct fake_device *f = of(transport);

	if (f->running) {
		eventfd_write(f->stop_fd, 1);
		pthread_join(f->thread, NULL);
	}
	f->running = false;
	return 0;
}

static const struct guest_transport_ops ops = {
	.get_config = get_config,
	.get_features = get_features,
	.set_features = set_features,
	.add_region = add_region,
	.set_queue = set_queue,
	.start = start,
	.stop = stop,
};

void fake_device_init(struct fake_device *fake, enum fake_fault fault, uint32_t command)
{
	memset(fake, 0, sizeof(*fake));
	fake->base.ops = &ops;
	fake->fault = fault;
	fake->fault_command = command;
	fake->offered = RING_FEATURE_VERSION_1 | RING_FEATURE_INDIRECT | WIRE_FEATURE_GUEST_PAGES |
			WIRE_FEATURE_NON_CONTIG;
	fake->width = fake->height = 32;
	fake->stop_fd = eventfd(0, EFD_CLOEXEC);
}

void fake_device_finish(struct fake_device *fake)
{
	stop(&fake->base);
	close(fake->stop_fd);
}
