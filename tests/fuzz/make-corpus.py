#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Makes the seeds of the fuzzers' corpus (files seed-*) out of tests/streams and of descriptions here.
# Slices are cut behind their headers: what a seed is for is the headers.
#
#   make-corpus.py SRCDIR

import os
import re
import struct
import sys

HEADER_BYTES = 56
STREAMS = {'cabac-b': 24, 'written-mmco': 40, 'written-long-term-many': 30, 'written-gaps': 24,
           'written-weights-explicit': 12, 'scaling-custom-sps': 8, 'scaling-fallback': 8,
           'resolution-change': 40, 'hrd-filler-aud': 24, 'written-sps-changed': 16,
           'written-poc1-cycle-deltas': 20, 'written-list-modification': 24, 'intra-refresh': 16,
           'written-foreign-units': 24, 'written-pps-switch': 16, 'written-reorder-3': 24, 'format-change': 60,
           'written-high422-10-fields': 16, 'written-mono-weights': 12}


def units(stream):
    return [u.rstrip(b'\0') for u in re.split(b'\0\0\1', stream)[1:]]


def cut(unit):
    if unit and unit[0] & 0x1f in (1, 5) and len(unit) > HEADER_BYTES:
        unit = unit[:HEADER_BYTES].rstrip(b'\0\3') + b'\x80'
    return unit


def headers(srcdir, name, n):
    with open(f'{srcdir}/tests/streams/{name}.264', 'rb') as f:
        parts = [cut(u) for u in units(f.read(200000))]
    return b''.join(b'\0\0\0\1' + u for u in [p for p in parts if len(p) < 400][:n])


def decoder(stream, settings=0, fail_call=0, fail_alloc=0, steps=b'\x0f' * 16):
    return struct.pack('<BHH', settings, fail_call, fail_alloc) + steps + stream


def decoder_seeds(streams):
    calm = b'\x0b\x0d\x0a\x0c' * 4
    busy = bytes((0x0b, 0x0b, 0xaa, 0x0b, 0x0d, 0x8b, 0x0b, 0x0a, 0xdb, 0x0b, 0x0b, 0xcb, 0x0b, 0x9b,
                  0x0b, 0xeb))
    for name, stream in streams.items():
        yield name, decoder(stream, steps=calm)
    yield 'held', decoder(streams['cabac-b'], settings=0x01, steps=busy)
    yield 'slow', decoder(streams['written-mmco'], settings=0x6e, steps=busy)
    yield 'late-drain', decoder(streams['cabac-b'], settings=0x21, steps=b'\xbb' + calm[1:])
    yield 'extradata', decoder(streams['written-gaps'], settings=0x10, steps=calm)
    yield 'call-fails', decoder(streams['written-mmco'], fail_call=150, steps=calm)
    yield 'no-memory', decoder(streams['resolution-change'], fail_alloc=40, steps=calm)


def av1_obus(srcdir, name, size):
    """The first bytes of a stream, of which a container's headers are left out."""
    with open(f'{srcdir}/tests/streams/av1-{name}', 'rb') as f:
        data = f.read()
    if not name.endswith('.ivf'):
        return data[:size]
    at, obus = 32, b''
    while at < len(data) and len(obus) < size:
        length = struct.unpack_from('<I', data, at)[0]
        obus += data[at + 12:at + 12 + length]
        at += 12 + length
    return obus[:size]


def av1_seeds(srcdir):
    calm = b'\x0b\x0d\x0a\x0c' * 4
    for name in ('section5.obu', 'annexb.obu', 'grain-seeds.ivf', 'superres-random.ivf', 'resize-random.ivf',
                 'screen.ivf', 'tile-groups.ivf', 'low-delay.ivf', 'segments.ivf', 'motion.ivf', '444.ivf',
                 'forward-key.ivf', 'still.ivf', 'svt.ivf'):
        yield name.split('.')[0], decoder(av1_obus(srcdir, name, 2500), steps=calm)
    grain = av1_obus(srcdir, 'grain.ivf', 2500)
    yield 'held', decoder(grain, settings=0x01, steps=calm)
    yield 'call-fails', decoder(grain, fail_call=120, steps=calm)
    yield 'no-memory', decoder(grain, fail_alloc=60, steps=calm)
    for n, data in enumerate((b'\x13\0', b'\x10\0', b'\x12\x7f', b'\x12\0\x32\0', b'\x12\0\x42\1\0')):
        yield f'short-{n}', decoder(data, steps=calm)


