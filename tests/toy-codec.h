/* SPDX-License-Identifier: MIT */
/*
 * toy-codec.h - a codec that decodes nothing, to show what a codec is made of
 *
 * A unit is a letter and its bytes:
 *   S width/16 height/16 max_frames max_reorder   a sequence header
 *   K order                                       a key picture, which is a reference
 *   R order refs...                               a recovery point, which is right at once
 *   P order refs...                               a picture that is a reference; refs: their orders
 *   B order refs...                               a picture that is none
 *   C width/16 height/16 max_frames max_reorder   another format, while references stay
 *   H order refs...                               a P that is not output
 *   L order size/16 refs...                       the same, square, of a size of its own
 *   @ order                                       shows a reference again
 *   !                                             damage
 *   ?                                             what is not supported
 */
#ifndef TOY_CODEC_H
#define TOY_CODEC_H

#include "libvacodec/decoder.h"

/* Each packet is a unit, or more of them between bars, as for VP9. */
extern const struct codec_ops toy_codec_ops;
/* The same behind start codes. */
extern const struct codec_ops toy_codec_stream_ops;

#endif
