# SPDX-License-Identifier: MIT
#
# HEVC for trace-compare.py: what libva prints of its buffers, what of it is named anew, and what is not
# compared. RefPicList's indices are named by the references that they stand for.

import re

# Not compared: (what, function that takes it out of a buffer, why). Five at most.
MASKS = [
    ('sizes of PCM blocks and samples where there are none',
     lambda buffer: clear_pcm(buffer),
     'not in such an SPS (7.3.2.2.1); FFmpeg sends 0 less an offset: vaapi_hevc.c'),
    ('NoPicReorderingFlag and NoBiPredFlag',
     lambda buffer: clear_hints(buffer),
     'hints that FFmpeg never gives: vaapi_hevc.c, vaapi_hevc_start_frame()'),
    ('num_entry_point_offsets',
     lambda buffer: clear(buffer, 'num_entry_point_offsets'),
     'FFmpeg never counts them: vaapi_hevc.c, vaapi_hevc_decode_slice()'),
    ('temporal prediction and the collocated picture in I slices',
     lambda buffer: clear_collocated(buffer),
     'not read without inter prediction; FFmpeg keeps those of the slice before: hevcdec.c, hls_slice_header()'),
]


def clear(buffer, *names):
    for name in names:
        if name in buffer:
            buffer[name] = 'masked'


def clear_pcm(buffer):
    if buffer.get('pcm_enabled_flag') == 0:
        clear(buffer, 'pcm_sample_bit_depth_luma_minus1', 'pcm_sample_bit_depth_chroma_minus1',
              'log2_min_pcm_luma_coding_block_size_minus3')


def clear_collocated(buffer):
    """LongSliceFlags of va_dec_hevc.h: bits 2 and 3 are the type, 10 and 12 what is cleared."""
    if buffer.get('LongSliceFlags.fields.slice_type') == 2:
        buffer['LongSliceFlags.value'] &= ~(1 << 10 | 1 << 12)
        clear(buffer, 'LongSliceFlags.fields.slice_temporal_mvp_enabled_flag',
              'LongSliceFlags.fields.collocated_from_l0_flag', 'collocated_ref_idx')


def clear_hints(buffer):
    """pic_fields of va_dec_hevc.h: bits 19 and 20."""
    clear(buffer, 'NoPicReorderingFlag', 'NoBiPredFlag')
    if 'NoBiPredFlag' in buffer:
        buffer['pic_fields'] &= ~(3 << 19)

PICTURE_FIELDS = '''CurrPic.picture_id CurrPic.frame_idx CurrPic.flags ReferenceFrames
    pic_width_in_luma_samples pic_height_in_luma_samples pic_fields chroma_format_idc
    separate_colour_plane_flag pcm_enabled_flag scaling_list_enabled_flag
    transform_skip_enabled_flag amp_enabled_flag strong_intra_smoothing_enabled_flag
    sign_data_hiding_enabled_flag constrained_intra_pred_flag cu_qp_delta_enabled_flag
    weighted_pred_flag weighted_bipred_flag transquant_bypass_enabled_flag tiles_enabled_flag
    entropy_coding_sync_enabled_flag pps_loop_filter_across_slices_enabled_flag
    loop_filter_across_tiles_enabled_flag pcm_loop_filter_disabled_flag NoPicReorderingFlag
    NoBiPredFlag ReservedBits sps_max_dec_pic_buffering_minus1 bit_depth_luma_minus8
    bit_depth_chroma_minus8 pcm_sample_bit_depth_luma_minus1 pcm_sample_bit_depth_chroma_minus1
    log2_min_luma_coding_block_size_minus3 log2_diff_max_min_luma_coding_block_size
    log2_min_transform_block_size_minus2 log2_diff_max_min_transform_block_size
    log2_min_pcm_luma_coding_block_size_minus3 log2_diff_max_min_pcm_luma_coding_block_size
    max_transform_hierarchy_depth_intra max_transform_hierarchy_depth_inter init_qp_minus26
    diff_cu_qp_delta_depth pps_cb_qp_offset pps_cr_qp_offset log2_parallel_merge_level_minus2
    num_tile_columns_minus1 num_tile_rows_minus1 column_width_minus1 row_height_minus1
    slice_parsing_fields lists_modification_present_flag long_term_ref_pics_present_flag
    sps_temporal_mvp_enabled_flag cabac_init_present_flag output_flag_present_flag
    dependent_slice_segments_enabled_flag pps_slice_chroma_qp_offsets_present_flag
    sample_adaptive_offset_enabled_flag deblocking_filter_override_enabled_flag
    pps_disable_deblocking_filter_flag slice_segment_header_extension_present_flag RapPicFlag
    IdrPicFlag IntraPicFlag log2_max_pic_order_cnt_lsb_minus4 num_short_term_ref_pic_sets
    num_long_term_ref_pic_sps num_ref_idx_l0_default_active_minus1
    num_ref_idx_l1_default_active_minus1 pps_beta_offset_div2 pps_tc_offset_div2
    num_extra_slice_header_bits st_rps_bits'''.split()
IQ_FIELDS = '''ScalingList4x4 ScalingList8x8 ScalingList16x16 ScalingList32x32 ScalingListDC16x16
    ScalingListDC32x32'''.split()
