/* SPDX-License-Identifier: MIT */
/*
 * mini-guest.c - see mini-guest.h; its messages are words of a little-endian machine
 */
#include <errno.h>
#include <fcntl.h>
#include <md5.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "mini-guest.h"

enum { IN = 0x100, OUT = 0x101, INPUT_BYTES = 128 << 10, WAIT_MS = 60000 };
enum kind { INPUT, OUTPUT, PARAMS, DRAIN, OTHER, COMMAND, EVENT };

/* A token says whose it is: stream, kind, resource. */
static uint64_t token_of(unsigned int stream, enum kind kind, uint32_t id)
{
	return (uint64_t)stream << 32 | (uint64_t)kind << 16 | id;
}

static uint64_t slice(unsigned int i)
{
	return (uint64_t)i * GUEST_SLICE;
}

static void submit(struct guest *guest, uint64_t token, uint32_t *msg, size_t n_words)
{
	struct iovec iov = {msg, 4 * n_words};

	msg[1] = (uint32_t)(token >> 32) + 1;
	if (vvd_device_submit(guest->device, token, &iov, 1, sizeof(guest->answer)))
		guest->n_errors++;
}

static void simple(struct guest *guest, uint64_t token, uint32_t type, uint32_t queue)
{
	submit(guest, token, (uint32_t[4]){type, 0, queue}, queue ? 4 : 2);
}

static void queue(struct guest *guest, unsigned int i, uint32_t which, uint32_t id, uint32_t size)
{
	uint32_t msg[16] = {0x105, 0, which, id, i, 0, 1, size};

	submit(guest, token_of(i, which == IN ? INPUT : OUTPUT, id), msg, 16);
}

/* ---- Resources ---- */

