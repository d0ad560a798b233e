#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What the tree costs, against what its users would take instead: one run, one table. Each row is ours
# against a peer in the same run, on the same driver and file. docs/performance.md explains the rows.
#
#   bench.py BUILDDIR [--rows WORD,...] [--codec NAME,...] [--size WxH,...] [--quality low|high] [--short]
#            [--json | --markdown]
#
# --rows: only those whose names have one of the words in them. --codec, --size, --quality: of rows that
# are of streams, only these. --short: small streams and few runs, which is what can be asked of a test.
# Behind each row stands what repeats it. Exit status: 0; 1 where a goal is missed that no clock has a
# part in; 2 where something does not work, after what there is of the table.

import argparse
import itertools
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
    return f'{value:,.0f}' if value >= 100 else f'{value:.1f}'


def cells(row):
    return (number(row['ours']), number(row['peer']) if row['peer'] else '',
            f'{row["ratio"]:.3f}' if row['ratio'] else '',
            '' if row['goal'] is None else f'{">= " if row["at_least"] else ""}{row["goal"]:,g}',
            'MISSED' if row['met'] is False else '')


def show(rows):
    print(f'{"":70} {"ours":>12} {"peer":>12} {"ratio":>7} {"goal":>8}')
    by = None
    for row in rows:
        if row['by'] != by:
            by = row['by']
            print(f"BENCH_FLAGS='{by}'")
        ours, peer, ratio, goal, missed = cells(row)
        print(f'  {row["name"]:68} {ours:>12} {peer:>12} {ratio:>7} {goal:>8}  {missed}'.rstrip())


def show_markdown(rows):
    """Peers of the same are on one line."""
    print('| | ours | peer | ratio | goal | `BENCH_FLAGS=` |\n|---|---|---|---|---|---|')
    for (name, by), same in itertools.groupby(rows, lambda row: (row['name'].split('; ')[0], row['by'])):
        same = [(row['name'].partition('; ')[2], *cells(row)) for row in same]
        peers = '; '.join(f'{who} {peer}'.strip() for who, _, peer, *_ in same)
        ratios = '; '.join(ratio for *_, ratio, _, _ in same)
        goals = '; '.join(dict.fromkeys(f'{goal} {missed}'.strip() for *_, goal, missed in same))
        print(f'| {name} | {same[0][1]} | {peers} | {ratios} | {goals} | `{by}` |')


def measure(bench, words):
    try:
        for name, row in ROWS.items():
            if any(word in name for word in words):
                bench.by = '--rows ' + name
                row(bench)
    except Failed as error:
        print(error, file=sys.stderr)
        return 2
    return int(any(row['met'] is False and not row.get('clock') for row in bench.rows))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('build')
    parser.add_argument('--rows', default='')
    for limit in ('codec', 'size', 'quality'):
        parser.add_argument('--' + limit, default='')
    parser.add_argument('--short', action='store_true')
    form = parser.add_mutually_exclusive_group()
    form.add_argument('--json', action='store_true')
    form.add_argument('--markdown', action='store_true')
    args = parser.parse_args()
    for tool in ('valgrind', 'ffmpeg', 'size', 'nm'):
        if not shutil.which(tool):
            sys.exit(f'{tool} is not installed')
    with tempfile.TemporaryDirectory() as work:
        bench = Bench(os.path.abspath(args.build), work, args.short)
        bench.limits = {name: vars(args)[name].split(',')
                        for name in ('codec', 'size', 'quality') if vars(args)[name]}
        status = measure(bench, args.rows.split(','))
    if args.json:
        print(json.dumps(bench.rows, indent=1))
    elif args.markdown:
        show_markdown(bench.rows)
    else:
        show(bench.rows)
    return status


if __name__ == '__main__':
    sys.exit(main())
