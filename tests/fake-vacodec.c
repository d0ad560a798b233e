/* SPDX-License-Identifier: MIT */
/*
 * fake-vacodec.c - stands in for the functions of libvacodec and libvawrap that virtio-video uses
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "fake-vacodec.h"
#include "vacodec.h"
#include "vawrap.h"

#define MAX_EVENTS 64
#define RECORD     4

struct fake_state fake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool released;

struct vawrap_display {
	int refs;
};

struct vawrap_surface {
	int refs;
	unsigned int width, height;
	uint8_t value;
	struct vawrap_dmabuf dmabuf; /* its fd is ours; size_bytes 0: no object */
};

struct vawrap_image {
	struct vawrap_surface *surface; /* derived: held */
	struct vawrap_image_layout layout;
	uint8_t *data;
	bool mapped;
};

struct vacodec_frame {
	struct vawrap_surface *surface;
	uint64_t timestamp;
	bool corrupt;
	struct vacodec_format format;
};

struct vacodec_decoder {
	uint8_t partial[RECORD];
	size_t n_partial;
	uint64_t timestamp; /* of the packet with the record's first byte */
	struct vacodec_event events[MAX_EVENTS];
	unsigned int n_events;
	struct vacodec_frame *delayed;
	struct vacodec_format format;
	bool wants_accept, draining;
	int fd;
};

static int add(int *count, int by)
{
	int value;

	pthread_mutex_lock(&lock);
	value = *count += by;
	pthread_mutex_unlock(&lock);
	return value;
}

static void *born(size_t size)
{
	void *p = calloc(1, size);

	assert(p);
	add(&fake.live, 1);
	return p;
}

static void gone(void *p)
{
	add(&fake.live, -1);
	free(p);
}

void fake_reset(void)
{
	pthread_mutex_lock(&lock);
	memset(&fake, 0, sizeof(fake));
	released = false;
	pthread_mutex_unlock(&lock);
}