def desc(gpa, length, flags, following):
    return struct.pack('<QIHH', gpa, length, flags, following)


def ring(descs, heads, indirect=b''):
    """The first region: descriptors, what an indirect table holds (0x200), the available ring."""
    avail = struct.pack('<HH', 0, len(heads)) + b''.join(struct.pack('<H', h) for h in heads)
    return b''.join(descs).ljust(0x200, b'\0') + indirect.ljust(0x200, b'\0') + avail


def virtqueue(memory, steps, flags=3, log2_size=4):
    return struct.pack('<BBHH', flags, log2_size, 0, len(memory)) + memory + steps


def virtqueue_seeds():
    chain = [desc(0x1c00, 64, 1, 1), desc(0x1ff0, 0x20, 1, 2), desc(0x1d00, 128, 2, 0)]
    table = desc(0x1c00, 16, 1, 1) + desc(0x1d00, 16, 3, 2) + desc(0x2000, 16, 2, 0)
    loop = [desc(0x1c00, 4, 1, 1), desc(0x1c10, 4, 1, 0)]
    last = [desc(0xffffffffffffff00, 0xff, 1, 1), desc(0xffffffffffffffe0, 0x40, 2, 0)]
    yield 'chain', virtqueue(ring(chain, [0, 0]), b'\1\4\0\3\0\4\6\1\1')
    yield 'indirect', virtqueue(ring([desc(0x1200, 48, 4, 0)], [0], table), b'\1\4\0')
    yield 'nested', virtqueue(ring([desc(0x1200, 16, 4, 0)], [0], desc(0x1200, 16, 4, 0)), b'\1\1')
    yield 'loop', virtqueue(ring(loop, [0, 1]), b'\1\1\0', flags=2)
    yield 'last-address', virtqueue(ring(last, [0, 1]), b'\1\1\0')
    yield 'heads', virtqueue(ring(chain, [0xffff, 1]), b'\0\1\0')
    yield 'moved', struct.pack('<BBHHHHH', 0x38, 3, 65535, 0xf80, 0x400, 0x400, 4) + b'\0' * 4 + b'\0\1'


CREATE, DESTROY, DRAIN, RESOURCE, QUEUE, GONE, CLEAR, GET, SET, QUERY = 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
EVENT, REAP, WAIT, RECORDS, RESET, REMOVE, ADD = 16, 17, 18, 19, 20, 21, 22


def guest(*steps, settings=0):
    out = bytes([settings])
    for step, *rest in steps:
        if step < 15:
            stream, queue, number = (rest + [0, 0, 0])[:3]
            out += bytes([step, stream | queue << 2 | number << 3, 0])
        elif step == RECORDS:
            out += bytes([step, rest[0], len(rest[1])]) + rest[1]
        else:
            out += bytes([step])
    return out


