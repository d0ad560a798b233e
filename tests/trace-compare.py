#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Compares what two VA-API clients told the driver about the same H.264 stream, from libva's traces
# (LIBVA_TRACE=PREFIX writes PREFIX.TIME.thd-ID): each field of each picture, IQ matrix and slice
# parameter buffer, and the sizes of the slice data, picture by picture in decoding order.
#
#   trace-compare.py compare PREFIX_A PREFIX_B FRAMES      differences, status 1 if there are any
#   trace-compare.py self-test PREFIX...                   a changed field must be noticed, as TAP
#
# Made comparable, not masked: surfaces are named by the picture that was last decoded into them;
# POCs count from the last picture that had no references (clients begin where they like, FFmpeg at
# 65536: h264dec.c, ff_h264_flush_change), that of a field not decoded yet has to be 0;
# ReferenceFrames are sorted, for they are a set.

import copy
import glob
import heapq
import re
import sys

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

LINE = re.compile(r'\[(\d+\.\d+)\]\[ctx +\w+\](.*)')
ENTRY = re.compile(r'\s*(-?\d+)-(-?\d+)-0x([0-9a-f]+)-(\d+)-0x([0-9a-f]+)$')
ROW = re.compile(r'\s*-?\d+(\s+-?\d+)*\s*$')
FIELD = re.compile(r'\s*([A-Za-z][\w. ]*?)\s*=\s*(\S*)')
TABLE = re.compile(r'\s*(\w+)(\[\d+\]\[\d+\]=| \(.*\):| =)$')


def trace_lines(prefix):
    """The lines of all threads by time, without time and context."""
    files = []
    for name in sorted(glob.glob(prefix + '.*thd-*')):
        with open(name, encoding='ascii', errors='replace') as f:
            files.append(list(timed(f)))
    return [text for _, text in heapq.merge(*files, key=lambda line: line[0])]


def timed(lines):
    """(time, text); rows of tables have no time of their own."""
    time = 0.0
    for line in lines:
        m = LINE.match(line.rstrip('\n'))
        time = float(m[1]) if m else time
        yield time, m[2] if m else line.rstrip('\n')


def number(text):
    return int(text, 0) if re.match(r'0x', text) else int(text)


class Parser:
    """Lines to pictures: [{'target': id, 'buffers': [{'type':, field: value}]}]."""

    def __init__(self):
        self.pictures = []
        self.open = False
        self.buffer = None
        self.table = None

    def line(self, text):
        if text.startswith('==='):
            self.call(text.strip('=').split()[0])
        elif self.open and self.buffer is None:
            m = FIELD.match(text)
            if m and m[1] == 'render_targets' and self.pictures[-1]['target'] is None:
                self.pictures[-1]['target'] = number(m[2])
            elif m and m[1] == 'type':
                self.buffer = {'type': m[2]}
                self.pictures[-1]['buffers'].append(self.buffer)
        elif self.buffer is not None:
            self.field(text)

    def call(self, name):
        if name == 'va_TraceBeginPicture':
            self.pictures.append({'target': None, 'buffers': []})
            self.open = True
        elif name == 'va_TraceEndPicture':
            self.open = False
        if name == 'vaUnmapBuffer' or not self.open:
            self.buffer = self.table = None

    def field(self, text):
        entry, table, field = ENTRY.match(text), TABLE.match(text), FIELD.match(text)
        if entry:
            top, bottom, surface, index, flags = entry.groups()
            self.buffer[self.table].append(
                [int(top), int(bottom), int(surface, 16), int(index), int(flags, 16)])
        elif ROW.match(text):
            self.buffer[self.table].append([int(value) for value in text.split()])
        elif table and table[1] != 'element':
            self.table = table[1]
            self.buffer[self.table] = []
        elif field and field[2]:
            self.value(field[1].replace(' ', '_'), number(field[2]))

    def value(self, name, value):
        self.buffer[name] = value
        if re.match(r'(luma|chroma)_weight_l[01]_flag', name):
            self.table = name[:-len('_flag')]
            self.buffer[self.table] = []


def parse(lines):
    parser = Parser()
    for text in lines:
        parser.line(text)
    for n, picture in enumerate(parser.pictures):
        for buffer in picture['buffers']:
            fields_check(n, buffer)
    return parser.pictures


def fields_check(n, buffer):
    """All fields that libva prints were understood, and no other."""
    kind = buffer['type']
    if kind not in BUFFERS:
        raise ValueError(f'picture {n}: a buffer of type {kind}')
    want = set(BUFFERS[kind]) | {'type', 'size', 'num_elements'}
    optional = set(PIC_FIELDS_BITS) if kind == 'VAPictureParameterBufferType' else set()
    got = set(buffer)
    if want - got or got - want - optional:
        raise ValueError(f'picture {n}: {kind}: missing {sorted(want - got)}, '
                         f'unknown {sorted(got - want - optional)}')


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


