#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The main job: copies 64 MiB through devices in software and prints one table. Usage: run.py PROGRAM [MIB]"""
import filecmp
import json
import os
import subprocess
import sys
import tempfile

RUNS = (('nvme', 'soft:amdv1'), ('edu', 'direct'), ('legacy32', 'soft:amdv1'), ('legacy32', 'direct'))
HEAD = ('device', 'space', 'ranges in', 'segments out', 'bytes bounced', 'flushes', 'ns a page', 'verified')
PAGE = 4096


def make_file(path, mib):
    with open(path, 'wb') as file:
        for _ in range(mib):
            file.write(os.urandom(1 << 20))


def copy(program, device, space, source, target):
    """The program's own account of a copy, or None; a copy counts only if the files are the same."""
    command = [program, 'copy', '--device', device, '--space', space, '--json', source, target]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    try:
        sums = json.loads(done.stdout)
    except ValueError:
        sums = None
    if done.returncode or not isinstance(sums, dict):
        print(f'run: {device} on {space}: exit status {done.returncode}', file=sys.stderr)
        return None
    same = os.path.exists(target) and filecmp.cmp(source, target, shallow=False)
    sums['verified'] = sums.get('verified') is True and same and sums.get('held_after') == 0
    return sums


def row(device, space, sums):
    if sums is None:
        return (device, space, '-', '-', '-', '-', '-', 'no')
    pages = 2 * max(1, -(-sums['bytes'] // PAGE))  # each page is mapped as source and as destination
    return (device, space, f'{sums["ranges"]:,}', f'{sums["segments"]:,}', f'{sums["bounced_bytes"]:,}',
            f'{sums["iotlb_flushes"]:,}', f'{(sums["map_ns"] + sums["unmap_ns"]) / pages:,.1f}',
            'yes' if sums['verified'] else 'no')


def print_table(rows):
    widths = [max(len(line[i]) for line in rows) for i in range(len(HEAD))]
    for line in rows:
        cells = [cell.ljust(width) if i < 2 else cell.rjust(width) for i, (cell, width) in enumerate(zip(line, widths))]
        print('  '.join(cells).rstrip())


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    program = os.path.abspath(sys.argv[1])
    mib = int(sys.argv[2]) if len(sys.argv) == 3 else 64
    rows = [HEAD]
    good = True
    with tempfile.TemporaryDirectory(prefix='dmavec-run-') as folder:
        source = os.path.join(folder, 'source')
        target = os.path.join(folder, 'target')
        make_file(source, mib)
        for device, space in RUNS:
            print(f'copying {mib} MiB: {device} on {space}', file=sys.stderr, flush=True)
            sums = copy(program, device, space, source, target)
            good = good and sums is not None and sums['verified']
            rows.append(row(device, space, sums))
            if os.path.exists(target):
                os.unlink(target)
    print_table(rows)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
