#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# As trace-compare.py, for codecs whose buffers libva prints as plain fields and tables of numbers, with
# surfaces named in a few of them: what two VA-API clients told the driver about the same stream, from
# libva's traces (LIBVA_TRACE=PREFIX writes PREFIX.TIME.thd-ID), each number of each buffer, picture by
# picture in decoding order.
#
#   trace-fields.py compare CODEC PREFIX_A PREFIX_B FRAMES   differences, status 1 if there are any
#   trace-fields.py self-test CODEC PREFIX...                a changed number must be noticed, as TAP
#
# Made comparable, not masked: surfaces are named by the picture that was last decoded into them.

import glob
import heapq
import re
import sys

LINE = re.compile(r'\[(\d+\.\d+)\]\[ctx +\w+\](.*)')
NAME = re.compile(r'\s*([A-Za-z_][\w ]*?(?:\[\d*\])*)\s*(?:=|:)\s*(.*)$')
ROW = re.compile(r'\s*(\[[\d, ]+\])\s*=\s*(.*)$')
# A row of a table, without its index.
BARE = re.compile(r'(\s*)(\[[\d, ]+\]|0x[0-9a-f]+|(?:\d+\s*)+)\}?\s*$')
TOKEN = re.compile(r'0x ?[0-9a-f]+|[\w#-]+')


class Codec:
    """surfaces: fields that name one, to that base. masks: (what, function on a picture's fields, why)."""

    def __init__(self, kinds, surfaces, base, masks):
        self.kinds, self.surfaces, self.base, self.masks = kinds, surfaces, base, masks


def is_set(fields, name):
    return any(value != 'masked' and int(value, 16) for value in fields.get(name, ['0']))


def drop(fields, *names):
    for name in names:
        if name in fields:
            fields[name] = ['masked']


def mask_key_frame(fields):
    if not is_set(fields, 'key_frame'):
        drop(fields, 'last_ref_frame', 'golden_ref_frame', 'alt_ref_frame', 'prob_intra', 'prob_last',
             'prob_gf')


def mask_skip(fields):
    if not is_set(fields, 'mb_no_coeff_skip'):
        drop(fields, 'prob_skip_false')


def mask_map(fields):
    if not is_set(fields, 'update_mb_segmentation_map'):
        drop(fields, 'mb_segment_tree_probs')


def mask_segments(fields):
    if not is_set(fields, 'segmentation_enabled'):
        drop(fields, 'update_segment_feature_data',
             *(f'quantization_index[4][6][{n}]' for n in range(4)))
    if not is_set(fields, 'loop_filter_adj_enable'):
        drop(fields, 'mode_ref_lf_delta_update')


def mask_partitions(fields):
    count = int(fields.get('num_of_partitions', ['9'])[0])
    drop(fields, *(f'partition_size[{n}]' for n in range(count, 9)))


def mask_intra(fields):
    if not is_set(fields, 'frame_type') or is_set(fields, 'intra_only'):
        drop(fields, 'allow_high_precision_mv', 'mcomp_filter_type',
             *(f'{name}_ref_frame{end}' for name in ('last', 'golden', 'alt') for end in ('', '_sign_bias')))
    if not is_set(fields, 'frame_type'):
        drop(fields, 'intra_only', 'reset_frame_context')
    if is_set(fields, 'error_resilient_mode'):
        drop(fields, 'frame_context_idx')


def mask_tree(fields):
    if not is_set(fields, 'segmentation_enabled'):
        drop(fields, 'segmentation_update_map', 'segmentation_temporal_update')
    if not is_set(fields, 'segmentation_update_map'):
        drop(fields, 'segmentation_temporal_update', 'mb_segment_tree_probs[7]', 'segment_pred_probs[3]')


def mask_features(fields):
    if not is_set(fields, 'segmentation_enabled'):
        drop(fields, *(name for name in fields if name.startswith('seg_param[') and
                       (not name.startswith('seg_param[0]') or 'segment_reference' in name)))
    for n in range(8):
        if not is_set(fields, f'seg_param[{n}] segment_reference_enabled'):
            drop(fields, f'seg_param[{n}] segment_reference')


