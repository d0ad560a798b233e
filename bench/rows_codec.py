# SPDX-License-Identifier: MIT
#
# Rows of the bench that need no device: libvawrap, decoding above the driver, parsers, start-up, size.

import json
import os
import re
import shutil
import subprocess

from measure import Failed, ENCODERS, median_ratio, processor_seconds_each, run


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
    for mode, name in (('vawrap', 'each buffer made anew'), ('pool', 'buffers from its pool')):
        bench.add(f'libvawrap: a picture, {name}', loop(mode), raw, goal=1.03)


# ---- 2: above the driver ----

# FFmpeg's default decoder of AV1 is libdav1d, which knows no VA-API.
FFMPEG_DECODER = {'av1': ['-c:v', 'av1']}
GSTREAMER = {'h264': ['h264parse', 'vaapih264dec'], 'hevc': ['h265parse', 'vaapih265dec'],
             'vp8': ['ivfparse', 'vaapivp8dec'], 'vp9': ['ivfparse', 'vp9parse', 'vaapivp9dec'],
             'av1': ['ivfparse', 'av1parse', 'vaapiav1dec']}


def decode_commands(bench, codec, file):
    """Ours, FFmpeg's and, where it has all elements, GStreamer's; each for the first n pictures."""
    def ours(n):
        return (bench.ours('tools/vacodec', 'decode', '--driver', 'softva', '--frames', str(n), file),
                bench.environment(SOFTVA_NO_DECODE='2'))

    def ffmpeg(n):
        return (['ffmpeg', '-nostdin', '-v', 'quiet', '-threads', '1', '-hwaccel', 'vaapi',
                 '-hwaccel_device', '/dev/null', '-hwaccel_output_format', 'vaapi',
                 *FFMPEG_DECODER.get(codec, []), '-i', file, '-frames:v', str(n), '-fps_mode',
                 'passthrough', '-f', 'null', '-'],
                bench.for_others(SOFTVA_NO_DECODE='2'))

    def gstreamer(n):
        return gstreamer_command(bench, file, GSTREAMER[codec], f'num-buffers={n}')
    return ours, ffmpeg, gstreamer if has_elements(bench, GSTREAMER[codec]) else None


def gstreamer_command(bench, file, elements, *sink):
    chain = [word for element in elements for word in ('!', element)]
    return (['gst-launch-1.0', '-q', 'filesrc', 'location=' + file, *chain, '!', 'fakesink', *sink],
            bench.for_others(SOFTVA_NO_DECODE='2'))


def has_elements(bench, elements):
    if not shutil.which('gst-inspect-1.0'):
        return False
    return all(subprocess.run(['gst-inspect-1.0', '--exists', element],
                              env=bench.for_others()).returncode == 0 for element in elements)


def codecs_of(bench):
    """Those that are decoded on softva."""
    said = json.loads(run(bench.ours('tools/vawrap-info', '--driver', 'softva', '--json'),
                          env=bench.environment()))
    offers = said['displays'][0]['offers']
    return [codec for codec in ENCODERS
            if any(offer['codec'] == codec and offer['offered'] for offer in offers['decode'])]


# Width, height, frames of the file, two numbers of them that are decoded: enough that what differs from start
# to start is little a picture, and few, since peers decode the start of a file once more before all else.
SIZES = ((320, 240, 324, 20, 220), (1920, 1080, 14, 3, 10), (3840, 2160, 12, 2, 8))


def row_driver(bench):
    for codec in codecs_of(bench):
        for size in SIZES[:1] if bench.short else SIZES:
            for quality in ('low',) if bench.short else ('low', 'high'):
                if bench.wants(codec, size, quality):
                    driver_row(bench, codec, size, quality)


def driver_row(bench, codec, size, quality):
    width, height, frames, few, many = size
    file = bench.stream(codec, width, height, frames, quality)
    makes = [make for make in decode_commands(bench, codec, file) if make]
    # A peer that decodes some of it in another way would be compared with nothing.
    submitted = [bench.pictures(*make(many)) - bench.pictures(*make(few)) for make in makes]
    if min(submitted) < 1 or max(submitted) - min(submitted) > 1:
        raise Failed(f'{file}: {submitted} pictures for {many - few} frames')
    mine, *peers = (bench.count_each(make, few, many) * (many - few) / n
                    for make, n in zip(makes, submitted))
    name = f'above the driver: {codec} {width}x{height}, {os.path.getsize(file) / frames / 1000:.1f} kB a picture'
    for peer, who, goal in zip(peers, ('FFmpeg', 'GStreamer'), (0.25, 1)):
        bench.add(f'{name}; {who}', mine, peer, goal=goal)


# ---- 3: parsers alone ----

