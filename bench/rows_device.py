# SPDX-License-Identifier: MIT
#
# Rows of the bench that measure the device: its commands, its copies, the whole way through it, many
# streams.

import os
import re
import statistics

from measure import CLOCKED, OURS, read_callgrind, run


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
