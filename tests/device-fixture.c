/* SPDX-License-Identifier: MIT */
/*
 * device-fixture.c - the guest of the device's tests
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include "device-fixture.h"
#include "fake-vacodec.h"

#define WAIT_MS   20000
#define MOMENT_MS 30
#define IN_PLACE  0x100000u /* input resource i lies at i * IN_SIZE behind it */
#define IN_SIZE   0x1000u
#define OUT_SIZE  0x4000u

struct fx fx;

void fx_open(const struct vvd_device_options *options)
{
	fx.device = vvd_device_free(fx.device);
	assert_int_equal(vvd_device_new(options, &fx.device), 0);
	assert_int_equal(vvd_device_set_features(fx.device, vvd_device_get_features(fx.device)), 0);
	assert_int_equal(vvd_device_add_region(fx.device, GPA, fx.ram, RAM_SIZE, -1), 0);
}

int fx_setup(void **state)
{
	struct vvd_device_options options = {.size_bytes = sizeof(options),
					     .role = VVD_ROLE_DECODER};

	(void)state;
	fake_reset();
	memset(&fx, 0, sizeof(fx));
	fx.ram = calloc(1, RAM_SIZE);
	fx.next_token = 1000;
	fx_open(&options);
	return 0;
}

int fx_teardown(void **state)
{
	(void)state;
	fake_unhang();
	fx.device = vvd_device_free(fx.device);
	assert_int_equal(fake_get_live(), 0);
	free(fx.ram);
	return 0;
}

/* ---- Messages ---- */

void msg_put32(struct msg *msg, size_t at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		msg->bytes[at + i] = value >> 8 * i;
}

void msg_put64(struct msg *msg, size_t at, uint64_t value)
{
	msg_put32(msg, at, value);
	msg_put32(msg, at + 4, value >> 32);
}

uint32_t get32(const uint8_t *b, size_t at)
{
	return b[at] | b[at + 1] << 8 | b[at + 2] << 16 | (uint32_t)b[at + 3] << 24;
}

uint64_t get64(const uint8_t *bytes, size_t at)
{
	return get32(bytes, at) | (uint64_t)get32(bytes, at + 4) << 32;
}

struct msg msg_new(uint32_t type, uint32_t stream, size_t len)
{
	struct msg msg = {.len = len};

	msg_put32(&msg, 0, type);
	msg_put32(&msg, 4, stream);
	return msg;
}

struct msg msg_create(uint32_t stream, uint32_t format)
{
	struct msg msg = msg_new(0x101, stream, 88);

	msg_put32(&msg, 16, format);
	return msg;
}

struct msg msg_queue_type(uint32_t type, uint32_t stream, uint32_t queue)
{
	struct msg msg = msg_new(type, stream, 16);

	msg_put32(&msg, 8, queue);
	return msg;
}

struct msg msg_resource(uint32_t stream, uint32_t queue, uint32_t id, uint64_t offset,
			uint32_t size)
{
	struct msg msg = msg_new(0x104, stream, 88 + 16);

	msg_put32(&msg, 8, queue);
	msg_put32(&msg, 12, id);
	msg_put32(&msg, 16, 1);
	msg_put32(&msg, 20, 1);
	msg_put32(&msg, 56, 1);
	msg_put64(&msg, 88, GPA + offset);
	msg_put32(&msg, 96, size);
	return msg;
}

struct msg msg_queue(uint32_t stream, uint32_t queue, uint32_t id, uint64_t timestamp,
		     uint32_t size)
{
	struct msg msg = msg_new(0x105, stream, 64);

	msg_put32(&msg, 8, queue);
	msg_put32(&msg, 12, id);
	msg_put64(&msg, 16, timestamp);
	msg_put32(&msg, 24, 1);
	msg_put32(&msg, 28, size);
	return msg;
}

/* ---- Answers ---- */

uint64_t fx_submit_cap(const struct msg *msg, uint32_t cap)
{
	/* In two pieces at an odd place: the framing must not matter. */
	size_t cut = msg->len > 7 ? 7 : msg->len;
	struct iovec iov[2] = {{(void *)(uintptr_t)msg->bytes, cut},
			       {(void *)(uintptr_t)(msg->bytes + cut), msg->len - cut}};

	assert_int_equal(vvd_device_submit(fx.device, ++fx.next_token, iov, 2, cap), 0);
	return fx.next_token;
}

uint64_t fx_submit(const struct msg *msg)
{
	return fx_submit_cap(msg, 512);
}

static bool reap(int timeout_ms)
{
	struct pollfd fd = {vvd_device_get_fd(fx.device), POLLIN, 0};
	struct got *got = &fx.got[fx.n_got];
	struct vvd_done done;
	int ret;

	if (poll(&fd, 1, timeout_ms) != 1)
		return false;
	assert_true(fx.n_got < MAX_GOT);
	/* The watchdog may have been all there was. */
	ret = vvd_device_reap(fx.device, &done, got->bytes, sizeof(got->bytes));
	if (ret == 0)
		return reap(timeout_ms);
	assert_int_equal(ret, 1);
	got->token = done.token;
	got->queue = done.queue;
	got->len = done.len_bytes;
	fx.n_got++;
	return true;
}