def device_seeds():
    start = [(EVENT,), (EVENT,), (CREATE, 1), (SET, 1, 1, 0), (RESOURCE, 1, 0, 0), (RESOURCE, 1, 0, 1),
             (RECORDS, 0, b'S\4\3\2' + b'F\1..F\2..C\3..'), (RECORDS, 1, b'F\4..D\5..F\6..L...'[:12]),
             (QUEUE, 1, 0, 0), (WAIT,), (WAIT,), (GET, 1, 1)]
    outputs = [(RESOURCE, 1, 1, i) for i in range(3)] + [(QUEUE, 1, 1, i) for i in range(3)]
    more = [(QUEUE, 1, 0, 1), (WAIT,), (QUEUE, 1, 1, 0), (WAIT,)]
    drain = [(DRAIN, 1), (QUEUE, 1, 1, 1), (WAIT,), (REAP,), (DESTROY, 1), (REAP,)]
    everything = [(kind, 1, queue, 1) for queue in (0, 1) for kind in range(15)]
    yield 'plays', guest(*start, *outputs, *more, *drain)
    yield 'transfers', guest(*start, *outputs, *more, *drain, settings=4)
    yield 'cleared', guest(*start, *outputs, (CLEAR, 1, 1), (CLEAR, 1, 0), *more, (GONE, 1, 1), *drain)
    yield 'reset', guest(*start, *outputs, *more, (RESET,), *start, (RESET,))
    yield 'region-goes', guest(*start, *outputs, *more, (REMOVE,), *more, (ADD,), *outputs, *drain)
    yield 'everything', guest((CREATE, 1), *everything, *everything, settings=1)
    yield 'limits', guest(*start, *outputs, (CREATE, 2), (CREATE, 3), *outputs, *more, settings=2)
    yield 'raw', bytes((0, 15, 8, 0, 1, 0, 0, 1, 0, 0, 0, 64, 17, 15, 0, 0, 15, 3, 1, 1, 1, 0, 17))


FEATURES, OWNER, TABLE, NUM, ADDR, BASE, GET_BASE, KICK, CALL, ERR = 2, 3, 5, 8, 9, 10, 11, 12, 13, 14
GET_INFLIGHT, SET_INFLIGHT = 31, 32
GET_PROTOCOL, PROTOCOL, ENABLE, BACKEND, GET_CONFIG, RESET_DEVICE, ADD_REGION, REMOVE_REGION = \
    15, 16, 18, 21, 24, 34, 37, 38
RAW, WRITE, CHAIN, GO, PAUSE, SHRINK, RECONNECT, READ = range(48, 56)
ACK = 1
MEMORY, EVENTFD, PIPE_OUT, PIPE_IN, SOCKET, FILE = range(6)


def message(kind, index=0, num=0, fd=None, how=ACK, regions=b''):
    return bytes((kind, how | (0 if fd is None else 8), fd or 0, index, num)) + regions


def chain(words, size):
    return bytes((CHAIN, size)) + struct.pack('<%dI' % len(words), *words).ljust(size, b'\0')[:size]


def vhost_seeds():
    rings = b''.join(message(NUM, i, 8) + message(BASE, i) + message(ADDR, i) +
                     message(KICK, i, fd=EVENTFD) + message(CALL, i, fd=PIPE_IN) + message(ENABLE, i, 1)
                     for i in range(2))
    memory = message(TABLE, 0, 1, MEMORY, regions=b'\0\0')
    begin = message(1) + message(GET_PROTOCOL) + message(PROTOCOL) + message(OWNER) + message(FEATURES, 3, 16)
    work = (chain((0x101, 1, 0, 0, 0x1002), 88) +
            chain((0x104, 1, 0x100, 1, 2, 1) + (0,) * 8 + (1,) + (0,) * 7 + (0x6000, 0, 0x1000, 0), 104) +
            bytes((WRITE,)) + struct.pack('<HB', 0x6000, 8) + b'S\4\3\2F\1..' +
            chain((0x105, 1, 0x100, 1, 7, 0, 1, 8), 64) + bytes((PAUSE, PAUSE)) +
            chain((0x108, 1, 0x101, 0), 16) + chain((0x100, 0, 0x100, 0), 16))
    ends = b''.join(message(GET_BASE, i) for i in range(2)) + bytes((READ,))
    yield 'handshake', b'\0' + begin + memory + rings + work + ends
    yield 'work', b'\1' + work + ends + rings + work + message(RESET_DEVICE) + rings + work
    yield 'limits', b'\3' + work + work + ends
    yield 'config', b'\0' + b''.join(message(GET_CONFIG, i * 7, i * 11) for i in range(24)) + bytes((READ,))
    yield 'regions', b'\0' + begin + message(ADD_REGION, 0, 0, MEMORY, regions=b'\0\4') + \
        message(ADD_REGION, 0, 0, MEMORY, regions=b'\4\4') + rings + work + \
        message(REMOVE_REGION, regions=b'\4\4') + message(REMOVE_REGION, regions=b'\0\4') + ends
    yield 'tables', b'\1' + work + memory + work + message(TABLE, 0, 0, MEMORY, regions=b'\0\7') + work + ends
    yield 'descriptors', b'\0' + begin + b''.join(
        message(kind, 0, 0, fd) for kind in (KICK, CALL, ERR, BACKEND) for fd in range(6)) + \
        b''.join(message(TABLE, 0, 0, fd, 33 | 64, b'\0\0' * 4) for fd in range(16))
    yield 'shrinks', b'\1' + work + bytes((SHRINK, 0, SHRINK, 4, SHRINK, 6)) + work + ends
    yield 'reconnects', b'\1' + work + bytes((RECONNECT,)) + begin + memory + rings + work + ends
    yield 'inflight', b'\0' + begin + memory + message(GET_INFLIGHT, 2) + rings + work + bytes((RECONNECT,)) + \
        begin + memory + message(SET_INFLIGHT, 2, 1, MEMORY) + rings + work + ends + \
        message(SET_INFLIGHT, 2, 200, MEMORY) + rings + work + bytes((SHRINK, 1)) + work + ends
    yield 'raw', b'\0' + bytes((RAW, 5, 1, 0, 0, 0, 1, RAW, 7, 0, 0, 0, 0, 0, 0, 0, READ, RAW, 3, 1, 2, 3))


