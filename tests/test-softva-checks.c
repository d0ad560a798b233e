/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client is seen: a known stream is decoded with one value changed, and just the checks
 * named here fail, and just the pictures named here look wrong. Unchanged, no check fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "softva-client.h"

struct mistake {
	const char *name;
	void (*make)(struct client *client, struct stream_picture *p);
	/* Each followed by a space, in the order of softva's table. */
	const char *checks;
	/* Pictures that look wrong: bit n is picture n. */
	unsigned int differing;
	/* Pictures whose vaSyncSurface() fails. */
	unsigned int failing;
};

static void none(struct client *client, struct stream_picture *p)
{
	(void)client, (void)p;
}

static void swap_list_entries(struct client *client, struct stream_picture *p)
{
	VAPictureH264 *list = p[2].slice.RefPicList0, entry = list[0];

	(void)client;
	list[0] = list[1];
	list[1] = entry;
}

static void double_list_entry(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.RefPicList0[2] = p[4].slice.RefPicList0[1];
}

static void invalidate_list_entry(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.RefPicList0[1].flags = VA_PICTURE_H264_INVALID;
}

static void change_list_poc(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.RefPicList0[0].TopFieldOrderCnt++;
}

static void change_weight(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.luma_weight_l0[1]++;
}

static void change_offset(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.luma_offset_l0[1]++;
}

static void change_weight_flag(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.luma_weight_l0_flag = 0;
}

static void change_denominator(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.luma_log2_weight_denom = 6;
}

static void change_poc(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.CurrPic.TopFieldOrderCnt += 2;
	p[3].pic.CurrPic.BottomFieldOrderCnt += 2;
}

static void change_bottom_poc(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.CurrPic.BottomFieldOrderCnt++;
}

static void change_reference_poc(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[1].pic.ReferenceFrames[0].TopFieldOrderCnt++;
}

static void change_reference_frame_num(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[1].pic.ReferenceFrames[0].frame_idx = 7;
}

static void change_long_term_idx(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.ReferenceFrames[2].frame_idx = 1;
}

static void change_long_to_short(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.ReferenceFrames[2].flags = VA_PICTURE_H264_SHORT_TERM_REFERENCE;
}

/* The same order counts and frame_num, but a surface that never was decoded into. */
static void change_surface(struct client *client, struct stream_picture *p)
{
	VASurfaceID spare = client->surfaces[STREAM_PICTURES];

	p[2].pic.ReferenceFrames[1].picture_id = spare;
	p[2].slice.RefPicList0[1].picture_id = spare;
}

static void name_no_surface(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[1].pic.ReferenceFrames[0].picture_id = 0x12345;
}

static void name_surface_twice(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[1].pic.ReferenceFrames[1] = p[1].pic.ReferenceFrames[0];
}

/* Used by the slice. */
static void drop_reference(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].pic.ReferenceFrames[1].flags = VA_PICTURE_H264_INVALID;
}

/* In the DPB, but not used by the slice. */
static void drop_unused_reference(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.ReferenceFrames[2].flags = VA_PICTURE_H264_INVALID;
}

static void drop_from_both(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].pic.ReferenceFrames[1].flags = VA_PICTURE_H264_INVALID;
	p[2].slice.RefPicList0[1] = p[2].slice.RefPicList0[0];
}

static void keep_non_reference(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].pic.ReferenceFrames[3] = p[3].pic.CurrPic;
	p[4].pic.ReferenceFrames[3].flags = VA_PICTURE_H264_SHORT_TERM_REFERENCE;
}

static void change_num_ref_frames(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].pic.num_ref_frames = 2;
}

static void overwrite_reference(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].target = p[1].target;
	p[4].pic.CurrPic.picture_id = p[1].target;
	p[5].pic.ReferenceFrames[0].picture_id = p[1].target;
	p[5].slice.RefPicList0[0].picture_id = p[1].target;
	p[5].pic.ReferenceFrames[2].flags = VA_PICTURE_H264_INVALID;
}

static void change_target(struct client *client, struct stream_picture *p)
{
	p[5].pic.CurrPic.picture_id = client->surfaces[STREAM_PICTURES];
}

static void flag_target_as_field(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.CurrPic.flags = VA_PICTURE_H264_TOP_FIELD;
}

static void flag_picture_as_field(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.seq_fields.bits.frame_mbs_only_flag = 0;
	p[5].pic.pic_fields.bits.field_pic_flag = 1;
	p[5].pic.CurrPic.flags = VA_PICTURE_H264_TOP_FIELD;
}

static void change_frame_num(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.frame_num = 5;
}

static void change_reference_flag(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.pic_fields.bits.reference_pic_flag = 1;
}

