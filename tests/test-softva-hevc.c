/* SPDX-License-Identifier: MIT */
/*
 * Every mistake of a client of HEVC is seen: a known stream is decoded with one value changed, and just the
 * checks named here fail, and just the pictures named here look wrong. Unchanged, no check fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "softva-client.h"
#include "softva-hevc-stream.h"

struct mistake {
	const char *name;
	void (*make)(struct client *client, struct hevc_picture *p);
	/* Each followed by a space, in the order of softva's table. */
	const char *checks;
	/* Pictures that look wrong: bit n is picture n. */
	unsigned int differing;
	/* Pictures whose vaSyncSurface() fails. */
	unsigned int failing;
};

static VAPictureParameterBufferHEVC *pic(struct hevc_picture *p, int n)
{
	return &p[n].pic.base;
}

static VASliceParameterBufferHEVC *slice(struct hevc_picture *p, int n, int index)
{
	return &p[n].slices[index].base;
}

/* One value changed; client is there for those that need surfaces. */
#define MISTAKE(name, change)                                                                      \
	static void name(struct client *client, struct hevc_picture *p)                            \
	{                                                                                          \
		(void)client, (void)p;                                                             \
		change;                                                                            \
	}

MISTAKE(none, (void)0)
MISTAKE(change_poc, pic(p, 3)->CurrPic.pic_order_cnt++)
MISTAKE(change_reference_poc, pic(p, 4)->ReferenceFrames[0].pic_order_cnt--)
MISTAKE(change_surface, pic(p, 2)->ReferenceFrames[1].picture_id = client->surfaces[5])
MISTAKE(name_no_surface, pic(p, 4)->ReferenceFrames[1].picture_id = 0x12345)
MISTAKE(name_surface_twice, pic(p, 3)->ReferenceFrames[1].picture_id = p[1].target)
MISTAKE(make_target_reference, pic(p, 4)->ReferenceFrames[1].picture_id = p[4].target)
MISTAKE(change_target, pic(p, 4)->CurrPic.picture_id = client->surfaces[5])
MISTAKE(swap_sides, pic(p, 3)->ReferenceFrames[2].flags = VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE)
MISTAKE(forget_long_term, pic(p, 4)->ReferenceFrames[1].flags = VA_PICTURE_HEVC_RPS_LT_CURR)
MISTAKE(drop_unused, pic(p, 1)->ReferenceFrames[0].flags = VA_PICTURE_HEVC_INVALID)
MISTAKE(drop_flag, pic(p, 3)->ReferenceFrames[2].flags = 0)
MISTAKE(keep_in_idr, pic(p, 0)->ReferenceFrames[0] = (VAPictureHEVC){.picture_id = p[1].target})
MISTAKE(change_list, slice(p, 4, 0)->RefPicList[0][0] = 0)
MISTAKE(exceed_list, slice(p, 4, 1)->RefPicList[0][1] = 15)
MISTAKE(list_no_reference, slice(p, 4, 1)->RefPicList[0][1] = 7)
MISTAKE(change_list_size, slice(p, 4, 1)->num_ref_idx_l0_active_minus1 = 0)
MISTAKE(exceed_list_size, slice(p, 4, 1)->num_ref_idx_l0_active_minus1 = 200)
MISTAKE(change_weight, slice(p, 2, 0)->delta_luma_weight_l0[0]++)
MISTAKE(change_offset, slice(p, 2, 0)->luma_offset_l0[0]++)
MISTAKE(change_denominator, slice(p, 2, 0)->luma_log2_weight_denom--)
MISTAKE(change_chroma_offset, slice(p, 2, 0)->ChromaOffsetL0[1][1]--)
MISTAKE(change_weighted_flag, pic(p, 2)->pic_fields.bits.weighted_pred_flag = 0)
MISTAKE(change_set_bits, pic(p, 3)->st_rps_bits++)
MISTAKE(change_poc_bits, pic(p, 3)->log2_max_pic_order_cnt_lsb_minus4 = 5)
MISTAKE(claim_extra_bits, pic(p, 3)->num_extra_slice_header_bits = 1)
MISTAKE(change_idr_flag, pic(p, 0)->slice_parsing_fields.bits.RapPicFlag = 0)
MISTAKE(change_intra_flag, pic(p, 3)->slice_parsing_fields.bits.IntraPicFlag = 1)
MISTAKE(forget_last, slice(p, 4, 1)->LongSliceFlags.fields.LastSliceOfPic = 0)
MISTAKE(flag_last_early, slice(p, 4, 0)->LongSliceFlags.fields.LastSliceOfPic = 1)
MISTAKE(change_dependent, slice(p, 3, 1)->LongSliceFlags.fields.dependent_slice_segment_flag = 0)
MISTAKE(change_dependent_qp, slice(p, 3, 1)->slice_cb_qp_offset = 1)
MISTAKE(change_address, slice(p, 4, 1)->slice_segment_address = 3)
MISTAKE(change_offset_of_data, slice(p, 4, 1)->slice_data_byte_offset++)
MISTAKE(change_size_of_data, slice(p, 4, 1)->slice_data_size = 5000)
MISTAKE(change_nal_type, p[4].data[0][0] = 0x40)
MISTAKE(break_header, memset(p[4].data[1] + 2, 0, 8))
MISTAKE(change_slice_type, slice(p, 4, 1)->LongSliceFlags.fields.slice_type = 2)
MISTAKE(change_sao, slice(p, 4, 1)->LongSliceFlags.fields.slice_sao_luma_flag = 1)
MISTAKE(change_qp, slice(p, 4, 1)->slice_qp_delta = 7)
MISTAKE(change_filter,
	slice(p, 4, 1)->LongSliceFlags.fields.slice_deblocking_filter_disabled_flag = 0)
