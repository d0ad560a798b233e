#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What the tree costs, against what its users would take instead: one run, one table. Each row is ours
# against a peer in the same run, on the same driver and file. docs/performance.md explains the rows.
#
#   bench.py BUILDDIR [--rows WORD,...] [--short] [--json]
#
# --rows: only those whose names have one of the words in them. --short: small streams and few runs, which
# is what can be asked of a test. Exit status: 0; 1 where a goal is missed that no clock has a part in;
# 2 where something does not work.

import argparse
import collections
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

CLOCKED = 'libhwy'  # measures its clock as it is loaded, and is left out of all counts
DRIVER = 'softva_drv_video'
OURS = r'lib(vawrap|vacodec|virtio-video)\.'


class Failed(Exception):
    pass


class Bench:
    def __init__(self, build, work, short):
        self.build, self.work, self.short = build, work, short
        self.source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.rows = []

    def path(self, *parts):
        return os.path.join(self.build, *parts)

    # ---- Commands ----

    def ours(self, *command):
        """A program of the tree as it is installed: without libtool's script around it."""
        folder, name = os.path.split(command[0])
        real = self.path(folder, '.libs', name)
        return [real if os.path.exists(real) else self.path(command[0]), *command[1:]]

    def environment(self, **more):
        libraries = ':'.join(self.path(room, '.libs')
                             for room in ('libvawrap', 'libvacodec', 'virtio-video'))
        return dict(os.environ, LD_LIBRARY_PATH=libraries, LD_BIND_NOW='1',
                    LIBVA_DRIVERS_PATH=self.path('soft-driver', '.libs'), **more)

    def for_others(self, **more):
        """What lets programs find softva that know nothing of it."""
        return self.environment(LD_PRELOAD=self.path('tests', '.libs', 'preload-display.so'),
                                GST_VAAPI_ALL_DRIVERS='1', GST_VAAPI_DRM_DEVICE='/dev/null',
                                LIBVA_DRIVER_NAME='softva',
                                GST_REGISTRY=os.path.join(self.work, 'registry'), **more)

    # ---- Measures ----

    def count(self, command, environment, driver=False):
        """
        Instructions of a process with all its threads, by callgrind: without the driver and what is
        called by it (its allocations, say), or with it.
        """
        out = os.path.join(self.work, 'callgrind')
        done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=' + out,
                               *command], env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f'{command[0]}: {done.stderr[-400:]}')
        own, entered = read_callgrind(out)
        os.unlink(out)
        return sum(cost for name, cost in own.items() if CLOCKED not in name) - \
            (0 if driver else cost_of_driver(entered))

    def count_each(self, make, few, many, **options):
        """For one of what make(n) does n of: the difference of two counts."""
        return (self.count(*make(many), **options) -
                self.count(*make(few), **options)) / (many - few)

    def add(self, name, ours, peer, goal=None, **more):
        """goal: the ratio or, without a peer, the figure that it must not be above."""
        row = dict(name=name, ours=ours, peer=peer, ratio=ours / peer if peer else None, goal=goal,
                   **more)
        reached = row['ratio'] if peer else ours
        row['met'] = None if goal is None else reached <= goal
        self.rows.append(row)
        if sys.stderr.isatty():
            print(f'{name}: done', file=sys.stderr)

    # ---- Streams ----

    def stream(self, codec, width, height, frames, quality):
        """Synthetic pictures by a public encoder; kept in the build folder."""
        folder = self.path('bench', 'streams')
        os.makedirs(folder, exist_ok=True)
        extension, options = ENCODERS[codec]
        file = os.path.join(folder, f'{width}x{height}-{quality}-{frames}.{extension}')
        if os.path.exists(file):
            return file
        bits = width * height * {'low': 1, 'high': 8}[quality]
        run(['ffmpeg', '-nostdin', '-v', 'error', '-y', '-f', 'lavfi', '-i',
             f'testsrc2=s={width}x{height}:r=30,noise=alls=6:allf=t', '-frames:v', str(frames),
             *options, '-b:v', str(bits), '-g', '1000', file + '.tmp.' + extension])
        os.rename(file + '.tmp.' + extension, file)
        return file