static void change_bit_depth(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.bit_depth_luma_minus8 = 2;
}

static void change_size(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.picture_width_in_mbs_minus1 = 2;
}

static void shrink(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[1].pic.picture_width_in_mbs_minus1 = 0;
}

static void zero_scaling_list(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].iq.ScalingList4x4[3][7] = 0;
}

static void change_data_offset(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.slice_data_bit_offset++;
}

static void change_data_size(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].slice.slice_data_size += 1000;
}

static void change_data_flag(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].slice.slice_data_flag = VA_SLICE_DATA_FLAG_BEGIN;
}

static void change_nal_type(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].data[0] = 0x27;
}

static void break_header(struct client *client, struct stream_picture *p)
{
	(void)client;
	memset(p[5].data + 1, 0, 4);
}

static void change_first_mb(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].slice.first_mb_in_slice = 1;
}

static void change_slice_type(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].slice.slice_type = 2;
}

static void change_num_ref_idx(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.num_ref_idx_l0_active_minus1 = 1;
}

static void exceed_num_ref_idx(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.num_ref_idx_l0_active_minus1 = 200;
}

static void change_direct_flag(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].slice.direct_spatial_mv_pred_flag = 0;
}

static void change_cabac_init_idc(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].slice.cabac_init_idc = 1;
}

static void change_qp_delta(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.slice_qp_delta = 12;
}

static void change_deblocking(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.disable_deblocking_filter_idc = 1;
}

static void change_alpha(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[4].slice.slice_alpha_c0_offset_div2 = 6;
	p[4].slice.slice_beta_offset_div2 = 6;
}

static void change_entropy_coding(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[2].pic.pic_fields.bits.entropy_coding_mode_flag = 1;
}

static void change_weighted_bipred(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[3].pic.pic_fields.bits.weighted_bipred_idc = 0;
}

static void change_chroma_format(struct client *client, struct stream_picture *p)
{
	(void)client;
	p[5].pic.seq_fields.bits.chroma_format_idc = 2;
}

/* A surface that the config allows, but not for a picture with chroma. */
static void change_surface_format(struct client *client, struct stream_picture *p)
{
	VASurfaceID *spare = &client->surfaces[STREAM_PICTURES];

	assert_int_equal(vaDestroySurfaces(client->display, spare, 1), VA_STATUS_SUCCESS);
	assert_int_equal(vaCreateSurfaces(client->display, VA_RT_FORMAT_YUV400, STREAM_SIZE,
					  STREAM_SIZE, spare, 1, NULL, 0),
			 VA_STATUS_SUCCESS);
	p[5].target = *spare;
	p[5].pic.CurrPic.picture_id = *spare;
}

#define PICTURE(n) (1u << (n))

