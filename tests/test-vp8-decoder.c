/* SPDX-License-Identifier: MIT */
/*
 * test-vp8-decoder.c - VP8's decoder on the fake libva: what the driver is given, and what comes
 * out
 *
 * A packet's timestamp is its number. Pictures are told apart by that number, too: what a reference
 * names is the picture that was last decoded into its surface.
 */
#include "vacodec-fixture.h"
#include "vp8-writer.h"
#include <string.h>
#include <va/va_dec_vp8.h>

#define NONE TARGETS_NONE

static struct {
	struct targets targets;
	VAPictureParameterBufferVP8 pic[CLIENT_MAX_FRAMES];
	VAProbabilityDataBufferVP8 probabilities;
	VAIQMatrixBufferVP8 iq;
	VASliceParameterBufferVP8 slice;
	unsigned int data_bytes;
} seen;

static void on_render(void *cookie, VABufferType type, const void *data, size_t size_bytes,
		      size_t n)
{
	(void)cookie;
	(void)n;
	if (type == VAPictureParameterBufferType)
		memcpy(&seen.pic[seen.targets.n - 1], data, sizeof(seen.pic[0]));
	else if (type == VAProbabilityBufferType)
		memcpy(&seen.probabilities, data, sizeof(seen.probabilities));
	else if (type == VAIQMatrixBufferType)
		memcpy(&seen.iq, data, sizeof(seen.iq));
	else if (type == VASliceParameterBufferType)
		memcpy(&seen.slice, data, sizeof(seen.slice));
	else
		seen.data_bytes = (unsigned int)size_bytes;
}

static unsigned int find_picture(VASurfaceID surface, unsigned int before)
{
	return targets_find(&seen.targets, surface, before);
}

static void assert_references(unsigned int n, unsigned int last, unsigned int golden,
			      unsigned int alternate)
{
	assert_int_equal(find_picture(seen.pic[n].last_ref_frame, n), last);
	assert_int_equal(find_picture(seen.pic[n].golden_ref_frame, n), golden);
	assert_int_equal(find_picture(seen.pic[n].alt_ref_frame, n), alternate);
}

/* ---- The client ---- */

static int open_vp8(struct client *c)
{
	static const VAProfile profiles[] = {VAProfileVP8Version0_3};
	const struct fake_hooks hooks = {
		.cookie = &seen.targets, .begin = targets_add, .render = on_render};

	fake_set_profiles(profiles, 1);
	fake_set_hooks(&hooks);
	memset(&seen, 0, sizeof(seen));
	c->codec = VACODEC_CODEC_VP8;
	return client_open(c);
}

static const struct vp8_setup key = {.key_frame = true, .width = 33, .height = 18, .qi = 35};
static const struct vp8_setup inter = {.width = 33, .height = 18};

static int send_setup(struct client *c, const struct vp8_setup *setup, uint64_t timestamp)
{
	uint8_t data[VP8_WRITER_MAX_BYTES];

	return client_send(c, data, vp8_write_frame(setup, data), timestamp);
}

static void send_all(struct client *c, const struct vp8_setup *setups, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++)
		assert_int_equal(send_setup(c, &setups[i], i), 0);
}

