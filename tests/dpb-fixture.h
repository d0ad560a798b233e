/* SPDX-License-Identifier: MIT */
/*
 * dpb-fixture.h - frames and a DPB for worked examples of H.264 marking and lists
 *
 * Frames are named by a number; they have no surface, and no pool is behind them.
 */
#ifndef DPB_FIXTURE_H
#define DPB_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "libvacodec/frame-pool.h"
#include "libvacodec/h264-dpb.h"

#define N_FRAMES 32

extern struct vacodec_frame frames[N_FRAMES];

/* The teardown fails when a reference on a frame is left. */
int dpb_setup(void **state);
int dpb_teardown(void **state);
#define DPB_TEST(test) cmocka_unit_test_setup_teardown(test, dpb_setup, dpb_teardown)

/* 16 frame numbers, and order counts of 4 bits where they are coded. */
struct h264_sps make_sps(unsigned int poc_type, unsigned int refs);
void begin(struct h264_dpb *dpb, unsigned int refs);

#endif
