/* SPDX-License-Identifier: MIT */
/*
 * attribs.c - the values of config attributes as text, by tables and one loop
 *
 * A value is a row of bit fields. A field of one bit is a flag, which shows its name when it is set;
 * a wider one shows name=number, or the number alone when it has no name.
 * Source: va.h, "Attribute values for ..." and the VAConfigAttribVal* unions.
 */
#include "tools/attribs.h"
#include <inttypes.h>
#include <stdio.h>

#define MAX_FIELDS 20

struct field {
	const char *name;
	uint8_t shift, width;
};

struct attrib {
	VAConfigAttribType type;
	struct field fields[MAX_FIELDS]; /* up to the first one of width 0 */
};

#define FLAG(bit, name)                                                                            \
	{                                                                                          \
		name, bit, 1                                                                       \
	}
#define NUMBER                                                                                     \
	{                                                                                          \
		"", 0, 32                                                                          \
	}

static const struct attrib attribs[] = {
	{VAConfigAttribRTFormat,
	 {FLAG(0, "YUV420"), FLAG(1, "YUV422"), FLAG(2, "YUV444"), FLAG(3, "YUV411"),
	  FLAG(4, "YUV400"), FLAG(8, "YUV420_10"), FLAG(9, "YUV422_10"), FLAG(10, "YUV444_10"),
	  FLAG(12, "YUV420_12"), FLAG(13, "YUV422_12"), FLAG(14, "YUV444_12"), FLAG(16, "RGB16"),
	  FLAG(17, "RGB32"), FLAG(20, "RGBP"), FLAG(21, "RGB32_10"), FLAG(31, "PROTECTED")}},
	{VAConfigAttribRateControl,
	 {FLAG(0, "NONE"), FLAG(1, "CBR"), FLAG(2, "VBR"), FLAG(3, "VCM"), FLAG(4, "CQP"),
	  FLAG(5, "VBR_CONSTRAINED"), FLAG(6, "ICQ"), FLAG(7, "MB"), FLAG(8, "CFS"),
	  FLAG(9, "PARALLEL"), FLAG(10, "QVBR"), FLAG(11, "AVBR"), FLAG(12, "TCBRC")}},
	{VAConfigAttribDecSliceMode, {FLAG(0, "NORMAL"), FLAG(1, "BASE")}},
	{VAConfigAttribDecJPEG,
	 {FLAG(0, "ROTATION_NONE"), FLAG(1, "ROTATION_90"), FLAG(2, "ROTATION_180"),
	  FLAG(3, "ROTATION_270"), FLAG(4, "CROP")}},
	{VAConfigAttribDecProcessing, {FLAG(0, "PROCESSING")}},
	{VAConfigAttribDecAV1Features, {{"lst_support", 0, 2}}},
	{VAConfigAttribEncPackedHeaders,
	 {FLAG(0, "SEQUENCE"), FLAG(1, "PICTURE"), FLAG(2, "SLICE"), FLAG(3, "MISC"),
	  FLAG(4, "RAW_DATA")}},
	{VAConfigAttribEncInterlaced,
	 {FLAG(0, "FRAME"), FLAG(1, "FIELD"), FLAG(2, "MBAFF"), FLAG(3, "PAFF")}},
	{VAConfigAttribEncMaxRefFrames, {{"list0", 0, 16}, {"list1", 16, 16}}},
	{VAConfigAttribEncMaxSlices, {NUMBER}},
	{VAConfigAttribEncSliceStructure,
	 {FLAG(0, "POWER_OF_TWO_ROWS"), FLAG(1, "ARBITRARY_MACROBLOCKS"), FLAG(2, "EQUAL_ROWS"),
	  FLAG(3, "MAX_SLICE_SIZE"), FLAG(4, "ARBITRARY_ROWS"), FLAG(5, "EQUAL_MULTI_ROWS")}},
	{VAConfigAttribEncMacroblockInfo, {NUMBER}},
	{VAConfigAttribMaxPictureWidth, {NUMBER}},
	{VAConfigAttribMaxPictureHeight, {NUMBER}},
	{VAConfigAttribEncJPEG,
	 {FLAG(0, "ARITHMETIC"),
	  FLAG(1, "PROGRESSIVE"),
	  FLAG(2, "NON_INTERLEAVED"),
	  FLAG(3, "DIFFERENTIAL"),
	  {"components", 4, 3},
	  {"scans", 7, 4},
	  {"huffman_tables", 11, 3},
	  {"quantization_tables", 14, 3}}},
	{VAConfigAttribEncQualityRange, {NUMBER}},
	{VAConfigAttribEncQuantization, {FLAG(0, "TRELLIS")}},
	{VAConfigAttribEncIntraRefresh,
	 {FLAG(0, "ROLLING_COLUMN"), FLAG(1, "ROLLING_ROW"), FLAG(4, "ADAPTIVE"), FLAG(5, "CYCLIC"),
	  FLAG(16, "P_FRAME"), FLAG(17, "B_FRAME"), FLAG(18, "MULTI_REF")}},
	{VAConfigAttribEncSkipFrame, {NUMBER}},
	{VAConfigAttribEncROI, {{"regions", 0, 8}, FLAG(8, "PRIORITY"), FLAG(9, "QP_DELTA")}},
	{VAConfigAttribEncRateControlExt,
	 {{"max_temporal_layers_minus1", 0, 8}, FLAG(8, "LAYER_BITRATE")}},
	{VAConfigAttribProcessingRate, {FLAG(0, "ENCODE"), FLAG(1, "DECODE")}},
	{VAConfigAttribEncDirtyRect, {NUMBER}},
	{VAConfigAttribEncParallelRateControl, {NUMBER}},
	{VAConfigAttribEncDynamicScaling, {NUMBER}},
	{VAConfigAttribFrameSizeToleranceSupport, {NUMBER}},
	{VAConfigAttribEncTileSupport, {NUMBER}},
	{VAConfigAttribCustomRoundingControl, {NUMBER}},
	{VAConfigAttribQPBlockSize, {NUMBER}},
	{VAConfigAttribMaxFrameSize, {FLAG(0, "MAX_FRAME_SIZE"), FLAG(1, "MULTIPLE_PASS")}},
	{VAConfigAttribPredictionDirection,
	 {FLAG(0, "PREVIOUS"), FLAG(1, "FUTURE"), FLAG(2, "BI_NOT_EMPTY")}},
	{VAConfigAttribMultipleFrame, {{"max_concurrent", 0, 8}, FLAG(8, "MIXED_QUALITY")}},
	{VAConfigAttribContextPriority, {{"highest", 0, 16}}},
	{VAConfigAttribEncPerBlockControl,
	 {FLAG(0, "DELTA_QP"), {"log2_block_size", 1, 4}, {"bytes", 5, 3}}},
	{VAConfigAttribFEIFunctionType, {FLAG(0, "ENC"), FLAG(1, "PAK"), FLAG(2, "ENC_PAK")}},
	{VAConfigAttribFEIMVPredictors, {NUMBER}},
	{VAConfigAttribStats,
	 {{"past_references", 0, 4},
	  {"future_references", 4, 4},
	  {"outputs", 8, 3},
	  FLAG(11, "INTERLACED")}},
	{VAConfigAttribTEEType, {NUMBER}},
	{VAConfigAttribTEETypeClient, {NUMBER}},
	{VAConfigAttribProtectedContentCipherAlgorithm, {FLAG(0, "AES")}},
	{VAConfigAttribProtectedContentCipherBlockSize,
	 {FLAG(0, "128"), FLAG(1, "192"), FLAG(2, "256")}},
	{VAConfigAttribProtectedContentCipherMode,
	 {FLAG(0, "ECB"), FLAG(1, "CBC"), FLAG(2, "CTR")}},
	{VAConfigAttribProtectedContentCipherSampleType,
	 {FLAG(0, "FULLSAMPLE"), FLAG(1, "SUBSAMPLE")}},
	{VAConfigAttribProtectedContentUsage, {FLAG(0, "WIDEVINE")}},
	/* Two bits each: 0 no, 1 yes, 2 always. */
	{VAConfigAttribEncHEVCFeatures,
	 {{"separate_colour_planes", 0, 2},
	  {"scaling_lists", 2, 2},
	  {"amp", 4, 2},
	  {"sao", 6, 2},
	  {"pcm", 8, 2},
	  {"temporal_mvp", 10, 2},
	  {"strong_intra_smoothing", 12, 2},
	  {"dependent_slices", 14, 2},
	  {"sign_data_hiding", 16, 2},
	  {"constrained_intra_pred", 18, 2},
	  {"transform_skip", 20, 2},
	  {"cu_qp_delta", 22, 2},
	  {"weighted_prediction", 24, 2},
	  {"transquant_bypass", 26, 2},
	  {"deblocking_filter_disable", 28, 2}}},
	{VAConfigAttribEncHEVCBlockSizes,
	 {{"log2_max_coding_tree_block_size_minus3", 0, 2},
	  {"log2_min_coding_tree_block_size_minus3", 2, 2},
	  {"log2_min_luma_coding_block_size_minus3", 4, 2},
	  {"log2_max_luma_transform_block_size_minus2", 6, 2},
	  {"log2_min_luma_transform_block_size_minus2", 8, 2},
	  {"max_max_transform_hierarchy_depth_inter", 10, 2},
	  {"min_max_transform_hierarchy_depth_inter", 12, 2},
	  {"max_max_transform_hierarchy_depth_intra", 14, 2},
	  {"min_max_transform_hierarchy_depth_intra", 16, 2},
	  {"log2_max_pcm_coding_block_size_minus3", 18, 2},
	  {"log2_min_pcm_coding_block_size_minus3", 20, 2}}},
	{VAConfigAttribEncAV1,
	 {{"128x128_superblock", 0, 2},
	  {"filter_intra", 2, 2},
	  {"intra_edge_filter", 4, 2},
	  {"interintra_compound", 6, 2},
	  {"masked_compound", 8, 2},
	  {"warped_motion", 10, 2},
	  {"palette_mode", 12, 2},
	  {"dual_filter", 14, 2},
	  {"jnt_comp", 16, 2},
	  {"ref_frame_mvs", 18, 2},
	  {"superres", 20, 2},
	  {"restoration", 22, 2},
	  {"allow_intrabc", 24, 2},
	  {"cdef_channel_strength", 26, 2}}},
	{VAConfigAttribEncAV1Ext1,
	 {{"interpolation_filter", 0, 5},
	  {"segid_block_sizes", 5, 8},
	  {"segment_features", 13, 8}}},
	{VAConfigAttribEncAV1Ext2,
	 {{"tile_size_bytes_minus1", 0, 2},
	  {"obu_size_bytes_minus1", 2, 2},
	  {"tx_modes", 4, 3},
	  {"max_tile_num_minus1", 7, 13}}},
	{(VAConfigAttribType)58 /* EncVP9, 1.23 */,
	 {{"segid_block_sizes", 0, 8}, {"segment_features", 8, 4}}},
	{(VAConfigAttribType)56 /* EncMaxTileRows, 1.21 */, {NUMBER}},
	{(VAConfigAttribType)57 /* EncMaxTileCols, 1.21 */, {NUMBER}},
};