static void send_garbage(struct client *c, uint8_t tag, uint64_t timestamp)
{
	const uint8_t data[] = {tag, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

	assert_int_equal(client_send(c, data, sizeof(data), timestamp), 0);
}

static void send_nothing(struct client *c, uint64_t timestamp)
{
	const struct vacodec_packet packet = {.timestamp = timestamp};

	assert_int_equal(vacodec_decoder_send(c->decoder, &packet), 0);
	assert_int_equal(client_take_events(c), 0);
}

/* Digits are timestamps, corrupt frames have a '!' in the other text. */
static void assert_frames(const struct client *c, const char *order, const char *corrupt)
{
	unsigned int i;

	assert_int_equal(c->n_frames, strlen(order));
	for (i = 0; i < c->n_frames; i++) {
		assert_int_equal(c->timestamps[i], order[i] - '0');
		assert_int_equal(c->flags[i] & VACODEC_FRAME_CORRUPT ? '!' : '.', corrupt[i]);
	}
}

static void close_clean(struct client *c)
{
	client_close(c);
	assert_int_equal(fake_get_live_total(), 0);
	assert_int_equal(fake_get_misuses(), 0);
}

/* ---- Frames ---- */

static void test_format_is_the_key_frames(void **state)
{
	struct client c = {0};

	(void)state;
	assert_int_equal(open_vp8(&c), 0);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(c.n_formats, 1);
	assert_int_equal(c.format.codec, VACODEC_CODEC_VP8);
	assert_int_equal(c.format.profile, VAProfileVP8Version0_3);
	assert_int_equal(c.format.coded_width, 48);
	assert_int_equal(c.format.coded_height, 32);
	assert_int_equal(c.format.crop.width, 33);
	assert_int_equal(c.format.crop.height, 18);
	assert_int_equal(c.format.max_reorder, 0);
	assert_frames(&c, "0", ".");
	assert_true(c.flags[0] & VACODEC_FRAME_KEY);
	assert_int_equal(seen.pic[0].frame_width, 33);
	assert_int_equal(seen.pic[0].last_ref_frame, VA_INVALID_SURFACE);
	close_clean(&c);
}

static void test_references_follow_the_headers(void **state)
{
	struct vp8_setup setups[] = {key, inter, inter, inter, inter, inter, inter, inter};
	struct client c = {0};

	(void)state;
	setups[1].refresh_golden = setups[1].keep_last = true;
	setups[2].refresh_alternate = true;
	setups[3].copy_to_golden = 1;
	setups[4].copy_to_alternate = 1, setups[4].keep_last = true;
	setups[5].copy_to_golden = 3; /* reserved: nothing */
	setups[6].copy_to_golden = 2;
	assert_int_equal(open_vp8(&c), 0);
	send_all(&c, setups, 8);
	assert_references(1, 0, 0, 0);
	assert_references(2, 0, 1, 0);
	assert_references(3, 2, 1, 2);
	assert_references(4, 3, 2, 2);
	assert_references(5, 3, 2, 3);
	assert_references(6, 5, 2, 3);
	assert_references(7, 6, 3, 3);
	assert_frames(&c, "01234567", "........");
	close_clean(&c);
}

/* As libvpx does it: the alternate frame gets the golden one, which then gets itself back. */
static void test_copies_of_both_begin_with_the_alternate_frame(void **state)
{
	struct vp8_setup setups[] = {key, inter, inter, inter, inter};
	struct client c = {0};

	(void)state;
	setups[1].refresh_golden = setups[1].keep_last = true;
	setups[2].refresh_alternate = setups[2].keep_last = true;
	setups[3].copy_to_golden = setups[3].copy_to_alternate = 2;
	assert_int_equal(open_vp8(&c), 0);
	send_all(&c, setups, 5);
	assert_references(3, 0, 1, 2);
	assert_references(4, 3, 1, 1);
	close_clean(&c);
}

static void test_hidden_frames_are_decoded_only(void **state)
{
	struct vp8_setup setups[] = {key, inter, inter, key, inter};
	struct client c = {0};

	(void)state;
	setups[1].hidden = setups[1].refresh_alternate = true;
	setups[3].hidden = true;
	assert_int_equal(open_vp8(&c), 0);
	send_all(&c, setups, 5);
	assert_int_equal(seen.targets.n, 5);
	assert_references(2, 1, 0, 1);
	assert_references(4, 3, 3, 3);
	assert_frames(&c, "024", "...");
	close_clean(&c);
}

static void test_nothing_comes_before_a_key_frame(void **state)
{
	struct client c = {0};

	(void)state;
	assert_int_equal(open_vp8(&c), 0);
	assert_int_equal(send_setup(&c, &inter, 0), 0);
	send_garbage(&c, 0x11, 1);
	send_nothing(&c, 2);
	assert_int_equal(send_setup(&c, &key, 3), 0);
	assert_int_equal(vacodec_decoder_flush(c.decoder), 0);
	assert_int_equal(send_setup(&c, &inter, 4), 0);
	send_nothing(&c, 5);
	assert_int_equal(send_setup(&c, &key, 6), 0);
	assert_int_equal(send_setup(&c, &inter, 7), 0);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 1);
	assert_frames(&c, "367", "...");
	close_clean(&c);
}

