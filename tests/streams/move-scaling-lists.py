#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Writes the scaling lists of an x264 stream elsewhere, so that the pictures stay what they are. x264
# has them in the PPS. "sps": all in the SPS, none in the PPS. "fallback": the SPS has the right luma
# intra lists and wrong inter lists, the PPS leaves out the first (7.4.2.2, fall-back rule set B takes
# the SPS's) and has the second. Used by make-streams.sh only. Usage: MODE IN.264 OUT.264

import re
import sys


class Bits:
    def __init__(self, data):
        self.text = ''.join(f'{byte:08b}' for byte in data)
        self.pos = 0

    def take(self, n):
        self.pos += n
        return self.text[self.pos - n:self.pos]

    def exp_golomb(self):
        zeros = self.text.index('1', self.pos) - self.pos
        return self.take(2 * zeros + 1)

    def signed(self):
        code = int(self.exp_golomb(), 2) - 1
        return (code + 1) // 2 if code % 2 else -(code // 2)

    def rest(self):
        """All up to the stop bit."""
        return self.text[self.pos:self.text.rindex('1')]


def scaling_list(bits, size):
    """The text of one list, flag included (7.3.2.1.1.1)."""
    start, last, scale_next = bits.pos, 8, 8
    if bits.take(1) == '0':
        return '0'
    for _ in range(size):
        if scale_next:
            scale_next = (last + bits.signed()) % 256
        last = scale_next or last
    return bits.text[start:bits.pos]


def unit_parse(unit):
    return Bits(unit[:1] + unit[1:].replace(b'\0\0\3', b'\0\0'))


def unit_write(text):
    text += '1'
    text += '0' * (-len(text) % 8)
    data = int(text, 2).to_bytes(len(text) // 8, 'big')
    return re.sub(rb'\0\0(?=[\0-\3])', b'\0\0\3', data)


def sps_with(unit, lists):
    """An SPS of profile 100 with these eight lists in place of none."""
    bits = unit_parse(unit)
    head = bits.take(8 + 24) + ''.join(bits.exp_golomb() for _ in range(4)) + bits.take(1)
    assert bits.take(1) == '0', 'the SPS has lists already'
    return unit_write(head + '1' + ''.join(lists) + bits.rest())


def pps_read(unit):
    """(the text before the flag, the eight lists, the text behind them)"""
    bits = unit_parse(unit)
    head = bits.take(8) + bits.exp_golomb() + bits.exp_golomb() + bits.take(2)
    groups = bits.exp_golomb()
    assert groups == '1', 'slice groups'
    head += groups + bits.exp_golomb() + bits.exp_golomb() + bits.take(3)
    head += ''.join(bits.exp_golomb() for _ in range(3)) + bits.take(3)
    transform = bits.take(1)
    assert transform + bits.take(1) == '11', '8x8 transform and lists are wanted'
    lists = [scaling_list(bits, 16 if i < 6 else 64) for i in range(8)]
    return head + transform, lists, bits.rest()


def golomb(value):
    code = 2 * value - 1 if value > 0 else -2 * value
    text = f'{code + 1:b}'
    return '0' * (len(text) - 1) + text


def flat_list(value):
    """A list whose entries are all the same: the second delta ends it (7.3.2.1.1.1)."""
    return '1' + golomb(value - 8) + golomb(-value)


def rewrite(mode, units):
    pps = next(unit for unit in units if unit[0] & 31 == 8)
    head, lists, tail = pps_read(pps)
    if mode == 'sps':
        sps_lists, pps_text = lists, head + '0' + tail
    else:
        sps_lists = lists[:3] + [flat_list(40), '0', '0', lists[6], flat_list(9)]
        pps_lists = ['0'] + lists[1:6] + ['0'] + lists[7:]
        pps_text = head + '1' + ''.join(pps_lists) + tail
    for unit in units:
        kind = unit[0] & 31
        yield sps_with(unit, sps_lists) if kind == 7 else unit_write(pps_text) if kind == 8 else unit


def main(mode, source, target):
    with open(source, 'rb') as f:
        units = [unit.rstrip(b'\0') for unit in f.read().split(b'\0\0\1')[1:]]
    with open(target, 'wb') as f:
        for unit in rewrite(mode, units):
            f.write(b'\0\0\0\1' + unit)


main(*sys.argv[1:])
