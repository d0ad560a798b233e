/* SPDX-License-Identifier: MIT */
/*
 * test-hevc-va.c - what the driver is given for written HEVC streams, and which frames come out
 *
 * The slice data is of no picture: the fake libva decodes nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "fake-libva/fake-libva.h"
#include "hevc-headers.h"
#include "libvacodec/hevc-parser.h"
#include "vacodec.h"
#include "vawrap.h"

#define MAX_SLICES 16
#define MAX_FRAMES 32

/* ---- What the driver sees ---- */

static struct {
	unsigned int n_pictures, n_slices, n_lists;
	VAPictureParameterBufferHEVCExtension picture; /* the last one */
	size_t picture_bytes, slice_bytes;
	VAIQMatrixBufferHEVC lists;
	VASliceParameterBufferHEVCExtension slices[MAX_SLICES];
	size_t data_bytes[MAX_SLICES];
} seen;

static void on_render(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		      size_t n)
{
	(void)cookie;
	(void)n;
	if (type == VAPictureParameterBufferType) {
		memset(&seen.picture, 0, sizeof(seen.picture));
		memcpy(&seen.picture, data, size_bytes);
		seen.picture_bytes = size_bytes;
		seen.n_pictures++;
	} else if (type == VAIQMatrixBufferType) {
		memcpy(&seen.lists, data, sizeof(seen.lists));
		seen.n_lists++;
	} else if (type == VASliceParameterBufferType && seen.n_slices < MAX_SLICES) {
		memcpy(&seen.slices[seen.n_slices], data, size_bytes);
		seen.slice_bytes = size_bytes;
	} else if (type == VASliceDataBufferType && seen.n_slices < MAX_SLICES) {
		seen.data_bytes[seen.n_slices++] = size_bytes;
	}
}

/* ---- A client ---- */

static struct {
	struct vawrap_display *display;
	struct vacodec_decoder *decoder;
	struct vacodec_format format;
	unsigned int n_frames;
	uint64_t timestamps[MAX_FRAMES];
	struct vacodec_frame_info infos[MAX_FRAMES];
	int error;
} client;

static int setup(void **state)
{
	static const VAProfile profiles[] = {
		VAProfileHEVCMain,       VAProfileHEVCMain10,        VAProfileHEVCMain12,
		VAProfileHEVCMain422_10, VAProfileHEVCMain422_12,    VAProfileHEVCMain444,
		VAProfileHEVCMain444_10, VAProfileHEVCSccMain444_10, VAProfileHEVCSccMain,
	};
	const struct fake_hooks hooks = {.render = on_render};
	struct vacodec_decoder_params params = {.size_bytes = sizeof(params),
						.codec = VACODEC_CODEC_HEVC};

	(void)state;
	fake_reset();
	fake_set_profiles(profiles, sizeof(profiles) / sizeof(profiles[0]));
	fake_set_formats(VA_RT_FORMAT_YUV420 | VA_RT_FORMAT_YUV420_10 | VA_RT_FORMAT_YUV420_12 |
				 VA_RT_FORMAT_YUV422 | VA_RT_FORMAT_YUV422_10 |
				 VA_RT_FORMAT_YUV422_12 | VA_RT_FORMAT_YUV444 |
				 VA_RT_FORMAT_YUV444_10,
			 0);
	fake_set_hooks(&hooks);
	memset(&seen, 0, sizeof(seen));
	memset(&client, 0, sizeof(client));
	if (vawrap_display_new_driver("fake", NULL, &client.display) < 0)
		return -1;
	return vacodec_decoder_new(client.display, &params, &client.decoder);
}

static int teardown(void **state)
{
	(void)state;
	vacodec_decoder_unref(client.decoder);
	vawrap_display_unref(client.display);
	return fake_get_misuses() == 0 && fake_get_live_total() == 0 ? 0 : -1;
}

static void take_frame(struct vacodec_frame *frame)
{
	struct vacodec_frame_info info = {.size_bytes = sizeof(info)};

	vacodec_frame_sync(frame, -1);
	vacodec_frame_get_info(frame, &info);
	assert_true(client.n_frames < MAX_FRAMES);
	client.timestamps[client.n_frames] = info.timestamp;
	client.infos[client.n_frames++] = info;
	vacodec_frame_unref(frame);
}

