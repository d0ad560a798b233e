/* SPDX-License-Identifier: MIT */
/*
 * test-own-frames.c - decoding on softva into memory of the client's own, given back by another thread
 *
 * Surfaces are imported memfds, of which as few are given as the stream needs. The other thread keeps each frame until the
 * decoder was refused a surface; then it looks at the memory, gives the frame back and tells the decoder.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <md5.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <va/va.h>
#include <va/va_drmcommon.h>
#include "softva-session.h"

#define MAX_SURFACES 20
#define MAX_FRAMES   64
#define MD5_CHARS    33

struct owner {
	struct vacodec_decoder *decoder;
	struct vacodec_format format;
	pthread_mutex_t lock; /* over the rest */
	pthread_cond_t changed;
	struct vawrap_surface *surfaces[MAX_SURFACES];
	uint8_t *memory[MAX_SURFACES];
	bool used[MAX_SURFACES];
	unsigned int n_used; /* no more of them than the stream needs, so that some are refused */
	unsigned int n_surfaces, n_refused, n_given_back;
	struct vacodec_frame *queue[MAX_FRAMES]; /* received and not looked at */
	unsigned int n_received, n_looked_at;
	bool ended;
	char md5[MAX_FRAMES][MD5_CHARS];
};

/* ---- Surfaces ---- */

static struct vawrap_surface *acquire(void *cookie)
{
	struct owner *owner = cookie;
	struct vawrap_surface *surface = NULL;
	unsigned int i;

	pthread_mutex_lock(&owner->lock);
	for (i = 0; i < owner->n_surfaces && owner->n_used < owner->format.min_frames && !surface;
	     i++) {
		if (owner->used[i])
			continue;
		owner->used[i] = true;
		owner->n_used++;
		surface = owner->surfaces[i];
	}
	owner->n_refused += !surface;
	pthread_cond_broadcast(&owner->changed);
	pthread_mutex_unlock(&owner->lock);
	return surface;
}

static unsigned int find(const struct owner *owner, const struct vawrap_surface *surface)
{
	unsigned int i = 0;

	while (owner->surfaces[i] != surface)
		i++;
	return i;
}

static void release(void *cookie, struct vawrap_surface *surface)
{
	struct owner *owner = cookie;

	pthread_mutex_lock(&owner->lock);
	owner->used[find(owner, surface)] = false;
	owner->n_used--;
	pthread_mutex_unlock(&owner->lock);
}

static size_t get_luma_bytes(const struct owner *owner)
{
	return (size_t)owner->format.coded_width * owner->format.coded_height;
}

static void make_surface(struct owner *owner, struct vawrap_display *display)
{
	size_t luma = get_luma_bytes(owner);
	unsigned int width = owner->format.coded_width;
	VADRMPRIMESurfaceDescriptor memory = {.fourcc = VA_FOURCC_NV12,
					      .width = width,
					      .height = owner->format.coded_height,
					      .num_objects = 1,
					      .num_layers = 1};
	VASurfaceAttrib attribs[2] = {
		{.type = VASurfaceAttribMemoryType, .flags = VA_SURFACE_ATTRIB_SETTABLE},
		{.type = VASurfaceAttribExternalBufferDescriptor,
		 .flags = VA_SURFACE_ATTRIB_SETTABLE},
	};
	const struct vawrap_surface_params params = {
		.size_bytes = sizeof(params),
		.width = width,
		.height = owner->format.coded_height,
		.attribs = attribs,
		.n_attribs = 2,
	};
	int fd = memfd_create("frame", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)(luma * 3 / 2)), 0);
	owner->memory[owner->n_surfaces] = mmap(NULL, luma * 3 / 2, PROT_READ, MAP_SHARED, fd, 0);
	assert_true(owner->memory[owner->n_surfaces] != MAP_FAILED);
	memory.objects[0].fd = fd;
	memory.objects[0].size = (uint32_t)(luma * 3 / 2);
	memory.layers[0].drm_format = VA_FOURCC_NV12;
	memory.layers[0].num_planes = 2;
	memory.layers[0].offset[1] = (uint32_t)luma;
	memory.layers[0].pitch[0] = memory.layers[0].pitch[1] = width;
	attribs[0].value.type = VAGenericValueTypeInteger;
	attribs[0].value.value.i = VA_SURFACE_ATTRIB_MEM_TYPE_DRM_PRIME_2;
	attribs[1].value.type = VAGenericValueTypePointer;
	attribs[1].value.value.p = &memory;
	assert_int_equal(
		vawrap_surface_new_batch(display, &params, &owner->surfaces[owner->n_surfaces], 1),
		0);
	owner->n_surfaces++;
	close(fd);
}

/* ---- The other thread ---- */

/* The planar picture's MD5; the streams have no crop. */
static void look_at(struct owner *owner, struct vacodec_frame *frame, char md5[MD5_CHARS])
{
	const uint8_t *memory = owner->memory[find(owner, vacodec_frame_get_surface(frame))];
	size_t luma = get_luma_bytes(owner);
	size_t i, plane;
	MD5_CTX context;

	MD5Init(&context);
	MD5Update(&context, memory, luma);
	for (plane = 0; plane < 2; plane++) {
		for (i = plane; i < luma / 2; i += 2)
			MD5Update(&context, memory + luma + i, 1);
	}
	MD5End(&context, md5);
}

