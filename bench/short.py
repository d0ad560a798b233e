#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The short form of the bench, a part of "make check": fails when the structure of what a frame costs
# changes, never because of time. Counted are instructions inside the calls that cost, by callgrind, the
# driver's apart; system calls; allocations and copied bytes of our libraries while streams play; bytes of
# code. Prints TAP. docs/performance.md says what to do then.
#
#   short.py BUILDDIR [--record]
#
# --record: prints the lines for baseline.tsv instead.

import json
import os
import re
import subprocess
import sys
import tempfile

from measure import Bench, Failed, cost_of_driver, read_callgrind, run
from rows_codec import repeat, row_size

TOLERANCE = 0.10  # of a recorded count
STREAMS = {'h264': 'cabac-b.264', 'hevc': 'hevc-refs.265', 'vp8': 'vp8-altref.ivf',
           'vp9': 'vp9-altref-layers.ivf', 'av1': 'av1-plain.ivf', 'mpeg2': 'mpeg2-sizes.m2v'}
# Over and over, so that there is something steady.
PLAYED = {**STREAMS, 'h264': 'demo.264', 'mpeg2': 'mpeg2-slices.m2v'}
TIMES, STEADY = 12, (50, 130)
AHEAD = 16  # pictures that the device may have copied at the end and not at the beginning: as many as outputs
LIBRARIES = ('libvawrap', 'libvacodec', 'libvirtio-video')
ROOM_BYTES = 8192  # of a frame, for what is neither picture nor bitstream: parameters, answers
PICTURES = 200
COMMANDS = (200, 1200)
# Of the system, with half a call of room: a start that is slower may have a few more.
MAX_DECODE_CALLS = 1.5   # for a frame: the file is read
MAX_COMMAND_CALLS = 2.5  # one to say that an answer is there, one to take that back
# Waits, whose number depends on who is faster; the clock, which is no system call but under valgrind; memory, as
# whose use by the libraries tests/play-malloc.sh counts: what is left of it is the driver's.
NOT_CALLS = {'futex', 'poll', 'sched_yield', 'restart_syscall', 'clock_nanosleep', 'clock_gettime',
             'mmap', 'munmap', 'mremap', 'brk', 'madvise', 'mprotect'}