static const struct attrib *find_attrib(VAConfigAttribType type)
{
	for (size_t i = 0; i < sizeof(attribs) / sizeof(attribs[0]); i++) {
		if (attribs[i].type == type)
			return &attribs[i];
	}
	return NULL;
}

/* Text that grows at its end and stops at its size. */
struct out {
	char *text;
	size_t size, used;
};

static void append(struct out *out, const char *name, const char *mark, const char *number)
{
	int n;

	if (out->used >= out->size)
		return;
	n = snprintf(out->text + out->used, out->size - out->used, "%s%s%s%s", out->used ? " " : "",
		     name, mark, number);
	if (n > 0)
		out->used += (size_t)n;
}

static void append_field(struct out *out, const struct field *field, uint32_t content)
{
	char number[16] = "";

	if (field->width == 1) {
		if (content)
			append(out, field->name, "", "");
		return;
	}
	snprintf(number, sizeof(number), "%" PRIu32, content);
	append(out, field->name, field->name[0] ? "=" : "", number);
}

void attribs_describe(VAConfigAttribType type, uint32_t value, char *text, size_t size)
{
	const struct attrib *attrib = find_attrib(type);
	struct out out = {.text = text, .size = size};
	uint32_t unnamed = value;
	char hex[16];

	for (int i = 0; attrib && i < MAX_FIELDS && attrib->fields[i].width > 0; i++) {
		const struct field *field = &attrib->fields[i];
		uint32_t mask = (uint32_t)((UINT64_C(1) << field->width) - 1);

		append_field(&out, field, (value >> field->shift) & mask);
		unnamed &= ~(mask << field->shift);
	}
	snprintf(hex, sizeof(hex), "0x%" PRIx32, unnamed);
	if (unnamed || !attrib)
		append(&out, "", "", hex);
	if (out.used == 0)
		append(&out, "none", "", "");
}