CODECS = {
    'vp9': Codec(
        ['VAPictureParameterBufferType', 'VASliceParameterBufferType', 'VASliceDataBufferType'],
        [f'reference_frames[8] {n}' for n in range(8)], 16,
        [('what predicts from other frames, in frames that do not; the context, where all are reset', mask_intra,
          'not in such a header (VP9 specification, 6.2), or 0 (7.2); FFmpeg sends that of the frame before, '
          'or what is coded (vp9.c)'),
         ('the map\'s probabilities where it is not sent', mask_tree, 'the same (6.2.11)'),
         ('segments and their references that are not enabled', mask_features,
          'FFmpeg works out the first segment only then, and keeps the others (vp9.c)')]),
    'vp8': Codec(
        ['VAPictureParameterBufferType', 'VAProbabilityBufferType', 'VAIQMatrixBufferType',
         'VASliceParameterBufferType', 'VASliceDataBufferType'],
        ['last_ref_frame', 'golden_ref_frame', 'alt_ref_frame', 'out_of_loop_frame'], 16,
        [('references and probabilities of inter prediction in key frames', mask_key_frame,
          'not in such a frame (RFC 6386, 19.2); FFmpeg sends those of the frame before'),
         ('prob_skip_false where mb_no_coeff_skip is 0', mask_skip, 'not sent then (9.10); the same'),
         ('mb_segment_tree_probs of a map that is not sent', mask_map, 'not read (9.3); the same'),
         ('quantization_index and update flags without segments and filter deltas', mask_segments,
          'FFmpeg adds what segments had before, and its flags stay (vaapi_vp8.c, '
          'vaapi_vp8_start_frame(); vp8.c, vp8_decode_frame_header())'),
         ('partition_size of partitions that are not there', mask_partitions,
          'FFmpeg sends those of the frame before')]),
    'mpeg2': Codec(
        ['VAPictureParameterBufferType', 'VAIQMatrixBufferType', 'VASliceParameterBufferType',
         'VASliceDataBufferType'],
        ['forward reference picture', 'backward reference picture'], 10, []),
}


def trace_lines(prefix):
    """The lines of all threads by time, without time and context; rows of tables have no time of their own."""
    files = []
    for name in sorted(glob.glob(prefix + '.*thd-*')):
        lines, time = [], 0.0
        with open(name, encoding='ascii', errors='replace') as f:
            for text in f:
                m = LINE.match(text)
                time = float(m[1]) if m else time
                lines.append((time, m[2] if m else text.rstrip('\n')))
        files.append(lines)
    return [text for _, text in heapq.merge(*files, key=lambda line: line[0])]


class Parser:
    """Lines to pictures: {'target': id, 'kinds': [...], 'fields': {name: [tokens]}}."""

    def __init__(self):
        self.pictures = []
        self.open = self.inside = False
        self.group, self.table, self.rows = '', None, 0

    def line(self, text):
        """The name of the field that the line holds and where its values begin, or None."""
        if text.startswith('==='):
            self.call(text.strip('=').split()[0])
            return None
        name, row, bare = NAME.match(text), ROW.match(text), BARE.match(text)
        if not self.open:
            return None
        picture = self.pictures[-1]
        if name and name[1] == 'render_targets' and picture['target'] is None:
            picture['target'] = int(name[2], 16)
        elif name and name[1] == 'type':
            picture['kinds'].append(name[2].strip())
            self.inside, self.group, self.table, self.rows = True, '', 'dct_coeff_probs', 0
        elif self.inside and (name or row or bare):
            key = self.key(picture, name, row)
            if not key:
                return None
            if key in picture['fields']:
                raise ValueError(f'{key} comes twice')
            at = (name or row or bare).start(2)
            picture['fields'][key] = TOKEN.findall(text, at)
            return key, at
        return None

    def key(self, picture, name, row):
        if name and name[2].strip() in ('', '{'):
            if name[1].startswith('seg_param'):
                self.group = name[1] + ' '
            self.table, self.rows = self.group + name[1], 0
            return None
        if name and (name[1].startswith('element') or name[1].startswith('buffers')):
            return None
        if name:
            key = self.group + name[1]
        elif row:
            key = self.table + row[1]
        else:
            key = f'{self.table} {self.rows}'
            self.rows += 1
        kind = picture['kinds'][-1]
        if key in ('size', 'num_elements'):
            key = f'{kind} {key}'
        # Pictures of several slices.
        number = picture['kinds'].count(kind) - 1
        return f'{key} #{number}' if number else key

    def call(self, name):
        if name == 'va_TraceBeginPicture':
            self.pictures.append({'target': None, 'kinds': [], 'fields': {}})
            self.open = True
        elif name == 'va_TraceEndPicture':
            self.open = False
        if name == 'vaUnmapBuffer':
            self.inside = False


