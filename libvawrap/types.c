/* SPDX-License-Identifier: MIT */
/*
 * types.c - the one table from what a context does and a buffer's type to the struct it holds
 *
 * A wrong size is found before the driver sees it, and what a struct points to can be copied along.
 * Rows of one codec, job and type stand together. A type that is not here passes as it is: newer
 * codecs, vendors' buffers, plain data. What is newer than the header that this was made with is
 * unknown too.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include "types.h"

#define NO_ROW 255

/* What share their structs. */
enum codec {
	CODEC_UNKNOWN,
	CODEC_NONE,
	CODEC_MPEG2,
	CODEC_MPEG4, /* and H.263 */
	CODEC_H264,
	CODEC_VC1,
	CODEC_JPEG,
	CODEC_VP8,
	CODEC_HEVC,
	CODEC_VP9,
	CODEC_AV1,
	CODEC_VVC,
	CODEC_ANY,
};

enum job {
	JOB_OTHER,
	JOB_DECODE,
	JOB_ENCODE,
	JOB_PROCESS,
	JOB_CODE, /* in rows: decode and encode */
};

/* Profiles go by number, since the header may lack the newer names. Source: va.h, VAProfile. */
static const uint8_t codecs[] = {
	[0 ... 1] = CODEC_MPEG2,  [2 ... 4] = CODEC_MPEG4, [5 ... 7] = CODEC_H264,
	[8 ... 10] = CODEC_VC1,   [11] = CODEC_MPEG4,      [12] = CODEC_JPEG,
	[13] = CODEC_H264,        [14] = CODEC_VP8,        [15 ... 16] = CODEC_H264,
	[17 ... 18] = CODEC_HEVC, [19 ... 22] = CODEC_VP9, [23 ... 31] = CODEC_HEVC,
	[32 ... 33] = CODEC_AV1,  [34] = CODEC_HEVC,       [35] = CODEC_UNKNOWN,
	[36] = CODEC_H264,        [37 ... 38] = CODEC_VVC, [39] = CODEC_AV1,
	[40] = CODEC_H264,
};

/* ---- Pointers ---- */

#define MEMBER_BYTES(s, m)  sizeof(((s *)NULL)->m)
#define ELEMENT_BYTES(s, m) sizeof(*((s *)NULL)->m)
#define END                                                                                        \
	{                                                                                          \
		0, 0, 0, 0, NULL                                                                   \
	}
/* The member points to one element, to count of them, or to count bytes. */
#define ONE(s, m, nested)                                                                          \
	{                                                                                          \
		offsetof(s, m), ELEMENT_BYTES(s, m), 0, 0, nested                                  \
	}
#define MANY(s, m, count)                                                                          \
	{                                                                                          \
		offsetof(s, m), ELEMENT_BYTES(s, m), offsetof(s, count), MEMBER_BYTES(s, count),   \
			NULL                                                                       \
	}
#define BYTES(s, m, count)                                                                         \
	{                                                                                          \
		offsetof(s, m), 1, offsetof(s, count), MEMBER_BYTES(s, count), NULL                \
	}
/* The same for the content of a VAEncMiscParameterBuffer. */
#define MISC_MANY(s, m, count)                                                                     \
	{                                                                                          \
		sizeof(VAEncMiscParameterBuffer) + offsetof(s, m), ELEMENT_BYTES(s, m),            \
			sizeof(VAEncMiscParameterBuffer) + offsetof(s, count),                     \
			MEMBER_BYTES(s, count), NULL                                               \
	}

