/* SPDX-License-Identifier: MIT */
/*
 * test-names.c - names of things against libva's own enumerators
 */
#include "vawrap-fixture.h"

#define CHECK(function, prefix, name, suffix)                                                      \
	assert_string_equal(function(prefix##name##suffix), #name)

static void test_profiles(void **state)
{
	(void)state;
	CHECK(vawrap_profile_get_name, VAProfile, None, );
	CHECK(vawrap_profile_get_name, VAProfile, MPEG2Main, );
	CHECK(vawrap_profile_get_name, VAProfile, H264ConstrainedBaseline, );
	CHECK(vawrap_profile_get_name, VAProfile, H264High, );
	CHECK(vawrap_profile_get_name, VAProfile, HEVCMain10, );
	CHECK(vawrap_profile_get_name, VAProfile, HEVCSccMain444_10, );
	CHECK(vawrap_profile_get_name, VAProfile, VP9Profile3, );
	CHECK(vawrap_profile_get_name, VAProfile, AV1Profile1, );
	CHECK(vawrap_profile_get_name, VAProfile, Protected, );
	assert_string_equal(vawrap_profile_get_name((VAProfile)36), "H264High10");
	assert_string_equal(vawrap_profile_get_name((VAProfile)40), "H264High422");
	assert_string_equal(vawrap_profile_get_name((VAProfile)1000), "unknown");
}

static void test_entrypoints(void **state)
{
	(void)state;
	CHECK(vawrap_entrypoint_get_name, VAEntrypoint, VLD, );
	CHECK(vawrap_entrypoint_get_name, VAEntrypoint, EncSliceLP, );
	CHECK(vawrap_entrypoint_get_name, VAEntrypoint, VideoProc, );
	CHECK(vawrap_entrypoint_get_name, VAEntrypoint, ProtectedContent, );
	assert_string_equal(vawrap_entrypoint_get_name((VAEntrypoint)9), "unknown");
}

static void test_config_attribs(void **state)
{
	(void)state;
	CHECK(vawrap_config_attrib_get_name, VAConfigAttrib, RTFormat, );
	CHECK(vawrap_config_attrib_get_name, VAConfigAttrib, RateControl, );
	CHECK(vawrap_config_attrib_get_name, VAConfigAttrib, EncPackedHeaders, );
	CHECK(vawrap_config_attrib_get_name, VAConfigAttrib, DecAV1Features, );
	CHECK(vawrap_config_attrib_get_name, VAConfigAttrib, EncPerBlockControl, );
	/* Each number of this header has a name, but for the three that it leaves out. */
	for (int type = 0; type < VAConfigAttribTypeMax; type++) {
		if (type == 9 || type == 12 || type == 17)
			continue;
		assert_string_not_equal(vawrap_config_attrib_get_name((VAConfigAttribType)type),
					"unknown");
	}
	assert_string_equal(vawrap_config_attrib_get_name((VAConfigAttribType)9), "unknown");
}

static void test_kinds(void **state)
{
	(void)state;
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_DISPLAY), "display");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_CONFIG), "config");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_CONTEXT), "context");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_SURFACE), "surface");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_BUFFER), "buffer");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_IMAGE), "image");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_KIND_PICTURE), "picture");
	assert_string_equal(vawrap_kind_get_name(VAWRAP_N_KINDS), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_entrypoints),
		cmocka_unit_test(test_config_attribs),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