static const struct mistake mistakes[] = {
	{"nothing", none, "", 0x00, 0x00},
	{"two list entries swapped", swap_list_entries, "", 0x3c, 0x00},
	{"a list entry doubled", double_list_entry, "", 0x30, 0x00},
	{"a list entry invalid", invalidate_list_entry, "list-entry ", 0x30, 0x10},
	{"a POC in a list", change_list_poc, "list-entry ", 0x00, 0x10},
	{"a weight", change_weight, "weights ", 0x3c, 0x04},
	{"a weight's offset", change_offset, "weights ", 0x3c, 0x04},
	{"a weight flag", change_weight_flag, "weights ", 0x3c, 0x04},
	{"a weight denominator", change_denominator, "weights ", 0x3c, 0x04},
	{"the POC", change_poc, "poc ", 0x08, 0x08},
	{"the bottom POC", change_bottom_poc, "poc ", 0x00, 0x08},
	{"a reference's POC", change_reference_poc, "reference-poc ", 0x00, 0x02},
	{"a reference's frame_num", change_reference_frame_num, "reference-frame-num ", 0x00, 0x02},
	{"a long-term index", change_long_term_idx, "reference-term ", 0x00, 0x08},
	{"a long-term reference as short", change_long_to_short, "reference-term ", 0x00, 0x08},
	{"a reference's surface", change_surface, "reference-content reference-set ", 0x00, 0x04},
	{"a reference without surface", name_no_surface, "reference-surface reference-set ", 0x00,
	 0x02},
	{"a reference twice", name_surface_twice, "reference-duplicate ", 0x00, 0x02},
	{"a used reference dropped", drop_reference, "reference-set list-in-references ", 0x00,
	 0x10},
	{"an unused reference dropped", drop_unused_reference, "reference-set ", 0x00, 0x08},
	{"a reference dropped everywhere", drop_from_both, "reference-set ", 0x3c, 0x04},
	{"a picture kept that is no reference", keep_non_reference,
	 "reference-content reference-set ", 0x00, 0x10},
	{"num_ref_frames", change_num_ref_frames, "reference-count ", 0x00, 0x10},
	{"a reference overwritten", overwrite_reference, "target-not-reference ", 0x00, 0x10},
	{"the target's surface", change_target, "target-id ", 0x00, 0x20},
	{"the target a field", flag_target_as_field, "target-field ", 0x00, 0x20},
	{"the picture a field", flag_picture_as_field,
	 "data-bit-offset field-flags poc cabac-init-idc deblocking list-entry ", 0x20, 0x20},
	{"frame_num", change_frame_num, "frame-num ", 0x00, 0x20},
	{"reference_pic_flag", change_reference_flag, "reference-flag ", 0x00, 0x08},
	{"the surface's format", change_surface_format, "surface-format ", 0x20, 0x20},
	{"the chroma format", change_chroma_format, "format ", 0x20, 0x20},
	{"the bit depth", change_bit_depth, "format ", 0x20, 0x20},
	{"the size", change_size, "picture-size-context picture-size-surface ", 0x20, 0x20},
	{"a smaller size", shrink, "reference-size ", 0x3e, 0x3e},
	{"a scaling list with 0", zero_scaling_list, "scaling-lists ", 0x20, 0x20},
	{"slice_data_bit_offset", change_data_offset, "data-bit-offset ", 0x3c, 0x04},
	{"slice_data_size", change_data_size, "slice-data ", 0x20, 0x20},
	{"slice_data_flag", change_data_flag, "slice-data ", 0x20, 0x20},
	{"the type of the unit", change_nal_type, "nal-header ", 0x20, 0x20},
	{"a broken header", break_header, "slice-header ", 0x20, 0x20},
	{"first_mb_in_slice", change_first_mb, "first-mb ", 0x3c, 0x04},
	{"slice_type", change_slice_type, "slice-type num-ref-idx ", 0x20, 0x20},
	{"num_ref_idx", change_num_ref_idx, "num-ref-idx ", 0x30, 0x10},
	{"num_ref_idx beyond the lists", exceed_num_ref_idx, "num-ref-idx ", 0x30, 0x10},
	{"the direct flag", change_direct_flag, "direct-flag ", 0x00, 0x08},
	{"cabac_init_idc", change_cabac_init_idc, "cabac-init-idc ", 0x20, 0x20},
	{"slice_qp_delta", change_qp_delta, "qp-delta ", 0x30, 0x10},
	{"the loop filter off", change_deblocking, "deblocking ", 0x00, 0x10},
	{"the loop filter's offsets", change_alpha, "deblocking ", 0x30, 0x10},
	{"the entropy coding", change_entropy_coding, "data-bit-offset qp-delta deblocking ", 0x3c,
	 0x04},
	{"weighted_bipred_idc", change_weighted_bipred, "", 0x08, 0x00},
};

#define NUM_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

static void test_mistake_is_seen(void **state)
{
	const struct mistake *mistake = *state;
	struct client_report report;
	struct client client;
	unsigned int differing = 0, failing = 0;

	client_open(&client);
	mistake->make(&client, client.stream.pictures);
	for (int i = 0; i < STREAM_PICTURES; i++) {
		const struct stream_picture *picture = &client.stream.pictures[i];

		assert_int_equal(client_submit(&client, picture), VA_STATUS_SUCCESS);
		if (vaSyncSurface(client.display, picture->target) != VA_STATUS_SUCCESS)
			failing |= PICTURE(i);
		if (!client_shows(&client, picture->target, picture))
			differing |= PICTURE(i);
	}
	client_close(&client, &report);
	assert_string_equal(report.names, mistake->checks);
	assert_int_equal(differing, mistake->differing);
	/* What a decoder calls damaged differs: some fail a picture that others only show wrong. */
	assert_int_equal(failing & mistake->failing, mistake->failing);
	assert_int_equal(failing & ~(differing | mistake->failing), 0);
	assert_true(report.performed > 0);
	assert_int_equal(report.missing, 0);
	assert_int_equal(report.leaked, 0);
	/* Whatever it was, it shows: but for the first row, which is none. */
	assert_true((report.failed || differing) == (mistake != mistakes));
}

int main(void)
{
	struct CMUnitTest tests[NUM_MISTAKES];

	client_find_driver();
	for (size_t i = 0; i < NUM_MISTAKES; i++)
		tests[i] = (struct CMUnitTest){mistakes[i].name, test_mistake_is_seen, NULL, NULL,
					       (void *)(uintptr_t)&mistakes[i]};
	return cmocka_run_group_tests_name("softva checks", tests, NULL, NULL);
}