static const struct types_pointer hdr_pointers[] = {
	BYTES(VAHdrMetaData, metadata, metadata_size),
	END,
};
static const struct types_pointer pipeline_pointers[] = {
	ONE(VAProcPipelineParameterBuffer, surface_region, NULL),
	ONE(VAProcPipelineParameterBuffer, output_region, NULL),
	ONE(VAProcPipelineParameterBuffer, blend_state, NULL),
	ONE(VAProcPipelineParameterBuffer, output_hdr_metadata, hdr_pointers),
	MANY(VAProcPipelineParameterBuffer, filters, num_filters),
	MANY(VAProcPipelineParameterBuffer, forward_references, num_forward_references),
	MANY(VAProcPipelineParameterBuffer, backward_references, num_backward_references),
	MANY(VAProcPipelineParameterBuffer, additional_outputs, num_additional_outputs),
	END,
};
static const struct types_pointer tone_mapping_pointers[] = {
	BYTES(VAProcFilterParameterBufferHDRToneMapping, data.metadata, data.metadata_size),
	END,
};
static const struct types_pointer av1_picture_pointers[] = {
	MANY(VADecPictureParameterBufferAV1, anchor_frames_list, anchor_frames_num),
	END,
};
static const struct types_pointer av1_segment_pointers[] = {
	MANY(VAEncSegMapBufferAV1, pSegmentMap, segmentMapDataSize),
	END,
};
static const struct types_pointer vp8_segment_pointers[] = {
	MANY(VAEncMBMapBufferVP8, mb_segment_id, num_mbs),
	END,
};
static const struct types_pointer encryption_pointers[] = {
	MANY(VAEncryptionParameters, segment_info, num_segments),
	END,
};
static const struct types_pointer roi_pointers[] = {
	MISC_MANY(VAEncMiscParameterBufferROI, roi, num_roi),
	END,
};
static const struct types_pointer dirty_pointers[] = {
	MISC_MANY(VAEncMiscParameterBufferDirtyRect, roi_rectangle, num_roi_rectangle),
	END,
};
static const struct types_pointer passes_pointers[] = {
	MISC_MANY(VAEncMiscParameterBufferMultiPassFrameSize, delta_qp, num_passes),
	END,
};
static const struct types_pointer layers_pointers[] = {
	MISC_MANY(VAEncMiscParameterParallelRateControl, num_b_in_gop, num_layers),
	END,
};
static const struct types_pointer fei_h264_pointers[] = {
	MISC_MANY(VAEncMiscParameterFEIFrameControlH264, delta_qp, num_passes),
	END,
};
static const struct types_pointer fei_hevc_pointers[] = {
	MISC_MANY(VAEncMiscParameterFEIFrameControlHEVC, delta_qp, num_passes),
	END,
};

/* ---- The table ---- */

#define ROW(codec, job, type, s)                                                                   \
	{                                                                                          \
		CODEC_##codec, JOB_##job, VA##type##BufferType, -1, sizeof(s), NULL                \
	}
#define ROW_WITH(codec, job, type, s, pointers)                                                    \
	{                                                                                          \
		CODEC_##codec, JOB_##job, VA##type##BufferType, -1, sizeof(s), pointers            \
	}
#define MISC_WITH(codec, subtype, s, pointers)                                                     \
	{                                                                                          \
		CODEC_##codec, JOB_ENCODE, VAEncMiscParameterBufferType,                           \
			VAEncMiscParameterType##subtype,                                           \
			sizeof(VAEncMiscParameterBuffer) + sizeof(s), pointers                     \
	}
#define MISC(codec, subtype, s) MISC_WITH(codec, subtype, s, NULL)
#define FILTER_WITH(subtype, s, pointers)                                                          \
	{                                                                                          \
		CODEC_ANY, JOB_PROCESS, VAProcFilterParameterBufferType, VAProcFilter##subtype,    \
			sizeof(s), pointers                                                        \
	}
#define FILTER(subtype, s) FILTER_WITH(subtype, s, NULL)

