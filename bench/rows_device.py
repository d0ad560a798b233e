# SPDX-License-Identifier: MIT
#
# Rows of the bench that measure the device: its commands, its copies, the whole way through it, many
# streams.

import os
import re
import signal
import statistics
import subprocess
import time

from measure import CLOCKED, OURS, Failed, read_callgrind, run


# ---- 4: the device ----

def row_device(bench):
    said = run(bench.ours('bench/device-latency', '1000' if bench.short else '10000'),
               env=bench.environment(top_srcdir=bench.source))
    median, worst = re.search(r'median ([0-9.]+) us, 99 % below ([0-9.]+)', said).groups()
    for name, value in (('median', median), ('99 % below', worst)):
        bench.add(f'GET_PARAMS while another stream hangs, us: {name}', float(value), None,
                  clock=True)


def row_queue(bench):
    """What a frame takes of the device itself: no picture is decoded."""
    said = run(bench.ours('bench/device-queue', *(('10', '10000') if bench.short else ('100', '100000'))),
               env=bench.environment(top_srcdir=bench.source, SOFTVA_NO_DECODE='2'))
    value = {key: float(figure) for key, figure in (line.split() for line in said.splitlines())}
    for kind, name in (('input', 'RESOURCE_QUEUE of an input to its answer'),
                       ('output', 'RESOURCE_QUEUE of an input to a picture')):
        for at, words in (('p50', 'median'), ('p99', '99 % below')):
            bench.add(f'{name}, us: {words}', value[f'{kind}_us_{at}'], None, clock=True)
    bench.add('commands a second, one by one', value['commands_a_second'], None, clock=True)
    bench.add('commands a second, 64 at once', value['commands_a_second_batched'], None, clock=True)
    bench.add('bytes of pixels that we copy for a frame, of its own', value['copied_bytes_a_frame'],
              value['frame_bytes'], goal=1)
    bench.add('and that the driver copies for us', value['driver_bytes_a_frame'], value['frame_bytes'],
              goal=1)


PICTURE_BYTES = 1920 * 1080 * 3 // 2  # that bench/device-copy copies


def row_copy(bench):
    said = run(bench.ours('bench/device-copy', '200' if bench.short else '1000'),
               env=bench.environment())
    for what, *us in (line.split() for line in said.splitlines()):
        ours, plain = (PICTURE_BYTES / float(each) for each in us)
        bench.add(f'copy of a picture, MB a second: {what}; memcpy', ours, plain, goal=0.9, at_least=True,
                  clock=True)


# ---- 5: the whole way ----

class Share:
    """Instructions of processes, and of them those of our code with what it calls of libc (copies, locks)."""

    def __init__(self):
        self.whole = self.ours = 0

    def take(self, out, own_objects=OURS):
        own, entered = read_callgrind(out)
        self.whole += sum(cost for name, cost in own.items() if CLOCKED not in name)
        self.ours += sum(cost for name, cost in own.items() if re.match(own_objects, name))
        self.ours += sum(cost for (caller, name), cost in entered.items()
                         if re.match(own_objects, caller) and name.startswith('libc.'))
        os.unlink(out)


def share_each(make, few, many):
    """Of one frame more: per mille that are ours, and all instructions."""
    less, more = make(few), make(many)
    whole = more.whole - less.whole
    return 1000 * (more.ours - less.ours) / whole, whole / (many - few)


def traced(out, command):
    return ['valgrind', '--tool=callgrind', '--callgrind-out-file=' + out, *command]


def play_command(bench, n, file, *options):
    return bench.ours('tools/virtio-video-play', *options, '--frames', str(n), file)


def share_in_process(bench, file, n):
    share, out = Share(), os.path.join(bench.work, 'whole')
    run(traced(out, play_command(bench, n, file, '--driver', 'softva')), env=bench.environment())
    share.take(out)
    return share


def wait_until(is_there, what):
    for _ in range(600):
        if is_there():
            return
        time.sleep(0.1)
    raise Failed(f'{what} does not come')