ENCODERS = {
    'h264': ('264', ['-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p']),
    'hevc': ('265', ['-c:v', 'libx265', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p',
                     '-x265-params', 'log-level=none']),
    'vp8': ('vp8.ivf', ['-c:v', 'libvpx', '-deadline', 'realtime', '-cpu-used', '8']),
    'vp9': ('vp9.ivf', ['-c:v', 'libvpx-vp9', '-deadline', 'realtime', '-cpu-used', '8']),
    'av1': ('av1.ivf', ['-c:v', 'libsvtav1', '-preset', '12']),
}


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode != 0:
        raise Failed(f'{command[0]}: {done.stderr[-400:]}')
    return done.stdout


def cost_of_driver(entered):
    return sum(cost for (_, name), cost in entered.items() if DRIVER in name)


def read_callgrind(path):
    """Each object file's own cost, and by pairs that of calls from one into another, with what they call."""
    names, own, entered = {}, collections.Counter(), collections.Counter()
    current, target, called = None, None, False
    with open(path, encoding='utf-8', errors='replace') as lines:
        for line in lines:
            m = re.match(r'(c?)ob=\((\d+)\)(?: (.*))?', line)
            if m:
                if m[3]:
                    names[m[2]] = os.path.basename(m[3].strip())
                if m[1]:
                    target = m[2]
                else:
                    current = m[2]
            elif line.startswith('calls='):
                called = True  # the next line is what the called function cost
            elif re.match(r'[0-9+*-]', line):
                fields = line.split()
                if not called:
                    own[names.get(current, '?')] += int(fields[1])
                elif target and target != current:
                    entered[names.get(current, '?'), names.get(target, '?')] += int(fields[1])
                if called:
                    called, target = False, None
    return own, entered


def median_ratio(ours, peer, runs):
    """Of wall clock times, taken in turns."""
    def seconds(command, environment):
        begin = os.times().elapsed
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
        return os.times().elapsed - begin
    pairs = [(seconds(*ours), seconds(*peer)) for _ in range(runs)]
    return [statistics.median(each) for each in zip(*pairs)]


# ---- 1: libvawrap ----

def row_vawrap(bench):
    if not os.path.exists(bench.path('bench', 'vawrap-cost')):
        raise Failed('make bench/vawrap-cost first')
    few, many = (50, 250) if bench.short else (100, 1100)

    def loop(mode):
        return bench.count_each(
            lambda n: (bench.ours('bench/vawrap-cost', mode, str(n)),
                       bench.environment(SOFTVA_NO_DECODE='1')), few, many,
            driver=True)
    raw = loop('raw')
    for mode in ('vawrap', 'pool'):
        bench.add(f'libvawrap, instructions a picture ({mode})', loop(mode), raw, goal=1.03)


# ---- 2: above the driver ----

def decode_commands(bench, file):
    """Ours and FFmpeg's for the first n pictures; the driver looks at nothing."""
    def ours(n):
        return (bench.ours('tools/vacodec', 'decode', '--driver', 'softva', '--frames', str(n), file),
                bench.environment(SOFTVA_NO_DECODE='2'))

    def ffmpeg(n):
        return (['ffmpeg', '-nostdin', '-v', 'quiet', '-threads', '1', '-hwaccel', 'vaapi',
                 '-hwaccel_device', '/dev/null', '-hwaccel_output_format', 'vaapi', '-i', file,
                 '-frames:v', str(n), '-fps_mode', 'passthrough', '-f', 'null', '-'],
                bench.for_others(SOFTVA_NO_DECODE='2'))
    return ours, ffmpeg


# Elements behind a file, where there are such; the others' codecs would need a demuxer that is not everywhere.
GSTREAMER = {'h264': ['h264parse', 'vaapih264dec'], 'hevc': ['h265parse', 'vaapih265dec']}


def has_gstreamer():
    return shutil.which('gst-inspect-1.0') is not None and \
        subprocess.run(['gst-inspect-1.0', 'vaapi'], capture_output=True).returncode == 0


def gstreamer_command(bench, codec, file, n):
    parser, decoder = GSTREAMER[codec]
    return (['gst-launch-1.0', '-q', 'filesrc', 'location=' + file, '!', parser, '!', decoder, '!',
             'fakesink', f'num-buffers={n}'], bench.for_others(SOFTVA_NO_DECODE='2'))