static void test_damage_shows_the_last_frame_and_lasts_until_a_key_frame(void **state)
{
	struct vacodec_stats stats = {.size_bytes = sizeof(stats)};
	struct client c = {0};

	(void)state;
	assert_int_equal(open_vp8(&c), 0);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	send_garbage(&c, 0x11, 1); /* a shown frame */
	assert_int_equal(send_setup(&c, &inter, 2), 0);
	send_garbage(&c, 0x01, 3); /* a hidden one */
	assert_int_equal(send_setup(&c, &inter, 4), 0);
	assert_int_equal(send_setup(&c, &key, 5), 0);
	assert_int_equal(send_setup(&c, &inter, 6), 0);
	assert_frames(&c, "012456", ".!!!..");
	assert_int_equal(vacodec_decoder_get_stats(c.decoder, &stats), 0);
	assert_int_equal(stats.bad_units, 2);
	assert_string_equal(vacodec_decoder_get_last_error(c.decoder), "a damaged VP8 frame");
	close_clean(&c);
}

static void test_an_empty_packet_shows_the_last_frame(void **state)
{
	struct vp8_setup hidden = inter;
	struct client c = {0};

	(void)state;
	hidden.hidden = true;
	assert_int_equal(open_vp8(&c), 0);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	assert_int_equal(send_setup(&c, &hidden, 1), 0);
	send_nothing(&c, 2);
	send_nothing(&c, 3);
	assert_int_equal(send_setup(&c, &inter, 4), 0);
	assert_frames(&c, "0234", "....");
	assert_int_equal(seen.targets.n, 3);
	close_clean(&c);
}

static void test_a_size_changes_at_key_frames(void **state)
{
	struct vp8_setup setups[] = {key, inter, key, key, inter};
	struct client c = {0};

	(void)state;
	setups[3].width = 64;
	assert_int_equal(open_vp8(&c), 0);
	send_all(&c, setups, 5);
	assert_int_equal(client_drain(&c), 0);
	assert_int_equal(c.n_formats, 2);
	assert_int_equal(c.widths[2], 48);
	assert_int_equal(c.widths[3], 64);
	assert_int_equal(seen.pic[4].frame_width, 64);
	assert_references(4, 3, 3, 3);
	assert_frames(&c, "01234", ".....");
	close_clean(&c);
}

/* A frame that has to wait is decoded once, and what it leaves to the next is left once. */
static void test_a_frame_waits_for_memory(void **state)
{
	struct client c = {.hold = true};
	struct vp8_setup taken = inter;
	unsigned int n = 0;
	int ret;

	(void)state;
	taken.keep_entropy = true;
	taken.coeff_index = 5;
	taken.coeff_prob = 9;
	assert_int_equal(open_vp8(&c), 0);
	assert_int_equal(send_setup(&c, &key, 0), 0);
	do {
		ret = send_setup(&c, &taken, ++n);
	} while (ret == 0 && n < 20 && c.n_frames > n);
	/* The last one was taken and waits. */
	assert_true(n < 20 && c.n_frames == n);
	client_release(&c);
	c.hold = false;
	assert_int_equal(client_take_events(&c), 0);
	assert_int_equal(send_setup(&c, &inter, n + 1), 0);
	assert_int_equal(seen.targets.n, n + 2);
	assert_int_equal(c.n_frames, n + 2);
	assert_int_equal(c.n_corrupt, 0);
	assert_int_not_equal(seen.probabilities.dct_coeff_probs[0][0][0][5], 9);
	close_clean(&c);
}

/* ---- Buffers ---- */