MISTAKE(change_cabac_init, slice(p, 4, 1)->LongSliceFlags.fields.cabac_init_flag = 1)
MISTAKE(change_collocated, slice(p, 4, 1)->collocated_ref_idx = 0)
MISTAKE(change_merge, slice(p, 2, 0)->five_minus_max_num_merge_cand = 3)
MISTAKE(change_mvd, slice(p, 3, 0)->LongSliceFlags.fields.mvd_l1_zero_flag = 0;
	slice(p, 3, 1)->LongSliceFlags.fields.mvd_l1_zero_flag = 0)
MISTAKE(count_entries, slice(p, 4, 1)->num_entry_point_offsets = 1)
MISTAKE(change_tiles, pic(p, 2)->pic_fields.bits.tiles_enabled_flag = 1;
	pic(p, 2)->num_tile_columns_minus1 = 1; pic(p, 2)->column_width_minus1[0] = 1)
MISTAKE(change_depth, pic(p, 4)->bit_depth_luma_minus8 = 2; pic(p, 4)->bit_depth_chroma_minus8 = 2)
MISTAKE(change_width, pic(p, 4)->pic_width_in_luma_samples = 64)
MISTAKE(shrink, pic(p, 1)->pic_width_in_luma_samples = 16)
MISTAKE(zero_scaling_list, pic(p, 4)->pic_fields.bits.scaling_list_enabled_flag = 1;
	p[4].iq.ScalingList32x32[1][63] = 0)

#define PICTURE(n) (1u << (n))