SLICE_FIELDS = '''slice_data_size slice_data_offset slice_data_flag slice_data_byte_offset
    slice_segment_address RefPicList LongSliceFlags.value collocated_ref_idx slice_qp_delta
    slice_cb_qp_offset slice_cr_qp_offset slice_beta_offset_div2 slice_tc_offset_div2
    luma_log2_weight_denom delta_chroma_log2_weight_denom num_ref_idx_l0_active_minus1 weights_l0
    num_ref_idx_l1_active_minus1 weights_l1 five_minus_max_num_merge_cand num_entry_point_offsets
    entry_offset_to_subset_array slice_data_num_emu_prevn_bytes'''.split()
SLICE_FLAGS = [f'LongSliceFlags.fields.{name}' for name in '''LastSliceOfPic
    dependent_slice_segment_flag slice_type color_plane_id slice_sao_luma_flag
    slice_sao_chroma_flag mvd_l1_zero_flag cabac_init_flag slice_temporal_mvp_enabled_flag
    slice_deblocking_filter_disabled_flag collocated_from_l0_flag
    slice_loop_filter_across_slices_enabled_flag reserved'''.split()]
BUFFERS = {
    'VAPictureParameterBufferType': PICTURE_FIELDS,
    'VAIQMatrixBufferType': IQ_FIELDS,
    'VASliceParameterBufferType': SLICE_FIELDS + SLICE_FLAGS,
    'VASliceDataBufferType': [],
}
# Of the range extensions, where a client sends the extended buffers.
PICTURE_EXTENSION = '''range_extension_pic_fields transform_skip_rotation_enabled_flag
    transform_skip_context_enabled_flag implicit_rdpcm_enabled_flag explicit_rdpcm_enabled_flag
    extended_precision_processing_flag intra_smoothing_disabled_flag
    high_precision_offsets_enabled_flag persistent_rice_adaptation_enabled_flag
    cabac_bypass_alignment_enabled_flag cross_component_prediction_enabled_flag
    chroma_qp_offset_list_enabled_flag reserved diff_cu_chroma_qp_offset_depth
    chroma_qp_offset_list_len_minus1 log2_sao_offset_scale_luma log2_sao_offset_scale_chroma
    log2_max_transform_skip_block_size_minus2 cb_qp_offset_list cr_qp_offset_list'''.split()
SLICE_EXTENSION = '''slice_ext_flags cu_chroma_qp_offset_enabled_flag use_integer_mv_flag reserved
    slice_act_y_qp_offset slice_act_cb_qp_offset slice_act_cr_qp_offset'''.split()
OPTIONAL = {
    'VAPictureParameterBufferType': set(PICTURE_EXTENSION),
    'VASliceParameterBufferType': set(SLICE_EXTENSION),
}

# Fields that the self-test cannot prove: masked in all streams. tests/test-hevc-va.c proves them.
UNPROVEN = {
    'VAPictureParameterBufferType NoPicReorderingFlag',
    'VAPictureParameterBufferType NoBiPredFlag',
    'VASliceParameterBufferType num_entry_point_offsets',
}

# Of an entry of ReferenceFrames: what its parts are.
ENTRY = re.compile(r'\s*0x([0-9a-f]+)-(-?\d+)-0x([0-9a-f]+)$')
ENTRY_PARTS = (('surface', 16), ('poc', int), ('flags', 16))
NO_ENTRY = 255
# luma: delta_weight, offset; Cb and Cr: delta_weight; Cb and Cr: ChromaOffset
WEIGHT_COLUMNS = 6


def table_after(name):
    """The table whose rows come after a field without a name of their own."""
    m = re.match(r'num_ref_idx_(l[01])_active_minus1', name)
    return f'weights_{m[1]}' if m else None


def relate(pictures):
    """Surfaces become numbers of pictures, indices what they stand for."""
    last_in = {}
    named = lambda surface: last_in.get(surface, 'never decoded')
    for n, picture in enumerate(pictures):
        last_in[picture['target']] = n
        picture['target'] = 'its own' if picture['target'] is not None else None
        references = []
        for buffer in picture['buffers']:
            if 'ReferenceFrames' in buffer:
                buffer['CurrPic.picture_id'] = named(buffer['CurrPic.picture_id'])
                references = [[named(surface), poc, flags]
                              for surface, poc, flags in buffer['ReferenceFrames']]
                buffer['ReferenceFrames'] = sorted(references, key=str)
            if 'RefPicList' in buffer:
                flat = [index for row in buffer['RefPicList'] for index in row]
                buffer['RefPicList'] = [entry_of(references, index) for index in flat]
    return pictures


def entry_of(references, index):
    if index == NO_ENTRY:
        return 'none'
    return str(references[index]) if index < len(references) else f'no reference: {index}'


def count_frames(pictures):
    return len(pictures)


def wanted_faults():
    """No field of the buffers may go untested because no stream uses it."""
    wanted = set()
    for kind, fields in BUFFERS.items():
        for name in fields + ['size', 'num_elements']:
            if name == 'ReferenceFrames':
                wanted |= {f'{kind} {name}.{part}' for part, _ in ENTRY_PARTS}
            elif name.startswith('weights'):
                wanted |= {f'{kind} {name}[{column}]' for column in range(WEIGHT_COLUMNS)}
            elif name.startswith(('Scaling', 'RefPicList', 'column_width', 'row_height')):
                wanted.add(f'{kind} {name}[0]')
            else:
                wanted.add(f'{kind} {name}')
    return wanted
