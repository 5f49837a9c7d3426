#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs the benchmark and makes a table, Markdown, JSON, a plot and a comparison of what it measured.

usage: bench.py PROGRAM [options] [PART...]
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import traceback

sys.dont_write_bytecode = True  # beside the sources
import bench_plot

FORMAT = 'dmavec-bench 2'
PARTS = {
    'lookup': 'Look-up of 4 KiB in one of N registered regions of 64 KiB, at random: ns',
    'map': 'Mapping and unmapping 256 scattered pages, or one range of a registered region: ns',
    'iova': 'Allocator of device addresses, 256 live: ns',
    'memory': 'Memory: bytes',
}
NOT_HERE = '''Not here: Linux's alloc_iova_fast and dma_map_sgtable need a kernel, and the reader of traces needs a trace.'''
HEAD = ('what', 'who', 'median (min..max)', 'dmavec takes, times', 'target', '')
ROUNDS_MAX = 255
RUNS = 5
RUNS_MAX = 99
LEAST = 10.0  # per cent
BUSY = 1.0  # more than this much load is other work

# What the libraries beside ours would print, install or start besides the tables that are measured.
QUIET = {'UCX_LOG_LEVEL': 'error', 'UCX_WARN_UNUSED_ENV_VARS': 'n', 'UCX_HANDLE_ERRORS': 'none', 'UCX_VFS_ENABLE': 'n',
         'UCX_MEM_EVENTS': 'n', 'FI_LOG_LEVEL': 'warn', 'IPATH_NO_BACKTRACE': '1'}

EPILOG = f'''
Each row is what the library takes, and below it what others take for the same in the same rounds. Several processes, the
runs, measure one after the other, since each has its own luck with where its memory lies: a figure is the median over the
medians of the runs and, in brackets, the least and the most of all rounds of all runs. "dmavec takes, times" is the ratio,
formed in each round. Only ratios mean something on other machines. A target is the most that this ratio, or the figure
itself, may be; the median has to meet it, and where some rounds say otherwise the table says so.

The library is the shared one, as programs get it and as UCX comes; what stands beside it is asked through the same calls.
Regions of look-ups begin on multiples of 64 KiB, each at the first of its own three strides of 64 KiB; or on odd pages, as
buffers from malloc may, which costs tables more that cut regions at powers of two; or half of them 16 TiB beyond the others.

Two threads: each is pinned to a processor and warms up before a turn; one thread is the first of them, alone, likewise.
Threads that share nothing slow each other down, too: by caches, memory and clock. So what dmavec takes in two threads is
held against what it takes in one, times what two threads do to a bare array of the same regions. That this may be 1.1, not
1, is tolerance for chance: the same tenth below which no change counts.

{NOT_HERE}
Libraries that were not there when the program was built (libucx-dev, libfabric-dev) are named, and not measured.

--baseline: a figure has changed where each of the two medians lies outside the other's spread, and one is --least per cent
above the other. A row became slower where its figure has grown so, and so has its ratio to the first that stands beside it,
if any does: a slow moment of the machine changes one of them only. Times of different machines (another processor, or
another number of cores) are not compared, their ratios and the bytes are. Rows that only one of the two has are named.
Exit status: 0; 1 if a row became slower; 2 for wrong input, or if something could not be measured or written; 130 if
interrupted. Files are written before the tables.
'''


class Wrong(Exception):
    """What the caller is told, with exit status 2."""


def text_of(figure):
    return f'{figure["median"]:.4g} ({figure["min"]:.3g}..{figure["max"]:.3g})'


def check_figure(figure):
    low, middle, high = (figure[name] + 0.0 for name in ('min', 'median', 'max'))
    if not 0 <= low <= middle <= high:
        raise ValueError('a figure whose median is not between the least and the most')


def check_row(row):
    for text_field in ('part', 'what', 'unit', 'name'):
        if not isinstance(row[text_field], str):
            raise ValueError(f'a row without {text_field}')
    for other in row['beside']:
        if not isinstance(other['name'], str):
            raise ValueError('something without a name')
        check_figure(other['ratio'])
    for thing in [row] + row['beside']:
        check_figure(thing['figure'])
        if 'target' in thing and (not thing['target'] > 0 or not isinstance(thing['met'], bool)):
            raise ValueError('a target that nothing is said of')


def check_machine(machine):
    if not (isinstance(machine['cpu'], str) and isinstance(machine['cores'], int)):
        raise ValueError('the machine is not described')
    if len(machine['load']) != 3 or not all(number + 0.0 >= 0 for number in machine['load']):
        raise ValueError('the load of the machine is no list of three')