/* Without a picture or a slice of it, the checks of what follows fail, too. */
static const struct mistake mistakes[] = {
	{"nothing", none, "", 0x00, 0x00},
	{"the POC", change_poc, "reference-set poc ", 0x00, 0x08},
	{"a reference's POC", change_reference_poc, "reference-poc reference-set ", 0x10, 0x10},
	{"a reference's surface", change_surface, "reference-content ", 0x00, 0x04},
	{"a reference without surface", name_no_surface, "reference-surface ", 0x00, 0x10},
	{"a reference twice", name_surface_twice, "reference-duplicate reference-poc ", 0x00, 0x08},
	{"the target as a reference", make_target_reference,
	 "target-not-reference reference-content ", 0x00, 0x10},
	{"the target's surface", change_target, "target-id ", 0x00, 0x10},
	{"a reference of the other side", swap_sides, "reference-term ", 0x00, 0x08},
	{"a long-term reference as short", forget_long_term, "reference-term reference-set ", 0x00,
	 0x10},
	{"an unused reference dropped", drop_unused, "reference-set ", 0x1c, 0x02},
	{"a used reference as unused", drop_flag,
	 "reference-set qp-delta list-in-references merge ", 0x08, 0x08},
	{"a reference of an IDR picture", keep_in_idr, "reference-count reference-content ", 0x00,
	 0x01},
	{"a list entry", change_list, "", 0x10, 0x00},
	{"a list entry beyond the references", exceed_list, "list-entry ", 0x00, 0x10},
	{"a list entry that is none", list_no_reference, "list-in-references ", 0x00, 0x10},
	{"a list too short", change_list_size, "num-ref-idx ", 0x00, 0x10},
	{"a list too long", exceed_list_size, "num-ref-idx ", 0x10, 0x10},
	{"a weight", change_weight, "weights ", 0x1c, 0x04},
	{"a weight's offset", change_offset, "weights ", 0x14, 0x04},
	{"a weight denominator", change_denominator, "weights ", 0x1c, 0x04},
	{"a chroma offset", change_chroma_offset, "weights ", 0x00, 0x04},
	{"weighted_pred_flag", change_weighted_flag, "reference-content slice-header ", 0x1c, 0x1c},
	{"st_rps_bits", change_set_bits, "set-bits ", 0x00, 0x08},
	{"the bits of an order count", change_poc_bits,
	 "reference-set poc num-ref-idx cabac-init-idc qp-delta set-bits sao merge ", 0x00, 0x08},
	{"num_extra_slice_header_bits", claim_extra_bits,
	 "slice-header poc slices-alike num-ref-idx deblocking set-bits dependent-slice merge ",
	 0x08, 0x08},
	{"RapPicFlag", change_idr_flag, "rap-flags ", 0x00, 0x01},
	{"IntraPicFlag", change_intra_flag, "rap-flags ", 0x00, 0x08},
	{"no last slice", forget_last, "last-slice ", 0x00, 0x10},
	{"a last slice too early", flag_last_early, "last-slice ", 0x00, 0x10},
	{"dependent_slice_segment_flag", change_dependent, "dependent-slice ", 0x08, 0x08},
	{"a dependent segment's offset", change_dependent_qp, "qp-delta dependent-slice ", 0x00,
	 0x08},
	{"slice_segment_address", change_address, "first-mb ", 0x10, 0x10},
	{"slice_data_byte_offset", change_offset_of_data, "data-bit-offset ", 0x10, 0x10},
	{"slice_data_size", change_size_of_data, "slice-data last-slice ", 0x10, 0x10},
	{"the type of the unit", change_nal_type, "nal-header slices-alike ", 0x10, 0x10},
	{"a broken header", break_header, "slice-header last-slice ", 0x10, 0x10},
	{"slice_type", change_slice_type, "slice-type num-ref-idx ", 0x10, 0x10},
	{"slice_sao_luma_flag", change_sao, "sao ", 0x10, 0x10},
	{"slice_qp_delta", change_qp, "qp-delta ", 0x10, 0x10},
	{"the deblocking filter on", change_filter, "deblocking ", 0x00, 0x10},
	{"cabac_init_flag", change_cabac_init, "cabac-init-idc ", 0x00, 0x10},
	{"collocated_ref_idx", change_collocated, "collocated ", 0x00, 0x10},
	{"the merge candidates", change_merge, "merge ", 0x00, 0x04},
	{"mvd_l1_zero_flag", change_mvd, "merge ", 0x00, 0x08},
	{"num_entry_point_offsets", count_entries, "entry-points ", 0x00, 0x10},
	{"a tile as wide as the picture", change_tiles, "reference-content tiles ", 0x1c, 0x1c},
	{"the bit depth", change_depth, "format ", 0x10, 0x10},
	{"the size", change_width, "picture-size-context picture-size-surface ", 0x10, 0x10},
	{"a smaller size", shrink, "reference-size ", 0x1e, 0x0e},
	{"a scaling list with 0", zero_scaling_list, "scaling-lists ", 0x10, 0x10},
};

#define NUM_MISTAKES (sizeof(mistakes) / sizeof(mistakes[0]))

/* extended: with the buffers of the range extensions. */
static VAStatus submit(struct client *client, const struct hevc_picture *picture, bool extended)
{
	size_t slice_bytes =
		extended ? sizeof(picture->slices[0]) : sizeof(picture->slices[0].base);
	struct client_buffer buffers[CLIENT_MAX_BUFFERS] = {
		{VAPictureParameterBufferType, &picture->pic,
		 extended ? sizeof(picture->pic) : sizeof(picture->pic.base)},
		{VAIQMatrixBufferType, &picture->iq, sizeof(picture->iq)},
	};
	int n = 2;

	for (unsigned int i = 0; i < picture->num_slices; i++) {
		buffers[n++] = (struct client_buffer){VASliceParameterBufferType,
						      &picture->slices[i], slice_bytes};
		buffers[n++] = (struct client_buffer){VASliceDataBufferType, picture->data[i],
						      sizeof(picture->data[i])};
	}
	return client_submit_buffers(client, picture->target, buffers, n);
}