def container_seeds():
    """IVF with its quirks, AV1's two raw forms; behind the way to split."""
    def ivf(fourcc, header, rate, frames):
        head = b'DKIF' + struct.pack('<HH4sHHIIII', 0, header, fourcc, 64, 48, rate, 1, 9, 0)
        body = b''.join(struct.pack('<IQ', n, i) + text for i, (n, text) in enumerate(frames))
        return head + b'x' * (header - 32) + body
    frames = [(3, b'one'), (0, b''), (5, b'three')]
    unit = bytes((10, 6, 1, 0x10, 3, 0x08, 1, 2, 2, 1, 0x30))
    low = bytes((0x12, 0, 0x0a, 3, 1, 2, 3, 0x32, 4, 0x12, 0, 0x12, 0))
    files = {'ivf-vp9': ivf(b'VP90', 32, 30, frames),
             'ivf-h264': ivf(b'H264', 40, 0, frames),
             'ivf-cut': ivf(b'AV01', 32, 30, frames)[:-2],
             'ivf-huge': ivf(b'VP80', 32, 30, frames + [(0xfffffff0, b'rest')]),
             'obu': low * 3, 'obu-annexb': unit * 3}
    return [(name, bytes((0, 100, 0)) + data) for name, data in files.items()]


def pump_seeds():
    def c(kind, stream=1, queue=0, number=0, how=1):
        return bytes((kind, stream | queue << 2 | number << 3, how))
    event, dispatch, wait, stop, region = bytes((15,)), bytes((16,)), bytes((17,)), bytes((24, 0)), bytes((25,))
    records = bytes((18, 0, 20)) + b'S\2\2\2F\1..F\2..C\3..F\4..'
    start = event * 3 + c(1) + c(9, queue=1, number=1) + c(4) + records + c(5) + dispatch + wait * 2
    change = c(8, queue=1) + c(13, queue=1, how=0) + dispatch
    outputs = b''.join(c(4, queue=1, number=i) + c(5, queue=1, number=i, how=i) for i in range(3)) + wait
    drain = c(3) + c(5, queue=1, number=1) + wait + c(7, queue=1) + c(7) + c(6, queue=1) + wait + c(2) + wait
    everything = b''.join(c(kind, queue=kind & 1, how=kind) + wait for kind in range(15))
    yield 'plays', b'\0' + start + change + outputs * 2 + drain
    yield 'direct', b'\4' + (start + change + outputs + drain).replace(b'\1', b'\0')
    yield 'limits', b'\2' + start + change + outputs * 3 + drain
    yield 'everything', b'\1' + c(1) + everything * 3
    yield 'scribble-requests', b'\0' + start + change + bytes((22, 1)) + outputs * 3 + drain
    yield 'scribble-rings', b'\0' + start + change + bytes((22, 2)) + (outputs + start) * 3 + drain
    yield 'queue-stops', b'\0' + start + change + outputs + stop + outputs + bytes((24, 1)) + event + drain
    yield 'region-goes', b'\0' + start + change + c(4, queue=1, number=5) + c(5, queue=1, number=5) \
        + dispatch + region + outputs + region + outputs + drain
    yield 'loop', b'\0' + start + bytes((19, 1, 0, 16, 8, 0, 1, 0, 1, 0)) + c(0, how=0) + dispatch * 2
    yield 'table-in-table', b'\0' + start + bytes((19, 140, 0, 8, 48, 0, 4, 0, 0, 0)) + c(0) + dispatch * 2
    yield 'far', b'\0' + start + bytes((19, 2, 255, 127, 255, 255, 2, 0, 0, 0, 21, 0)) + dispatch * 2


