/* SPDX-License-Identifier: MIT */
/*
 * readout.h - a decoded frame's pixels in memory
 *
 * The surface's own memory where the driver gives it (a derived image), else a copy that the driver
 * makes. The image for copies is kept from frame to frame.
 */
#ifndef TOOLS_READOUT_H
#define TOOLS_READOUT_H

#include "tools/output.h"
#include "vacodec.h"
#include "vawrap.h"

struct readout {
	struct vawrap_image *copy;  /* kept, for drivers that cannot derive */
	struct vawrap_image *image; /* mapped now */
	bool no_derive;
	uint64_t derived, copied; /* frames read each way */
};

void readout_finish(struct readout *readout);
/* Maps the frame, which was synced; until readout_unmap() the picture points into it. */
int readout_map(struct readout *readout, struct vacodec_frame *frame,
		struct output_picture *picture);
void readout_unmap(struct readout *readout);

#endif
