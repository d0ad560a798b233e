#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Compares what two VA-API clients told the driver about the same stream, from libva's traces
# (LIBVA_TRACE=PREFIX writes PREFIX.TIME.thd-ID): each field of each picture, IQ matrix and slice
# parameter buffer, and the sizes of the slice data, picture by picture in decoding order. What is
# special to a codec is trace_CODEC.py's.
#
#   trace-compare.py compare CODEC PREFIX_A PREFIX_B FRAMES      differences, status 1 if there are any
#   trace-compare.py self-test CODEC PREFIX...                   a changed field must be noticed, as TAP
#
# Made comparable, not masked: surfaces are named by the picture that was last decoded into them;
# ReferenceFrames are sorted, for they are a set.

import copy
import glob
import heapq
import importlib
import re
import sys

LINE = re.compile(r'\[(\d+\.\d+)\]\[ctx +\w+\](.*)')
ROW = re.compile(r'\s*-?\d+(\s+-?\d+)*\s*$')
FIELD = re.compile(r'\s*([A-Za-z][\w. ]*?)\s*=\s*(\S*)')
TABLE = re.compile(r'\s*(\w+)((?:\[\d+\])+=| \(.*\):| =)$')

# The module of the stream's codec.
codec = None


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
        entry, table, field = codec.ENTRY.match(text), TABLE.match(text), FIELD.match(text)
        if entry:
            self.buffer[self.table].append(
                [int(text, 16 if base == 16 else 10)
                 for text, (_, base) in zip(entry.groups(), codec.ENTRY_PARTS)])
        elif ROW.match(text):
            self.buffer[self.table].append([int(value) for value in text.split()])
        elif table and table[1] != 'element':
            self.table = table[1]
            self.buffer[self.table] = []
        elif field and field[2]:
            self.value(field[1].replace(' ', '_'), number(field[2]))

    def value(self, name, value):
        self.buffer[name] = value
        table = codec.table_after(name)
        if table:
            self.table = table
            self.buffer[table] = []


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
    if kind not in codec.BUFFERS:
        raise ValueError(f'picture {n}: a buffer of type {kind}')
    want = set(codec.BUFFERS[kind]) | {'type', 'size', 'num_elements'}
    optional = codec.OPTIONAL.get(kind, set())
    got = set(buffer)
    if want - got or got - want - optional:
        raise ValueError(f'picture {n}: {kind}: missing {sorted(want - got)}, '
                         f'unknown {sorted(got - want - optional)}')


def mask(pictures):
    for picture in pictures:
        for buffer in picture['buffers']:
            for _, clear, _ in codec.MASKS:
                clear(buffer)
    return pictures


def normal(lines):
    return mask(codec.relate(parse(lines)))


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
    count = codec.count_frames(a)
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
        entry, field = codec.ENTRY.match(text), FIELD.match(text)
        if entry:
            for group, (name, _) in enumerate(codec.ENTRY_PARTS, 1):
                yield f'{kind} {parser.table}.{name}', at, changed(text, entry, group, name)
        elif ROW.match(text):
            for column, m in enumerate(re.finditer(r'-?\d+', text)):
                name = f'{parser.table}[{column}]'
                yield f'{kind} {name}', at, text[:m.start()] + str(int(m[0]) + 1) + text[m.end():]
        elif field and field[2] and not TABLE.match(text):
            yield f'{kind} {field[1]}', at, changed(text, field, 2, field[1])


def changed(text, match, group, name):
    value = match[group]
    if name == 'surface':
        new = f'{int(value, 16) ^ 0x40000000:08x}'
    elif value.startswith('0x') or name == 'flags':
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
    known = sorted((seen | set(missed) | codec.wanted_faults()) - codec.UNPROVEN)
    print(f'1..{len(known) + 1}')
    for n, name in enumerate(known, 1):
        print('ok' if name in seen else 'not ok', n, '- a fault is noticed in', name)
    print('ok' if len(codec.MASKS) <= 5 else 'not ok', len(known) + 1, f'- {len(codec.MASKS)} masks, five at most')
    return 0 if set(known) <= seen and len(codec.MASKS) <= 5 else 1


def main(arguments):
    global codec
    if len(arguments) < 3 or arguments[0] not in ('compare', 'self-test'):
        print('usage: trace-compare.py compare CODEC A B FRAMES | self-test CODEC PREFIX...',
              file=sys.stderr)
        return 2
    codec = importlib.import_module(f'trace_{arguments[1]}')
    return compare(*arguments[2:]) if arguments[0] == 'compare' else self_test(arguments[2:])


sys.dont_write_bytecode = True
sys.exit(main(sys.argv[1:]))
