# SPDX-License-Identifier: MIT
#
# libva's traces of two clients that decode the same AV1 stream, compared field by field.
#
#   trace-av1.py compare OURS THEIRS FRAMES   exit status 1 and what differs, if anything does
#   trace-av1.py plant OURS THEIRS            each field in turn gets another value, and has to be noticed
#
# Surfaces become the numbers of the pictures that were last decoded into them.

import re
import sys

PREFIX = re.compile(r'^\[[^\]]*\]\[ctx[^\]]*\]')
BEGIN = re.compile(r'\s*--VA(Picture|Slice)ParameterBufferAV1')
SURFACES = re.compile(r'(current_frame|current_display_picture|ref_frame_map\[\d+\])$')
COEFFICIENT = re.compile(r'film_grain_info\.ar_coeffs_(y|cb|cr)\[(\d+)\]$')


def read(path):
    """Buffers: a kind, and fields in their order, each with its name and value."""
    buffers, current = [], None
    with open(path, errors='replace') as f:
        for line in f:
            line = PREFIX.sub('', line).strip()
            begin = BEGIN.match(line)
            if begin:
                current = (begin.group(1), [])
                buffers.append(current)
            elif line.startswith(('=====', '-----')):
                current = None
            elif current and ' = ' in line + ' ' and not line.startswith('element['):
                name, _, value = line.partition('=')
                current[1].append((name.strip(), value.strip()))
    return buffers


def used_coefficients(fields, plane):
    lag = int(fields.get('film_grain_info.film_grain_info_fields.ar_coeff_lag',
                         fields.get('film_grain_info.ar_coeff_lag', 3)))
    luma = 2 * lag * (lag + 1)
    return luma if plane == 'y' else luma + 1


def mask(fields, name, value):
    """Not compared: a value in its place says so. Two, each with the reason."""
    coefficient = COEFFICIENT.match(name)
    # Beyond ar_coeff_lag nothing is read (5.9.30); FFmpeg sends 0 - 128 (vaapi_av1.c).
    if coefficient and int(coefficient.group(2)) >= used_coefficients(fields, coefficient.group(1)):
        return 'masked'
    if coefficient and value in ('0', '-128') and is_coefficient_unused(fields, coefficient.group(1)):
        return 'masked'
    # A reduced still picture header has it as 1 (5.9.2), which FFmpeg does not infer (cbs_av1).
    if fields.get('seq_info_fields.still_picture') == '1' and name == 'pic_info_fields.error_resilient_mode':
        return 'masked'
    if fields.get('seq_info_fields.still_picture') == '1' and name == 'pic_info_fields':
        return '%x' % (int(value, 16) & ~0x10)
    return value


def is_coefficient_unused(fields, plane):
    if plane == 'y':
        return fields.get('film_grain_info.num_y_points') == '0'
    return fields.get(f'film_grain_info.num_{plane}_points') == '0'


def relate(buffers):
    last_in, out, n = {}, [], 0
    for kind, pairs in buffers:
        fields = dict(pairs)
        new = []
        for name, value in pairs:
            if SURFACES.match(name):
                value = last_in.get(value, 'none') if name.startswith('ref') else 'its own'
            new.append((name, mask(fields, name, value)))
        if kind == 'Picture':
            last_in[fields['current_frame']] = f'picture {n}'
            n += 1
        # Where in its buffer a tile is, is the client's choice.
        out.append((kind, [pair for pair in new if pair[0] != 'slice_data_offset']))
    return out


def differences(ours, theirs):
    if len(ours) != len(theirs):
        yield f'{len(ours)} buffers, not {len(theirs)}'
        return
    for n, (a, b) in enumerate(zip(ours, theirs)):
        if a[0] != b[0] or [f[0] for f in a[1]] != [f[0] for f in b[1]]:
            yield f'buffer {n}: other fields'
            return
        for x, y in zip(a[1], b[1]):
            if x != y:
                yield f'buffer {n}: {x[0]} is {x[1]}, not {y[1]}'


def compare(ours, theirs, frames):
    ours, theirs = relate(read(ours)), relate(read(theirs))
    found = list(differences(ours, theirs))
    for line in found[:5]:
        print(f'# {line}')
    pictures = sum(kind == 'Picture' for kind, _ in ours)
    if pictures < 1 or sum(kind == 'Slice' for kind, _ in ours) < pictures:
        print(f'# {pictures} pictures for {frames} frames')
        found.append('')
    return 1 if found else 0


def plant(ours, theirs):
    """Every field of both kinds of buffers, in the first picture and slice where it is not masked."""
    ours, theirs = relate(read(ours)), relate(read(theirs))
    planted = missed = 0
    done = set()
    for kind, fields in ours:
        for i, (name, value) in enumerate(fields):
            if (kind, name) in done or value == 'masked':
                continue
            done.add((kind, name))
            fields[i] = (name, value + '1')
            planted += 1
            if not any(True for _ in differences(ours, theirs)):
                print(f'# unnoticed: {name}')
                missed += 1
            fields[i] = (name, value)
    print(f'# {planted} faults planted, {missed} unnoticed')
    return 1 if missed or planted < 400 else 0


def main(argv):
    if argv[1] == 'compare':
        return compare(argv[2], argv[3], argv[4])
    return plant(argv[2], argv[3])


if __name__ == '__main__':
    sys.exit(main(sys.argv))