def codecs_of(bench):
    """Those that are decoded on softva."""
    said = json.loads(run(bench.ours('tools/vawrap-info', '--driver', 'softva', '--json'),
                          env=bench.environment()))
    offers = said['displays'][0]['offers']
    return [codec for codec in ENCODERS
            if any(offer['codec'] == codec and offer['offered'] for offer in offers['decode'])]


def row_driver(bench):
    sizes = [(320, 240, 'low')] if bench.short else \
        [(w, h, q) for w, h in ((320, 240), (1920, 1080), (3840, 2160)) for q in ('low', 'high')]
    for codec in codecs_of(bench):
        for width, height, quality in sizes:
            # Enough of them that what differs from start to start is little a frame.
            few, many = (20, 320) if width < 1000 else (4, 28)
            file = bench.stream(codec, width, height, many + 4, quality)
            ours, ffmpeg = decode_commands(bench, file)
            name = f'above the driver, instructions a frame: {codec} {width}x{height} {quality}'
            mine = bench.count_each(ours, few, many)
            bench.add(name, mine, bench.count_each(ffmpeg, few, many), goal=0.25,
                      bytes_a_frame=os.path.getsize(file) // (many + 4))
            if codec in GSTREAMER and has_gstreamer():
                bench.add(name + ', GStreamer', mine, bench.count_each(
                    lambda n: gstreamer_command(bench, codec, file, n), few, many), goal=1)


# ---- 3: parsers alone ----

def row_parser(bench):
    """Of all units of a file, whatever they are; several copies against one, so that starting does not count."""
    for codec, demuxer, parser in (('h264', 'h264', 'h264parse'), ('hevc', 'hevc', 'h265parse')):
        one = bench.stream(codec, 320, 240, 324, 'low')
        with open(one, 'rb') as data:
            content = data.read()
        files = {1: one, 5: os.path.join(bench.work, 'five')}
        with open(files[5], 'wb') as five:
            five.write(content * 5)

        def ours(n):
            return (bench.ours('tools/vacodec', 'probe', '--driver', 'softva', files[n]),
                    bench.environment())

        def copy(n, *filters):
            return (['ffmpeg', '-nostdin', '-v', 'quiet', '-f', demuxer, '-i', files[n], '-c', 'copy',
                     *filters, '-f', 'null', '-'], bench.environment())

        def gstreamer(n):
            return (['gst-launch-1.0', '-q', 'filesrc', 'location=' + files[n], '!', parser, '!',
                     'fakesink'], bench.for_others())
        mine = bench.count_each(ours, 1, 5) / len(content)
        name = f'parser, instructions a byte: {codec} against '
        bench.add(name + "FFmpeg's", mine, bench.count_each(copy, 1, 5) / len(content), goal=0.5)
        bench.add(name + 'its filter trace_headers', mine, bench.count_each(
            lambda n: copy(n, '-bsf:v', 'trace_headers'), 1, 5) / len(content), goal=0.5)
        if shutil.which('gst-launch-1.0'):
            bench.add(name + "GStreamer's " + parser, mine,
                      bench.count_each(gstreamer, 1, 5) / len(content), goal=0.5)


# ---- 4: the device ----

def row_device(bench):
    said = run(bench.ours('bench/device-latency', '1000' if bench.short else '10000'),
               env=bench.environment(top_srcdir=bench.source))
    median, worst = re.search(r'median ([0-9.]+) us, 99 % below ([0-9.]+)', said).groups()
    for name, value in (('median', median), ('99 % below', worst)):
        bench.add(f'GET_PARAMS while another stream hangs, us: {name}', float(value), None,
                  clock=True)


# ---- 5: the whole way ----

def row_whole(bench):
    """What our libraries and what they call of libc (copies, locks) are of a guest's whole process."""
    file = bench.stream('h264', 320, 240, 324, 'high')

    def share(n):
        out = os.path.join(bench.work, 'whole')
        run(['valgrind', '--tool=callgrind', '--callgrind-out-file=' + out,
             *bench.ours('tools/virtio-video-play', '--driver', 'softva', '--frames', str(n), file)],
            env=bench.environment())
        own, entered = read_callgrind(out)
        return (sum(cost for name, cost in own.items() if CLOCKED not in name),
                sum(cost for name, cost in own.items() if re.match(OURS, name)) +
                sum(cost for (caller, name), cost in entered.items()
                    if re.match(OURS, caller) and name.startswith('libc.')))
    few, many = (20, 60) if bench.short else (20, 220)
    whole, libraries = (b - a for a, b in zip(share(few), share(many)))
    bench.add('play, per mille of instructions in the three libraries', 1000 * libraries / whole,
              None, goal=30)


# ---- 6: many streams ----

def row_streams(bench):
    def play(n):
        said = run(bench.ours('bench/device-streams', str(n)),
                   env=bench.environment(top_srcdir=bench.source, SOFTVA_NO_DECODE='2'))
        frames, cpu_us, *rest = (float(word) for word in said.split()[1:])
        return (cpu_us / frames, *rest)
    runs = 3 if bench.short else 9
    one = [statistics.median(each) for each in zip(*(play(1) for _ in range(runs)))]
    for n in (4, 16, 64):
        many = [statistics.median(each) for each in zip(*(play(n) for _ in range(runs)))]
        bench.add(f'{n} streams, us of CPU a frame against one', many[0], one[0], goal=1.1,
                  clock=True)
        for name, a, b in zip(('KiB', 'threads', 'descriptors'), many[1:], one[1:]):
            bench.add(f'{n} streams, {name} for each beyond the first', (a - b) / (n - 1), None)


# ---- 7: start-up ----

def row_start(bench):
    file = bench.stream('h264', 320, 240, 324, 'low')
    ours, ffmpeg = decode_commands(bench, file)
    bench.add('to the first frame, instructions', bench.count(*ours(1), driver=True),
              bench.count(*ffmpeg(1), driver=True), goal=1.2)
    times = median_ratio(ours(1), ffmpeg(1), 3 if bench.short else 15)
    bench.add('to the first frame, milliseconds', times[0] * 1000, times[1] * 1000, clock=True,
              goal=1.2)


# ---- 8: size ----

def row_size(bench):
    for name, room, kib in (('vawrap', 'libvawrap', 64), ('vacodec', 'libvacodec', 512),
                            ('virtio-video', 'virtio-video', 128)):
        file = bench.path(room, '.libs', f'lib{name}.so')
        text = int(run(['size', file]).split('\n')[1].split()[0])
        symbols = len(run(['nm', '-D', '--defined-only', file]).split('\n')) - 1
        bench.add(f'lib{name}, bytes of text', text, None, goal=kib * 1024 - 1, symbols=symbols)


ROWS = {'vawrap': row_vawrap, 'driver': row_driver, 'parser': row_parser, 'device': row_device,
        'whole': row_whole, 'streams': row_streams, 'start': row_start, 'size': row_size}


# ---- The table ----

def number(value):
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}'