VP8_STREAMS = ('written-references', 'written-entropy', 'written-segments', 'written-sizes', 'size-1x1', 'screen')


VP9_STREAMS = ('written', 'size-1x1', 'size-16x16', 'quantizer-high', 'altref', 'lossless')


def ivf_frames(srcdir, name):
    with open(f'{srcdir}/tests/streams/{name}.ivf', 'rb') as f:
        data = f.read()[32:]
    while data:
        size = struct.unpack('<I', data[:4])[0]
        yield data[12:12 + size]
        data = data[12 + size:]


def packet_seed(frames, fail_call=0):
    return struct.pack('<H', fail_call) + b''.join(
        struct.pack('<BH', action, len(frame)) + frame for action, frame in frames)


def packet_seeds(srcdir, codec, streams):
    for name in streams:
        frames = [f for f in ivf_frames(srcdir, f'{codec}-{name}') if len(f) < 1500][:12]
        yield name, packet_seed([(0, f) for f in frames])
    frames = list(ivf_frames(srcdir, f'{codec}-{streams[0]}'))
    yield 'held', packet_seed([(3, frames[0])] + [(i % 6, f) for i, f in enumerate(frames[1:])])
    yield 'call-fails', packet_seed([(0, f) for f in frames], fail_call=40)
    yield 'known', packet_seed([(0, frames[0]), (0, b''), (0, b'\xc0'), (0, b'\x10\0\0'), (0, frames[0][:10]),
                                (0, frames[1][:5]), (0, b'\x82\xc1\xff\xff\xc1'), (0, frames[2])])


def mpeg2_seeds(srcdir):
    """Slices are cut behind their headers."""
    calm = b'\x0b\x0d\x0a\x0c' * 4
    for name in ('written-fields', 'b-frames', 'matrices', 'scans', 'sizes', 'interlaced-tff'):
        with open(f'{srcdir}/tests/streams/mpeg2-{name}.m2v', 'rb') as f:
            parts = re.split(b'\0\0\1', f.read(150000))[1:]
        slices = b''.join(b'\0\0\1' + (p[:12] if 1 <= p[0] <= 0xaf else p) for p in parts if p)[:3000]
        yield name, decoder(slices, steps=calm)
        yield f'{name}-held', decoder(slices, settings=0x41, steps=b'\x0b\xab\x0d\x9c' * 4)


HEVC_WRITTEN = ('long-term', 'rps-prediction', 'list-modification', 'weights', 'poc', 'sub-layers', 'cra-first',
                'cra-after-end', 'bla', 'no-output-of-prior', 'output-flag', 'ends', 'sizes', 'fields',
                'slices-mixed', 'dependent', 'wavefront', 'wavefront-offsets', 'tiles', 'tiles-sizes', 'filters',
                'unit-types', 'layers', 'all-information', 'extensions', 'parameter-sets', 'sps-changed',
                'range-flags', 'hashes')


