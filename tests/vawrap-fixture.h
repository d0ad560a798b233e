/* SPDX-License-Identifier: MIT */
/*
 * vawrap-fixture.h - what the tests of libvawrap begin with: objects on the fake libva
 */
#ifndef VAWRAP_FIXTURE_H
#define VAWRAP_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include "fake-libva/fake-libva.h"
#include "vawrap.h"

#define N_OF(array) (sizeof(array) / sizeof((array)[0]))

/* A test on a fresh fake; afterwards nothing may live, and nothing may have been misused. */
#define FAKE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#define FIXTURE_SURFACES 4
#define FIXTURE_WIDTH    64
#define FIXTURE_HEIGHT   48

struct fixture {
	struct vawrap_display *display;
	struct vawrap_config *config;
	struct vawrap_surface *surfaces[FIXTURE_SURFACES];
	struct vawrap_context *context;
};

int fixture_setup(void **state);
int fixture_teardown(void **state);
/* All of a fixture, or on failure none. */
int fixture_open(struct fixture *fixture);
void fixture_close(struct fixture *fixture);
/* A fixture that must open, with all its objects. */
struct fixture fixture_new(void);
/* A picture on the fixture's context into surface i, with one buffer added. */
struct vawrap_picture *fixture_picture(struct fixture *fixture, unsigned int i);
/* Brings a new picture to a state. */
void fixture_advance(struct vawrap_picture *picture, enum vawrap_picture_state state);

#endif
