// SPDX-License-Identifier: MIT
/*
 * Scenes of field pictures: pairs, frames between them, list modification by field numbers, memory
 * management commands on single fields. In the comments T2 is the top field of frame
 * 2; a field's picture number is twice its frame's, and one more for the current parity (8.2.4.1).
 */
#include "written-fields.h"

void fields_begin(struct h264w_stream *s, const struct h264w_sps *from, unsigned int refs)
{
	struct h264w_sps sps = from ? *from : h264w_sps_default();

	sps.fields = true;
	sps.level_idc = 30;
	sps.max_num_ref_frames = refs;
	scene_begin(s, &sps, NULL);
}

/* Both parities first, P and B pairs, frames that refer to pairs and fields that refer to a frame. */
static void pairs(struct h264w_stream *s)
{
	int t[5], b[5], f[4];

	fields_begin(s, NULL, 3);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	t[1] = FIRST(s, P, TOP, 1, 1, 4, .list = {{t[0], b[0]}});
	b[1] = SECOND(s, P, BOTTOM, 1, 1, 5, .list = {{b[0], t[1], t[0]}});
	b[2] = FIRST(s, P, BOTTOM, 1, 2, 8, .list = {{b[1], t[1], b[0], t[0]}});
	t[2] = SECOND(s, P, TOP, 1, 2, 9, .list = {{t[1], b[2], t[0], b[1], b[0]}});
	FIRST(s, B, TOP, 0, 3, 6,
	      .list = {{t[1], b[1], t[0], b[0], t[2], b[2]}, {t[2], b[2], t[1], b[1], t[0], b[0]}});
	SECOND(s, B, BOTTOM, 0, 3, 7,
	       .list = {{b[1], t[1], b[0], t[0], b[2], t[2]},
			{b[2], t[2], b[1], t[1], b[0], t[0]}});
	for (int n = 0; n < 3; n++)
		f[n] = h264w_view(s, t[n], H264W_FRAME);
	f[3] = SHOT(s, P, 1, 3, 12, .list = {{f[2], f[1], f[0]}});
	/* Frame 0 has left the window. */
	SHOT(s, B, 0, 4, 10, .list = {{f[2], f[1], f[3]}, {f[3], f[2], f[1]}});
	t[3] = h264w_view(s, f[3], H264W_TOP);
	b[3] = h264w_view(s, f[3], H264W_BOTTOM);
	t[4] = FIRST(s, P, TOP, 1, 4, 16, .list = {{t[3], b[3], t[2], b[2], t[1], b[1]}});
	b[4] = SECOND(s, P, BOTTOM, 1, 4, 17, .list = {{b[3], t[4], b[2], t[3], t[2]}});
	/* A B pair as references: the first field is in the lists of the second. */
	t[0] = FIRST(s, B, TOP, 1, 5, 14, .list = {{t[3], b[3]}, {t[4], b[4], t[3]}});
	SECOND(s, B, BOTTOM, 1, 5, 15,
	       .list = {{b[3], t[0], b[4], t[3], t[4]}, {b[4], t[4], b[3], t[0]}});
}

/* Steps to the other parity, to the first field of the same frame, round the end of the numbers. */
static void modification(struct h264w_stream *s)
{
	int t[5], b[5];

	fields_begin(s, NULL, 4);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, I, BOTTOM, 1, 0, 1, );
	for (int n = 1; n < 4; n++) {
		t[n] = FIRST(s, P, TOP, 1, n, 4 * n, .list = {{t[n - 1], b[n - 1]}});
		b[n] = SECOND(s, P, BOTTOM, 1, n, 4 * n + 1, .list = {{b[n - 1], t[n]}});
	}
	/* 9 - 3 = 6: B3; 6 - 5 = 1: T0; 1 + 3 = 4: B2 */
	t[4] = FIRST(s, P, TOP, 1, 4, 16, .list = {{b[3], t[0], b[2], t[3], t[2], t[1]}},
		     .modification = {{{'S', 3}, {'S', 5}, {'A', 3}}});
	/* 9 - 1 = 8: T4; 8 + 31 - 32 = 7: B3. Frame 0 has left the window. */
	b[4] = SECOND(s, P, BOTTOM, 1, 4, 17, .list = {{t[4], b[3], b[2], t[3], b[1]}},
		      .modification = {{{'S', 1}, {'A', 31}}});
	/* Lists 1 2 and 2 1: T4 B4, exchanged for a field without anything behind it in output order. */
	FIRST(s, B, TOP, 0, 5, 20, .list = {{t[4], b[4]}, {b[4], t[4]}});
	SECOND(s, B, BOTTOM, 0, 5, 21, .list = {{t[2], b[4]}, {t[4], b[4]}},
	       .modification = {{{'S', 7}}, {{'S', 3}}});
}

