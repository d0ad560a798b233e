# SPDX-License-Identifier: MIT
#
# H.264 for trace-compare.py: what libva prints of its buffers, what of it is named anew, and what is
# not compared. POCs count from the last picture that had no references (clients begin where they like,
# FFmpeg at 65536: h264dec.c, ff_h264_flush_change), that of a field not decoded yet has to be 0.

import re

# Not compared: (what, function that takes it out of a buffer, why). Five at most.
MASKS = [
    ('luma weights and offsets of a list whose flag is 0',
     lambda buffer: clear_tables(buffer, 'luma'),
     'not read: va.h, luma_weight_l0_flag; the values are inferred (7.4.3.2)'),
    ('chroma weights and offsets of a list whose flag is 0',
     lambda buffer: clear_tables(buffer, 'chroma'),
     'not read: va.h, chroma_weight_l0_flag; the values are inferred (7.4.3.2)'),
    ('weight denominators of luma or chroma in a slice both of whose flags are 0',
     lambda buffer: clear_denominators(buffer),
     'used with explicit weights only, and inferred ones come to the same for each (8.4.2.3); FFmpeg '
     'sends 5 for implicit ones: h264_slice.c, implicit_weight_table(), and for chroma that is not there'),
    ('log2_max_pic_order_cnt_lsb_minus4 unless pic_order_cnt_type is 0',
     lambda buffer: clear_poc_bits(buffer),
     'not in such an SPS (7.3.2.1.1); FFmpeg sends 0 - 4: vaapi_h264.c, vaapi_h264_start_frame()'),
    ('VA_PICTURE_H264_SHORT_TERM_REFERENCE in CurrPic.flags',
     lambda buffer: clear_current(buffer),
     'a picture is marked after it is decoded (8.2.5.1), reference_pic_flag says what it will be; '
     'FFmpeg sets the bit for pictures that wait for output: h264_field_start() has chosen them '
     '(DELAYED_PIC_REF) before vaapi_h264.c, fill_vaapi_pic() looks'),
]


def clear_tables(buffer, plane):
    for n in (0, 1):
        if buffer.get(f'{plane}_weight_l{n}_flag') == 0:
            buffer[f'{plane}_weight_l{n}'] = 'masked'


def clear_denominators(buffer):
    for plane in ('luma', 'chroma'):
        if [buffer.get(f'{plane}_weight_l{n}_flag') for n in (0, 1)] == [0, 0]:
            buffer[f'{plane}_log2_weight_denom'] = 'masked'


def clear_poc_bits(buffer):
    """seq_fields of va.h: bits 12 and 13 are the type, 14 to 17 the length."""
    if buffer.get('seq_fields', 0) >> 12 & 3:
        buffer['seq_fields'] &= ~(15 << 14)


def clear_current(buffer):
    if 'CurrPic.flags' in buffer:
        buffer['CurrPic.flags'] &= ~8


# What libva prints of each buffer; a field that is missing, or one more, is an error.
PICTURE_FIELDS = '''CurrPic.picture_id CurrPic.frame_idx CurrPic.flags CurrPic.TopFieldOrderCnt
    CurrPic.BottomFieldOrderCnt ReferenceFrames picture_width_in_mbs_minus1
    picture_height_in_mbs_minus1 bit_depth_luma_minus8 bit_depth_chroma_minus8 num_ref_frames
    seq_fields chroma_format_idc residual_colour_transform_flag frame_mbs_only_flag
    mb_adaptive_frame_field_flag direct_8x8_inference_flag MinLumaBiPredSize8x8
    pic_init_qp_minus26 pic_init_qs_minus26 chroma_qp_index_offset second_chroma_qp_index_offset
    pic_fields frame_num'''.split()
PIC_FIELDS_BITS = '''entropy_coding_mode_flag weighted_pred_flag weighted_bipred_idc
    transform_8x8_mode_flag field_pic_flag constrained_intra_pred_flag pic_order_present_flag
    deblocking_filter_control_present_flag redundant_pic_cnt_present_flag reference_pic_flag'''.split()
IQ_FIELDS = ['ScalingList4x4', 'ScalingList8x8']
SLICE_FIELDS = '''slice_data_size slice_data_offset slice_data_flag slice_data_bit_offset
    first_mb_in_slice slice_type direct_spatial_mv_pred_flag num_ref_idx_l0_active_minus1
    num_ref_idx_l1_active_minus1 cabac_init_idc slice_qp_delta disable_deblocking_filter_idc
    slice_alpha_c0_offset_div2 slice_beta_offset_div2 RefPicList0 RefPicList1
    luma_log2_weight_denom chroma_log2_weight_denom
    luma_weight_l0_flag luma_weight_l0 chroma_weight_l0_flag chroma_weight_l0
    luma_weight_l1_flag luma_weight_l1 chroma_weight_l1_flag chroma_weight_l1'''.split()