def checked(text, name):
    """The results that text holds, or Wrong."""
    try:
        results = json.loads(text)
        if results['format'] != FORMAT:
            raise ValueError(f'its format is not "{FORMAT}"')
        check_machine(results['machine'])
        if not all(isinstance(number, int) for number in (results['rounds'], results.get('runs', 1),
                                                          *(results['two threads'][name] for name in ('turns', 'apart')))):
            raise ValueError('the rounds and the turns are not numbers')
        for row in results['rows']:
            check_row(row)
        for lack in results['absent']:
            if not isinstance(lack['library'] + lack['why'], str):
                raise ValueError('something absent without a name')
    except (ValueError, KeyError, TypeError) as error:
        raise Wrong(f'{name} holds no results of this benchmark: {error!r}') from error
    return results


def load(path):
    try:
        with open(path, encoding='utf-8') as file:
            return checked(file.read(), path)
    except (OSError, UnicodeDecodeError) as error:
        raise Wrong(f'cannot read {path}: {error}') from error


def measure_once(program, rounds, parts):
    command = [program] + (['--rounds', str(rounds)] if rounds else []) + parts
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env={**QUIET, **os.environ})
    except OSError as error:
        raise Wrong(f'cannot run {program}: {error}') from error
    if done.returncode:
        raise Wrong(f'{program} ended with status {done.returncode}')
    return checked(done.stdout, program)


def all_figures(row):
    """(what the figure is of, the figure) for each of a row."""
    yield row, row['figure']
    for other in row['beside']:
        yield None, other['figure']
        yield other, other['ratio']


def merge_rows(rows):
    """Of the first, what they say together: the median over their medians, and the spread of all."""
    for (of, figure), *others in zip(*(list(all_figures(row)) for row in rows)):
        each = [figure] + [other for _, other in others]
        figure['runs'] = [one['median'] for one in each]
        figure.update(median=statistics.median(figure['runs']), min=min(one['min'] for one in each),
                      max=max(one['max'] for one in each))
        if of and 'target' in of:
            of['met'] = figure['median'] <= of['target']


def names_of(results):
    return [(row['part'], row['what'], [other['name'] for other in row['beside']]) for row in results['rows']]


def merge(runs):
    """Of the first, what all of them say together; load and date are the first's."""
    results = runs[0]
    if any(names_of(run) != names_of(results) for run in runs):
        raise Wrong('two runs of the program did not measure the same')
    for name in results['two threads']:
        results['two threads'][name] = sum(run['two threads'][name] for run in runs)
    for rows in zip(*(run['rows'] for run in runs)):
        merge_rows(rows)
    return {**results, 'runs': len(runs)}


def measure(options):
    runs = []
    for number in range(1, options.runs + 1):
        print(f'run {number} of {options.runs}', file=sys.stderr)
        runs.append(measure_once(options.program, options.rounds, options.parts))
    return merge(runs)


def targets(results):
    """(row, what it is compared with or None, target, figure that it is for, met) for each target."""
    for row in results['rows']:
        if 'target' in row:
            yield row, None, row['target'], row['figure'], row['met']
        for other in row['beside']:
            if 'target' in other:
                yield row, other, other['target'], other['ratio'], other['met']


def target_cells(thing, figure):
    if 'target' not in thing:
        return '', ''
    always = figure['max'] <= thing['target'] or figure['min'] > thing['target']
    return f'{thing["target"]:g}', ('met' if thing['met'] else 'MISSED') + ('' if always else ', not in each round')


def lines_of(row):
    """The lines of a table for a row, by HEAD."""
    yield (row['what'], row['name'], text_of(row['figure']), '', *target_cells(row, row['figure']))
    for other in row['beside']:
        yield ('', other['name'], text_of(other['figure']), text_of(other['ratio']), *target_cells(other, other['ratio']))


def facts(results):
    machine = {**results['machine'], 'load': ' '.join(f'{number:.2f}' for number in results['machine']['load'])}
    return [f'{name}: {text}' for name, text in machine.items()] + [
        f'runs: {results.get("runs", 1)}', f'rounds of each: {results["rounds"]}']


