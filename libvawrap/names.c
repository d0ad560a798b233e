/* SPDX-License-Identifier: MIT */
/*
 * names.c - names of kinds, profiles, entry points and config attributes
 *
 * The lists go by number, so that they name what newer headers than ours define; the number of a line's
 * first name stands behind it. Each is one text, so that nothing has to be relocated.
 */
#include <string.h>
#include "internal.h"

static const char unknown[] = "unknown";

/* The n-th of names that end with '\0' each; nothing comes behind the last one. */
static const char *find_name(const char *names, int n)
{
	if (n < 0)
		return unknown;
	for (; n > 0 && *names; n--)
		names += strlen(names) + 1;
	return *names ? names : unknown;
}

const char *vawrap_kind_get_name(enum vawrap_kind kind)
{
	return find_name("display\0config\0context\0surface\0buffer\0image\0picture\0", (int)kind);
}

/* Source: va.h, VAProfile; 36 to 40 are of 1.18 to 1.23. */
const char *vawrap_profile_get_name(VAProfile profile)
{
	static const char names[] =
		"MPEG2Simple\0MPEG2Main\0MPEG4Simple\0MPEG4AdvancedSimple\0MPEG4Main\0" /* 0 */
		"H264Baseline\0H264Main\0H264High\0VC1Simple\0VC1Main\0VC1Advanced\0"   /* 5 */
		"H263Baseline\0JPEGBaseline\0H264ConstrainedBaseline\0VP8Version0_3\0"  /* 11 */
		"H264MultiviewHigh\0H264StereoHigh\0HEVCMain\0HEVCMain10\0"             /* 15 */
		"VP9Profile0\0VP9Profile1\0VP9Profile2\0VP9Profile3\0"                  /* 19 */
		"HEVCMain12\0HEVCMain422_10\0HEVCMain422_12\0HEVCMain444\0"             /* 23 */
		"HEVCMain444_10\0HEVCMain444_12\0HEVCSccMain\0HEVCSccMain10\0"          /* 27 */
		"HEVCSccMain444\0AV1Profile0\0AV1Profile1\0HEVCSccMain444_10\0"         /* 31 */
		"Protected\0H264High10\0VVCMain10\0VVCMultilayerMain10\0"               /* 35 */
		"AV1Profile2\0H264High422\0";                                           /* 39 */

	return (int)profile == VAProfileNone ? "None" : find_name(names, (int)profile);
}

/* Source: va.h, VAEntrypoint. */
const char *vawrap_entrypoint_get_name(VAEntrypoint entrypoint)
{
	static const char names[] = "unknown\0VLD\0IZZ\0IDCT\0MoComp\0Deblocking\0" /* 0 */
				    "EncSlice\0EncPicture\0EncSliceLP\0unknown\0"   /* 6 */
				    "VideoProc\0FEI\0Stats\0ProtectedTEEComm\0"     /* 10 */
				    "ProtectedContent\0";                           /* 14 */

	return find_name(names, (int)entrypoint);
}

/* Source: va.h, VAConfigAttribType; 56 to 58 are of 1.21 to 1.23. */
const char *vawrap_config_attrib_get_name(VAConfigAttribType type)
{
	static const char names[] =
		"RTFormat\0SpatialResidual\0SpatialClipping\0IntraResidual\0Encryption\0"   /* 0 */
		"RateControl\0DecSliceMode\0DecJPEG\0DecProcessing\0unknown\0"              /* 5 */
		"EncPackedHeaders\0EncInterlaced\0unknown\0EncMaxRefFrames\0EncMaxSlices\0" /* 10 */
		"EncSliceStructure\0EncMacroblockInfo\0unknown\0MaxPictureWidth\0"          /* 15 */
		"MaxPictureHeight\0EncJPEG\0EncQualityRange\0EncQuantization\0"             /* 19 */
		"EncIntraRefresh\0EncSkipFrame\0EncROI\0EncRateControlExt\0ProcessingRate\0" /* 23 */
		"EncDirtyRect\0EncParallelRateControl\0EncDynamicScaling\0"             /* 28 */
		"FrameSizeToleranceSupport\0FEIFunctionType\0FEIMVPredictors\0Stats\0"  /* 31 */
		"EncTileSupport\0CustomRoundingControl\0QPBlockSize\0MaxFrameSize\0"    /* 35 */
		"PredictionDirection\0MultipleFrame\0ContextPriority\0DecAV1Features\0" /* 39 */
		"TEEType\0TEETypeClient\0ProtectedContentCipherAlgorithm\0"             /* 43 */
		"ProtectedContentCipherBlockSize\0ProtectedContentCipherMode\0"         /* 46 */
		"ProtectedContentCipherSampleType\0ProtectedContentUsage\0EncHEVCFeatures\0" /* 48 */
		"EncHEVCBlockSizes\0EncAV1\0EncAV1Ext1\0EncAV1Ext2\0EncPerBlockControl\0" /* 51 */
		"EncMaxTileRows\0EncMaxTileCols\0EncVP9\0";                               /* 56 */

	return find_name(names, (int)type);
}
