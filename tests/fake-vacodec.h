/* SPDX-License-Identifier: MIT */
/*
 * fake-vacodec.h - a scripted decoder in the place of libvacodec and libvawrap
 *
 * Its bitstream is made of records of four bytes, split over packets in any way:
 *     'S' w h m   sequence header: w * 16 x h * 16 samples, m minimum frames (0x80: cropped by 2)
 *     'F' v . .   frame whose samples derive from v
 *     'C' v . .   the same, corrupt
 *     'D' v . .   a frame that is output after the next one, or when drained
 *     'H' . . .   hangs until fake_unhang()
 *     'L' . . .   the session is lost
 *     'N' . . .   the device is lost
 * Any other record is skipped.
 */
#ifndef FAKE_VACODEC_H
#define FAKE_VACODEC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct fake_state {
	bool no_derive;        /* vaDeriveImage fails: transfers are used */
	bool no_display;       /* opening a display fails */
	bool all_codecs;       /* the display decodes more than H.264 */
	bool slow;             /* mapping an image takes a while */
	bool hang_in_sync;     /* frames hang until fake_unhang() when they are waited for */
	bool no_import;        /* objects become no surfaces */
	bool no_copy;          /* the driver copies nothing */
	bool copies_elsewhere; /* says that it copies */
	bool hang_in_copy;     /* its copies hang */
	atomic_uint n_sends, n_transfers, n_flushes, n_drains, n_imports, n_copies;
	int live;                  /* handles of all kinds */
	int hanging;               /* threads that hang now */
	atomic_uint n_shutdowns;   /* displays that were shut down */
	const char *path, *driver; /* that a display was opened with last */
};

extern struct fake_state fake;

void fake_reset(void);
void fake_unhang(void);
/* Waits until a thread hangs. */
void fake_wait_hang(void);
int fake_get_live(void);
/* The same, after threads that were left behind have had time to end. */
int fake_wait_live(void);
/* What a sample of frame v is. plane: 0 Y, 1 U, 2 V. */
uint8_t fake_sample(uint8_t v, int plane, unsigned int x, unsigned int y);

#endif
