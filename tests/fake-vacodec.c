/* SPDX-License-Identifier: MIT */
/*
 * fake-vacodec.c - stands in for the functions of libvacodec that virtio-video uses
 */
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "fake-internal.h"
#include "vacodec.h"

#define MAX_EVENTS 64
#define RECORD     4

struct fake_state fake;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool released;

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

int fake_add(int *count, int by)
{
	int value;

	pthread_mutex_lock(&lock);
	value = *count += by;
	pthread_mutex_unlock(&lock);
	return value;
}

void *fake_born(size_t size)
{
	void *p = calloc(1, size);

	assert(p);
	fake_add(&fake.live, 1);
	return p;
}

void fake_gone(void *p)
{
	fake_add(&fake.live, -1);
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

void fake_hang(void)
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
	return fake_add(&fake.live, 0);
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
	fake_gone(frame);
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

void *vacodec_frame_get_place(const struct vacodec_frame *frame)
{
	(void)frame;
	return NULL;
}

int vacodec_frame_sync(struct vacodec_frame *frame, int64_t timeout_ns)
{
	assert(timeout_ns == -1);
	if (fake.hang_in_sync)
		fake_hang();
	return frame->corrupt ? -EBADMSG : 0;
}

/* ---- libvacodec: the decoder ---- */

int vacodec_decoder_new(struct vawrap_display *display, const struct vacodec_decoder_params *params,
			struct vacodec_decoder **out)
{
	assert(display && params->codec == VACODEC_CODEC_H264);
	*out = fake_born(sizeof(**out));
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
	fake_gone(decoder);
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
	struct vacodec_frame *frame = fake_born(sizeof(*frame));

	frame->surface = fake_born(sizeof(*frame->surface));
	*frame->surface = (struct vawrap_surface){.refs = 1,
						  .width = decoder->format.coded_width,
						  .height = decoder->format.coded_height,
						  .value = value};
	frame->timestamp = decoder->timestamp;
	frame->corrupt = corrupt;
	frame->format = decoder->format;
	return frame;
}

static void ask_for_frames(struct vacodec_decoder *decoder)
{
	new_event(decoder, VACODEC_EVENT_FORMAT)->format = decoder->format;
	decoder->wants_accept = true;
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
	ask_for_frames(decoder);
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
		fake_hang();
	else if (record[0] == 'L')
		new_event(decoder, VACODEC_EVENT_ERROR)->error = -ENOMEM;
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

/* Nothing comes in place here. */
int vacodec_decoder_accept_format_in_place(struct vacodec_decoder *decoder, unsigned int n_frames,
					   const struct vacodec_place *place)
{
	assert(place->lend && place->take_back && place->list);
	return vacodec_decoder_accept_format(decoder, NULL, n_frames);
}

int64_t vacodec_decoder_vacate(struct vacodec_decoder *decoder, const void *cookie)
{
	(void)decoder;
	(void)cookie;
	return 0;
}

int vacodec_decoder_set_display(struct vacodec_decoder *decoder, struct vawrap_display *display)
{
	assert(display);
	vacodec_decoder_flush(decoder);
	decoder->n_events = 0;
	decoder->wants_accept = false;
	if (decoder->format.coded_width)
		ask_for_frames(decoder);
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
