// SPDX-License-Identifier: MIT
/*
 * One H.264 stream by openh264, used by make-streams.sh only: temporal layers, dropped layers (so that
 * frame_num has gaps), long-term references, several slices. What openh264's own decoder shows is
 * written as the reconstruction; decoder and encoder run in step, as long-term marking wants feedback.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wels/codec_api.h>

struct job {
	ISVCEncoder *enc;
	ISVCDecoder *dec;
	int width, height;
	int drop_from_layer; /* temporal layers from here on are left out; 0: none */
	int ask_recovery_every;
	int frames_coded;
	FILE *in, *stream, *recon;
};

static void check(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "openh264-stream: %s failed\n", what);
	exit(1);
}

static void encoder_open(struct job *job, const char *mode)
{
	int gaps = !strcmp(mode, "gaps"), ltr = !strcmp(mode, "ltr");
	int layers = gaps || !strcmp(mode, "layers") ? 3 : 1, quiet = WELS_LOG_QUIET;
	SEncParamExt par;

	check(!WelsCreateSVCEncoder(&job->enc), "WelsCreateSVCEncoder");
	(*job->enc)->GetDefaultParams(job->enc, &par);
	(*job->enc)->SetOption(job->enc, ENCODER_OPTION_TRACE_LEVEL, &quiet);
	par.iUsageType = CAMERA_VIDEO_REAL_TIME;
	par.fMaxFrameRate = 30;
	par.iPicWidth = job->width;
	par.iPicHeight = job->height;
	par.iRCMode = RC_OFF_MODE;
	par.iTemporalLayerNum = layers;
	par.bEnableLongTermReference = ltr;
	par.iLTRRefNum = ltr ? 2 : 0;
	par.iLtrMarkPeriod = 5;
	par.bEnableFrameSkip = 0;
	par.bEnableAdaptiveQuant = 0;
	par.bEnableBackgroundDetection = 0;
	par.bEnableSceneChangeDetect = 0;
	par.iMultipleThreadIdc = 1;
	par.uiIntraPeriod = ltr || gaps ? 0 : 16;
	par.iSpatialLayerNum = 1;
	par.sSpatialLayers[0].iVideoWidth = job->width;
	par.sSpatialLayers[0].iVideoHeight = job->height;
	par.sSpatialLayers[0].fFrameRate = 30;
	par.sSpatialLayers[0].iDLayerQp = 30;
	if (!strcmp(mode, "slices")) {
		par.sSpatialLayers[0].sSliceArgument.uiSliceMode = SM_FIXEDSLCNUM_SLICE;
		par.sSpatialLayers[0].sSliceArgument.uiSliceNum = 3;
	}
	check(!(*job->enc)->InitializeExt(job->enc, &par), "InitializeExt");
	job->drop_from_layer = gaps ? 1 : 0;
	job->ask_recovery_every = ltr ? 7 : 0;
}

static void decoder_open(struct job *job)
{
	SDecodingParam par = {0};
	int quiet = WELS_LOG_QUIET;

	par.sVideoProperty.eVideoBsType = VIDEO_BITSTREAM_AVC;
	check(!WelsCreateDecoder(&job->dec), "WelsCreateDecoder");
	(*job->dec)->SetOption(job->dec, DECODER_OPTION_TRACE_LEVEL, &quiet);
	check(!(*job->dec)->Initialize(job->dec, &par), "decoder's Initialize");
}

static void plane_write(const unsigned char *plane, int stride, int width, int height, FILE *f)
{
	for (int y = 0; y < height; y++)
		fwrite(plane + (size_t)y * stride, 1, width, f);
}

static void frame_decode(struct job *job, const unsigned char *data, int size)
{
	unsigned char *planes[3] = {0};
	SBufferInfo info = {0};

	check(!(*job->dec)->DecodeFrameNoDelay(job->dec, data, size, planes, &info), "decoding");
	if (info.iBufferStatus != 1)
		return;
	plane_write(planes[0], info.UsrData.sSystemBuffer.iStride[0], job->width, job->height,
		    job->recon);
	for (int i = 1; i < 3; i++)
		plane_write(planes[i], info.UsrData.sSystemBuffer.iStride[1], job->width / 2,
			    job->height / 2, job->recon);
}