static void take_events(void)
{
	struct vacodec_event event = {.size_bytes = sizeof(event)};

	while (vacodec_decoder_receive(client.decoder, &event, 0) == 0) {
		if (event.type == VACODEC_EVENT_FRAME)
			take_frame(event.frame);
		else if (event.type == VACODEC_EVENT_ERROR)
			client.error = event.error;
		else if (event.type == VACODEC_EVENT_FORMAT) {
			client.format = event.format;
			assert_int_equal(vacodec_decoder_accept_format(client.decoder, NULL, 1), 0);
		}
	}
}

/* A unit with its start code. */
static void send(const struct writer *w, uint64_t timestamp)
{
	uint8_t data[sizeof(w->data) + 3] = {0, 0, 1};
	struct vacodec_packet packet = {data, w->n_bits / 8 + 3, timestamp};

	memcpy(data + 3, w->data, w->n_bits / 8);
	while (packet.size_bytes > 0 && !client.error) {
		ssize_t n = vacodec_decoder_send(client.decoder, &packet);

		if (n > 0) {
			packet.data += n;
			packet.size_bytes -= (size_t)n;
		}
		take_events();
	}
}

static void drain(void)
{
	while (vacodec_decoder_drain(client.decoder) == -EAGAIN && !client.error)
		take_events();
	take_events();
}

/* ---- Streams ---- */

/* They are the first bytes of the first picture's access unit. */
static void send_sets(const struct sps_setup *sps, const struct pps_setup *pps)
{
	struct writer w;

	write_vps(&w);
	send(&w, 1);
	write_sps(&w, sps);
	send(&w, 1);
	write_pps(&w, pps);
	send(&w, 1);
}

/* Of SPS and PPS without tools: one reference, the picture before in output order by delta. */
struct picture {
	unsigned int type, lsb, delta; /* 0: an I slice */
	unsigned int address;          /* of a further segment */
	bool no_prior_output;
};

static void send_slice(const struct picture *p, uint64_t timestamp)
{
	struct writer w;

	begin(&w, p->type, 0);
	put(&w, 1, p->address == 0);
	if (hevc_is_irap(p->type))
		put(&w, 1, p->no_prior_output);
	ue(&w, 0);
	if (p->address > 0)
		put(&w, 4, p->address);
	ue(&w, p->delta ? HEVC_SLICE_P : HEVC_SLICE_I);
	if (!hevc_is_idr(p->type)) {
		put(&w, 4, p->lsb);
		put(&w, 1, 0);
		ue(&w, p->delta > 0);
		ue(&w, 0);
		if (p->delta > 0) {
			ue(&w, p->delta - 1);
			put(&w, 1, 1);
		}
	}
	if (p->delta > 0) {
		put(&w, 1, 0);
		ue(&w, 2);
	}
	se(&w, 5);
	put(&w, 1, 1);
	end(&w);
	put(&w, 24, 0xabcdef);
	send(&w, timestamp);
}

static void send_unit(unsigned int type)
{
	struct writer w;

	begin(&w, type, 0);
	send(&w, 0);
}

static void check_order(const uint64_t *timestamps, unsigned int n)
{
	unsigned int i;

	assert_int_equal(client.n_frames, n);
	for (i = 0; i < n; i++)
		assert_int_equal(client.timestamps[i], timestamps[i]);
}

/* ---- Parameters ---- */

