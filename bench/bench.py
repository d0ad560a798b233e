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
import json
import os
import shutil
import sys
import tempfile

from measure import Bench, Failed
import rows_codec
import rows_device

ROWS = {
    'vawrap': rows_codec.row_vawrap,
    'driver': rows_codec.row_driver,
    'parser': rows_codec.row_parser,
    'device': rows_device.row_device,
    'queue': rows_device.row_queue,
    'copy': rows_device.row_copy,
    'whole': rows_device.row_whole,
    'streams': rows_device.row_streams,
    'start': rows_codec.row_start,
    'size': rows_codec.row_size,
}


# ---- The table ----

def number(value):
    return f'{value:.0f}' if value >= 100 else f'{value:.1f}'


def show(rows):
    print(f'{"":62} {"ours":>12} {"peer":>12} {"ratio":>7} {"goal":>7}')
    for row in rows:
        peer = number(row['peer']) if row['peer'] else ''
        ratio = f'{row["ratio"]:.3f}' if row['ratio'] else ''
        goal = f'{">=" if row["at_least"] else ""}{row["goal"]:g}' if row['goal'] is not None else ''
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