/* Tells the encoder which long-term picture arrived, and now and then that a picture did not. */
static void feedback_send(struct job *job)
{
	int marked = 0, number = 0, idr = 0, frame_num = 0;
	SLTRMarkingFeedback fb = {0};
	SLTRRecoverRequest rq = {0};

	(*job->dec)->GetOption(job->dec, DECODER_OPTION_LTR_MARKING_FLAG, &marked);
	(*job->dec)->GetOption(job->dec, DECODER_OPTION_LTR_MARKED_FRAME_NUM, &number);
	(*job->dec)->GetOption(job->dec, DECODER_OPTION_IDR_PIC_ID, &idr);
	(*job->dec)->GetOption(job->dec, DECODER_OPTION_FRAME_NUM, &frame_num);
	if (marked) {
		fb.uiFeedbackType = LTR_MARKING_SUCCESS;
		fb.uiIDRPicId = idr;
		fb.iLTRFrameNum = number;
		(*job->enc)->SetOption(job->enc, ENCODER_LTR_MARKING_FEEDBACK, &fb);
	}
	if (job->ask_recovery_every && job->frames_coded % job->ask_recovery_every == 0) {
		rq.uiFeedbackType = LTR_RECOVERY_REQUEST;
		rq.uiIDRPicId = idr;
		rq.iLastCorrectFrameNum = frame_num - 2;
		rq.iCurrentFrameNum = frame_num;
		(*job->enc)->SetOption(job->enc, ENCODER_LTR_RECOVERY_REQUEST, &rq);
	}
}

static void frame_encode(struct job *job, unsigned char *pixels)
{
	static unsigned char unit[1 << 20];
	SFrameBSInfo info = {0};
	SSourcePicture pic = {0};
	size_t size = 0;

	pic.iColorFormat = videoFormatI420;
	pic.iPicWidth = job->width;
	pic.iPicHeight = job->height;
	pic.uiTimeStamp = job->frames_coded * 1000LL / 30;
	pic.iStride[0] = job->width;
	pic.iStride[1] = pic.iStride[2] = job->width / 2;
	pic.pData[0] = pixels;
	pic.pData[1] = pixels + job->width * job->height;
	pic.pData[2] = pic.pData[1] + job->width * job->height / 4;
	check(!(*job->enc)->EncodeFrame(job->enc, &pic, &info), "EncodeFrame");
	for (int i = 0; i < info.iLayerNum; i++) {
		SLayerBSInfo *layer = &info.sLayerInfo[i];
		size_t bytes = 0;

		for (int n = 0; n < layer->iNalCount; n++)
			bytes += layer->pNalLengthInByte[n];
		check(size + bytes < sizeof(unit), "a unit's size");
		if (!job->drop_from_layer || layer->uiTemporalId < job->drop_from_layer)
			memcpy(unit + size, layer->pBsBuf, bytes), size += bytes;
	}
	job->frames_coded++;
	if (!size)
		return;
	fwrite(unit, 1, size, job->stream);
	frame_decode(job, unit, size);
	feedback_send(job);
}

int main(int argc, char **argv)
{
	struct job job = {0};
	unsigned char *pixels;
	size_t bytes;

	check(argc == 7, "usage: openh264-stream MODE WIDTH HEIGHT IN.yuv OUT.264 RECON.yuv; it");
	job.width = atoi(argv[2]);
	job.height = atoi(argv[3]);
	job.in = fopen(argv[4], "rb");
	job.stream = fopen(argv[5], "wb");
	job.recon = fopen(argv[6], "wb");
	check(job.in && job.stream && job.recon, "opening a file");
	encoder_open(&job, argv[1]);
	decoder_open(&job);
	bytes = (size_t)job.width * job.height * 3 / 2;
	pixels = malloc(bytes);
	check(!!pixels, "malloc");
	while (fread(pixels, 1, bytes, job.in) == bytes)
		frame_encode(&job, pixels);
	free(pixels);
	check(!fclose(job.stream) && !fclose(job.recon), "writing");
	fclose(job.in);
	return 0;
}