static void test_segments_have_their_values(void **state)
{
	struct vp8_setup setups[] = {key, inter, inter};
	struct client c = {0};

	(void)state;
	setups[0].segmentation = setups[0].update_map = setups[0].update_data = true;
	setups[0].filter_level = 40;
	setups[0].qi = 100;
	setups[0].q_deltas[0] = 15;
	setups[0].q_deltas[4] = -15;
	memcpy(setups[0].quantizer, (int[]){0, 20, 127, -127}, sizeof(setups[0].quantizer));
	memcpy(setups[0].filter, (int[]){0, 10, 63, -63}, sizeof(setups[0].filter));
	setups[1].segmentation = setups[1].update_data = setups[1].absolute = true;
	setups[1].quantizer[2] = 77;
	setups[1].filter[1] = 33;
	setups[2].filter_level = 7;
	assert_int_equal(open_vp8(&c), 0);
	send_all(&c, setups, 1);
	assert_memory_equal(seen.pic[0].loop_filter_level, ((uint8_t[]){40, 50, 63, 0}), 4);
	assert_int_equal(seen.iq.quantization_index[0][0], 100);
	assert_int_equal(seen.iq.quantization_index[0][1], 115);
	assert_int_equal(seen.iq.quantization_index[1][0], 120);
	assert_int_equal(seen.iq.quantization_index[1][1], 127);
	assert_int_equal(seen.iq.quantization_index[2][0], 127);
	/* Held to 127 before the delta, 9.6. */
	assert_int_equal(seen.iq.quantization_index[2][5], 112);
	assert_int_equal(seen.iq.quantization_index[3][5], 0);
	send_all(&c, setups + 1, 1);
	assert_memory_equal(seen.pic[1].loop_filter_level, ((uint8_t[]){0, 33, 0, 0}), 4);
	assert_int_equal(seen.iq.quantization_index[2][0], 77);
	assert_int_equal(seen.pic[1].pic_fields.bits.loop_filter_disable, 1);
	send_all(&c, setups + 2, 1);
	assert_memory_equal(seen.pic[2].loop_filter_level, ((uint8_t[]){7, 7, 7, 7}), 4);
	close_clean(&c);
}

static void test_slice_is_the_data_behind_the_tag(void **state)
{
	struct vp8_setup setups[] = {key, inter};
	uint8_t data[VP8_WRITER_MAX_BYTES];
	struct client c = {0};
	size_t size_bytes, first, sum, i;

	(void)state;
	setups[0].log2_partitions = 2;
	assert_int_equal(open_vp8(&c), 0);
	for (i = 0; i < 2; i++) {
		size_bytes = vp8_write_frame(&setups[i], data) - (i == 0 ? 10 : 3);
		first = (size_t)(data[0] | data[1] << 8 | data[2] << 16) >> 5;
		send_all(&c, &setups[i], 1);
		assert_int_equal(seen.data_bytes, size_bytes);
		assert_int_equal(seen.slice.slice_data_size, size_bytes);
		assert_int_equal(seen.slice.slice_data_offset, 0);
		assert_int_equal(seen.slice.slice_data_flag, VA_SLICE_DATA_FLAG_ALL);
		assert_int_equal(seen.slice.num_of_partitions, i == 0 ? 5 : 2);
		assert_int_equal(seen.slice.partition_size[0] +
					 (seen.slice.macroblock_offset + 7) / 8,
				 first);
		sum = seen.slice.partition_size[1] + seen.slice.partition_size[2] +
		      seen.slice.partition_size[3] + seen.slice.partition_size[4];
		assert_int_equal(sum, size_bytes - first - (i == 0 ? 9 : 0));
		assert_int_equal(
			(seen.slice.macroblock_offset + seen.pic[i].bool_coder_ctx.count) % 8, 0);
	}
	close_clean(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		FAKE_TEST(test_format_is_the_key_frames),
		FAKE_TEST(test_references_follow_the_headers),
		FAKE_TEST(test_copies_of_both_begin_with_the_alternate_frame),
		FAKE_TEST(test_hidden_frames_are_decoded_only),
		FAKE_TEST(test_nothing_comes_before_a_key_frame),
		FAKE_TEST(test_damage_shows_the_last_frame_and_lasts_until_a_key_frame),
		FAKE_TEST(test_an_empty_packet_shows_the_last_frame),
		FAKE_TEST(test_a_size_changes_at_key_frames),
		FAKE_TEST(test_a_frame_waits_for_memory),
		FAKE_TEST(test_segments_have_their_values),
		FAKE_TEST(test_slice_is_the_data_behind_the_tag),
	};

	return cmocka_run_group_tests_name("vp8-decoder", tests, NULL, NULL);
}