static const struct got *find(uint64_t token)
{
	for (unsigned int i = 0; i < fx.n_got; i++) {
		if (fx.got[i].token == token)
			return &fx.got[i];
	}
	return NULL;
}

const struct got *fx_wait(uint64_t token)
{
	const struct got *got;

	while (!(got = find(token)))
		assert_true(reap(WAIT_MS));
	return got;
}

bool fx_is_answered(uint64_t token)
{
	while (reap(MOMENT_MS))
		;
	return find(token) != NULL;
}

unsigned int fx_order(uint64_t token)
{
	return fx_wait(token) - fx.got;
}

const struct got *fx_call(struct msg msg)
{
	return fx_wait(fx_submit(&msg));
}

uint32_t fx_do(struct msg msg)
{
	const struct got *got = fx_call(msg);

	assert_true(got->len >= 8);
	assert_int_equal(get32(got->bytes, 4), get32(msg.bytes, 4));
	return get32(got->bytes, 0);
}

uint64_t fx_post_event(void)
{
	assert_int_equal(vvd_device_post_event(fx.device, ++fx.next_token), 0);
	return fx.next_token;
}

uint64_t fx_submit_msg(struct msg msg)
{
	return fx_submit(&msg);
}

void fx_expect_queue(uint64_t token, uint64_t timestamp, uint32_t flags, uint32_t size)
{
	const struct got *got = fx_wait(token);

	assert_int_equal(got->len, 24);
	assert_int_equal(get32(got->bytes, 0), 0x202);
	assert_int_equal(get32(got->bytes, 4), 1);
	assert_true(get64(got->bytes, 8) == timestamp);
	assert_int_equal(get32(got->bytes, 16), flags);
	assert_int_equal(get32(got->bytes, 20), size);
}

void fx_expect_type(uint64_t token, uint32_t type)
{
	assert_int_equal(get32(fx_wait(token)->bytes, 0), type);
}

void fx_expect_words(const struct got *got, const uint32_t *words, size_t n)
{
	assert_int_equal(got->len, 4 * n);
	for (size_t i = 0; i < n; i++) {
		if (get32(got->bytes, 4 * i) != words[i])
			fail_msg("word %zu: 0x%x, not 0x%x", i, get32(got->bytes, 4 * i), words[i]);
	}
}

struct vvd_stats fx_stats(void)
{
	struct vvd_stats stats = {.size_bytes = sizeof(stats)};

	vvd_device_get_stats(fx.device, &stats);
	return stats;
}

/* ---- A stream that runs ---- */

bool fx_is_frame(const uint8_t *at, uint8_t value)
{
	for (unsigned int y = 0; y < FX_H; y++) {
		for (unsigned int x = 0; x < FX_W; x++) {
			if (at[y * FX_W + x] != fake_sample(value, 0, x, y))
				return false;
		}
	}
	return true;
}

void fx_stream(uint32_t raw_format)
{
	struct msg set = msg_queue_type(0x109, 1, OUT);

	assert_int_equal(fx_do(msg_create(1, H264)), OK_NODATA);
	set.len = 120;
	msg_put32(&set, 12, raw_format);
	assert_int_equal(fx_do(set), OK_NODATA);
}

void fx_make_input(uint32_t id)
{
	assert_int_equal(fx_do(msg_resource(1, IN, id, IN_PLACE + id * IN_SIZE, IN_SIZE)),
			 OK_NODATA);
}

uint64_t fx_feed(uint32_t id, uint64_t timestamp, const char *records, size_t len)
{
	struct msg msg = msg_queue(1, IN, id, timestamp, len);

	memcpy(fx.ram + IN_PLACE + id * IN_SIZE, records, len);
	return fx_submit(&msg);
}

uint8_t *fx_output(uint32_t id)
{
	return fx.ram + id * OUT_SIZE;
}

void fx_make_output(uint32_t id)
{
	assert_int_equal(fx_do(msg_resource(1, OUT, id, id * OUT_SIZE, OUT_SIZE)), OK_NODATA);
}

uint64_t fx_queue_output(uint32_t id)
{
	struct msg msg = msg_queue(1, OUT, id, 0, 0);

	return fx_submit(&msg);
}

void fx_start(uint8_t w, uint8_t h, uint8_t m)
{
	const char records[] = {'S', (char)w, (char)h, (char)m};
	uint64_t event = fx_post_event(), input;

	fx_make_input(90);
	input = fx_feed(90, 1, records, sizeof(records));
	assert_int_equal(get32(fx_wait(event)->bytes, 0), 0x200);
	assert_int_equal(get32(fx_wait(input)->bytes, 0), 0x202);
	assert_int_equal(fx_do(msg_queue_type(0x108, 1, OUT)), 0x203);
}
