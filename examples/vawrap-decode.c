/* SPDX-License-Identifier: MIT */
/*
 * vawrap-decode.c - one H.264 picture decoded by hand: its slice is written here, bit by bit
 *
 * Each macroblock is I_PCM, so that the samples stand in the slice as they are and the result is
 * known. A real stream's parameters come from its headers; libvacodec does that.
 *
 *     vawrap-decode [NODE|DRIVER]
 *
 * Source: Rec. ITU-T H.264, 7.3.3 (slice header), 7.3.5 (macroblock layer); va.h.
 */
#include "vawrap-example.h"

#define MBS_WIDE  (EXAMPLE_WIDTH / 16)
#define MBS_HIGH  (EXAMPLE_HEIGHT / 16)
#define MAX_BYTES 8192

/* ---- The slice ---- */

struct bits {
	uint8_t bytes[MAX_BYTES];
	unsigned int n; /* bits written */
};

static void put(struct bits *bits, unsigned int value, unsigned int count)
{
	while (count-- > 0) {
		if (value >> count & 1)
			bits->bytes[bits->n / 8] |= (uint8_t)(0x80 >> bits->n % 8);
		bits->n++;
	}
}

/* An Exp-Golomb code, 9.1. */
static void put_ue(struct bits *bits, unsigned int value)
{
	unsigned int length = 0;

	while ((value + 1) >> (length + 1))
		length++;
	put(bits, value + 1, 2 * length + 1);
}

/* Returns where the slice data begins, in bits. */
static unsigned int put_header(struct bits *bits)
{
	put(bits, 0x65, 8); /* nal_ref_idc 3, nal_unit_type 5: an IDR picture */
	put_ue(bits, 0);    /* first_mb_in_slice */
	put_ue(bits, 7);    /* slice_type: I, and all slices of the picture are */
	put_ue(bits, 0);    /* pic_parameter_set_id */
	put(bits, 0, 4);    /* frame_num */
	put_ue(bits, 0);    /* idr_pic_id */
	put(bits, 0, 4);    /* pic_order_cnt_lsb */
	put(bits, 0, 2);    /* dec_ref_pic_marking() */
	put_ue(bits, 0);    /* slice_qp_delta */
	return bits->n;
}

static void put_macroblock(struct bits *bits, unsigned int x, unsigned int y)
{
	put_ue(bits, 25); /* mb_type: I_PCM */
	bits->n = (bits->n + 7) / 8 * 8;
	for (unsigned int i = 0; i < 256; i++)
		put(bits, example_sample(0, 16 * x + i % 16, 16 * y + i / 16), 8);
	for (unsigned int plane = 1; plane < 3; plane++) {
		for (unsigned int i = 0; i < 64; i++)
			put(bits, example_sample(plane, 8 * x + i % 8, 8 * y + i / 8), 8);
	}
}

/* No sample is near 0, so no emulation prevention byte is needed. */
static unsigned int write_slice(struct bits *bits)
{
	unsigned int begin = put_header(bits);

	for (unsigned int i = 0; i < MBS_WIDE * MBS_HIGH; i++)
		put_macroblock(bits, i % MBS_WIDE, i / MBS_WIDE);
	put(bits, 1, 1); /* rbsp_stop_one_bit */
	return begin;
}

/* ---- What the driver is told ---- */

static VAPictureParameterBufferH264 picture_params(const struct vawrap_surface *target)
{
	VAPictureParameterBufferH264 va = {
		.CurrPic = {.picture_id = vawrap_surface_get_id(target)},
		.picture_width_in_mbs_minus1 = MBS_WIDE - 1,
		.picture_height_in_mbs_minus1 = MBS_HIGH - 1,
		.num_ref_frames = 1,
		.seq_fields.bits = {.chroma_format_idc = 1,
				    .frame_mbs_only_flag = 1,
				    .direct_8x8_inference_flag = 1},
		.pic_fields.bits = {.reference_pic_flag = 1},
	};

	for (int i = 0; i < 16; i++)
		va.ReferenceFrames[i] = (VAPictureH264){.picture_id = VA_INVALID_SURFACE,
							.flags = VA_PICTURE_H264_INVALID};
	return va;
}

