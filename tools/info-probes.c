/* SPDX-License-Identifier: MIT */
/*
 * info-probes.c - what the libraries find out about a driver by trying, on a small stream of our own
 *
 * No trial is made here: a stream is decoded, read, put into memory of ours, written back and exported as
 * any client does that, and what the libraries chose is told. A driver may hang in it, so it has a thread
 * of its own, which is left behind then.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "tools/info.h"
#include "tools/info-clips.h"
#include "tools/object-memory.h"
#include "vacodec.h"

#define PITCH_ALIGNMENT 256 /* that linear memory of most hardware has */

struct trial {
	struct vawrap_display *display;
	const struct info_clip *clip;
	struct vacodec_decoder *decoder;
	bool wants_place;
	struct object_memory memory[2]; /* to decode into, to copy to */
	struct vacodec_buffer *buffers[2];
	int import_error; /* why there are no buffers */
	bool lent, in_place;
	struct vacodec_frame *frame;
};

/* ---- A picture ---- */

static struct vacodec_buffer *lend(void *cookie)
{
	struct trial *trial = cookie;
	bool lent = trial->lent;

	trial->lent = true;
	return lent ? NULL : trial->buffers[0];
}

static void take_back(void *cookie, struct vacodec_buffer *buffer)
{
	struct trial *trial = cookie;

	(void)buffer;
	trial->lent = false;
}

static struct vacodec_buffer *list(void *cookie, unsigned int i)
{
	const struct trial *trial = cookie;

	return i == 0 ? trial->buffers[0] : NULL;
}

static struct vawrap_dmabuf describe(const struct vacodec_format *format)
{
	unsigned int pitch = (format->coded_width + PITCH_ALIGNMENT - 1) & ~(PITCH_ALIGNMENT - 1u);

	return (struct vawrap_dmabuf){
		.fd = -1,
		.size_bytes = pitch * format->coded_height * 3 / 2,
		.fourcc = format->fourcc,
		.width = format->coded_width,
		.height = format->coded_height,
		.num_planes = 2,
		.offset_bytes = {0, pitch * format->coded_height},
		.pitch_bytes = {pitch, pitch},
	};
}

static int import(struct trial *trial, const struct vacodec_format *format)
{
	struct vawrap_dmabuf dmabuf = describe(format);
	int error = 0;

	for (int i = 0; i < 2 && !error; i++) {
		error = object_memory_new(dmabuf.size_bytes, &trial->memory[i]);
		dmabuf.fd = trial->memory[i].fd;
		if (!error)
			error = vacodec_buffer_new(trial->display, &dmabuf, NULL,
						   &trial->buffers[i]);
	}
	return error;
}

static int accept(struct trial *trial, const struct vacodec_format *format)
{
	const struct vacodec_place place = {
		.lend = lend,
		.take_back = take_back,
		.list = list,
		.n_most = 1,
		.cookie = trial,
		.head = {trial->clip->data, trial->clip->size_bytes, 0},
	};
	int ret;

	if (!trial->wants_place)
		return vacodec_decoder_accept_format(trial->decoder, NULL, 1);
	trial->import_error = import(trial, format);
	ret = trial->import_error
		      ? 0
		      : vacodec_decoder_accept_format_in_place(trial->decoder, 1, &place);
	trial->in_place = ret > 0;
	/* That was all there was to see. */
	return ret < 0 ? ret : -ECANCELED;
}

static int take_event(struct trial *trial)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};
	int ret = vacodec_decoder_receive(trial->decoder, &event, 0);

	if (ret < 0)
		return ret == -EAGAIN ? 0 : ret;
	if (event.type == VACODEC_EVENT_FORMAT)
		return accept(trial, &event.format);
	if (event.type == VACODEC_EVENT_FRAME)
		trial->frame = event.frame;
	return event.type == VACODEC_EVENT_ERROR ? event.error : 0;
}

/* -ENODATA: the stream has ended without a frame. */
static int decode(struct trial *trial)
{
	struct vacodec_packet packet = {trial->clip->data, trial->clip->size_bytes, 0};
	int ret = 0;

	while (!ret && !trial->frame && packet.size_bytes > 0) {
		ssize_t n = vacodec_decoder_send(trial->decoder, &packet);

		if (n < 0 && n != -EAGAIN)
			return (int)n;
		packet.data += n > 0 ? n : 0;
		packet.size_bytes -= n > 0 ? (size_t)n : 0;
		ret = take_event(trial);
	}
	if (ret)
		return ret;
	return trial->frame ? vacodec_frame_sync(trial->frame, -1) : -ENODATA;
}

/* By a decoder of its own, which is the codec's first one or one like it. */
static int decode_anew(struct trial *trial, bool in_place)
{
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params)};
	int error;

	params.codec = (enum vacodec_codec)trial->clip->codec;
	trial->wants_place = in_place;
	error = vacodec_decoder_new(trial->display, &params, &trial->decoder);
	if (!error)
		error = decode(trial);
	trial->decoder = vacodec_decoder_unref(trial->decoder);
	return error;
}