def relate(codec, pictures):
    last_in = {}
    for n, picture in enumerate(pictures):
        for name in codec.surfaces:
            if name in picture['fields']:
                surface = int(picture['fields'][name][0], codec.base) & 0xffffffff
                picture['fields'][name] = ['none' if surface == 0xffffffff else
                                           str(last_in.get(surface, 'never decoded'))]
        last_in[picture['target']] = n
    return pictures


def normal(codec, lines):
    parser = Parser()
    for text in lines:
        parser.line(text)
    pictures = relate(codec, parser.pictures)
    for picture in pictures:
        if list(dict.fromkeys(picture['kinds'])) != codec.kinds:
            raise ValueError(f"buffers {picture['kinds']}")
        for _, clear, _ in codec.masks:
            clear(picture['fields'])
    return pictures


def differences(a, b):
    if len(a) != len(b):
        yield f'{len(a)} pictures against {len(b)}'
    for n, (one, two) in enumerate(zip(a, b)):
        for name in sorted(set(one['fields']) | set(two['fields'])):
            left, right = one['fields'].get(name), two['fields'].get(name)
            if left != right:
                yield f'picture {n}: {name}: {left} against {right}'


def compare(codec, prefix_a, prefix_b, frames):
    a, b = normal(codec, trace_lines(prefix_a)), normal(codec, trace_lines(prefix_b))
    found = list(differences(a, b))
    if len(a) < int(frames):
        found.append(f'{len(a)} pictures were decoded, the stream shows {frames}')
    for text in found[:12]:
        print('#', text)
    if len(found) > 12:
        print(f'# and {len(found) - 12} more')
    return 1 if found else 0


def changed(text, token):
    """The same line with another last digit in one token."""
    digit = token[0][-1]
    other = '1' if digit != '1' else '2'
    return text[:token.end() - 1] + other + text[token.end():]


def noticed(codec, whole, lines, at, text):
    broken = lines[:at] + [text] + lines[at + 1:]
    try:
        return bool(list(differences(whole, normal(codec, broken))))
    except (ValueError, KeyError):
        return True


def self_test(codec, prefixes):
    """For each number the fault is planted where it is not masked, and must be noticed there."""
    seen, known = set(), set()
    for prefix in prefixes:
        missed = {}
        lines = trace_lines(prefix)
        starts = [at for at, text in enumerate(lines) if text.startswith('==========va_TraceBeginP')]
        window = lines[:starts[6]] if len(starts) > 6 else lines
        whole = normal(codec, window)
        parser = Parser()
        for at, text in enumerate(window):
            found = parser.line(text)
            if not found:
                continue
            for i, token in enumerate(TOKEN.finditer(text, found[1])):
                name = f"{found[0].split(' #')[0]} {i}"
                if name in seen or missed.get(name, 0) > 6:
                    continue
                if noticed(codec, whole, window, at, changed(text, token)):
                    seen.add(name)
                else:
                    missed[name] = missed.get(name, 0) + 1
        known |= seen | set(missed)
    known = sorted(known)
    print(f'1..{len(known) + 1}')
    for n, name in enumerate(known, 1):
        print('ok' if name in seen else 'not ok', n, '- a fault is noticed in', name)
    print('ok' if len(codec.masks) <= 5 else 'not ok', len(known) + 1, f'- {len(codec.masks)} masks')
    return 0 if known and set(known) == seen and len(codec.masks) <= 5 else 1


def main(arguments):
    if len(arguments) == 5 and arguments[0] == 'compare' and arguments[1] in CODECS:
        return compare(CODECS[arguments[1]], *arguments[2:])
    if len(arguments) > 2 and arguments[0] == 'self-test' and arguments[1] in CODECS:
        return self_test(CODECS[arguments[1]], arguments[2:])
    print('usage: trace-fields.py compare CODEC A B FRAMES | self-test CODEC PREFIX...', file=sys.stderr)
    return 2


sys.exit(main(sys.argv[1:]))