def mask(pictures):
    for picture in pictures:
        for buffer in picture['buffers']:
            for _, clear, _ in MASKS:
                clear(buffer)
    return pictures


def normal(lines):
    return mask(relate(parse(lines)))


def differences(a, b):
    if len(a) != len(b):
        yield f'{len(a)} pictures against {len(b)}'
    for n, (one, two) in enumerate(zip(a, b)):
        kinds = [[buffer['type'] for buffer in picture['buffers']] for picture in (one, two)]
        if kinds[0] != kinds[1] or one['target'] != two['target']:
            yield f'picture {n}: buffers {kinds[0]} against {kinds[1]}'
            continue
        for i, (left, right) in enumerate(zip(one['buffers'], two['buffers'])):
            for name in sorted(set(left) | set(right)):
                if left.get(name, 0) != right.get(name, 0):
                    yield (f"picture {n}: {left['type']} {i}: {name}: "
                           f'{left.get(name, 0)} against {right.get(name, 0)}')


def compare(prefix_a, prefix_b, frames):
    a, b = normal(trace_lines(prefix_a)), normal(trace_lines(prefix_b))
    found = list(differences(a, b))
    count = sum(not picture['second'] for picture in a)
    if count != int(frames):
        found.append(f'{count} frames were decoded, the stream has {frames}')
    for text in found[:12]:
        print('#', text)
    if len(found) > 12:
        print(f'# and {len(found) - 12} more')
    return 1 if found else 0


def faults(lines):
    """(field, line number, changed line): one for each number that libva prints of a buffer."""
    parser = Parser()
    for at, text in enumerate(lines):
        parser.line(text)
        kind = parser.buffer and parser.buffer['type']
        if not kind or text.strip().startswith('type ='):
            continue
        entry, field = ENTRY.match(text), FIELD.match(text)
        if entry:
            for group, name in ((1, 'top'), (2, 'bottom'), (3, 'surface'), (4, 'index'), (5, 'flags')):
                yield f'{kind} {parser.table}.{name}', at, changed(text, entry, group)
        elif ROW.match(text):
            for column, m in enumerate(re.finditer(r'-?\d+', text)):
                name = f'{parser.table}[{column}]'
                yield f'{kind} {name}', at, text[:m.start()] + str(int(m[0]) + 1) + text[m.end():]
        elif field and field[2] and not TABLE.match(text):
            yield f'{kind} {field[1]}', at, changed(text, field, 2)


def changed(text, match, group):
    value = match[group]
    if group == 3:
        new = f'{int(value, 16) ^ 0x40000000:08x}'
    elif value.startswith('0x') or group == 5:
        new = re.sub(r'[0-9a-f]$', lambda m: f'{int(m[0], 16) ^ 1:x}', value)
    else:
        new = str(int(value) + 1)
    return text[:match.start(group)] + new + text[match.end(group):]


def pieces(lines):
    """Where each picture begins and ends, to parse only a part again."""
    starts = [at for at, text in enumerate(lines) if text.startswith('==========va_TraceBeginP')]
    return zip(starts, starts[1:] + [len(lines)])


def noticed(whole, lines, at, text):
    """Is one changed line seen? An unreadable trace counts as seen."""
    broken = copy.copy(lines)
    broken[at] = text
    try:
        return bool(list(differences(whole, normal(broken))))
    except (ValueError, KeyError):
        return True


def self_test(prefixes):
    """For each field the fault is planted where it is not masked, and must be noticed there."""
    seen, missed = set(), {}
    for prefix in prefixes:
        lines = trace_lines(prefix)
        window = [line for start, end in list(pieces(lines))[:12] for line in lines[start:end]]
        whole = normal(window)
        assert not list(differences(whole, normal(window))), 'a trace differs from itself'
        for name, at, text in faults(window):
            if name in seen or missed.get(name, 0) > 100:
                continue
            if noticed(whole, window, at, text):
                seen.add(name)
            else:
                missed[name] = missed.get(name, 0) + 1
    known = sorted(seen | set(missed) | wanted_faults())
    print(f'1..{len(known) + 1}')
    for n, name in enumerate(known, 1):
        print('ok' if name in seen else 'not ok', n, '- a fault is noticed in', name)
    print('ok' if len(MASKS) <= 5 else 'not ok', len(known) + 1, f'- {len(MASKS)} masks, five at most')
    return 0 if set(known) == seen and len(MASKS) <= 5 else 1


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


def main(arguments):
    if len(arguments) == 4 and arguments[0] == 'compare':
        return compare(*arguments[1:])
    if len(arguments) > 1 and arguments[0] == 'self-test':
        return self_test(arguments[1:])
    print('usage: trace-compare.py compare A B FRAMES | self-test PREFIX...', file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