static int get_object(void *cookie, const uint8_t uuid[16], int *fd)
{
	struct guest *guest = cookie;

	if (uuid[0] >= GUEST_STREAMS || uuid[1] > 2 * GUEST_OUTPUTS || uuid[2] != 0x77)
		return -ENOENT;
	*fd = fcntl(guest->streams[uuid[0]].objects[uuid[1]].fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static void make_object(struct guest_object *object, size_t size_bytes, bool sealed)
{
	object->fd = memfd_create("object", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	object->size_bytes = size_bytes;
	if (ftruncate(object->fd, (off_t)size_bytes) ||
	    (sealed && fcntl(object->fd, F_ADD_SEALS, F_SEAL_SHRINK)))
		abort();
	object->map = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, object->fd, 0);
}

static void drop_object(struct guest_object *object)
{
	if (!object->map)
		return;
	munmap(object->map, object->size_bytes);
	close(object->fd);
	*object = (struct guest_object){.fd = -1};
}

static void drop_objects(struct guest_stream *s, uint32_t base)
{
	for (unsigned int i = base + 1; i <= base + GUEST_OUTPUTS; i++) {
		drop_object(&s->objects[i]);
		drop_object(&s->old[i]);
	}
}

static void put_entry(uint32_t *entry, uint64_t gpa, uint32_t size)
{
	entry[0] = (uint32_t)gpa;
	entry[1] = (uint32_t)(gpa >> 32);
	entry[2] = size;
}

/* The planes of an output in the order of its format, one after the other. */
static unsigned int list_planes(const struct guest *guest, const struct guest_stream *s,
				uint32_t sizes[3])
{
	uint32_t luma = s->params[13] * s->params[3];

	sizes[0] = luma;
	sizes[1] = guest->format == 3 ? luma / 2 : luma / 4;
	sizes[2] = luma / 4;
	return guest->format == 3 ? 2 : 3;
}

static void create_output(struct guest *guest, unsigned int i, uint32_t id)
{
	struct guest_stream *s = &guest->streams[i];
	uint32_t msg[22 + 12] = {0x104, 0, OUT, id, 1, 1}, sizes[3] = {s->params[12]};
	unsigned int n = 1;
	uint64_t at = s->at[id];

	if (guest->per_plane) {
		n = list_planes(guest, s, sizes);
		msg[4] = 2;
		msg[5] = n;
	}
	for (unsigned int k = 0; k < n; k++) {
		msg[14 + k] = 1;
		put_entry(msg + 22 + 4 * k, GUEST_GPA + slice(i) + at, sizes[k]);
		at += sizes[k];
	}
	if (guest->objects) {
		drop_object(&s->objects[id]);
		make_object(&s->objects[id], s->params[12], !guest->unsealed);
		memset(msg + 22, 0, 16);
		((uint8_t *)(msg + 22))[0] = (uint8_t)i;
		((uint8_t *)(msg + 22))[1] = (uint8_t)id;
		((uint8_t *)(msg + 22))[2] = 0x77;
	}
	submit(guest, token_of(i, OTHER, 0), msg, 22 + 4 * n);
}

static void create_input(struct guest *guest, unsigned int i)
{
	uint32_t msg[26] = {0x104, 0, IN, 1, 1, 1, [14] = 1};

	put_entry(msg + 22, GUEST_GPA + slice(i), INPUT_BYTES);
	submit(guest, token_of(i, OTHER, 0), msg, 26);
}

/* The whole file in one buffer, or a frame of an IVF file; false at its end. */
static bool queue_input(struct guest *guest, unsigned int i)
{
	struct guest_stream *s = &guest->streams[i];
	uint32_t size;

	s->pos += s->packet_bytes;
	if (s->pos >= s->size_bytes)
		return false;
	s->packet_bytes = s->size_bytes;
	if (memcmp(s->data, "DKIF", 4) == 0) {
		s->pos += s->pos ? 12 : 32 + 12;
		memcpy(&size, s->data + s->pos - 12, 4);
		s->packet_bytes = size;
	}
	if (s->packet_bytes > INPUT_BYTES || s->packet_bytes > s->size_bytes - s->pos)
		abort();
	memcpy(guest->ram + slice(i), s->data + s->pos, s->packet_bytes);
	queue(guest, i, IN, 1, (uint32_t)s->packet_bytes);
	return true;
}

uint8_t *guest_get_output(struct guest *guest, unsigned int i, uint32_t id)
{
	struct guest_stream *s = &guest->streams[i];

	if (!guest->objects && !s->at[id])
		return NULL;
	return guest->objects ? s->objects[id].map : guest->ram + slice(i) + s->at[id];
}

/* ---- Pictures ---- */

static void add_rows(MD5_CTX *ctx, const uint8_t *from, uint32_t stride, const uint32_t rect[4])
{
	from += rect[1] * stride + rect[0];
	for (uint32_t y = 0; y < rect[3]; y++, from += stride)
		MD5Update(ctx, from, rect[2]);
}

static void add_interleaved(MD5_CTX *ctx, const uint8_t *from, uint32_t stride,
			    const uint32_t rect[4])
{
	for (uint32_t c = 0; c < 2; c++) {
		for (uint32_t y = 0; y < rect[3]; y++) {
			const uint8_t *row = from + (rect[1] + y) * stride + 2 * rect[0] + c;

			for (uint32_t x = 0; x < rect[2]; x++)
				MD5Update(ctx, row + 2 * x, 1);
		}
	}
}

/* Over the visible rectangle, planar. */
static void hash(const struct guest *guest, const struct guest_stream *s, const uint8_t *at,
		 char md5[33])
{
	const uint32_t *crop = s->params + 6;
	const uint32_t half[4] = {crop[0] / 2, crop[1] / 2, (crop[2] + 1) / 2, (crop[3] + 1) / 2};
	uint32_t stride = s->params[13], luma = stride * s->params[3];
	MD5_CTX ctx;

	MD5Init(&ctx);
	add_rows(&ctx, at, stride, crop);
	if (guest->format == 3) {
		add_interleaved(&ctx, at + luma, stride, half);
	} else {
		add_rows(&ctx, at + luma, stride / 2, half);
		add_rows(&ctx, at + luma + luma / 4, stride / 2, half);
	}
	MD5End(&ctx, md5);
}

static void take_picture(struct guest *guest, unsigned int i, uint32_t id)
{
	struct guest_stream *s = &guest->streams[i];
	char md5[33] = "";

	if (!guest->blind)
		hash(guest, s, s->old[id].map ? s->old[id].map : guest_get_output(guest, i, id),
		     md5);
	if (s->n_frames >= s->n_expected ||
	    (!guest->blind && strcmp(md5, s->md5[s->n_frames]) != 0))
		s->n_wrong++;
	s->n_frames++;
}

/* ---- Reactions ---- */

static void get_params(struct guest *guest, unsigned int i)
{
	simple(guest, token_of(i, PARAMS, 0), guest->objects ? 0x10d : 0x108, OUT);
}

/* As drivers do it: all outputs anew. */
static void take_params(struct guest *guest, unsigned int i)
{
	struct guest_stream *s = &guest->streams[i];
	uint64_t at, end;

	memcpy(s->params, guest->answer + 8, sizeof(s->params));
	s->n_outputs = s->params[4] + guest->more;
	s->n_outputs = s->n_outputs < GUEST_OUTPUTS ? s->n_outputs : GUEST_OUTPUTS;
	/* The old ones may still be answered: with a picture of the new format, when they are large. */
	s->base ^= GUEST_OUTPUTS;
	at = s->base ? GUEST_SLICE / 2 : INPUT_BYTES;
	end = s->base ? GUEST_SLICE : GUEST_SLICE / 2;
	simple(guest, token_of(i, OTHER, 0), 0x107, OUT);
	simple(guest, token_of(i, OTHER, 0), 0x106, OUT);
	drop_objects(s, s->base);
	for (uint32_t id = s->base + 1; id <= s->base + s->n_outputs; id++) {
		s->at[id] = at;
		at += s->params[12];
		if (!guest->objects && at > end)
			abort();
		create_output(guest, i, id);
	}
	for (uint32_t id = s->base + 1; id <= s->base + s->n_outputs; id++)
		queue(guest, i, OUT, id, 0);
}

static void take_output(struct guest *guest, unsigned int i, uint32_t id)
{
	struct guest_stream *s = &guest->streams[i];
	bool replaced = s->old[id].map, cleared;
	uint32_t flags, size;

	memcpy(&flags, guest->answer + 16, 4);
	memcpy(&size, guest->answer + 20, 4);
	cleared = (flags & 1) && size == 0;
	guest->n_returned += cleared;
	if (!cleared && !(flags & 2))
		take_picture(guest, i, id);
	/* What was replaced is the guest's, and queued again already; what was cleared will be. */
	if (replaced)
		memset(s->old[id].map, 0xab, s->old[id].size_bytes);
	drop_object(&s->old[id]);
	if (!replaced && !cleared && !(flags & 2) && !guest->keeps && !guest->holds &&
	    id > s->base && id <= s->base + GUEST_OUTPUTS)
		queue(guest, i, OUT, id, 0);
}

static void take_event(struct guest *guest)
{
	uint32_t type, id;

	memcpy(&type, guest->answer, 4);
	memcpy(&id, guest->answer + 4, 4);
	guest->n_errors += type != 0x200;
	if (type == 0x200 && id - 1 < GUEST_STREAMS) {
		guest->streams[id - 1].n_events++;
		get_params(guest, id - 1);
	}
	if (type == 0x100 && id - 1 < GUEST_STREAMS)
		guest->streams[id - 1].lost = guest->streams[id - 1].finished = true;
	vvd_device_post_event(guest->device, token_of(0, EVENT, 0));
}

static void take(struct guest *guest, const struct vvd_done *done)
{
	unsigned int i = (unsigned int)(done->token >> 32);
	enum kind kind = (enum kind)(done->token >> 16 & 0xffff);
	uint32_t type;

	memcpy(&type, guest->answer, 4);
	if (kind == EVENT) {
		take_event(guest);
		return;
	}
	if (guest->keeps && (kind == INPUT || kind == DRAIN))
		return;
	if (guest->insists && kind == DRAIN && type == 0x300) {
		simple(guest, done->token, 0x103, 0);
		return;
	}
	guest->n_errors += type >= 0x300;
	if (type >= 0x300)
		return;
	if (kind == PARAMS)
		take_params(guest, i);
	else if (kind == OUTPUT)
		take_output(guest, i, (uint32_t)(done->token & 0xffff));
	else if (kind == INPUT && !queue_input(guest, i))
		simple(guest, token_of(i, DRAIN, 0), 0x103, 0);
	else if (kind == DRAIN)
		guest->streams[i].finished = true;
}

bool guest_step(struct guest *guest, int timeout_ms)
{
	struct pollfd fd = {vvd_device_get_fd(guest->device), POLLIN, 0};
	struct vvd_done done;

	if (poll(&fd, 1, timeout_ms) != 1)
		return false;
	while (vvd_device_reap(guest->device, &done, guest->answer, sizeof(guest->answer)) == 1)
		take(guest, &done);
	return true;
}

static bool is_busy(const struct guest *guest)
{
	for (unsigned int i = 0; i < GUEST_STREAMS; i++) {
		if (guest->streams[i].created && !guest->streams[i].finished)
			return true;
	}
	return false;
}

bool guest_run(struct guest *guest)
{
	while (is_busy(guest)) {
		if (!guest_step(guest, WAIT_MS))
			return false;
	}
	return true;
}

bool guest_is_exact(const struct guest *guest, unsigned int i)
{
	const struct guest_stream *s = &guest->streams[i];

	return s->finished && s->n_wrong == 0 && s->n_frames == s->n_expected && s->n_expected > 0;
}

void guest_send(struct guest *guest, unsigned int i, uint32_t type, uint32_t queue_type)
{
	simple(guest, token_of(i, COMMAND, 0), type, queue_type);
}

uint32_t guest_command(struct guest *guest, unsigned int i, uint32_t type, uint32_t queue_type)
{
	guest_send(guest, i, type, queue_type);
	return guest_wait(guest, i);
}

uint32_t guest_wait(struct guest *guest, unsigned int i)
{
	uint64_t token = token_of(i, COMMAND, 0);
	struct vvd_done done = {0};
	struct pollfd fd = {vvd_device_get_fd(guest->device), POLLIN, 0};
	uint32_t got;

	for (;;) {
		while (vvd_device_reap(guest->device, &done, guest->answer,
				       sizeof(guest->answer)) == 1) {
			if (done.token == token) {
				memcpy(&got, guest->answer, 4);
				return got;
			}
			take(guest, &done);
		}
		if (poll(&fd, 1, WAIT_MS) != 1)
			return 0;
	}
}

/* ---- Start and end ---- */

static uint8_t *read_file(const char *name, const char *ending, size_t *size_bytes)
{
	char path[512];
	uint8_t *data = malloc(1 << 20);
	FILE *file;

	snprintf(path, sizeof(path), STREAMS "%s%s", name, ending);
	file = fopen(path, "rb");
	if (!file || !data)
		abort();
	*size_bytes = fread(data, 1, (1 << 20) - 1, file);
	data[*size_bytes] = 0;
	fclose(file);
	return data;
}

static void read_md5(struct guest_stream *s, const char *name, const char *ending)
{
	size_t size;
	uint8_t *text = read_file(name, ending, &size);

	s->n_expected = (unsigned int)(size / 33);
	s->md5 = calloc(s->n_expected + 1, sizeof(s->md5[0]));
	for (unsigned int i = 0; i < s->n_expected; i++)
		memcpy(s->md5[i], text + (size_t)33 * i, 32);
	free(text);
}

static const char *get_ending(const char *name)
{
	if (strchr(name, '.'))
		return "";
	return strncmp(name, "hevc-", 5) == 0 ? ".265" : ".264";
}

/* The wire's number. */
static uint32_t find_format(const char *name)
{
	static const struct {
		const char *part;
		uint32_t format;
	} rows[] = {{"hevc", 0x1003}, {"vp8", 0x1004}, {"vp9", 0x1005}, {"mpeg2", 0x1000}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strstr(name, rows[i].part))
			return rows[i].format;
	}
	return 0x1002;
}

int guest_start(struct guest *guest, unsigned int i, const char *name)
{
	struct guest_stream *s = &guest->streams[i];
	const char *ending = get_ending(name);
	uint32_t create[22] = {0x101, 0, 0, guest->objects, find_format(name)};
	uint32_t set[32] = {guest->objects ? 0x10e : 0x109, 0, OUT, guest->format};
	char md5_ending[16];

	*s = (struct guest_stream){.created = true};
	s->data = read_file(name, ending, &s->size_bytes);
	snprintf(md5_ending, sizeof(md5_ending), "%s.md5", ending);
	read_md5(s, name, md5_ending);
	submit(guest, token_of(i, OTHER, 0), create, 22);
	set[13] = guest->stride ? 1 : 0;
	set[15] = guest->stride;
	set[30] = guest->objects;
	submit(guest, token_of(i, OTHER, 0), set, guest->objects ? 32 : 30);
	create_input(guest, i);
	queue_input(guest, i);
	vvd_device_post_event(guest->device, token_of(0, EVENT, 0));
	return 0;
}

void guest_queue_outputs(struct guest *guest, unsigned int i, bool anew)
{
	const struct guest_stream *s = &guest->streams[i];

	for (uint32_t id = s->base + 1; id <= s->base + s->n_outputs; id++) {
		if (anew)
			create_output(guest, i, id);
		queue(guest, i, OUT, id, 0);
	}
}

bool guest_clear(struct guest *guest, unsigned int i)
{
	guest->keeps = true;
	if (guest_command(guest, i, 0x107, IN) != 0x200 ||
	    guest_command(guest, i, 0x107, OUT) != 0x200)
		return false;
	guest->keeps = false;
	return true;
}

bool guest_begin(struct guest *guest, unsigned int i)
{
	struct guest_stream *s = &guest->streams[i];

	s->n_frames = s->n_wrong = 0;
	s->pos = s->packet_bytes = 0;
	s->finished = false;
	guest_queue_outputs(guest, i, false);
	return queue_input(guest, i);
}

bool guest_seek(struct guest *guest, unsigned int i)
{
	return guest_clear(guest, i) && guest_begin(guest, i);
}

void guest_replace_output(struct guest *guest, unsigned int i, uint32_t id)
{
	struct guest_stream *s = &guest->streams[i];

	if (s->old[id].map)
		return;
	s->old[id] = s->objects[id];
	s->objects[id] = (struct guest_object){.fd = -1};
	create_output(guest, i, id);
	queue(guest, i, OUT, id, 0);
}

void guest_forget(struct guest *guest, unsigned int i)
{
	struct guest_stream *s = &guest->streams[i];

	drop_objects(s, 0);
	drop_objects(s, GUEST_OUTPUTS);
	free(s->data);
	free(s->md5);
	*s = (struct guest_stream){.created = false};
}

void guest_end(struct guest *guest, unsigned int i)
{
	guest->n_errors += guest_command(guest, i, 0x102, 0) != 0x200;
	guest_forget(guest, i);
}

int guest_open(struct guest *guest, const struct vvd_device_options *options)
{
	/* Long: machines that run this may be slow, under sanitizers above all. */
	struct vvd_device_options all = {.size_bytes = sizeof(all), .hang_ms = 600000};
	int err;

	if (options)
		all = *options;
	all.role = VVD_ROLE_DECODER;
	all.driver = "softva";
	all.get_object = guest->objects ? get_object : NULL;
	all.get_object_cookie = guest;
	guest->ram_fd = memfd_create("guest", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (ftruncate(guest->ram_fd, GUEST_STREAMS * (off_t)GUEST_SLICE) ||
	    fcntl(guest->ram_fd, F_ADD_SEALS, F_SEAL_SHRINK))
		return -errno;
	guest->ram = mmap(NULL, GUEST_STREAMS * (size_t)GUEST_SLICE, PROT_READ | PROT_WRITE,
			  MAP_SHARED, guest->ram_fd, 0);
	err = vvd_device_new(&all, &guest->device);
	if (err)
		return err;
	vvd_device_set_features(guest->device, vvd_device_get_features(guest->device));
	return vvd_device_add_region(guest->device, GUEST_GPA, guest->ram,
				     GUEST_STREAMS * (uint64_t)GUEST_SLICE, guest->ram_fd);
}

void guest_close(struct guest *guest)
{
	guest->device = vvd_device_free(guest->device);
	for (unsigned int i = 0; i < GUEST_STREAMS; i++)
		guest_forget(guest, i);
	munmap(guest->ram, GUEST_STREAMS * (size_t)GUEST_SLICE);
	close(guest->ram_fd);
}