static void test_picture_and_slice_parameters(void **state)
{
	const struct sps_setup sps = {
		.profile_idc = 1, .dpb_minus1 = 2, .reorder = 1, .crop_right = 2};
	const struct pps_setup pps = {0};
	const VAPictureParameterBufferHEVC *va = &seen.picture.base;

	(void)state;
	send_sets(&sps, &pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	send_slice(&(struct picture){.type = 1, .lsb = 2, .delta = 2}, 2);
	send_slice(&(struct picture){.type = 1, .lsb = 2, .delta = 2, .address = 7}, 2);
	drain();
	assert_int_equal(client.format.profile, VAProfileHEVCMain);
	assert_int_equal(client.format.crop.width, 60);
	assert_int_equal(client.format.coded_width, 64);
	assert_int_equal(seen.n_pictures, 2);
	assert_int_equal(seen.n_lists, 0);
	assert_int_equal(seen.picture_bytes, sizeof(VAPictureParameterBufferHEVC));
	assert_int_equal(seen.slice_bytes, sizeof(VASliceParameterBufferHEVC));
	assert_int_equal(va->CurrPic.pic_order_cnt, 2);
	assert_int_equal(va->CurrPic.flags, 0);
	assert_int_equal(va->ReferenceFrames[0].pic_order_cnt, 0);
	assert_int_equal(va->ReferenceFrames[0].flags, VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE);
	assert_int_equal(va->ReferenceFrames[1].flags, VA_PICTURE_HEVC_INVALID);
	assert_int_equal(va->ReferenceFrames[14].picture_id, VA_INVALID_SURFACE);
	assert_int_equal(va->sps_max_dec_pic_buffering_minus1, 2);
	assert_int_equal(va->log2_diff_max_min_luma_coding_block_size, 1);
	assert_int_equal(va->init_qp_minus26, -4);
	assert_int_equal(va->pps_cr_qp_offset, -3);
	assert_int_equal(va->pic_fields.bits.NoPicReorderingFlag, 0);
	assert_int_equal(va->pic_fields.bits.NoBiPredFlag, 0); /* nobody knows before the last slice */
	assert_int_equal(va->slice_parsing_fields.bits.RapPicFlag, 0);
	/* 1 and 0 pictures, 2 - 1, used: ue(1) ue(0) ue(1) u(1) */
	assert_int_equal(va->st_rps_bits, 8);
	assert_int_equal(seen.n_slices, 3);
	assert_int_equal(seen.slices[0].base.LongSliceFlags.fields.LastSliceOfPic, 1);
	assert_int_equal(seen.slices[1].base.LongSliceFlags.fields.LastSliceOfPic, 0);
	assert_int_equal(seen.slices[2].base.LongSliceFlags.fields.LastSliceOfPic, 1);
	assert_int_equal(seen.slices[2].base.slice_segment_address, 7);
	assert_int_equal(seen.slices[2].base.slice_data_size, seen.data_bytes[2]);
	assert_int_equal(seen.slices[2].base.slice_data_byte_offset, seen.data_bytes[2] - 3);
	assert_int_equal(seen.slices[1].base.LongSliceFlags.fields.slice_type, HEVC_SLICE_P);
	assert_int_equal(seen.slices[1].base.RefPicList[0][0], 0);
	assert_int_equal(seen.slices[1].base.RefPicList[0][1], 0xff);
	assert_int_equal(seen.slices[1].base.RefPicList[1][0], 0xff);
	assert_int_equal(seen.slices[1].base.collocated_ref_idx, 0xff);
	assert_int_equal(seen.slices[1].base.LongSliceFlags.fields.collocated_from_l0_flag, 1);
	assert_int_equal(seen.slices[1].base.five_minus_max_num_merge_cand, 2);
	assert_int_equal(seen.slices[1].base.slice_qp_delta, 5);
}

static void test_scaling_lists_are_in_raster_order(void **state)
{
	const struct sps_setup sps = {.profile_idc = 1, .scaling = true};
	const struct pps_setup pps = {0};

	(void)state;
	send_sets(&sps, &pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	drain();
	assert_int_equal(seen.n_lists, 1);
	assert_int_equal(seen.picture.base.pic_fields.bits.NoPicReorderingFlag, 1); /* 0 in the SPS */
	/* Table 7-6: the intra list's rows begin 16 16 16 16 and end in 115. */
	assert_int_equal(seen.lists.ScalingList8x8[0][0], 16);
	assert_int_equal(seen.lists.ScalingList8x8[0][7], 24);
	assert_int_equal(seen.lists.ScalingList8x8[0][8 * 7], 24);
	assert_int_equal(seen.lists.ScalingList8x8[0][8 * 6 + 7], 88);
	assert_int_equal(seen.lists.ScalingList8x8[0][63], 115);
	assert_int_equal(seen.lists.ScalingList32x32[1][63], 91);
	assert_int_equal(seen.lists.ScalingListDC32x32[1], 16);
}

static void test_tiles_have_their_sizes(void **state)
{
	const struct sps_setup sps = {.profile_idc = 1, .width = 80, .height = 72};
	const struct pps_setup pps = {.tiles = true};
	const VAPictureParameterBufferHEVC *va = &seen.picture.base;
	struct writer w;

	(void)state;
	send_sets(&sps, &pps);
	begin(&w, HEVC_NAL_IDR_N_LP, 0);
	put(&w, 2, 2);
	ue(&w, 0);
	ue(&w, HEVC_SLICE_I);
	se(&w, 0);
	put(&w, 1, 1);
	ue(&w, 3);
	ue(&w, 7);
	put(&w, 24, 0x112233);
	end(&w);
	send(&w, 1);
	drain();
	assert_int_equal(va->num_tile_columns_minus1, 1);
	assert_int_equal(va->column_width_minus1[0], 0);
	assert_int_equal(va->column_width_minus1[1], 3);
	assert_int_equal(va->row_height_minus1[0], 2);
	assert_int_equal(va->row_height_minus1[1], 1);
	assert_int_equal(seen.slices[0].base.num_entry_point_offsets, 3);
}

static void test_range_extension_is_filled_in(void **state)
{
	const struct sps_setup sps = {
		.profile_idc = 4, .chroma = 2, .depth_minus8 = 2, .range = true};
	const struct pps_setup pps = {.range = true};
	const VAPictureParameterBufferHEVCRext *va = &seen.picture.rext;
	struct writer w;

	(void)state;
	send_sets(&sps, &pps);
	begin(&w, HEVC_NAL_IDR_N_LP, 0);
	put(&w, 2, 2);
	ue(&w, 0);
	ue(&w, HEVC_SLICE_I);
	se(&w, 0);
	put(&w, 1, 1); /* cu_chroma_qp_offset_enabled_flag */
	put(&w, 1, 1);
	end(&w);
	send(&w, 1);
	drain();
	assert_int_equal(client.format.profile, VAProfileHEVCMain422_10);
	assert_int_equal(client.format.fourcc, VA_FOURCC_Y210);
	assert_int_equal(seen.picture_bytes, sizeof(VAPictureParameterBufferHEVCExtension));
	assert_int_equal(seen.slice_bytes, sizeof(VASliceParameterBufferHEVCExtension));
	assert_int_equal(va->range_extension_pic_fields.bits.extended_precision_processing_flag, 1);
	assert_int_equal(va->range_extension_pic_fields.bits.high_precision_offsets_enabled_flag,
			 1);
	assert_int_equal(va->range_extension_pic_fields.bits.cabac_bypass_alignment_enabled_flag,
			 1);
	assert_int_equal(
		va->range_extension_pic_fields.bits.persistent_rice_adaptation_enabled_flag, 0);
	assert_int_equal(va->diff_cu_chroma_qp_offset_depth, 1);
	assert_int_equal(va->cb_qp_offset_list[0], -3);
	assert_int_equal(va->cr_qp_offset_list[1], -6);
	assert_int_equal(va->log2_sao_offset_scale_chroma, 2);
	assert_int_equal(seen.slices[0].rext.slice_ext_flags.bits.cu_chroma_qp_offset_enabled_flag,
			 1);
	assert_int_equal(seen.picture.scc.screen_content_pic_fields.value, 0);
}

static void test_screen_content_is_filled_in(void **state)
{
	const struct sps_setup sps = {.profile_idc = 9, .dpb_minus1 = 1, .scc = true};
	const struct pps_setup pps = {.scc = true};
	const VAPictureParameterBufferHEVCScc *va = &seen.picture.scc;
	struct writer w;

	(void)state;
	send_sets(&sps, &pps);
	begin(&w, HEVC_NAL_IDR_N_LP, 0);
	put(&w, 2, 2);
	ue(&w, 0);
	ue(&w, HEVC_SLICE_P);
	put(&w, 1, 0);
	ue(&w, 0);
	put(&w, 1, 1); /* use_integer_mv_flag */
	se(&w, 0);
	se(&w, 1);
	se(&w, 2);
	se(&w, -3);
	put(&w, 1, 1);
	end(&w);
	send(&w, 1);
	drain();
	assert_int_equal(client.format.profile, VAProfileHEVCSccMain);
	assert_int_equal(va->screen_content_pic_fields.bits.pps_curr_pic_ref_enabled_flag, 1);
	assert_int_equal(va->screen_content_pic_fields.bits.palette_mode_enabled_flag, 1);
	assert_int_equal(va->screen_content_pic_fields.bits.motion_vector_resolution_control_idc,
			 2);
	assert_int_equal(va->palette_max_size, 31);
	assert_int_equal(va->predictor_palette_size, 1); /* the SPS's: the PPS has none */
	assert_int_equal(va->predictor_palette_entries[2][0], 9);
	assert_int_equal(va->pps_act_cb_qp_offset_plus5, 2);
	/* The picture itself is its only, long-term, reference. */
	assert_int_equal(seen.picture.base.ReferenceFrames[0].picture_id,
			 seen.picture.base.CurrPic.picture_id);
	assert_int_equal(seen.picture.base.ReferenceFrames[0].flags,
			 VA_PICTURE_HEVC_LONG_TERM_REFERENCE | VA_PICTURE_HEVC_RPS_LT_CURR);
	assert_int_equal(seen.picture.base.slice_parsing_fields.bits.IntraPicFlag, 0);
	assert_int_equal(seen.slices[0].base.RefPicList[0][0], 0);
	assert_int_equal(seen.slices[0].rext.slice_ext_flags.bits.use_integer_mv_flag, 1);
	assert_int_equal(seen.slices[0].rext.slice_act_cr_qp_offset, -3);
}

/* ---- Which frames come out ---- */

static const struct sps_setup main_sps = {.profile_idc = 1, .dpb_minus1 = 3, .reorder = 2};
static const struct pps_setup main_pps = {0};

static void test_rasl_pictures_of_the_first_cra_are_skipped(void **state)
{
	static const uint64_t order[] = {3, 1, 4, 6, 5};

	(void)state;
	send_sets(&main_sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_CRA, .lsb = 5}, 1);
	send_slice(&(struct picture){.type = HEVC_NAL_RASL_R, .lsb = 3, .delta = 1}, 2);
	send_slice(&(struct picture){.type = HEVC_NAL_RADL_N, .lsb = 4}, 3);
	send_slice(&(struct picture){.type = 1, .lsb = 6, .delta = 1}, 4);
	/* Another one, whose leading pictures can be decoded. */
	send_slice(&(struct picture){.type = HEVC_NAL_CRA, .lsb = 9}, 5);
	send_slice(&(struct picture){.type = HEVC_NAL_RASL_N, .lsb = 8}, 6);
	drain();
	check_order(order, 5);
}

/* C.5.2.2: the second CRA begins a sequence, before which what waits is dropped. */
static void test_end_of_sequence_makes_a_cra_begin_anew(void **state)
{
	static const uint64_t order[] = {1, 4, 6};

	(void)state;
	send_sets(&main_sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	send_slice(&(struct picture){.type = 1, .lsb = 4, .delta = 4}, 2);
	send_slice(&(struct picture){.type = 1, .lsb = 8, .delta = 4}, 3);
	send_unit(HEVC_NAL_END_SEQUENCE);
	send_slice(&(struct picture){.type = HEVC_NAL_CRA, .lsb = 2}, 4);
	send_slice(&(struct picture){.type = HEVC_NAL_RASL_N, .lsb = 1, .delta = 5}, 5);
	send_slice(&(struct picture){.type = 1, .lsb = 3, .delta = 1}, 6);
	drain();
	check_order(order, 3);
	assert_int_equal(seen.picture.base.CurrPic.pic_order_cnt, 3);
}

static void test_prior_pictures_may_be_dropped_by_an_idr(void **state)
{
	static const uint64_t kept[] = {1, 2, 3, 4, 1, 4};
	unsigned int round;

	(void)state;
	for (round = 0; round < 2; round++) {
		send_sets(&main_sps, &main_pps);
		send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
		send_slice(&(struct picture){.type = 1, .lsb = 4, .delta = 4}, 2);
		send_slice(&(struct picture){.type = 1, .lsb = 8, .delta = 4}, 3);
		send_slice(
			&(struct picture){.type = HEVC_NAL_IDR_N_LP, .no_prior_output = round == 1},
			4);
		drain();
	}
	check_order(kept, 6);
}

static void test_pictures_of_upper_layers_are_left_out(void **state)
{
	struct writer w;

	(void)state;
	send_sets(&main_sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	begin(&w, HEVC_NAL_IDR_N_LP, 0);
	w.data[1] |= 1 << 3; /* nuh_layer_id */
	put(&w, 16, 0xabcd);
	send(&w, 2);
	drain();
	assert_int_equal(client.n_frames, 1);
	assert_int_equal(client.infos[0].flags, VACODEC_FRAME_KEY);
}

static void test_a_lost_first_segment_flags_its_picture(void **state)
{
	(void)state;
	send_sets(&main_sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	send_slice(&(struct picture){.type = 1, .lsb = 1, .delta = 1, .address = 7}, 2);
	send_slice(&(struct picture){.type = 1, .lsb = 2, .delta = 1}, 3);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 4);
	drain();
	assert_int_equal(client.n_frames, 4);
	assert_int_equal(client.infos[0].flags, VACODEC_FRAME_KEY);
	assert_int_equal(client.infos[1].flags, VACODEC_FRAME_CORRUPT);
	assert_int_equal(client.infos[2].flags, VACODEC_FRAME_CORRUPT);
	assert_int_equal(client.infos[3].flags, VACODEC_FRAME_KEY);
}

/* 5 is not there: 2 stands in for it, and the frame says so. */
static void test_a_missing_reference_flags_its_picture(void **state)
{
	(void)state;
	send_sets(&main_sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	send_slice(&(struct picture){.type = 1, .lsb = 6, .delta = 1}, 2);
	drain();
	assert_int_equal(client.n_frames, 2);
	assert_int_equal(client.infos[1].flags, VACODEC_FRAME_CORRUPT);
	assert_int_equal(seen.slices[1].base.RefPicList[0][0], 0);
	assert_int_not_equal(seen.picture.base.ReferenceFrames[0].picture_id, VA_INVALID_SURFACE);
}

static void test_frames_say_what_their_messages_say(void **state)
{
	struct sps_setup sps = main_sps;
	struct writer w;

	(void)state;
	sps.vui = true;
	send_sets(&sps, &main_pps);
	begin(&w, HEVC_NAL_PREFIX_SEI, 0);
	put(&w, 16, 1 << 8 | 1);
	put(&w, 8, 2 << 4 | 1);
	put(&w, 16, 144 << 8 | 4);
	put(&w, 32, 0x03e80190);
	end(&w);
	send(&w, 1);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 2);
	begin(&w, HEVC_NAL_SUFFIX_SEI, 0);
	put(&w, 16, 132 << 8 | 7);
	put(&w, 8, 1);
	put(&w, 24, 0x112233);
	put(&w, 24, 0x445566);
	end(&w);
	send(&w, 3);
	send_slice(&(struct picture){.type = 1, .lsb = 1, .delta = 1}, 4);
	drain();
	assert_int_equal(client.n_frames, 2);
	assert_int_equal(client.infos[0].timestamp, 1); /* the access unit's first byte */
	assert_int_equal(client.infos[0].flags,
			 VACODEC_FRAME_KEY | VACODEC_FRAME_FIELD | VACODEC_FRAME_BOTTOM_FIELD);
	assert_int_equal(client.infos[0].hash.type, VACODEC_HASH_CRC);
	assert_int_equal(client.infos[0].hash.value[1][0], 0x33);
	assert_int_equal(client.infos[1].hash.type, VACODEC_HASH_NONE);
	assert_int_equal(client.infos[1].content_light.max_content, 1000);
	assert_int_equal(client.infos[1].content_light.max_average, 400);
	assert_false(client.infos[1].mastering_display.present);
	assert_int_equal(seen.picture.base.ReferenceFrames[0].flags,
			 VA_PICTURE_HEVC_RPS_ST_CURR_BEFORE | VA_PICTURE_HEVC_FIELD_PIC |
				 VA_PICTURE_HEVC_BOTTOM_FIELD);
}

static void test_a_profile_that_is_not_there_is_refused_by_name(void **state)
{
	const struct sps_setup sps = {.profile_idc = 4, .chroma = 3, .depth_minus8 = 4};

	(void)state;
	send_sets(&sps, &main_pps);
	send_slice(&(struct picture){.type = HEVC_NAL_IDR_N_LP}, 1);
	drain();
	assert_int_equal(client.error, -ENOTSUP);
	assert_non_null(strstr(vacodec_decoder_get_last_error(client.decoder), "Main 4:4:4 12"));
	assert_int_equal(client.n_frames, 0);
}

#define VA_TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		VA_TEST(test_picture_and_slice_parameters),
		VA_TEST(test_scaling_lists_are_in_raster_order),
		VA_TEST(test_tiles_have_their_sizes),
		VA_TEST(test_range_extension_is_filled_in),
		VA_TEST(test_screen_content_is_filled_in),
		VA_TEST(test_rasl_pictures_of_the_first_cra_are_skipped),
		VA_TEST(test_end_of_sequence_makes_a_cra_begin_anew),
		VA_TEST(test_prior_pictures_may_be_dropped_by_an_idr),
		VA_TEST(test_pictures_of_upper_layers_are_left_out),
		VA_TEST(test_a_lost_first_segment_flags_its_picture),
		VA_TEST(test_a_missing_reference_flags_its_picture),
		VA_TEST(test_frames_say_what_their_messages_say),
		VA_TEST(test_a_profile_that_is_not_there_is_refused_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