# FFmpeg's demuxer and, where it can read all headers, its filter; GStreamer's elements.
PARSERS = {'h264': ('h264', 'trace_headers', ['h264parse']),
           'hevc': ('hevc', 'trace_headers', ['h265parse']),
           'vp8': ('ivf', None, []),
           'vp9': ('ivf', 'trace_headers', ['ivfparse', 'vp9parse']),
           'av1': ('ivf', 'trace_headers', ['ivfparse', 'av1parse'])}
IVF_HEADER_BYTES = 32
# What is parsed for a time to mean something: some hundred milliseconds.
TIMED_UNITS, TIMED_MEGABYTES = 200000, 600


def repeat(bench, file, n):
    """A file with the content n times, and how many bytes once is."""
    with open(file, 'rb') as data:
        content = data.read()
    begin = IVF_HEADER_BYTES if content.startswith(b'DKIF') else 0
    path = os.path.join(bench.work, f'{n}-{os.path.basename(file)}')
    if not os.path.exists(path):
        with open(path, 'wb') as out:
            out.write(content[:begin] + content[begin:] * n)
    return path, len(content) - begin


def parser_commands(bench, codec, file):
    """Ours, and peers by name; each for a file's content n times."""
    demuxer, trace, elements = PARSERS[codec]

    def ours(n):
        return (bench.ours('tools/vacodec', 'probe', '--driver', 'softva',
                           repeat(bench, file, n)[0]), bench.environment())

    def copy(n, *filters):
        return (['ffmpeg', '-nostdin', '-v', 'quiet', '-f', demuxer, '-i', repeat(bench, file, n)[0],
                 '-c', 'copy', *filters, '-f', 'null', '-'], bench.environment())
    peers = {'FFmpeg': copy}
    if trace:
        peers['its ' + trace] = lambda n: copy(n, '-bsf:v', trace)
    if elements and has_elements(bench, elements):
        peers[elements[-1]] = \
            lambda n: gstreamer_command(bench, repeat(bench, file, n)[0], elements)
    return ours, peers


def row_parser(bench):
    for codec in PARSERS:
        if bench.wants(codec, (320, 240), 'low'):
            parser_row(bench, codec, bench.stream(codec, 320, 240, 324, 'low'))
        if not bench.short and bench.wants(codec, (1920, 1080), 'high'):
            big = bench.stream(codec, 1920, 1080, 14, 'high')
            megabytes = repeat(bench, big, 1)[1] / 1e6
            parser_speed(bench, codec, f'{codec} 1920x1080, MB a second', big, megabytes,
                         int(TIMED_MEGABYTES / megabytes))


def parser_row(bench, codec, file):
    """Of all units of a file, whatever they are; several times against once, so that starting does not count."""
    ours, peers = parser_commands(bench, codec, file)
    n_bytes = repeat(bench, file, 1)[1]
    mine = bench.count_each(ours, 1, 5) / n_bytes
    for name, peer in peers.items():
        bench.add(f'parser, instructions a byte: {codec}; {name}', mine,
                  bench.count_each(peer, 1, 5) / n_bytes, goal=0.5)
    units = json.loads(run(bench.ours('tools/vacodec', 'probe', '--driver', 'softva', '--json', file),
                           env=bench.environment()))['units']
    parser_speed(bench, codec, f'{codec}, units a second', file, units, TIMED_UNITS // units)


def parser_speed(bench, codec, name, file, amount, copies):
    ours, peers = parser_commands(bench, codec, file)
    seconds = processor_seconds_each([ours, *peers.values()], 1, copies, 1 if bench.short else 5)
    for peer, taken in zip(peers, seconds[1:]):
        bench.add(f'parser, {name}; {peer}', amount / seconds[0], amount / taken, goal=2,
                  at_least=True, clock=True)


# ---- 7: start-up ----

def row_start(bench):
    file = bench.stream('h264', 320, 240, 324, 'low')
    ours, ffmpeg, _ = decode_commands(bench, 'h264', file)
    bench.add('to the first frame, instructions; FFmpeg', bench.count(*ours(1), driver=True),
              bench.count(*ffmpeg(1), driver=True), goal=1.2)
    times = median_ratio(ours(1), ffmpeg(1), 3 if bench.short else 15)
    bench.add('to the first frame, milliseconds; FFmpeg', times[0] * 1000, times[1] * 1000, clock=True,
              goal=1.2)


# ---- 8: size ----

def row_size(bench):
    for name, room, kib in (('vawrap', 'libvawrap', 64), ('vacodec', 'libvacodec', 512),
                            ('virtio-video', 'virtio-video', 128)):
        file = bench.path(room, '.libs', f'lib{name}.so')
        text = int(run(['size', file]).split('\n')[1].split()[0])
        symbols = len(run(['nm', '-D', '--defined-only', file]).split('\n')) - 1
        bench.add(f'lib{name}, bytes of text', text, None, goal=kib * 1024 - 1, symbols=symbols)