/*
 * Commands 1 to 4 on fields. (6 on the second field of a long-term pair is not here: libavcodec then
 * forgets the first one, h264_refs.c, MMCO_LONG.)
 */
static void mmco(struct h264w_stream *s)
{
	int t[6], b[6], f[5];

	fields_begin(s, NULL, 6);
	t[0] = FIRST(s, I, TOP, 1, 0, 0, .idr = true);
	b[0] = SECOND(s, P, BOTTOM, 1, 0, 1, .list = {{t[0]}});
	t[1] = FIRST(s, P, TOP, 1, 1, 4, .list = {{t[0], b[0]}});
	b[1] = SECOND(s, P, BOTTOM, 1, 1, 5, .list = {{b[0], t[1], t[0]}});
	/* 5 - 4 = 1 and 5 - 5 = 0: T0 and B0 get index 0 */
	t[2] = FIRST(s, P, TOP, 1, 2, 8, .list = {{t[1], b[1], t[0], b[0]}},
		     .mmco = {{4, 2}, {3, 4, 0}, {3, 5, 0}});
	/* 5 - 3 = 2: T1 goes */
	b[2] = SECOND(s, P, BOTTOM, 1, 2, 9, .list = {{b[1], t[2], t[1], b[0], t[0]}},
		      .mmco = {{1, 3}});
	t[3] = FIRST(s, P, TOP, 1, 3, 12, .list = {{t[2], b[2], b[1], t[0], b[0]}});
	b[3] = SECOND(s, P, BOTTOM, 1, 3, 13, .list = {{b[2], t[3], b[1], t[2], b[0], t[0]}});
	f[0] = h264w_view(s, t[0], H264W_FRAME);
	f[2] = h264w_view(s, t[2], H264W_FRAME);
	f[3] = h264w_view(s, t[3], H264W_FRAME);
	/* B1 is no frame; index 0 goes, frame 3 gets index 1 */
	f[4] = SHOT(s, P, 1, 4, 16, .list = {{f[3], f[2], f[0]}}, .mmco = {{2, 0}, {3, 1, 1}});
	t[4] = h264w_view(s, f[4], H264W_TOP);
	b[4] = h264w_view(s, f[4], H264W_BOTTOM);
	/* long-term number 3: T3 goes */
	t[5] = FIRST(s, P, TOP, 1, 5, 20, .list = {{t[4], b[4], t[2], b[2], b[1], t[3], b[3]}},
		     .mmco = {{2, 3}});
	b[5] = SECOND(s, P, BOTTOM, 1, 5, 21, .list = {{b[4], t[5], b[2], t[4], b[1], t[2], b[3]}},
		      .mmco = {{4, 0}});
	/* no long-term field is left */
	FIRST(s, P, TOP, 0, 6, 24, .list = {{t[5], b[5], t[4], b[4], t[2], b[2], b[1]}});
	SECOND(s, P, BOTTOM, 0, 6, 25, .list = {{b[5], t[5], b[4], t[4], b[2], t[2], b[1]}});
}

const struct scene scenes_fields[] = {
	{"written-fields", pairs},
	{"written-fields-modification", modification},
	{"written-fields-mmco", mmco},
	{NULL, NULL},
};
