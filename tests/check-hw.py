#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What "make check-hw" runs on a real driver: all streams with MD5s by vacodec and over virtio-video, the
# protocol suite, and what the driver says of itself. One JSON report, made to be attached to a bug report.
#
#   check-hw.py SRCDIR BUILDDIR REPORT [STREAM-GLOB]
#
# DEVICE is the render node, DRIVER the VA driver's name or path; neither: the first node that works.
# Exit status: 0 all pictures are right or refused with a reason; 1 some are not; 3 no device.

import datetime
import fnmatch
import glob
import json
import os
import platform
import subprocess
import sys

SECONDS = 600
VERDICTS = {0: 'exact', 2: 'corrupt', 3: 'refused', 4: 'lost'}


def run(command, **more):
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors='replace',
                              timeout=SECONDS, check=False, **more)
        return done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired:
        return None, '', f'no end within {SECONDS} s'


class Stack:
    def __init__(self, build):
        self.where = []
        for option in ('device', 'driver'):
            if os.environ.get(option.upper()):
                self.where += [f'--{option}', os.environ[option.upper()]]
        self.tools = os.path.join(build, 'tools')

    def run(self, tool, *options):
        return run([os.path.join(self.tools, tool), *options[:1], *self.where, *options[1:]])


def streams(source, pattern, softva):
    """The project's own streams with MD5s, and the vectors that must come out."""
    faults = os.path.join(source, 'tests/streams/known-softva-faults')
    with open(faults, encoding='utf-8') as file:
        wrong = [line.split(':')[0] for line in file] if softva else []
    found = [path[:-4] for path in glob.glob(os.path.join(source, 'tests/streams/*.md5'))]
    vectors = os.environ.get('VECTORS_DIR')
    if vectors:
        with open(os.path.join(vectors, 'MANIFEST.tsv'), encoding='utf-8') as manifest:
            rows = [line.rstrip('\n').split('\t') for line in manifest]
        found += [os.path.join(vectors, row[1]) for row in rows
                  if len(row) > 2 and row[2] in ('decode', 'if-va')]
    return [path for path in sorted(found) if os.path.isfile(path + '.md5') and
            fnmatch.fnmatch(os.path.basename(path), pattern) and
            os.path.basename(path).rsplit('.', 1)[0] not in wrong]


def judge(path, code, out, err):
    """The verdict on a stream's pictures, and why."""
    with open(path + '.md5', encoding='utf-8') as file:
        expected = file.read().split()
    got = out.split()
    reason = err.strip().splitlines()[:3]
    verdict = VERDICTS.get(code, 'failed')
    if verdict == 'exact' and got != expected:
        verdict = 'different'
    # A stream that the driver has no place for is lost to its guest, with the reason in the log.
    if verdict == 'lost' and 'Operation not supported' in err:
        verdict = 'refused'
    wrong = sum(a != b for a, b in zip(expected, got)) + abs(len(expected) - len(got))
    if verdict == 'exact':
        return {'verdict': verdict, 'pictures': len(got)}
    return {'verdict': verdict, 'pictures': len(got), 'expected': len(expected),
            'wrong': wrong if got else len(expected), 'reason': reason}


def decode(stack, path):
    return judge(path, *stack.run('vacodec', 'decode', '--log-level', 'error', '--md5', path))


def play(stack, path):
    code, out, err = stack.run('virtio-video-play', '--md5', '--log-level', 'debug', path)
    lines = err.splitlines()
    kept = [line for line in lines if 'debug' not in line and 'info' not in line]
    found = judge(path, code, out, '\n'.join(kept))
    # Monochrome has MD5s of luma alone for some streams, and is 4:2:0 for a guest.
    if found['verdict'] == 'different' and found['pictures'] == found['expected']:
        code, out, err = stack.run('vacodec', 'probe', '--json', path)
        if '"chroma":400' in out:
            found['verdict'] = 'not compared'
    # What the stack chose on this driver.
    found['read_out'] = sorted({line.split('pictures are read by ')[1] for line in lines
                                if 'pictures are read by ' in line})
    return found


def suite(stack):
    code, out, err = stack.run('virtio-video-play', '--selftest', '--log-level', 'error')
    lines = out.splitlines()
    failed = [line for line in lines if line.startswith('not ok')]
    return {'exit_status': code, 'passed': sum(line.startswith('ok') for line in lines),
            'failed': failed, 'log': err.strip().splitlines()[:10] if failed or code else []}


def count(rows, key):
    verdicts = {}
    for row in rows:
        verdict = row[key]['verdict']
        verdicts[verdict] = verdicts.get(verdict, 0) + 1
    return verdicts


def main():
    source, build, report_path = sys.argv[1:4]
    pattern = sys.argv[4] if len(sys.argv) > 4 else '*'
    stack = Stack(build)
    code, out, err = stack.run('vawrap-info', '--json')
    # A driver that fails or hangs when it is tried is what a report is for.
    if code and not out.strip():
        print(err.strip() or 'vawrap-info fails', file=sys.stderr)
        return 3
    report = {'when': datetime.datetime.now(datetime.timezone.utc).isoformat(timespec='seconds'),
              'system': platform.platform(), 'where': stack.where, 'driver': json.loads(out),
              'quirks': {name: os.environ[name] for name in ('SOFTVA_LIKE', 'SOFTVA_QUIRKS')
                         if os.environ.get(name)}, 'streams': []}
    for path in streams(source, pattern, 'softva - software decoder' in out):
        name = os.path.basename(path)
        row = {'name': name, 'vacodec': decode(stack, path), 'virtio_video': play(stack, path)}
        report['streams'].append(row)
        print(f"{name}: {row['vacodec']['verdict']}, over virtio-video "
              f"{row['virtio_video']['verdict']}", flush=True)
    report['protocol_suite'] = suite(stack)
    report['summary'] = {key: count(report['streams'], key) for key in ('vacodec', 'virtio_video')}
    with open(report_path, 'w', encoding='utf-8') as file:
        json.dump(report, file, indent=1)
        file.write('\n')
    print(json.dumps(report['summary']), f"protocol suite: {report['protocol_suite']['passed']} "
          f"passed, {len(report['protocol_suite']['failed'])} failed; report: {report_path}")
    good = all(set(found) <= {'exact', 'refused', 'not compared'} for found in report['summary'].values())
    return 0 if good and report['streams'] and not report['protocol_suite']['failed'] and \
        report['protocol_suite']['exit_status'] == 0 else 1


if __name__ == '__main__':
    sys.exit(main())