/* Waits until a surface is missed, or no more frames come; NULL when none is left. */
static struct vacodec_frame *next_frame(struct owner *owner)
{
	struct vacodec_frame *frame = NULL;

	pthread_mutex_lock(&owner->lock);
	while (!owner->ended &&
	       (owner->n_refused <= owner->n_given_back || owner->n_looked_at == owner->n_received))
		pthread_cond_wait(&owner->changed, &owner->lock);
	if (owner->n_looked_at < owner->n_received)
		frame = owner->queue[owner->n_looked_at];
	owner->n_given_back = owner->n_refused;
	pthread_mutex_unlock(&owner->lock);
	return frame;
}

static void *give_back(void *cookie)
{
	struct owner *owner = cookie;
	struct vacodec_frame *frame;

	while ((frame = next_frame(owner))) {
		vacodec_frame_sync(frame, -1);
		look_at(owner, frame, owner->md5[owner->n_looked_at]);
		pthread_mutex_lock(&owner->lock);
		owner->n_looked_at++;
		pthread_mutex_unlock(&owner->lock);
		vacodec_frame_unref(frame);
		vacodec_decoder_notify(owner->decoder);
	}
	return NULL;
}

/* ---- This one ---- */

static void take_event(struct owner *owner, const struct vacodec_event *event,
		       struct vawrap_display *display)
{
	const struct vacodec_frame_ops ops = {acquire, release, owner};

	if (event->type == VACODEC_EVENT_FORMAT) {
		owner->format = event->format;
		while (owner->n_surfaces < event->format.min_frames + 2)
			make_surface(owner, display);
		assert_int_equal(
			vacodec_decoder_accept_format(owner->decoder, &ops, owner->n_surfaces), 0);
		return;
	}
	pthread_mutex_lock(&owner->lock);
	if (event->type == VACODEC_EVENT_FRAME)
		owner->queue[owner->n_received++] = event->frame;
	else
		owner->ended = true;
	pthread_cond_broadcast(&owner->changed);
	pthread_mutex_unlock(&owner->lock);
}

/* Waits as long as it is a frame that is waited for. */
static void take_events(struct owner *owner, struct vawrap_display *display)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};

	while (vacodec_decoder_receive(owner->decoder, &event, -1) == 0)
		take_event(owner, &event, display);
}

static void decode(struct owner *owner, struct vawrap_display *display, const char *name)
{
	static uint8_t data[1 << 20];
	struct vacodec_packet packet = {.data = data};
	char path[1024];
	FILE *file;
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s.264", STREAMS, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	packet.size_bytes = fread(data, 1, sizeof(data), file);
	fclose(file);
	while (packet.size_bytes > 0) {
		n = vacodec_decoder_send(owner->decoder, &packet);
		assert_true(n > 0 || n == -EAGAIN);
		packet.data += n > 0 ? n : 0;
		packet.size_bytes -= n > 0 ? (size_t)n : 0;
		take_events(owner, display);
	}
	while (vacodec_decoder_drain(owner->decoder) == -EAGAIN)
		take_events(owner, display);
	while (!owner->ended)
		take_events(owner, display);
}

static void check_md5(const struct owner *owner, const char *name)
{
	char path[1024], line[64];
	unsigned int n = 0;
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s.264.md5", STREAMS, name);
	file = fopen(path, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		assert_true(n < owner->n_looked_at);
		assert_string_equal(owner->md5[n++], line);
	}
	fclose(file);
	assert_int_equal(n, owner->n_looked_at);
}

static void test_frames_are_decoded_into_own_memory(void **state)
{
	static const char *const names[] = {"cabac-b", "b-pyramid-normal", "mbaff-tff"};
	struct vawrap_display *display;
	struct session session = {0};
	pthread_t thread;
	size_t i;

	(void)state;
	assert_int_equal(session_open_display(false, &display), 0);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct owner *owner = calloc(1, sizeof(*owner));

		assert_non_null(owner);
		pthread_mutex_init(&owner->lock, NULL);
		pthread_cond_init(&owner->changed, NULL);
		assert_int_equal(session_open(&session, display), 0);
		owner->decoder = session.decoder;
		assert_int_equal(pthread_create(&thread, NULL, give_back, owner), 0);
		decode(owner, display, names[i]);
		pthread_join(thread, NULL);
		session_close(&session);
		check_md5(owner, names[i]);
		assert_true(owner->n_refused > 3);
		while (owner->n_surfaces > 0) {
			assert_false(owner->used[--owner->n_surfaces]);
			vawrap_surface_unref(owner->surfaces[owner->n_surfaces]);
			munmap(owner->memory[owner->n_surfaces], get_luma_bytes(owner) * 3 / 2);
		}
		free(owner);
	}
	vawrap_display_unref(display);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_frames_are_decoded_into_own_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