/* Source: va.h, VABufferType, and the headers of each codec. */
static const struct types_row rows[] = {
	ROW(MPEG2, DECODE, PictureParameter, VAPictureParameterBufferMPEG2),
	ROW(MPEG2, DECODE, IQMatrix, VAIQMatrixBufferMPEG2),
	ROW(MPEG2, DECODE, SliceParameter, VASliceParameterBufferMPEG2),
	ROW(MPEG2, DECODE, MacroblockParameter, VAMacroblockParameterBufferMPEG2),
	ROW(MPEG2, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferMPEG2),
	ROW(MPEG2, ENCODE, EncPictureParameter, VAEncPictureParameterBufferMPEG2),
	ROW(MPEG2, ENCODE, EncSliceParameter, VAEncSliceParameterBufferMPEG2),
	ROW(MPEG2, ENCODE, QMatrix, VAIQMatrixBufferMPEG2),

	ROW(MPEG4, DECODE, PictureParameter, VAPictureParameterBufferMPEG4),
	ROW(MPEG4, DECODE, IQMatrix, VAIQMatrixBufferMPEG4),
	ROW(MPEG4, DECODE, SliceParameter, VASliceParameterBufferMPEG4),
	ROW(MPEG4, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferMPEG4),
	ROW(MPEG4, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferH263),
	ROW(MPEG4, ENCODE, EncPictureParameter, VAEncPictureParameterBufferMPEG4),
	ROW(MPEG4, ENCODE, EncPictureParameter, VAEncPictureParameterBufferH263),
	ROW(MPEG4, ENCODE, EncSliceParameter, VAEncSliceParameterBuffer),

	ROW(H264, DECODE, PictureParameter, VAPictureParameterBufferH264),
	ROW(H264, DECODE, IQMatrix, VAIQMatrixBufferH264),
	ROW(H264, DECODE, SliceParameter, VASliceParameterBufferH264),
	ROW(H264, DECODE, SliceParameter, VASliceParameterBufferBase),
	ROW(H264, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferH264),
	ROW(H264, ENCODE, EncPictureParameter, VAEncPictureParameterBufferH264),
	ROW(H264, ENCODE, EncSliceParameter, VAEncSliceParameterBufferH264),
	ROW(H264, ENCODE, EncSliceParameter, VAEncSliceParameterBuffer),
	ROW(H264, ENCODE, QMatrix, VAIQMatrixBufferH264),
	ROW(H264, ENCODE, IQMatrix, VAIQMatrixBufferH264),
	ROW(H264, ENCODE, EncMacroblockParameter, VAEncMacroblockParameterBufferH264),

	ROW(VC1, DECODE, PictureParameter, VAPictureParameterBufferVC1),
	ROW(VC1, DECODE, SliceParameter, VASliceParameterBufferVC1),

	ROW(JPEG, DECODE, PictureParameter, VAPictureParameterBufferJPEGBaseline),
	ROW(JPEG, DECODE, IQMatrix, VAIQMatrixBufferJPEGBaseline),
	ROW(JPEG, DECODE, SliceParameter, VASliceParameterBufferJPEGBaseline),
	ROW(JPEG, ENCODE, EncPictureParameter, VAEncPictureParameterBufferJPEG),
	ROW(JPEG, ENCODE, EncSliceParameter, VAEncSliceParameterBufferJPEG),
	ROW(JPEG, ENCODE, QMatrix, VAQMatrixBufferJPEG),
	ROW(JPEG, CODE, HuffmanTable, VAHuffmanTableBufferJPEGBaseline),

	ROW(VP8, DECODE, PictureParameter, VAPictureParameterBufferVP8),
	ROW(VP8, DECODE, IQMatrix, VAIQMatrixBufferVP8),
	ROW(VP8, DECODE, SliceParameter, VASliceParameterBufferVP8),
	ROW(VP8, DECODE, Probability, VAProbabilityDataBufferVP8),
	ROW(VP8, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferVP8),
	ROW(VP8, ENCODE, EncPictureParameter, VAEncPictureParameterBufferVP8),
	ROW(VP8, ENCODE, QMatrix, VAQMatrixBufferVP8),
	ROW_WITH(VP8, ENCODE, EncMacroblockMap, VAEncMBMapBufferVP8, vp8_segment_pointers),

	ROW(HEVC, DECODE, PictureParameter, VAPictureParameterBufferHEVC),
	ROW(HEVC, DECODE, PictureParameter, VAPictureParameterBufferHEVCExtension),
	ROW(HEVC, DECODE, IQMatrix, VAIQMatrixBufferHEVC),
	ROW(HEVC, DECODE, SliceParameter, VASliceParameterBufferHEVC),
	ROW(HEVC, DECODE, SliceParameter, VASliceParameterBufferHEVCExtension),
	ROW(HEVC, DECODE, SliceParameter, VASliceParameterBufferBase),
	ROW(HEVC, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferHEVC),
	ROW(HEVC, ENCODE, EncPictureParameter, VAEncPictureParameterBufferHEVC),
	ROW(HEVC, ENCODE, EncSliceParameter, VAEncSliceParameterBufferHEVC),
	ROW(HEVC, ENCODE, QMatrix, VAQMatrixBufferHEVC),

	ROW(VP9, DECODE, PictureParameter, VADecPictureParameterBufferVP9),
	ROW(VP9, DECODE, SliceParameter, VASliceParameterBufferVP9),
	ROW(VP9, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferVP9),
	ROW(VP9, ENCODE, EncPictureParameter, VAEncPictureParameterBufferVP9),
	ROW(VP9, ENCODE, QMatrix, VAEncMiscParameterTypeVP9PerSegmantParam),

	ROW_WITH(AV1, DECODE, PictureParameter, VADecPictureParameterBufferAV1,
		 av1_picture_pointers),
	ROW(AV1, DECODE, SliceParameter, VASliceParameterBufferAV1),
	ROW(AV1, ENCODE, EncSequenceParameter, VAEncSequenceParameterBufferAV1),
	ROW(AV1, ENCODE, EncPictureParameter, VAEncPictureParameterBufferAV1),
	ROW(AV1, ENCODE, EncSliceParameter, VAEncTileGroupBufferAV1),
	ROW_WITH(AV1, ENCODE, EncMacroblockMap, VAEncSegMapBufferAV1, av1_segment_pointers),

#ifdef VA_PICTURE_VVC_INVALID /* from 1.22 on */
	ROW(VVC, DECODE, PictureParameter, VAPictureParameterBufferVVC),
	ROW(VVC, DECODE, SliceParameter, VASliceParameterBufferVVC),
	ROW(VVC, DECODE, IQMatrix, VAScalingListVVC),
	ROW(VVC, DECODE, Alf, VAAlfDataVVC),
	ROW(VVC, DECODE, Lmcs, VALmcsDataVVC),
	ROW(VVC, DECODE, SubPic, VASubPicVVC),
	ROW(VVC, DECODE, SliceStruct, VASliceStructVVC),
	ROW(VVC, DECODE, Tile, uint16_t),
#endif

	ROW_WITH(ANY, CODE, EncryptionParameter, VAEncryptionParameters, encryption_pointers),
	ROW(ANY, CODE, ContextParameterUpdate, VAContextParameterUpdateBuffer),
	ROW(ANY, ENCODE, EncPackedHeaderParameter, VAEncPackedHeaderParameterBuffer),

	MISC(ANY, FrameRate, VAEncMiscParameterFrameRate),
	MISC(ANY, RateControl, VAEncMiscParameterRateControl),
	MISC(ANY, MaxSliceSize, VAEncMiscParameterMaxSliceSize),
	MISC(ANY, AIR, VAEncMiscParameterAIR),
	MISC(ANY, MaxFrameSize, VAEncMiscParameterBufferMaxFrameSize),
	MISC(ANY, HRD, VAEncMiscParameterHRD),
	MISC(ANY, QualityLevel, VAEncMiscParameterBufferQualityLevel),
	MISC(ANY, RIR, VAEncMiscParameterRIR),
	MISC(ANY, Quantization, VAEncMiscParameterQuantization),
	MISC(ANY, SkipFrame, VAEncMiscParameterSkipFrame),
	MISC_WITH(ANY, ROI, VAEncMiscParameterBufferROI, roi_pointers),
	MISC_WITH(ANY, MultiPassFrameSize, VAEncMiscParameterBufferMultiPassFrameSize,
		  passes_pointers),
	MISC(ANY, TemporalLayerStructure, VAEncMiscParameterTemporalLayerStructure),
	MISC_WITH(ANY, DirtyRect, VAEncMiscParameterBufferDirtyRect, dirty_pointers),
	MISC_WITH(ANY, ParallelBRC, VAEncMiscParameterParallelRateControl, layers_pointers),
	MISC(ANY, SubMbPartPel, VAEncMiscParameterSubMbPartPelH264),
	MISC(ANY, EncQuality, VAEncMiscParameterEncQuality),
	MISC(ANY, CustomRoundingControl, VAEncMiscParameterCustomRoundingControl),
	MISC_WITH(ANY, FEIFrameControl, VAEncMiscParameterFEIFrameControlH264, fei_h264_pointers),
	MISC_WITH(ANY, FEIFrameControl, VAEncMiscParameterFEIFrameControlHEVC, fei_hevc_pointers),
	MISC(ANY, ExtensionData, VAEncMiscParameterExtensionDataSeqDisplayMPEG2),

	ROW_WITH(ANY, PROCESS, ProcPipelineParameter, VAProcPipelineParameterBuffer,
		 pipeline_pointers),
	FILTER(NoiseReduction, VAProcFilterParameterBuffer),
	FILTER(Deinterlacing, VAProcFilterParameterBufferDeinterlacing),
	FILTER(Sharpening, VAProcFilterParameterBuffer),
	FILTER(ColorBalance, VAProcFilterParameterBufferColorBalance),
	FILTER(SkinToneEnhancement, VAProcFilterParameterBuffer),
	FILTER(TotalColorCorrection, VAProcFilterParameterBufferTotalColorCorrection),
	FILTER(HVSNoiseReduction, VAProcFilterParameterBufferHVSNoiseReduction),
	FILTER_WITH(HighDynamicRangeToneMapping, VAProcFilterParameterBufferHDRToneMapping,
		    tone_mapping_pointers),
	FILTER(3DLUT, VAProcFilterParameterBuffer3DLUT),
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

_Static_assert(N_ROWS < NO_ROW, "an index fits a byte");

static enum job find_job(VAEntrypoint entrypoint)
{
	switch (entrypoint) {
	case VAEntrypointEncSlice:
	case VAEntrypointEncPicture:
	case VAEntrypointEncSliceLP:
	case VAEntrypointFEI:
		return JOB_ENCODE;
	case VAEntrypointVideoProc:
		return JOB_PROCESS;
	default:
		return entrypoint >= VAEntrypointVLD && entrypoint <= VAEntrypointDeblocking
			       ? JOB_DECODE
			       : JOB_OTHER;
	}
}

static enum codec find_codec(VAProfile profile)
{
	if ((int)profile == VAProfileNone)
		return CODEC_NONE;
	return (unsigned int)profile < sizeof(codecs) ? codecs[profile] : CODEC_UNKNOWN;
}

void types_init(struct types *types, VAProfile profile, VAEntrypoint entrypoint)
{
	enum codec codec = find_codec(profile);
	enum job job = find_job(entrypoint);

	memset(types->first, NO_ROW, sizeof(types->first));
	for (size_t i = N_ROWS; i-- > 0;) {
		const struct types_row *row = &rows[i];
		bool codes = row->job == JOB_CODE && (job == JOB_DECODE || job == JOB_ENCODE);

		if ((row->codec == codec || row->codec == CODEC_ANY) && (row->job == job || codes))
			types->first[row->type] = (uint8_t)i;
	}
}

bool types_is_struct(const struct types *types, VABufferType type)
{
	return (unsigned int)type < TYPES_KNOWN && types->first[type] != NO_ROW;
}

/* Whether the row is of the same kind of content as first. */
static bool is_alike(const struct types_row *row, const struct types_row *first)
{
	return row < rows + N_ROWS && row->codec == first->codec && row->job == first->job &&
	       row->type == first->type;
}

int types_check(const struct types *types, const struct types_content *content,
		const struct types_pointer **pointers)
{
	const struct types_row *first, *row;
	int error = 0;
	int32_t subtype = -1;

	*pointers = NULL;
	if (!types_is_struct(types, content->type))
		return 0;
	first = &rows[types->first[content->type]];
	if (first->subtype >= 0) {
		/* Without content nobody can tell. */
		if (!content->data)
			return 0;
		if (content->size_bytes < sizeof(subtype))
			return -EINVAL;
		memcpy(&subtype, content->data, sizeof(subtype));
	}
	for (row = first; is_alike(row, first); row++) {
		if (row->subtype != subtype)
			continue;
		if (row->size_bytes == content->size_bytes) {
			*pointers = row->pointers;
			return 0;
		}
		error = -EINVAL;
	}
	return error;
}

size_t types_get_filter_cap_bytes(VAProcFilterType filter)
{
	static const uint16_t bytes[] = {
		[VAProcFilterNoiseReduction] = sizeof(VAProcFilterCap),
		[VAProcFilterDeinterlacing] = sizeof(VAProcFilterCapDeinterlacing),
		[VAProcFilterSharpening] = sizeof(VAProcFilterCap),
		[VAProcFilterColorBalance] = sizeof(VAProcFilterCapColorBalance),
		[VAProcFilterSkinToneEnhancement] = sizeof(VAProcFilterCap),
		[VAProcFilterTotalColorCorrection] = sizeof(VAProcFilterCapTotalColorCorrection),
		[VAProcFilterHVSNoiseReduction] = sizeof(VAProcFilterCap),
		[VAProcFilterHighDynamicRangeToneMapping] = sizeof(VAProcFilterCapHighDynamicRange),
		[VAProcFilter3DLUT] = sizeof(VAProcFilterCap3DLUT),
	};

	return (unsigned int)filter < sizeof(bytes) / sizeof(bytes[0]) ? bytes[filter] : 0;
}