BUFFERS = {
    'VAPictureParameterBufferType': PICTURE_FIELDS,
    'VAIQMatrixBufferType': IQ_FIELDS,
    'VASliceParameterBufferType': SLICE_FIELDS,
    'VASliceDataBufferType': [],
}


# Fields that the self-test cannot prove.
UNPROVEN = set()

# Of a list's entry: what its parts are.
ENTRY = re.compile(r'\s*(-?\d+)-(-?\d+)-0x([0-9a-f]+)-(\d+)-0x([0-9a-f]+)$')
ENTRY_PARTS = (('top', int), ('bottom', int), ('surface', 16), ('index', int), ('flags', 16))

OPTIONAL = {'VAPictureParameterBufferType': set(PIC_FIELDS_BITS)}


def table_after(name):
    """The table whose rows come after a field without a name of their own."""
    return name[:-len('_flag')] if re.match(r'(luma|chroma)_weight_l[01]_flag', name) else None


def relate(pictures):
    """Surfaces become numbers of pictures; POCs count from the last picture without references."""
    last_in, fields, base = {}, {}, 0
    named = lambda surface: last_in.get(surface, 'never decoded')
    relative = lambda poc, surface, field: poc - base if fields.get(surface, 3) & field else poc
    previous = None
    for n, picture in enumerate(pictures):
        target = picture['target']
        second = is_second(previous, picture)
        previous = {'target': target, 'coded': coded_fields(picture), 'second': second}
        fields[target] = 3 if second else previous['coded']
        last_in[target] = n
        picture['second'] = second
        picture['target'] = 'its own' if target is not None else None
        for buffer in picture['buffers']:
            if 'CurrPic.picture_id' in buffer:
                if not buffer['ReferenceFrames']:
                    base = current_poc(buffer)
                surface = buffer['CurrPic.picture_id']
                buffer['CurrPic.picture_id'] = named(surface)
                for field, name in ((1, 'Top'), (2, 'Bottom')):
                    name = f'CurrPic.{name}FieldOrderCnt'
                    buffer[name] = relative(buffer[name], surface, field)
            for table in ('ReferenceFrames', 'RefPicList0', 'RefPicList1'):
                buffer[table] = [[relative(top, surface, 1), relative(bottom, surface, 2),
                                  named(surface), index, flags]
                                 for top, bottom, surface, index, flags in buffer.get(table, [])]
            buffer['ReferenceFrames'].sort(key=str)
    return pictures


def coded_fields(picture):
    """1 top, 2 bottom, 3 a frame: va.h, VA_PICTURE_H264_TOP_FIELD and _BOTTOM_FIELD."""
    flags = [buffer.get('CurrPic.flags', 0) for buffer in picture['buffers']]
    return (flags[0] >> 1 & 3 if flags else 0) or 3


def current_poc(buffer):
    bottom = buffer['CurrPic.flags'] >> 1 & 3 == 2
    return buffer['CurrPic.BottomFieldOrderCnt' if bottom else 'CurrPic.TopFieldOrderCnt']


def is_second(previous, picture):
    """The other field of the frame before."""
    return bool(previous and not previous['second'] and previous['target'] == picture['target'] and
                previous['coded'] + coded_fields(picture) == 3)


def count_frames(pictures):
    return sum(not picture['second'] for picture in pictures)


def wanted_faults():
    """No field of the buffers may go untested because no stream uses it."""
    wanted = set()
    for kind, fields in BUFFERS.items():
        for name in fields + ['size', 'num_elements']:
            columns = {'luma_weight': 2, 'chroma_weight': 4, 'Scali': 8}
            width = next((n for start, n in columns.items()
                          if name.startswith(start) and not name.endswith('_flag')), 0)
            if name.startswith('Ref'):
                wanted |= {f'{kind} {name}.{part}' for part in 'top bottom surface index flags'.split()}
            elif width:
                wanted |= {f'{kind} {name}[{column}]' for column in range(width)}
            else:
                wanted.add(f"{kind} {name.replace('seq_fields', 'seq fields')}")
    return wanted