static void test_mistake_is_seen(void **state)
{
	const struct mistake *mistake = *state;
	struct hevc_picture pictures[HEVC_PICTURES];
	struct client_report report;
	struct client client;
	unsigned int differing = 0, failing = 0;

	client_open_profile(&client, VAProfileHEVCMain);
	hevc_stream_make(pictures, client.surfaces);
	mistake->make(&client, pictures);
	for (int i = 0; i < HEVC_PICTURES; i++) {
		const struct hevc_picture *picture = &pictures[i];

		assert_int_equal(submit(&client, picture, false), VA_STATUS_SUCCESS);
		if (vaSyncSurface(client.display, picture->target) != VA_STATUS_SUCCESS)
			failing |= PICTURE(i);
		if (!client_shows_colours(&client, picture->target, picture->expected))
			differing |= PICTURE(i);
	}
	client_close(&client, &report);
	assert_string_equal(report.names, mistake->checks);
	assert_int_equal(differing, mistake->differing);
	/* What a decoder calls damaged differs: some fail a picture that others only show wrong. */
	assert_int_equal(failing & mistake->failing, mistake->failing);
	assert_int_equal(failing & ~(differing | mistake->failing), 0);
	assert_true(report.performed > 0);
	assert_int_equal(report.leaked, 0);
	/* Whatever it was, it shows: but for the first row, which is none. */
	assert_true((report.failed || differing) == (mistake != mistakes));
}

/* ---- Range extensions that libavcodec lacks ---- */

static const struct lacking {
	const char *name;
	unsigned int depth, extended, high, weighted, aligned;
	VAStatus status;
} lacking[] = {
	{"extended precision of 8 bits", 8, 1, 0, 0, 0, VA_STATUS_SUCCESS},
	{"extended precision of 10 bits", 10, 1, 0, 0, 0, VA_STATUS_ERROR_UNIMPLEMENTED},
	{"precise offsets of 8 bits", 8, 0, 1, 1, 0, VA_STATUS_SUCCESS},
	{"precise offsets of 9 bits", 9, 0, 1, 1, 0, VA_STATUS_ERROR_UNIMPLEMENTED},
	{"aligned bypass bins", 8, 0, 0, 0, 1, VA_STATUS_ERROR_UNIMPLEMENTED},
};

#define NUM_LACKING (sizeof(lacking) / sizeof(lacking[0]))

/* What changes something is refused; what does not is decoded. */
static void test_lacking_tool(void **state)
{
	const struct lacking *row = *state;
	struct hevc_picture pictures[HEVC_PICTURES];
	struct hevc_picture *picture = &pictures[0];
	struct client_report report;
	struct client client;

	client_open_profile(&client, VAProfileHEVCMain12);
	hevc_stream_make(pictures, client.surfaces);
	picture->pic.base.bit_depth_luma_minus8 = (uint8_t)(row->depth - 8);
	picture->pic.base.bit_depth_chroma_minus8 = (uint8_t)(row->depth - 8);
	picture->pic.base.pic_fields.bits.weighted_pred_flag = row->weighted & 1;
	picture->pic.rext.range_extension_pic_fields.bits.extended_precision_processing_flag =
		row->extended & 1;
	picture->pic.rext.range_extension_pic_fields.bits.high_precision_offsets_enabled_flag =
		row->high & 1;
	picture->pic.rext.range_extension_pic_fields.bits.cabac_bypass_alignment_enabled_flag =
		row->aligned & 1;
	assert_int_equal(submit(&client, picture, true), row->status);
	if (row->status == VA_STATUS_SUCCESS) {
		assert_int_equal(vaSyncSurface(client.display, picture->target), row->status);
		assert_true(client_shows_colours(&client, picture->target, picture->expected));
	}
	client_close(&client, &report);
	assert_int_equal(report.failed, 0);
}

int main(void)
{
	struct CMUnitTest tests[NUM_MISTAKES + NUM_LACKING];

	client_find_driver();
	for (size_t i = 0; i < NUM_LACKING; i++)
		tests[NUM_MISTAKES + i] =
			(struct CMUnitTest){lacking[i].name, test_lacking_tool, NULL, NULL,
					    (void *)(uintptr_t)&lacking[i]};
	for (size_t i = 0; i < NUM_MISTAKES; i++)
		tests[i] = (struct CMUnitTest){mistakes[i].name, test_mistake_is_seen, NULL, NULL,
					       (void *)(uintptr_t)&mistakes[i]};
	return cmocka_run_group_tests_name("softva HEVC checks", tests, NULL, NULL);
}