/* ---- What was found ---- */

static void add_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

/* The driver's own words, if it said something about that error. */
static const char *explain(struct vawrap_display *display, int error, struct vawrap_error *last)
{
	if (error == -EILSEQ)
		return "the driver says success, and nothing arrives";
	vawrap_display_get_last_error(display, last);
	return last->error == error ? last->text : strerror(-error);
}

/* A way that works, or why not: why, or what the error says. */
static void add_way(const struct trial *trial, const char *name, int error, const char *why,
		    struct json_object *facts)
{
	struct json_object *way = json_object_new_object();
	struct vawrap_error last;

	json_object_object_add(way, "works", json_object_new_boolean(!error));
	if (error)
		add_text(way, "reason", why ? why : explain(trial->display, error, &last));
	json_object_object_add(facts, name, way);
}

static void add_readout(const struct trial *trial, struct vawrap_view *view,
			struct json_object *facts)
{
	struct vawrap_surface *surface = vacodec_frame_get_surface(trial->frame);
	const struct vawrap_image_layout *layout;
	struct json_object *one = json_object_new_object();
	struct vawrap_error last;
	const uint8_t *data;
	int error = vawrap_view_map(view, surface, &data, &layout);
	const char *why = vawrap_view_transfers(view);

	vawrap_view_unmap(view);
	add_text(one, "way", error ? "none" : why ? "vaGetImage" : "derived image");
	info_add_int(one, "driver_transfers", !error && why);
	info_add_int(one, "copies", !error);
	add_text(one, "reason", error ? explain(trial->display, error, &last) : why);
	json_object_object_add(facts, "readout", one);
}

/* Comes after the frame: what is lent is not what is read. */
static void add_import(struct trial *trial, struct json_object *facts)
{
	struct json_object *one = json_object_new_object();
	struct vacodec_frame *frame = trial->frame;
	int error, copied;

	trial->frame = NULL;
	error = decode_anew(trial, true);
	trial->frame = frame;
	if (error == -ECANCELED)
		error = trial->import_error;
	/* Of the other buffer, which was not lent. */
	copied = error ? error : vacodec_buffer_copy(trial->buffers[1], frame, true);
	add_text(one, "memory", trial->memory[0].is_dmabuf ? "dma-buf" : "memfd");
	add_way(trial, "in_place", error || trial->in_place ? error : -EILSEQ,
		error ? NULL : "no picture is decoded into it", one);
	add_way(trial, "copy", copied, NULL, one);
	json_object_object_add(facts, "import", one);
}

static void add_layers(const struct trial *trial, struct json_object *facts, const char *name,
		       uint32_t layers)
{
	VADRMPRIMESurfaceDescriptor out;
	struct json_object *one;
	char modifier[24];
	int error = vawrap_surface_export(vacodec_frame_get_surface(trial->frame),
					  layers | VA_EXPORT_SURFACE_READ_ONLY, &out);

	add_way(trial, name, error, NULL, facts);
	if (error)
		return;
	one = json_object_object_get(facts, name);
	snprintf(modifier, sizeof(modifier), "0x%llx",
		 (unsigned long long)out.objects[0].drm_format_modifier);
	json_object_object_add(one, "linear",
			       json_object_new_boolean(!out.objects[0].drm_format_modifier));
	add_text(one, "modifier", modifier);
	info_add_int(one, "objects", out.num_objects);
	vawrap_export_finish(&out);
}

static void add_export(const struct trial *trial, struct json_object *facts)
{
	struct json_object *one = json_object_new_object();

	add_layers(trial, one, "composed", VA_EXPORT_SURFACE_COMPOSED_LAYERS);
	add_layers(trial, one, "separate", VA_EXPORT_SURFACE_SEPARATE_LAYERS);
	json_object_object_add(facts, "export", one);
}

static void add_sync(const struct trial *trial, struct json_object *facts)
{
	struct vawrap_surface *surface = vacodec_frame_get_surface(trial->frame);
	struct json_object *one = json_object_new_object();
	VASurfaceStatus status;
	bool has_status = vawrap_surface_get_status(surface, &status) != -ENOTSUP;
	bool has_sync2;

	vawrap_surface_sync(surface, 0);
	has_sync2 = !vawrap_display_lacks_sync2(trial->display);
	add_text(one, "way",
		 has_sync2    ? "vaSyncSurface2"
		 : has_status ? "vaQuerySurfaceStatus"
			      : "vaSyncSurface");
	json_object_object_add(one, "timeouts", json_object_new_boolean(has_sync2 || has_status));
	json_object_object_add(facts, "sync", one);
}

/* No picture that a surface has before. */
static int fill(struct vawrap_image *image)
{
	const struct vawrap_image_layout *layout = vawrap_image_get_layout(image);
	void *data;
	int error = vawrap_image_map_for(image, VAWRAP_MAP_WRITE, &data);

	if (error)
		return error;
	for (uint32_t i = 0; i < layout->size_bytes; i++)
		((uint8_t *)data)[i] = (uint8_t)(i * 7 + i / 251);
	return vawrap_image_unmap(image);
}