void fake_unhang(void)
{
	pthread_mutex_lock(&lock);
	released = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

void fake_wait_hang(void)
{
	pthread_mutex_lock(&lock);
	while (!fake.hanging)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

static void hang(void)
{
	pthread_mutex_lock(&lock);
	fake.hanging++;
	pthread_cond_broadcast(&changed);
	while (!released)
		pthread_cond_wait(&changed, &lock);
	fake.hanging--;
	pthread_mutex_unlock(&lock);
}

int fake_get_live(void)
{
	return add(&fake.live, 0);
}

int fake_wait_live(void)
{
	for (int i = 0; i < 20000 && fake_get_live(); i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	return fake_get_live();
}

uint8_t fake_sample(uint8_t v, int plane, unsigned int x, unsigned int y)
{
	static const uint8_t base[] = {0, 50, 100};

	return v + base[plane] + x + (plane + 3) * y;
}

/* ---- libvawrap ---- */

static int open_display(struct vawrap_display **out)
{
	if (fake.no_display)
		return -ENODEV;
	*out = born(sizeof(**out));
	(*out)->refs = 1;
	return 0;
}

int vawrap_display_new_path_at(const char *path, const struct vawrap_display_options *options,
			       struct vawrap_display **out, const char *site)
{
	(void)site;
	fake.path = path;
	fake.driver = options->driver;
	return open_display(out);
}

int vawrap_display_new_driver_at(const char *driver, const struct vawrap_display_options *options,
				 struct vawrap_display **out, const char *site)
{
	(void)site;
	(void)options;
	fake.path = NULL;
	fake.driver = driver;
	return open_display(out);
}

int vawrap_display_new_first_at(const struct vawrap_display_options *options,
				struct vawrap_display **out, const char *site)
{
	(void)site;
	fake.path = NULL;
	fake.driver = options->driver;
	return open_display(out);
}

struct vawrap_display *vawrap_display_ref(struct vawrap_display *display)
{
	add(&display->refs, 1);
	return display;
}

struct vawrap_display *vawrap_display_unref(struct vawrap_display *display)
{
	if (display && add(&display->refs, -1) == 0)
		gone(display);
	return NULL;
}

int vawrap_display_shutdown(struct vawrap_display *display)
{
	(void)display;
	fake.n_shutdowns++;
	return 0;
}

struct vawrap_surface *vawrap_surface_unref(struct vawrap_surface *surface)
{
	if (!surface || add(&surface->refs, -1) > 0)
		return NULL;
	if (surface->dmabuf.size_bytes)
		close(surface->dmabuf.fd);
	gone(surface);
	return NULL;
}

int vawrap_surface_sync(struct vawrap_surface *surface, int64_t timeout_ns)
{
	assert(surface && timeout_ns == -1);
	return 0;
}

/* What is copied into it is painted into the object itself. */
int vawrap_surface_new_dmabuf_at(struct vawrap_display *display, const struct vawrap_dmabuf *dmabuf,
				 struct vawrap_surface **out, const char *site)
{
	(void)display;
	(void)site;
	*out = NULL;
	fake.n_imports++;
	if (fake.no_import)
		return -ENOTSUP;
	assert(dmabuf->fourcc == VA_FOURCC_NV12 && dmabuf->num_planes == 2);
	*out = born(sizeof(**out));
	**out = (struct vawrap_surface){
		.refs = 1, .width = dmabuf->width, .height = dmabuf->height};
	(*out)->dmabuf = *dmabuf;
	(*out)->dmabuf.fd = dup(dmabuf->fd);
	return 0;
}

static struct vawrap_image *new_image(unsigned int width, unsigned int height)
{
	struct vawrap_image *image = born(sizeof(*image));
	unsigned int pitch = (width + 63) / 64 * 64;

	image->layout = (struct vawrap_image_layout){
		.fourcc = VA_FOURCC_NV12,
		.width = width,
		.height = height,
		.num_planes = 2,
		.offset_bytes = {0, pitch * height},
		.pitch_bytes = {pitch, pitch},
		.size_bytes = pitch * height + pitch * ((height + 1) / 2),
	};
	image->data = calloc(1, image->layout.size_bytes);
	return image;
}

static void paint(struct vawrap_image *image, uint8_t value)
{
	const struct vawrap_image_layout *l = &image->layout;

	for (unsigned int y = 0; y < l->height; y++) {
		for (unsigned int x = 0; x < l->width; x++)
			image->data[y * l->pitch_bytes[0] + x] = fake_sample(value, 0, x, y);
	}
	for (unsigned int y = 0; y < l->height / 2; y++) {
		for (unsigned int x = 0; x < l->width; x++)
			image->data[l->offset_bytes[1] + y * l->pitch_bytes[1] + x] =
				fake_sample(value, 1 + x % 2, x / 2, y);
	}
}

static void write_row(const struct vawrap_surface *to, unsigned int plane, unsigned int y,
		      uint8_t value)
{
	uint8_t row[8192];

	for (unsigned int x = 0; x < to->width; x++)
		row[x] = plane ? fake_sample(value, 1 + x % 2, x / 2, y)
			       : fake_sample(value, 0, x, y);
	if (pwrite(to->dmabuf.fd, row, to->width,
		   to->dmabuf.offset_bytes[plane] + (off_t)to->dmabuf.pitch_bytes[plane] * y) < 0)
		abort();
}

int vawrap_surface_copy(struct vawrap_surface *to, struct vawrap_surface *from)
{
	if (fake.no_copy)
		return -ENOTSUP;
	if (fake.hang_in_copy)
		hang();
	fake.n_copies++;
	if (fake.copies_elsewhere)
		return 0;
	for (unsigned int y = 0; y < to->height; y++)
		write_row(to, 0, y, from->value);
	for (unsigned int y = 0; y < to->height / 2; y++)
		write_row(to, 1, y, from->value);
	return 0;
}

int vawrap_image_new_at(struct vawrap_display *display, uint32_t fourcc, unsigned int width,
			unsigned int height, struct vawrap_image **out, const char *site)
{
	(void)display;
	(void)site;
	assert(fourcc == VA_FOURCC_NV12);
	*out = new_image(width, height);
	return 0;
}

int vawrap_image_derive_at(struct vawrap_surface *surface, struct vawrap_image **out,
			   const char *site)
{
	(void)site;
	if (fake.no_derive)
		return -ENOTSUP;
	*out = new_image(surface->width, surface->height);
	(*out)->surface = surface;
	add(&surface->refs, 1);
	return 0;
}

struct vawrap_image *vawrap_image_unref(struct vawrap_image *image)
{
	if (!image)
		return NULL;
	assert(!image->mapped);
	vawrap_surface_unref(image->surface);
	free(image->data);
	gone(image);
	return NULL;
}

const struct vawrap_image_layout *vawrap_image_get_layout(const struct vawrap_image *image)
{
	return &image->layout;
}

int vawrap_image_get(struct vawrap_image *image, struct vawrap_surface *surface, int x, int y,
		     unsigned int width, unsigned int height)
{
	assert(x == 0 && y == 0 && width == image->layout.width && height == image->layout.height);
	fake.n_transfers++;
	paint(image, surface->value);
	return 0;
}

int vawrap_image_map_for(struct vawrap_image *image, unsigned int intent, void **data)
{
	(void)intent;
	assert(!image->mapped);
	image->mapped = true;
	if (fake.slow)
		nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
	if (image->surface)
		paint(image, image->surface->value);
	*data = image->data;
	return 0;
}

int vawrap_image_unmap(struct vawrap_image *image)
{
	assert(image->mapped);
	image->mapped = false;
	return 0;
}

/* As it is, on the images above. */
#include "libvawrap/view.c"

/* ---- libvacodec: frames ---- */

/* As many codecs as there may be, newest first, with all that is known of their profiles. */
static int get_all_caps(struct vacodec_caps *caps)
{
	static const struct vacodec_caps all[] = {
		{VACODEC_CODEC_AV1, 1, 1, 8192, 8192, 1, {VAProfileAV1Profile0}},
		{VACODEC_CODEC_VP9,
		 8,
		 8,
		 8192,
		 4096,
		 2,
		 {VAProfileVP9Profile0, VAProfileVP9Profile2}},
		{VACODEC_CODEC_VP8, 1, 1, 4096, 4096, 1, {VAProfileVP8Version0_3}},
		{VACODEC_CODEC_HEVC, 8, 8, 4096, 4096, 2, {VAProfileHEVCMain, VAProfileHEVCMain10}},
		{VACODEC_CODEC_MPEG2,
		 1,
		 1,
		 1920,
		 1088,
		 2,
		 {VAProfileMPEG2Simple, VAProfileMPEG2Main}},
	};

	memcpy(caps, all, sizeof(all));
	return sizeof(all) / sizeof(all[0]);
}

int vacodec_get_caps(struct vawrap_display *display, struct vacodec_caps *caps, size_t capacity)
{
	(void)display;
	if (capacity < VACODEC_N_CODECS)
		return VACODEC_N_CODECS;
	if (fake.all_codecs)
		return get_all_caps(caps);
	caps[0] = (struct vacodec_caps){
		.codec = VACODEC_CODEC_H264,
		.min_width = 16,
		.min_height = 16,
		.max_width = 4096,
		.max_height = 2304,
		.n_profiles = 4,
		.profiles = {5, VAProfileH264Main, VAProfileH264High,
			     VAProfileH264ConstrainedBaseline},
	};
	return 1;
}

struct vacodec_frame *vacodec_frame_unref(struct vacodec_frame *frame)
{
	if (!frame)
		return NULL;
	vawrap_surface_unref(frame->surface);
	gone(frame);
	return NULL;
}

int vacodec_frame_get_info(const struct vacodec_frame *frame, struct vacodec_frame_info *info)
{
	info->timestamp = frame->timestamp;
	info->flags = frame->corrupt ? VACODEC_FRAME_CORRUPT : 0;
	info->fourcc = VA_FOURCC_NV12;
	info->chroma = 420;
	info->bit_depth = 8;
	info->coded_width = frame->format.coded_width;
	info->coded_height = frame->format.coded_height;
	info->crop = frame->format.crop;
	return 0;
}

struct vawrap_surface *vacodec_frame_get_surface(const struct vacodec_frame *frame)
{
	return frame->surface;
}

int vacodec_frame_sync(struct vacodec_frame *frame, int64_t timeout_ns)
{
	assert(timeout_ns == -1);
	if (fake.hang_in_sync)
		hang();
	return frame->corrupt ? -EBADMSG : 0;
}

/* ---- libvacodec: the decoder ---- */

int vacodec_decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
			struct vacodec_decoder **out)
{
	assert(display && params->codec == VACODEC_CODEC_H264);
	*out = born(sizeof(**out));
	(*out)->fd = eventfd(1, EFD_CLOEXEC);
	return 0;
}

/* Readable at any time: the engine asks again. */
int vacodec_decoder_get_fd(const struct vacodec_decoder *decoder)
{
	return decoder->fd;
}

/* All but a change of format. */
static void drop_events(struct vacodec_decoder *decoder)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < decoder->n_events; i++) {
		if (decoder->events[i].type == VACODEC_EVENT_FORMAT)
			decoder->events[kept++] = decoder->events[i];
		else
			vacodec_frame_unref(decoder->events[i].frame);
	}
	decoder->n_events = kept;
	decoder->delayed = vacodec_frame_unref(decoder->delayed);
}