class Short(Bench):
    def __init__(self, build, work):
        super().__init__(build, work, True)
        self.n = 0

    def result(self, good, name, *notes):
        self.n += 1
        print(f'{"ok" if good else "not ok"} {self.n} - {name}')
        for note in notes:
            print(f'# {note}')
        return good

    # ---- What is counted ----

    def inside(self, functions, command, environment, driver):
        """Instructions of the calls of these functions, without the driver's or with them."""
        toggles = [f'--toggle-collect={function}*' for function in functions]
        own, entered = self.callgrind(command, environment, *toggles)
        return sum(own.values()) - \
            (0 if driver else cost_of_driver(entered))

    def decoding(self, codec):
        """Of all packets of a stream: its opening is in it, and the same each time."""
        file = os.path.join(self.source, 'tests', 'streams', STREAMS[codec])
        command = self.ours('tools/vacodec', 'decode', '--driver', 'softva', file)
        return self.inside(['vacodec_decoder_send'], command,
                           self.environment(SOFTVA_NO_DECODE='2'), driver=False)

    def wrapper(self, mode, function):
        command = self.ours('bench/vawrap-cost', mode, str(PICTURES))
        return self.inside([function], command, self.environment(SOFTVA_NO_DECODE='1'),
                           driver=True)

    def system_calls(self, command, environment):
        log = os.path.join(self.work, 'calls')
        done = subprocess.run(['valgrind', '--tool=none', '--trace-syscalls=yes',
                               '--log-file=' + log, *command], env=environment,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f'{command[0]}: {done.stderr[-400:]}')
        with open(log, encoding='utf-8', errors='replace') as lines:
            names = re.findall(r'^SYSCALL\[\d+,\d+\]\(\s*\d+\) sys_(\w+)', lines.read(), re.M)
        return sum(name not in NOT_CALLS for name in names)

    # ---- The baseline ----

    def kind(self):
        """What a count of instructions depends on beside the code."""
        compiler = self.variable('CC')
        version = run([*compiler.split(), '--version']).split('\n')[0]
        libva = run(['pkg-config', '--modversion', 'libva']).strip()
        return f'{version}; libva {libva}; {self.variable("CFLAGS")}'

    def variable(self, name):
        with open(self.path('Makefile'), encoding='utf-8') as lines:
            return re.search(rf'^{name} = (.*)$', lines.read(), re.M)[1].strip()

    def baseline(self):
        with open(os.path.join(self.source, 'bench', 'baseline.tsv'), encoding='utf-8') as lines:
            rows = [line.rstrip('\n').split('\t') for line in lines if not line.startswith('#')]
        return {name: int(count) for kind, name, count in rows if kind == self.kind()}

    # ---- The tests ----

    def test_instructions(self):
        recorded = self.baseline()
        for codec, stream in STREAMS.items():
            if codec not in recorded:
                self.n += 1
                print(f'ok {self.n} - {codec}: instructions # SKIP no baseline of {self.kind()}')
                continue
            count = self.decoding(codec)
            change = count / recorded[codec] - 1
            self.result(change <= TOLERANCE,
                        f'{codec}: {count} instructions for {stream}, {change:+.1%} of the baseline')

    def test_wrapper(self):
        raw = self.wrapper('raw', 'raw_picture')
        mine = self.wrapper('vawrap', 'wrapped_picture')
        self.result(mine <= 1.03 * raw, f'libvawrap: {mine / raw - 1:+.2%} of calls by hand')

    def test_system_calls(self):
        file = os.path.join(self.source, 'tests', 'streams', 'demo.264')

        def decode(n):
            return self.system_calls(
                self.ours('tools/vacodec', 'decode', '--driver', 'softva', '--frames', str(n), file),
                self.environment(SOFTVA_NO_DECODE='2'))
        calls = (decode(60) - decode(20)) / 40
        self.result(calls <= MAX_DECODE_CALLS, f'{calls:.2f} system calls a decoded frame')
        few, many = COMMANDS
        environment = self.environment(top_srcdir=self.source)
        calls = (self.system_calls(self.ours('bench/device-latency', str(many)), environment) -
                 self.system_calls(self.ours('bench/device-latency', str(few)), environment)) / \
            (many - few)
        self.result(calls <= MAX_COMMAND_CALLS, f'{calls:.2f} system calls a command of the device')

    def play(self, codec, file):
        """What was allocated and what was copied by each module between two frames."""
        out = os.path.join(self.work, 'counts')
        run([*self.ours('tools/virtio-video-play', '--driver', 'softva'),
             *(['--offer-av1'] if codec == 'av1' else []), file],
            env=self.environment(LD_PRELOAD=self.path('tests', '.libs', 'libcount-malloc.so'),
                                 COUNT_MALLOC_OUT=out, SOFTVA_NO_DECODE='2',
                                 COUNT_MALLOC_FRAMES='{}-{}'.format(*STEADY)))
        with open(out, encoding='utf-8') as lines:
            said = lines.read()
        os.unlink(out)
        if not said.startswith('marks 2\nlost 0\n'):
            raise Failed(f'{file}: not all of it was counted')
        of_ours = rf'({"|".join(LIBRARIES)})\.\S*'
        return [sum(int(n) for _, n in re.findall(rf'^{what} {of_ours} (\d+)', said, re.M))
                for what in ('module', 'copied')]

    def test_steady_state(self):
        for codec, stream in PLAYED.items():
            one = os.path.join(self.source, 'tests', 'streams', stream)
            file, n_bytes = repeat(self, one, TIMES)
            allocations, copied = self.play(codec, file)
            self.result(allocations == 0, f'{codec}: {allocations} allocations in steady state')
            with open(one + '.md5', encoding='utf-8') as lines:
                frames = len(lines.readlines())
            about = json.loads(run(self.ours('tools/vacodec', 'probe', '--driver', 'softva', '--json', one),
                                   env=self.environment()))
            # The bitstream is copied out of the guest's memory, and units that must wait from there.
            n = STEADY[1] - STEADY[0]
            picture = about['coded_width'] * about['coded_height'] * 3 // 2
            most = picture + AHEAD * picture // n + ROOM_BYTES + 2 * n_bytes // frames
            copied //= n
            self.result(copied <= most, f'{codec}: {copied} bytes copied a frame, at most {most}')

    def test_sizes(self):
        row_size(self)
        for row in self.rows:
            self.result(row['met'], f'{row["name"]}: {row["ours"]}, at most {row["goal"]}')


def main():
    with tempfile.TemporaryDirectory() as work:
        short = Short(os.path.abspath(sys.argv[1]), work)
        if '--record' in sys.argv:
            for codec in STREAMS:
                print(f'{short.kind()}\t{codec}\t{short.decoding(codec)}')
            return 0
        print(f'1..{len(STREAMS) + 2 * len(PLAYED) + 6}')
        for test in (short.test_sizes, short.test_wrapper, short.test_system_calls,
                     short.test_steady_state, short.test_instructions):
            try:
                test()
            except Failed as error:
                print(f'Bail out! {error}')
                return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
