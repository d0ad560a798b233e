/* SPDX-License-Identifier: MIT */
/*
 * A small client of softva; see softva-client.h.
 */
#include "softva-client.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "display.h"

static void silence(void *context, const char *message)
{
	(void)context, (void)message;
}

void client_find_driver(void)
{
	const char *build = getenv("top_builddir");
	char path[4096];

	snprintf(path, sizeof(path), "%s/soft-driver/.libs", build ? build : ".");
	setenv("LIBVA_DRIVERS_PATH", path, 1);
	unsetenv("LIBVA_DRIVER_NAME");
}

VADisplay client_open_display(void)
{
	VADisplay display = display_new("softva");
	int major, minor;

	assert_non_null(display);
	vaSetInfoCallback(display, silence, NULL);
	vaSetErrorCallback(display, silence, NULL);
	assert_int_equal(vaInitialize(display, &major, &minor), VA_STATUS_SUCCESS);
	return display;
}

static void open_checks(struct client *client)
{
	int fd;

	strcpy(client->checks, "/tmp/softva-checks-XXXXXX");
	fd = mkstemp(client->checks);
	assert_true(fd >= 0);
	close(fd);
	setenv("SOFTVA_CHECKS", client->checks, 1);
}

void client_open(struct client *client)
{
	client_open_profile(client, VAProfileH264High);
	stream_make(&client->stream, client->surfaces);
}

void client_open_profile(struct client *client, VAProfile profile)
{
	memset(client, 0, sizeof(*client));
	open_checks(client);
	client->display = client_open_display();
	assert_int_equal(
		vaCreateConfig(client->display, profile, VAEntrypointVLD, NULL, 0, &client->config),
		VA_STATUS_SUCCESS);
	assert_int_equal(vaCreateSurfaces(client->display, VA_RT_FORMAT_YUV420, STREAM_SIZE,
					  STREAM_SIZE, client->surfaces, CLIENT_SURFACES, NULL, 0),
			 VA_STATUS_SUCCESS);
	assert_int_equal(vaCreateContext(client->display, client->config, STREAM_SIZE, STREAM_SIZE,
					 VA_PROGRESSIVE, client->surfaces, CLIENT_SURFACES,
					 &client->context),
			 VA_STATUS_SUCCESS);
}

static void read_line(struct client_report *report, const char *line)
{
	unsigned long performed, failed;
	char name[64];

	if (sscanf(line, "softva: check %63[^:]: %lu performed, %lu failed", name, &performed,
		   &failed) == 3) {
		if (failed && strlen(report->names) + strlen(name) + 2 < sizeof(report->names)) {
			strcat(report->names, name);
			strcat(report->names, " ");
		}
		return;
	}
	sscanf(line, "softva: %lu checks, %lu failed", &report->performed, &report->failed);
	sscanf(line, "softva: event references missing: %lu", &report->missing);
	sscanf(line, "softva: event objects leaked: %lu", &report->leaked);
}

static void read_report(const char *path, struct client_report *report)
{
	FILE *file = fopen(path, "r");
	char line[256];

	assert_non_null(file);
	memset(report, 0, sizeof(*report));
	while (fgets(line, sizeof(line), file))
		read_line(report, line);
	fclose(file);
}

void client_close(struct client *client, struct client_report *report)
{
	vaDestroyContext(client->display, client->context);
	vaDestroySurfaces(client->display, client->surfaces, CLIENT_SURFACES);
	vaDestroyConfig(client->display, client->config);
	assert_int_equal(vaTerminate(client->display), VA_STATUS_SUCCESS);
	if (report)
		read_report(client->checks, report);
	unlink(client->checks);
	unsetenv("SOFTVA_CHECKS");
}

static VABufferID make_buffer(struct client *client, VABufferType type, const void *data,
			      size_t size)
{
	VABufferID id;

	assert_int_equal(vaCreateBuffer(client->display, client->context, type, (unsigned int)size,
					1, (void *)(uintptr_t)data, &id),
			 VA_STATUS_SUCCESS);
	return id;
}

VAStatus client_submit_buffers(struct client *client, VASurfaceID target,
			       const struct client_buffer *buffers, int count)
{
	VABufferID ids[CLIENT_MAX_BUFFERS];
	VAStatus status;

	assert_true(count <= CLIENT_MAX_BUFFERS);
	for (int i = 0; i < count; i++)
		ids[i] = make_buffer(client, buffers[i].type, buffers[i].data, buffers[i].size);
	status = vaBeginPicture(client->display, client->context, target);
	if (status == VA_STATUS_SUCCESS)
		status = vaRenderPicture(client->display, client->context, ids, count);
	if (status == VA_STATUS_SUCCESS)
		status = vaEndPicture(client->display, client->context);
	for (int i = 0; i < count; i++)
		vaDestroyBuffer(client->display, ids[i]);
	return status;
}