struct vacodec_decoder *vacodec_decoder_unref(struct vacodec_decoder *decoder)
{
	if (!decoder)
		return NULL;
	drop_events(decoder);
	close(decoder->fd);
	gone(decoder);
	return NULL;
}

const char *vacodec_decoder_get_last_error(const struct vacodec_decoder *decoder)
{
	(void)decoder;
	return "scripted";
}

static struct vacodec_event *new_event(struct vacodec_decoder *decoder,
				       enum vacodec_event_type type)
{
	struct vacodec_event *event = &decoder->events[decoder->n_events++];

	assert(decoder->n_events <= MAX_EVENTS);
	*event = (struct vacodec_event){.type = type};
	return event;
}

static void emit_frame(struct vacodec_decoder *decoder, struct vacodec_frame *frame)
{
	new_event(decoder, VACODEC_EVENT_FRAME)->frame = frame;
}

static struct vacodec_frame *new_frame(struct vacodec_decoder *decoder, uint8_t value, bool corrupt)
{
	struct vacodec_frame *frame = born(sizeof(*frame));

	frame->surface = born(sizeof(*frame->surface));
	*frame->surface = (struct vawrap_surface){.refs = 1,
						  .width = decoder->format.coded_width,
						  .height = decoder->format.coded_height,
						  .value = value};
	frame->timestamp = decoder->timestamp;
	frame->corrupt = corrupt;
	frame->format = decoder->format;
	return frame;
}