def notes(results):
    """What stands below the tables."""
    met = [target[-1] for target in targets(results)]
    turns, apart, load = results['two threads']['turns'], results['two threads']['apart'], results['machine']['load'][0]
    if load > BUSY:
        yield f'WARNING: the load was {load:.2f} before the first run: times and spreads are those of a busy machine'
    if turns:
        yield f'two threads: {apart} of {turns} turns never ran side by side, and count all the same'
    for lack in results['absent']:
        yield f'{lack["library"]}: not measured: {lack["why"]}'
    yield NOT_HERE
    yield f'targets: {met.count(True)} met, {met.count(False)} missed'


def grid(lines):
    """Columns side by side, as wide as they need."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    return [('  '.join(cell.ljust(width) for cell, width in zip(line, widths))).rstrip() for line in lines]


def by_part(results):
    for part in dict.fromkeys(row['part'] for row in results['rows']):
        yield PARTS.get(part, part), [row for row in results['rows'] if row['part'] == part]


def plain_table(results):
    text = [' | '.join(facts(results))]
    for title, rows in by_part(results):
        text += ['', title] + grid([HEAD] + [line for row in rows for line in lines_of(row)])
    return '\n'.join(text + [''] + list(notes(results))) + '\n'


def markdown_table(lines):
    return ['| ' + ' | '.join(cell.replace('|', '\\|') for cell in line) + ' |' for line in
            [lines[0], ['---'] * len(lines[0])] + lines[1:]]


def markdown(results, changes):
    text = ['# Benchmark', ''] + ['- ' + fact for fact in facts(results)]
    for title, rows in by_part(results):
        text += ['', '## ' + title, ''] + markdown_table([HEAD] + [line for row in rows for line in lines_of(row)])
    text += [''] + ['- ' + note for note in notes(results)]
    if changes is not None:
        text += ['', '## Beside the baseline', ''] + markdown_table([CHANGES_HEAD] + [change[1] for change in changes])
    return '\n'.join(text) + '\n'


CHANGES_HEAD = ('what', 'of', 'old', 'new', 'change', 'outside both spreads', '')


def outside(old, new):
    """1: more, -1: less, 0: one of the medians lies within the other's spread."""
    if new['median'] > old['max'] and old['median'] < new['min']:
        return 1
    if new['median'] < old['min'] and old['median'] > new['max']:
        return -1
    return 0


def moved(old, new, least):
    """As outside, but 0 where they are not least per cent apart, too."""
    low, high = sorted((old['median'], new['median']))
    return outside(old, new) if high >= low * (1 + least / 100) else 0


def pairs(old, new, same_machine):
    """(what it is, old, new) of what of a row can be compared."""
    if same_machine or new['unit'] == 'bytes':
        yield new['unit'], old['figure'], new['figure']
    if old['beside'] and new['beside'] and old['beside'][0]['name'] == new['beside'][0]['name']:
        yield 'times ' + new['beside'][0]['name'], old['beside'][0]['ratio'], new['beside'][0]['ratio']


def change_text(old, new):
    return f'{100 * (new["median"] / old["median"] - 1):+.1f} %' if old['median'] else '-'


def compare_rows(old, new, same, least):
    all_pairs = list(pairs(old, new, same))
    moves = {moved(was, now, least) for _, was, now in all_pairs}
    verdict = {1: 'SLOWER', -1: 'faster'}.get(sum(moves), '') if len(moves) == 1 else ''
    for of, was, now in all_pairs:
        yield verdict == 'SLOWER', (f'{new["part"]}: {new["what"]}', of, text_of(was), text_of(now),
                                    change_text(was, now), 'yes' if outside(was, now) else 'no', verdict)


def gone(old, new):
    """Cells for what only the baseline has: of a part that was not asked for, one line."""
    there = {(row['part'], row['what']) for row in new['rows']}
    parts = {part for part, _ in there}
    for row in old['rows']:
        if row['part'] in parts and (row['part'], row['what']) not in there:
            yield f'{row["part"]}: {row["what"]}', '', text_of(row['figure']), '-', '', '', 'not measured now'
    for part in dict.fromkeys(row['part'] for row in old['rows'] if row['part'] not in parts):
        yield f'{part}: all of it', '', '', '-', '', '', 'not measured now'


def compare(old, new, least):
    """(has it become slower, cells by CHANGES_HEAD) for each pair."""
    same = all(old['machine'][name] == new['machine'][name] for name in ('cpu', 'cores'))
    known = {(row['part'], row['what']): row for row in old['rows']}
    for row in new['rows']:
        before = known.get((row['part'], row['what']))
        if before is None:
            yield False, (f'{row["part"]}: {row["what"]}', '', '-', text_of(row['figure']), '', '', 'new')
        else:
            yield from compare_rows(before, row, same, least)
    yield from ((False, cells) for cells in gone(old, new))