VAStatus client_submit(struct client *client, const struct stream_picture *picture)
{
	const struct client_buffer buffers[] = {
		{VAPictureParameterBufferType, &picture->pic, sizeof(picture->pic)},
		{VAIQMatrixBufferType, &picture->iq, sizeof(picture->iq)},
		{VASliceParameterBufferType, &picture->slice, sizeof(picture->slice)},
		{VASliceDataBufferType, picture->data, picture->size},
	};

	return client_submit_buffers(client, picture->target, buffers, 4);
}

static bool is_colour(const uint8_t *plane, uint32_t pitch, uint8_t step, uint8_t value)
{
	for (int y = 0; y < 16 / step; y++)
		for (int x = 0; x < 16 / step; x++)
			if (plane[(uint32_t)y * pitch + (uint32_t)(x * step)] != value)
				return false;
	return true;
}

static bool shows(const VAImage *image, const uint8_t *data, const uint8_t colours[STREAM_MBS][3])
{
	for (uint32_t mb = 0; mb < STREAM_MBS; mb++) {
		const uint8_t *luma =
			data + image->offsets[0] + mb / 2 * 16 * image->pitches[0] + mb % 2 * 16;
		const uint8_t *chroma =
			data + image->offsets[1] + mb / 2 * 8 * image->pitches[1] + mb % 2 * 16;

		if (!is_colour(luma, image->pitches[0], 1, colours[mb][0]) ||
		    !is_colour(chroma, image->pitches[1], 2, colours[mb][1]) ||
		    !is_colour(chroma + 1, image->pitches[1], 2, colours[mb][2]))
			return false;
	}
	return true;
}

bool client_shows(struct client *client, VASurfaceID surface, const struct stream_picture *picture)
{
	return client_shows_colours(client, surface, picture->expected);
}

bool client_shows_colours(struct client *client, VASurfaceID surface,
			  const uint8_t colours[STREAM_MBS][3])
{
	VAImage image;
	void *data;
	bool good;

	assert_int_equal(vaDeriveImage(client->display, surface, &image), VA_STATUS_SUCCESS);
	assert_int_equal(vaMapBuffer(client->display, image.buf, &data), VA_STATUS_SUCCESS);
	good = shows(&image, data, colours);
	assert_int_equal(vaUnmapBuffer(client->display, image.buf), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroyImage(client->display, image.image_id), VA_STATUS_SUCCESS);
	return good;
}

void client_view_open(struct client *client, VASurfaceID surface, struct client_view *view)
{
	void *data;

	assert_int_equal(vaDeriveImage(client->display, surface, &view->image), VA_STATUS_SUCCESS);
	assert_int_equal(vaMapBuffer(client->display, view->image.buf, &data), VA_STATUS_SUCCESS);
	view->data = data;
}

void client_view_close(struct client *client, struct client_view *view)
{
	assert_int_equal(vaUnmapBuffer(client->display, view->image.buf), VA_STATUS_SUCCESS);
	assert_int_equal(vaDestroyImage(client->display, view->image.image_id), VA_STATUS_SUCCESS);
}

void client_gate_open(struct client_gate *gate)
{
	snprintf(gate->path, sizeof(gate->path), "/tmp/softva-gate-%ld", (long)getpid());
	unlink(gate->path);
	assert_int_equal(mkfifo(gate->path, 0600), 0);
	gate->fd = open(gate->path, O_RDWR | O_CLOEXEC);
	assert_true(gate->fd >= 0);
	setenv("SOFTVA_GATE", gate->path, 1);
}

void client_gate_pass(struct client_gate *gate, unsigned int count)
{
	while (count--)
		assert_int_equal(write(gate->fd, "", 1), 1);
}

void client_gate_close(struct client_gate *gate)
{
	close(gate->fd);
	unlink(gate->path);
	unsetenv("SOFTVA_GATE");
}

/* ---- Quirks ---- */

void client_open_with(struct client *client, const char *quirks)
{
	setenv("SOFTVA_QUIRKS", quirks, 1);
	client_open(client);
	unsetenv("SOFTVA_QUIRKS");
}

VADisplay client_display_with(const char *quirks)
{
	VADisplay display;

	setenv("SOFTVA_QUIRKS", quirks, 1);
	display = client_open_display();
	unsetenv("SOFTVA_QUIRKS");
	return display;
}

VASurfaceID client_decode(struct client *client)
{
	struct stream_picture *picture = &client->stream.pictures[0];

	assert_int_equal(client_submit(client, picture), VA_STATUS_SUCCESS);
	assert_int_equal(vaSyncSurface(client->display, picture->target), VA_STATUS_SUCCESS);
	return picture->target;
}