static void sequence(struct vacodec_decoder *decoder, const uint8_t *record)
{
	unsigned int cut = record[3] & 0x80 ? 2 : 0;
	struct vacodec_format *format = &decoder->format;

	*format = (struct vacodec_format){
		.codec = VACODEC_CODEC_H264,
		.profile = VAProfileH264High,
		.level = 41,
		.fourcc = VA_FOURCC_NV12,
		.chroma = 420,
		.bit_depth = 8,
		.coded_width = record[1] * 16,
		.coded_height = record[2] * 16,
		.crop = {cut, 0, record[1] * 16 - cut, record[2] * 16},
		.min_frames = record[3] & 0x7f,
		.frame_rate_num = 50,
		.frame_rate_den = 2,
	};
	new_event(decoder, VACODEC_EVENT_FORMAT)->format = *format;
	decoder->wants_accept = true;
}

static void output(struct vacodec_decoder *decoder, uint8_t value, bool corrupt)
{
	emit_frame(decoder, new_frame(decoder, value, corrupt));
	if (decoder->delayed)
		emit_frame(decoder, decoder->delayed);
	decoder->delayed = NULL;
}

static void decode(struct vacodec_decoder *decoder, const uint8_t *record)
{
	bool known = decoder->format.coded_width;

	if (record[0] == 'S')
		sequence(decoder, record);
	else if (record[0] == 'H')
		hang();
	else if (record[0] == 'L')
		new_event(decoder, VACODEC_EVENT_ERROR)->error = -EIO;
	else if (record[0] == 'N')
		new_event(decoder, VACODEC_EVENT_ERROR)->error = -ENODEV;
	else if (known && (record[0] == 'F' || record[0] == 'C'))
		output(decoder, record[1], record[0] == 'C');
	else if (known && record[0] == 'D' && !decoder->delayed)
		decoder->delayed = new_frame(decoder, record[1], false);
}

ssize_t vacodec_decoder_send(struct vacodec_decoder *decoder, const struct vacodec_packet *packet)
{
	size_t n = RECORD - decoder->n_partial;

	fake.n_sends++;
	if (decoder->n_events || decoder->wants_accept || decoder->draining)
		return -EAGAIN;
	if (packet->size_bytes < n)
		n = packet->size_bytes;
	if (decoder->n_partial == 0)
		decoder->timestamp = packet->timestamp;
	memcpy(decoder->partial + decoder->n_partial, packet->data, n);
	decoder->n_partial += n;
	if (decoder->n_partial == RECORD) {
		decoder->n_partial = 0;
		decode(decoder, decoder->partial);
	}
	return n;
}

int vacodec_decoder_receive(struct vacodec_decoder *decoder, struct vacodec_event *event,
			    int64_t timeout_ns)
{
	size_t size = event->size_bytes;

	(void)timeout_ns;
	if (!decoder->n_events)
		return -EAGAIN;
	*event = decoder->events[0];
	event->size_bytes = size;
	memmove(&decoder->events[0], &decoder->events[1],
		--decoder->n_events * sizeof(decoder->events[0]));
	if (event->type == VACODEC_EVENT_DRAINED)
		decoder->draining = false;
	return 0;
}

int vacodec_decoder_accept_format(struct vacodec_decoder *decoder,
				  const struct vacodec_frame_ops *ops, unsigned int n_frames)
{
	assert(decoder->wants_accept && !ops && n_frames > 0);
	decoder->wants_accept = false;
	return 0;
}

int vacodec_decoder_drain(struct vacodec_decoder *decoder)
{
	if (decoder->draining)
		return -EBUSY;
	if (decoder->n_events || decoder->wants_accept)
		return -EAGAIN;
	fake.n_drains++;
	if (decoder->delayed)
		emit_frame(decoder, decoder->delayed);
	decoder->delayed = NULL;
	decoder->draining = true;
	new_event(decoder, VACODEC_EVENT_DRAINED);
	return 0;
}

int vacodec_decoder_flush(struct vacodec_decoder *decoder)
{
	fake.n_flushes++;
	drop_events(decoder);
	decoder->n_partial = 0;
	decoder->draining = false;
	return 0;
}
