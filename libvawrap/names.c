/* SPDX-License-Identifier: MIT */
/*
 * names.c - names of kinds, profiles, entry points and config attributes
 *
 * The tables go by number, so that they name what newer headers than ours define.
 */
#include <stddef.h>
#include "internal.h"

struct name {
	int value;
	const char *name;
};

#define N_OF(table) (sizeof(table) / sizeof((table)[0]))

static const char *find_name(const struct name *table, size_t n, int value)
{
	for (size_t i = 0; i < n; i++) {
		if (table[i].value == value)
			return table[i].name;
	}
	return "unknown";
}

const char *vawrap_kind_get_name(enum vawrap_kind kind)
{
	static const struct name kinds[] = {
		{VAWRAP_KIND_DISPLAY, "display"}, {VAWRAP_KIND_CONFIG, "config"},
		{VAWRAP_KIND_CONTEXT, "context"}, {VAWRAP_KIND_SURFACE, "surface"},
		{VAWRAP_KIND_BUFFER, "buffer"},   {VAWRAP_KIND_IMAGE, "image"},
		{VAWRAP_KIND_PICTURE, "picture"},
	};

	return find_name(kinds, N_OF(kinds), (int)kind);
}

/* Source: va.h, VAProfile; 36 to 40 are of 1.18 to 1.23. */
static const struct name profiles[] = {
	{-1, "None"},
	{0, "MPEG2Simple"},
	{1, "MPEG2Main"},
	{2, "MPEG4Simple"},
	{3, "MPEG4AdvancedSimple"},
	{4, "MPEG4Main"},
	{5, "H264Baseline"},
	{6, "H264Main"},
	{7, "H264High"},
	{8, "VC1Simple"},
	{9, "VC1Main"},
	{10, "VC1Advanced"},
	{11, "H263Baseline"},
	{12, "JPEGBaseline"},
	{13, "H264ConstrainedBaseline"},
	{14, "VP8Version0_3"},
	{15, "H264MultiviewHigh"},
	{16, "H264StereoHigh"},
	{17, "HEVCMain"},
	{18, "HEVCMain10"},
	{19, "VP9Profile0"},
	{20, "VP9Profile1"},
	{21, "VP9Profile2"},
	{22, "VP9Profile3"},
	{23, "HEVCMain12"},
	{24, "HEVCMain422_10"},
	{25, "HEVCMain422_12"},
	{26, "HEVCMain444"},
	{27, "HEVCMain444_10"},
	{28, "HEVCMain444_12"},
	{29, "HEVCSccMain"},
	{30, "HEVCSccMain10"},
	{31, "HEVCSccMain444"},
	{32, "AV1Profile0"},
	{33, "AV1Profile1"},
	{34, "HEVCSccMain444_10"},
	{35, "Protected"},
	{36, "H264High10"},
	{37, "VVCMain10"},
	{38, "VVCMultilayerMain10"},
	{39, "AV1Profile2"},
	{40, "H264High422"},
};

const char *vawrap_profile_get_name(VAProfile profile)
{
	return find_name(profiles, N_OF(profiles), (int)profile);
}

/* Source: va.h, VAEntrypoint. */
static const struct name entrypoints[] = {
	{1, "VLD"},
	{2, "IZZ"},
	{3, "IDCT"},
	{4, "MoComp"},
	{5, "Deblocking"},
	{6, "EncSlice"},
	{7, "EncPicture"},
	{8, "EncSliceLP"},
	{10, "VideoProc"},
	{11, "FEI"},
	{12, "Stats"},
	{13, "ProtectedTEEComm"},
	{14, "ProtectedContent"},
};

const char *vawrap_entrypoint_get_name(VAEntrypoint entrypoint)
{
	return find_name(entrypoints, N_OF(entrypoints), (int)entrypoint);
}

/* Source: va.h, VAConfigAttribType; 56 to 58 are of 1.21 to 1.23. */
static const struct name attribs[] = {
	{0, "RTFormat"},
	{1, "SpatialResidual"},
	{2, "SpatialClipping"},
	{3, "IntraResidual"},
	{4, "Encryption"},
	{5, "RateControl"},
	{6, "DecSliceMode"},
	{7, "DecJPEG"},
	{8, "DecProcessing"},
	{10, "EncPackedHeaders"},
	{11, "EncInterlaced"},
	{13, "EncMaxRefFrames"},
	{14, "EncMaxSlices"},
	{15, "EncSliceStructure"},
	{16, "EncMacroblockInfo"},
	{18, "MaxPictureWidth"},
	{19, "MaxPictureHeight"},
	{20, "EncJPEG"},
	{21, "EncQualityRange"},
	{22, "EncQuantization"},
	{23, "EncIntraRefresh"},
	{24, "EncSkipFrame"},
	{25, "EncROI"},
	{26, "EncRateControlExt"},
	{27, "ProcessingRate"},
	{28, "EncDirtyRect"},
	{29, "EncParallelRateControl"},
	{30, "EncDynamicScaling"},
	{31, "FrameSizeToleranceSupport"},
	{32, "FEIFunctionType"},
	{33, "FEIMVPredictors"},
	{34, "Stats"},
	{35, "EncTileSupport"},
	{36, "CustomRoundingControl"},
	{37, "QPBlockSize"},
	{38, "MaxFrameSize"},
	{39, "PredictionDirection"},
	{40, "MultipleFrame"},
	{41, "ContextPriority"},
	{42, "DecAV1Features"},
	{43, "TEEType"},
	{44, "TEETypeClient"},
	{45, "ProtectedContentCipherAlgorithm"},
	{46, "ProtectedContentCipherBlockSize"},
	{47, "ProtectedContentCipherMode"},
	{48, "ProtectedContentCipherSampleType"},
	{49, "ProtectedContentUsage"},
	{50, "EncHEVCFeatures"},
	{51, "EncHEVCBlockSizes"},
	{52, "EncAV1"},
	{53, "EncAV1Ext1"},
	{54, "EncAV1Ext2"},
	{55, "EncPerBlockControl"},
	{56, "EncMaxTileRows"},
	{57, "EncMaxTileCols"},
	{58, "EncVP9"},
};

const char *vawrap_config_attrib_get_name(VAConfigAttribType type)
{
	return find_name(attribs, N_OF(attribs), (int)type);
}
