# SPDX-License-Identifier: MIT
#
# What the bench measures with: programs of a build and of others, instructions by callgrind, processor
# time, and the streams that are measured.

import collections
import concurrent.futures
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile

CLOCKED = 'libhwy'  # measures its clock as it is loaded, and is left out of all counts
# A repeated string instruction is one, but callgrind counts each byte.
COPIES_BY_VECTORS = 'glibc.cpu.x86_rep_movsb_threshold=1073741824:' \
    'glibc.cpu.x86_rep_stosb_threshold=1073741824'
DRIVER = 'softva_drv_video'
OURS = r'lib(vawrap|vacodec|virtio-video)\.'


class Failed(Exception):
    pass


class Bench:
    def __init__(self, build, work, short):
        self.build, self.work, self.short = build, work, short
        self.source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        self.rows, self.limits = [], {}
        self.by = ''  # what repeats the rows that are measured now

    def wants(self, codec, size, quality):
        """A row of such streams; says then what repeats it."""
        asked = {'codec': codec, 'size': f'{size[0]}x{size[1]}', 'quality': quality}
        if any(asked[name] not in only for name, only in self.limits.items()):
            return False
        self.by = ' '.join([*self.by.split()[:2], *(f'--{name} {value}' for name, value in asked.items())])
        return True

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
                    LIBVA_DRIVERS_PATH=self.path('soft-driver', '.libs'),
                    GLIBC_TUNABLES=COPIES_BY_VECTORS, **more)

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
        own, entered = self.callgrind(command, environment)
        clocked = sum(cost for (caller, _), cost in entered.items() if CLOCKED in caller)
        return sum(cost for name, cost in own.items() if CLOCKED not in name) - clocked - \
            (0 if driver else cost_of_driver(entered))

    def callgrind(self, command, environment, *options):
        """What read_callgrind() returns, of a process that ends well."""
        handle, out = tempfile.mkstemp(dir=self.work)
        os.close(handle)
        done = subprocess.run(['valgrind', '--tool=callgrind', '--callgrind-out-file=' + out,
                               *options, *command], env=environment, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise Failed(f'{command[0]}: {done.stderr[-400:]}')
        costs = read_callgrind(out)
        os.unlink(out)
        return costs

    def count_each(self, make, few, many, **options):
        """For one of what make(n) does n of: the difference of two counts."""
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            less, more = both.map(lambda n: self.count(*make(n), **options), (few, many))
        return (more - less) / (many - few)

    def pictures(self, command, environment):
        """How many pictures a process gives softva, which parses them."""
        out = os.path.join(self.work, 'checks')
        run(command, env=dict(environment, SOFTVA_NO_DECODE='1', SOFTVA_CHECKS=out))
        with open(out, encoding='utf-8') as lines:
            found = re.findall(r'check slice-pairs: (\d+) performed', lines.read())
        os.unlink(out)
        return sum(int(n) for n in found)

    def add(self, name, ours, peer, goal=None, at_least=False, **more):
        """goal: the ratio or, without a peer, the figure, that it must not be above, or below."""
        row = dict(name=name, ours=ours, peer=peer, ratio=ours / peer if peer else None, goal=goal,
                   at_least=at_least, by=self.by + ' --short' * self.short, **more)
        reached = row['ratio'] if peer else ours
        row['met'] = None if goal is None else reached >= goal if at_least else reached <= goal
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


def processor_seconds(command, environment):
    def now():
        use = resource.getrusage(resource.RUSAGE_CHILDREN)
        return use.ru_utime + use.ru_stime
    begin = now()
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return now() - begin


def processor_seconds_each(makes, few, many, runs):
    """Medians for each of makes, which take turns: what one more of n takes of processor time."""
    times = [[processor_seconds(*make(many)) - processor_seconds(*make(few)) for make in makes]
             for _ in range(runs)]
    return [statistics.median(each) / (many - few) for each in zip(*times)]