/* The last one: it writes over the picture. */
static void add_upload(const struct trial *trial, struct vawrap_view *view,
		       const struct vacodec_frame_info *info, struct json_object *facts)
{
	struct vawrap_image *image;
	int error = vawrap_image_new(trial->display, info->fourcc, info->coded_width,
				     info->coded_height, &image);

	if (!error)
		error = fill(image);
	if (!error)
		error = vawrap_view_store(view, vacodec_frame_get_surface(trial->frame), image);
	vawrap_image_unref(image);
	add_way(trial, "upload", error, NULL, facts);
}

static int tell(struct trial *trial, struct json_object *facts)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};
	struct vawrap_view *view;
	int error = vacodec_frame_get_info(trial->frame, &info);

	if (!error)
		error = vawrap_view_new(trial->display, info.fourcc, info.coded_width,
					info.coded_height, &view);
	if (error)
		return error;
	add_readout(trial, view, facts);
	add_import(trial, facts);
	add_export(trial, facts);
	add_sync(trial, facts);
	add_upload(trial, view, &info, facts);
	vawrap_view_free(view);
	return 0;
}

/* ---- The thread ---- */

static void drop(struct trial *trial)
{
	vacodec_frame_unref(trial->frame);
	for (int i = 0; i < 2; i++) {
		vacodec_buffer_unref(trial->buffers[i]);
		object_memory_free(&trial->memory[i]);
	}
}

/* Of the first codec that the display decodes. */
static int decode_any(struct trial *trial, struct json_object *facts)
{
	int error = -ENOTSUP;

	for (unsigned int i = 0; i < info_n_clips && error == -ENOTSUP; i++) {
		trial->clip = &info_clips[i];
		error = decode_anew(trial, false);
	}
	if (!error)
		add_text(facts, "codec",
			 vacodec_codec_get_name((enum vacodec_codec)trial->clip->codec));
	return error;
}

static void gather(struct vawrap_display *display, struct json_object *facts)
{
	struct trial trial = {.display = display, .memory = {{.fd = -1}, {.fd = -1}}};
	struct vawrap_error last;
	int error = decode_any(&trial, facts);

	if (!error)
		error = tell(&trial, facts);
	if (error)
		add_text(facts, "error",
			 error == -ENOTSUP
				 ? "it decodes none of the streams that there are for this"
				 : explain(display, error, &last));
	drop(&trial);
}

struct job {
	const char *path, *driver;
	pthread_mutex_t lock;
	pthread_cond_t done;
	struct json_object *facts; /* NULL until it is done */
};

/* With a display of its own, which says nothing of what is expected to fail. */
static struct json_object *open_and_gather(const struct job *job)
{
	struct vawrap_error error;
	const struct vawrap_display_options options = {
		.size_bytes = sizeof(options), .driver = job->driver, .error = &error};
	struct json_object *facts = json_object_new_object();
	struct vawrap_display *display;
	int failed = job->path ? vawrap_display_new_path(job->path, &options, &display)
			       : vawrap_display_new_driver(job->driver, &options, &display);

	if (failed) {
		add_text(facts, "error", error.text);
		return facts;
	}
	gather(display, facts);
	vawrap_display_unref(display);
	return facts;
}

static void *run(void *cookie)
{
	struct job *job = cookie;
	struct json_object *facts = open_and_gather(job);

	pthread_mutex_lock(&job->lock);
	job->facts = facts;
	pthread_cond_signal(&job->done);
	pthread_mutex_unlock(&job->lock);
	return NULL;
}

static bool wait_for(struct job *job, unsigned int seconds)
{
	struct timespec end;
	int error = 0;
	bool done;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += seconds;
	pthread_mutex_lock(&job->lock);
	while (!job->facts && !error)
		error = pthread_cond_timedwait(&job->done, &job->lock, &end);
	done = job->facts;
	pthread_mutex_unlock(&job->lock);
	return done;
}

struct json_object *info_gather_probes(struct vawrap_display *display, unsigned int seconds,
				       bool *hangs)
{
	/* It may outlive the call, for as long as the process lives. */
	static struct job job = {.lock = PTHREAD_MUTEX_INITIALIZER,
				 .done = PTHREAD_COND_INITIALIZER};
	const char *path = vawrap_display_get_path(display);
	const char *driver = vawrap_display_get_driver(display);
	struct json_object *facts;
	pthread_t thread;
	int error;

	*hangs = false;
	job.facts = NULL;
	job.path = *path ? path : NULL;
	job.driver = *driver ? driver : NULL;
	error = pthread_create(&thread, NULL, run, &job);
	if (!error && wait_for(&job, seconds)) {
		pthread_join(thread, NULL);
		return job.facts;
	}
	*hangs = !error;
	if (!error)
		pthread_detach(thread);
	facts = json_object_new_object();
	add_text(facts, "error", error ? strerror(error) : "the driver does not come back");
	return facts;
}