static VASliceParameterBufferH264 slice_params(const struct bits *bits, unsigned int begin)
{
	VASliceParameterBufferH264 va = {
		.slice_data_size = (bits->n + 7) / 8,
		.slice_data_flag = VA_SLICE_DATA_FLAG_ALL,
		.slice_data_bit_offset = (uint16_t)begin,
		.slice_type = 2,
	};

	for (int i = 0; i < 32; i++) {
		va.RefPicList0[i] = (VAPictureH264){.picture_id = VA_INVALID_SURFACE,
						    .flags = VA_PICTURE_H264_INVALID};
		va.RefPicList1[i] = va.RefPicList0[i];
	}
	return va;
}

/* The content is copied: nothing here has to live longer than its call. */
static int add_all(struct vawrap_picture *picture)
{
	VAPictureParameterBufferH264 params = picture_params(vawrap_picture_get_target(picture));
	static struct bits bits;
	VASliceParameterBufferH264 slice;
	VAIQMatrixBufferH264 matrix;
	unsigned int begin;
	int error;

	memset(&bits, 0, sizeof(bits));
	begin = write_slice(&bits);
	slice = slice_params(&bits, begin);
	memset(&matrix, 16, sizeof(matrix));
	error = vawrap_picture_add_data(picture, VAPictureParameterBufferType, &params,
					sizeof(params));
	if (!error)
		error = vawrap_picture_add_data(picture, VAIQMatrixBufferType, &matrix,
						sizeof(matrix));
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceParameterBufferType, &slice,
						sizeof(slice));
	if (!error)
		error = vawrap_picture_add_data(picture, VASliceDataBufferType, bits.bytes,
						slice.slice_data_size);
	return error;
}

static int decode(struct vawrap_context *context, struct vawrap_surface *target)
{
	struct vawrap_picture *picture;
	int error = vawrap_picture_new(context, target, &picture);

	if (!error)
		error = add_all(picture);
	if (!error)
		error = vawrap_picture_submit(picture);
	if (!error)
		error = vawrap_picture_sync(picture, -1);
	vawrap_picture_unref(picture);
	return error;
}

/* Any order of unref is legal: each handle holds what it depends on. */
static int run(struct vawrap_display *display)
{
	struct vawrap_surface_params params = {.size_bytes = sizeof(params),
					       .fourcc = VA_FOURCC_NV12,
					       .width = EXAMPLE_WIDTH,
					       .height = EXAMPLE_HEIGHT};
	struct vawrap_config *config = NULL;
	struct vawrap_context *context = NULL;
	struct vawrap_surface *surface = NULL;
	int error = vawrap_config_new(display, VAProfileH264ConstrainedBaseline, VAEntrypointVLD,
				      NULL, 0, &config);

	if (!error)
		error = vawrap_surface_new_batch(display, &params, &surface, 1);
	if (!error)
		error = vawrap_context_new(config, EXAMPLE_WIDTH, EXAMPLE_HEIGHT, VA_PROGRESSIVE,
					   &surface, 1, &context);
	if (!error)
		error = decode(context, surface);
	if (!error)
		error = example_transfer(surface, false);
	vawrap_config_unref(config);
	vawrap_surface_unref(surface);
	vawrap_context_unref(context);
	return error;
}

int main(int argc, char **argv)
{
	struct vawrap_display *display = example_open(argc, argv);
	int differ;

	if (!display)
		return 3;
	differ = run(display);
	if (differ < 0)
		example_failed(display, differ);
	else
		printf("%dx%d decoded, %d samples differ\n", EXAMPLE_WIDTH, EXAMPLE_HEIGHT, differ);
	vawrap_display_unref(display);
	return differ == 0 ? 0 : 1;
}