def hevc_headers(srcdir, name):
    """Slices are cut behind their headers."""
    with open(f'{srcdir}/tests/streams/hevc-written-{name}.265', 'rb') as f:
        parts = [u for u in units(f.read(100000)) if u]
    parts = [u[:HEADER_BYTES].rstrip(b'\0\3') + b'\x80' if u[0] >> 1 < 22 and len(u) > HEADER_BYTES else u
             for u in parts]
    return b''.join(b'\0\0\1' + u for u in parts if len(u) < 400)[:4000]


def hevc_profiles(stream):
    """The same sequence as every profile that there is, and as some that are not."""
    sps = next(u for u in units(stream) if u[0] >> 1 == 33)
    return b''.join(stream.replace(sps, sps[:3] + bytes([idc]) + sps[4:]) for idc in range(14))


def hevc_seeds(srcdir):
    for name in HEVC_WRITTEN:
        yield f'written-{name}', hevc_headers(srcdir, name)
    yield 'profiles', hevc_profiles(hevc_headers(srcdir, 'sps-changed'))
    # Units shorter than their header or with none of their payload.
    yield 'short', b''.join(b'\0\0\1' + bytes((kind << 1,)) + b'\1' * n for n in (0, 1) for kind in range(41)) + \
        hevc_headers(srcdir, 'hashes')


def hevc_decoder_seeds(srcdir):
    calm = b'\x0b\x0d\x0a\x0c' * 4
    busy = b'\x0b\xab\x0d\x9c\x8b\xdb\xcb\xeb' * 2
    for name, stream in hevc_seeds(srcdir):
        yield name, decoder(stream, steps=calm)
    yield 'bla-held', decoder(hevc_headers(srcdir, 'bla'), settings=0x01, steps=busy)
    yield 'ends-slow', decoder(hevc_headers(srcdir, 'ends'), settings=0x6e, steps=busy)
    yield 'sizes-call-fails', decoder(hevc_headers(srcdir, 'sizes'), fail_call=150, steps=calm)
    yield 'tiles-no-memory', decoder(hevc_headers(srcdir, 'tiles'), fail_alloc=60, steps=calm)


def splitter_seeds(srcdir, cuts, few):
    for name, stream in few.items():
        yield name, cuts + b'\0' + stream[:1000]
    for form in ('section5', 'annexb'):
        yield form, cuts + b'\5' + av1_obus(srcdir, form + '.obu', 2000)


def main(srcdir):
    streams = {name: headers(srcdir, name, n) for name, n in STREAMS.items()}
    few = {name: streams[name] for name in ('cabac-b', 'hrd-filler-aud', 'written-foreign-units')}
    cuts = bytes((1, 2, 3, 5, 8, 13, 21, 34, 0, 1, 1, 1, 4, 100, 7, 0))
    seeds = {'fuzz-av1': av1_seeds(srcdir),
             'fuzz-decoder': decoder_seeds(streams),
             'fuzz-decoder-hevc': hevc_decoder_seeds(srcdir),
             'fuzz-hevc-parser': hevc_seeds(srcdir),
             'fuzz-h264-parser': streams.items(),
             'fuzz-unit-splitter': splitter_seeds(srcdir, cuts[:-1], few),
             'fuzz-input': [(f'{name}-{split}', bytes((split, 100, 0)) + s)
                            for split in (0, 1) for name, s in few.items()] + container_seeds(),
             'fuzz-device': device_seeds(),
             'fuzz-vhost-user': vhost_seeds(),
             'fuzz-pump': pump_seeds(),
             'fuzz-virtqueue': virtqueue_seeds(),
             'fuzz-vp8': packet_seeds(srcdir, 'vp8', VP8_STREAMS),
             'fuzz-vp9': packet_seeds(srcdir, 'vp9', VP9_STREAMS),
             'fuzz-decoder-mpeg2': mpeg2_seeds(srcdir)}
    for fuzzer, entries in seeds.items():
        folder = f'{srcdir}/tests/fuzz/corpus/{fuzzer}'
        os.makedirs(folder, exist_ok=True)
        for name, data in entries:
            with open(f'{folder}/seed-{name}', 'wb') as f:
                f.write(data)


if __name__ == '__main__':
    main(sys.argv[1])