def write(path, text):
    if path == '-':
        sys.stdout.write(text)
        return
    try:
        os.makedirs(os.path.dirname(os.path.abspath(path)), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
    except OSError as error:
        raise Wrong(f'cannot write {path}: {error}') from error


def write_files(options, results, changes):
    """Writes them, and returns what is to be said of that."""
    default = os.path.join(os.path.dirname(os.path.abspath(options.program)), 'results')
    said, written = [], []
    for path, ending, make in ((options.json, 'json', lambda: json.dumps(results, indent=2) + '\n'),
                               (options.markdown, 'md', lambda: markdown(results, changes)),
                               (options.svg, 'svg', lambda: bench_plot.svg(results, list(targets(results))))):
        try:
            text = make()
        except bench_plot.NoPlot as error:
            said.append(f'plot: not made: {error}')
            continue
        write(path or f'{default}.{ending}', text)
        written.append(os.path.relpath(path or f'{default}.{ending}') if path != '-' else 'standard output')
    return said + ['written: ' + ', '.join(written)]


def put_out(options, results, changes):
    """The files first: who reads the tables may go away."""
    out = sys.stderr if '-' in (options.json, options.markdown, options.svg) else sys.stdout
    said = write_files(options, results, changes)
    print(plain_table(results), end='', file=out)
    if changes is not None:
        print('\n' + '\n'.join(grid([CHANGES_HEAD] + [change[1] for change in changes])), file=out)
    print('\n'.join(said), file=out)


def number_up_to(most):
    def number(text):
        value = int(text)
        if not 1 <= value <= most:
            raise ValueError
        return value
    return number


def per_cent(text):
    value = float(text)
    if not 0 <= value < float('inf'):
        raise ValueError
    return value


def parse():
    parser = argparse.ArgumentParser(prog='./dev bench', epilog=EPILOG, usage='./dev bench [options] [PART...]',
                                     description='Measures the library beside bare loops and beside its peers.',
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help=argparse.SUPPRESS)
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'of {", ".join(PARTS)}; none: all')
    parser.add_argument('--runs', type=number_up_to(RUNS_MAX), metavar='N', help=f'processes, 1 to {RUNS_MAX}; default {RUNS}')
    parser.add_argument('--rounds', type=number_up_to(ROUNDS_MAX), metavar='N', help=f'of each, 1 to {ROUNDS_MAX}; default 7')
    parser.add_argument('--json', metavar='FILE', help='where the results go; - is standard output')
    parser.add_argument('--markdown', metavar='FILE', help='where the tables go as Markdown')
    parser.add_argument('--svg', metavar='FILE', help='where the plot goes; all three: default results.* beside the program')
    parser.add_argument('--baseline', metavar='FILE', help='compare with the JSON of an earlier run')
    parser.add_argument('--least', type=per_cent, metavar='PERCENT', default=LEAST,
                        help=f'change that counts beside a baseline; default {LEAST:g}')
    parser.add_argument('--from', dest='source', metavar='FILE', help='measure nothing, take the JSON of an earlier run')
    parser.add_argument('--check', action='store_true', help=argparse.SUPPRESS)  # whether it would start, and no more
    options = parser.parse_intermixed_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f'there is no part {part!r}, only {", ".join(PARTS)}')
    if options.source and (options.parts or options.rounds or options.runs):
        parser.error('--from measures nothing: no parts, runs and rounds')
    options.runs = options.runs or RUNS
    return options


def work():
    options = parse()
    baseline = load(options.baseline) if options.baseline else None  # before it is written over
    if options.check:
        return 0
    results = load(options.source) if options.source else measure(options)
    changes = list(compare(baseline, results, options.least)) if baseline else None
    put_out(options, results, changes)
    return 1 if any(slower for slower, _ in changes or ()) else 0


def flushed():
    try:
        return work()
    finally:
        sys.stdout.flush()


def main():
    """No accident may end with status 1: that says that a row became slower."""
    try:
        return flushed()
    except KeyboardInterrupt:
        print('bench: interrupted', file=sys.stderr)
        return 130
    except Wrong as error:
        print(f'bench: {error}', file=sys.stderr)
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try once more when it ends
        print(f'bench: cannot write: {error}', file=sys.stderr)
    except Exception:  # pylint: disable=broad-exception-caught
        traceback.print_exc()
    return 2


if __name__ == '__main__':
    sys.exit(main())
