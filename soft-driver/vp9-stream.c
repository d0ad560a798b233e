/* SPDX-License-Identifier: MIT */
/*
 * What outlives a context of VP9: the decoder beneath, and whose turn it is; see vp9.h.
 */
#include <errno.h>
#include <stdlib.h>

#include "context.h"
#include "vp9.h"

static const struct decoder_kind kind = {.name = "vp9", .target = DECODER_LAST};

static void stream_free(struct object *object)
{
	struct vp9_stream *stream = (struct vp9_stream *)object;

	decoder_finish(&stream->decoder);
	pthread_cond_destroy(&stream->turn_ends);
	pthread_mutex_destroy(&stream->lock);
	free(stream);
}

struct vp9_stream *vp9_stream_new(void)
{
	struct vp9_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	/* It has no id: nobody asks for its kind. */
	object_init(&stream->object, OBJECT_CONTEXT, stream_free);
	pthread_mutex_init(&stream->lock, NULL);
	pthread_cond_init(&stream->turn_ends, NULL);
	if (!decoder_init(&stream->decoder, &kind))
		return stream;
	object_unref(&stream->object);
	return NULL;
}

struct turn {
	struct vp9_stream *stream;
	uint32_t number;
};

static void end_turn(void *own)
{
	struct turn *turn = own;
	struct vp9_stream *stream = turn->stream;

	pthread_mutex_lock(&stream->lock);
	stream->done++;
	pthread_cond_broadcast(&stream->turn_ends);
	pthread_mutex_unlock(&stream->lock);
	object_unref(&stream->object);
	free(turn);
}

int vp9_stream_queue(struct vp9_stream *stream, struct job *job)
{
	struct turn *turn = malloc(sizeof(*turn));

	if (!turn)
		return -ENOMEM;
	turn->stream = object_ref(&stream->object);
	turn->number = stream->queued++;
	job->own = turn;
	job->free_own = end_turn;
	return 0;
}

/* Its turn alone lets one thread at the decoder, so that the lock need not be held. */
int vp9_stream_decode(struct context *context, struct job *job)
{
	const struct turn *turn = job->own;
	struct vp9_stream *stream;
	int ret, copied;

	(void)context;
	if (!turn)
		return -ENOMEM;
	stream = turn->stream;
	pthread_mutex_lock(&stream->lock);
	while (stream->done != turn->number)
		pthread_cond_wait(&stream->turn_ends, &stream->lock);
	pthread_mutex_unlock(&stream->lock);
	ret = decoder_decode(&stream->decoder, job->packet.data, job->packet.size - DECODER_PADDING,
			     false);
	pthread_mutex_lock(&job->surface->lock);
	copied = decoder_copy(&stream->decoder, job->surface, job->fields, job->mono);
	pthread_mutex_unlock(&job->surface->lock);
	return ret ? ret : copied;
}