def show(rows):
    print(f'{"":62} {"ours":>12} {"peer":>12} {"ratio":>7} {"goal":>7}')
    for row in rows:
        peer = number(row['peer']) if row['peer'] else ''
        ratio = f'{row["ratio"]:.3f}' if row['ratio'] else ''
        goal = f'{row["goal"]:g}' if row['goal'] is not None else ''
        print(f'{row["name"]:62} {number(row["ours"]):>12} {peer:>12} {ratio:>7} {goal:>7}'
              f'{"" if row["met"] in (None, True) else "  MISSED"}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--rows', default='')
    parser.add_argument('--short', action='store_true')
    parser.add_argument('--json', action='store_true')
    args = parser.parse_args()
    for tool in ('valgrind', 'ffmpeg', 'size', 'nm'):
        if not shutil.which(tool):
            sys.exit(f'{tool} is not installed')
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(os.path.abspath(args.build), work, args.short)
        try:
            for name, row in ROWS.items():
                if any(word in name for word in args.rows.split(',')):
                    row(bench)
        except Failed as error:
            print(error, file=sys.stderr)
            return 2
    if args.json:
        print(json.dumps(bench.rows, indent=1))
    else:
        show(bench.rows)
    return int(any(row['met'] is False and not row.get('clock') for row in bench.rows))


if __name__ == '__main__':
    sys.exit(main())