def share_over_socket(bench, file, n):
    """The daemon counts as ours with all that is its own; the guest is another process."""
    share = Share()
    socket, *outs = (os.path.join(bench.work, name) for name in ('socket', 'daemon', 'guest'))
    command = bench.ours('tools/vhost-user-video', '--driver', 'softva', '--sandbox=off',
                         '--socket-path=' + socket)
    with subprocess.Popen(traced(outs[0], command), env=bench.environment(),
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
        try:
            wait_until(lambda: os.path.exists(socket), 'the socket')
            run(traced(outs[1], play_command(bench, n, file, '--vhost-user', socket)),
                env=bench.environment())
        finally:
            daemon.send_signal(signal.SIGTERM)
    share.take(outs[0], OURS + '|vhost-user-video')
    share.take(outs[1], 'none of it')
    return share


def row_whole(bench):
    file = bench.stream('h264', 320, 240, 324, 'high')
    few, many = (20, 60) if bench.short else (20, 120)

    def ffmpeg(n):
        return (['ffmpeg', '-nostdin', '-v', 'quiet', '-threads', '1', '-i', file, '-frames:v', str(n),
                 '-fps_mode', 'passthrough', '-f', 'null', '-'], bench.environment())
    alone = bench.count_each(ffmpeg, few, many, driver=True)
    for name, share, goal in (('play', share_in_process, 30), ('play and the daemon', share_over_socket, 50)):
        ours, whole = share_each(lambda n: share(bench, file, n), few, many)
        bench.add(f'{name}, per mille of instructions that are ours', ours, None, goal=goal)
        bench.add(f'{name}, instructions a frame; FFmpeg in software', whole, alone)


# ---- 6: many streams ----

FRAMES_OF_STREAM = 24  # of the file that bench/device-streams plays


def play_streams(bench, counts, plays, runs, **environment):
    """Medians for each count of streams, which take turns: as many frames in all, whatever their streams."""
    def play(n):
        said = run(bench.ours('bench/device-streams', str(n), str(plays // n)),
                   env=bench.environment(top_srcdir=bench.source, **environment))
        frames, cpu_us, *taken, us = (float(word) for word in said.split()[1:])
        return (cpu_us / frames, *taken, 1e6 * frames / us)
    turns = [[play(n) for n in counts] for _ in range(runs)]
    return [[statistics.median(each) for each in zip(*of_one)] for of_one in zip(*turns)]


def driver_kib(bench, n):
    said = run(bench.ours('bench/driver-memory', str(n)), env=bench.environment(SOFTVA_NO_DECODE='2'))
    return float(said.split()[1])


def instructions_of_streams(bench, n, plays):
    """Of a frame, by all n."""
    def make(plays):
        return (bench.ours('bench/device-streams', str(n), str(plays)),
                bench.environment(top_srcdir=bench.source, SOFTVA_NO_DECODE='2'))
    return bench.count_each(make, *plays) / (n * FRAMES_OF_STREAM)


def row_streams(bench):
    runs = 3 if bench.short else 15
    one, two = play_streams(bench, (1, 2), 64, runs)
    bench.add('2 streams with all decoding, us of CPU a frame against one', two[0], one[0], goal=1.05,
              clock=True)
    bench.add('64 streams, instructions a frame against one', instructions_of_streams(bench, 64, (1, 2)),
              instructions_of_streams(bench, 1, (64, 128)), goal=1.1)
    counts = (4, 16, 64)
    one, *more = play_streams(bench, (1, *counts), 512, runs, SOFTVA_NO_DECODE='2')
    for n, many in zip(counts, more):
        bench.add(f'{n} streams, us of CPU a frame against one', many[0], one[0], goal=1.1,
                  clock=True)
        bench.add(f'{n} streams, frames a second, against one', many[-1], one[-1], clock=True)
        for name, a, b in zip(('KiB', 'threads', 'descriptors'), many[1:], one[1:]):
            bench.add(f'{n} streams, {name} for each beyond the first', (a - b) / (n - 1), None)
    bench.add('an idle stream of 64: KiB above surfaces, guest and driver', (many[4] - one[4]) / 63 -
              (driver_kib(bench, 64) - driver_kib(bench, 1)) / 63, None, goal=256)
