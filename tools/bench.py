#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs the benchmark and makes a table, Markdown, JSON, a plot and a comparison of what it measured.

usage: bench.py PROGRAM [options] [PART...]
"""
import argparse
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True  # beside the sources
import bench_plot

FORMAT = 'dmavec-bench 1'
PARTS = {
    'lookup': 'Look-up of 4 KiB in one of N registered regions of 64 KiB, at random: ns',
    'map': 'Mapping and unmapping 256 scattered pages, or one range of a registered region: ns',
    'iova': 'Allocator of device addresses, 256 live: ns',
    'memory': 'Memory: bytes',
}
NOT_HERE = '''Not here: Linux's alloc_iova_fast and dma_map_sgtable need a kernel, and the reader of traces needs a trace.'''
HEAD = ('what', 'who', 'median (min..max)', 'dmavec takes, times', 'target', '')
ROUNDS_MAX = 255

# What the libraries beside ours would print, install or start besides the tables that are measured.
QUIET = {'UCX_LOG_LEVEL': 'error', 'UCX_WARN_UNUSED_ENV_VARS': 'n', 'UCX_HANDLE_ERRORS': 'none', 'UCX_VFS_ENABLE': 'n',
         'UCX_MEM_EVENTS': 'n', 'FI_LOG_LEVEL': 'warn', 'IPATH_NO_BACKTRACE': '1'}

EPILOG = f'''
Each row is what the library takes, and below it what others take for the same in the same rounds: the median over the
rounds and, in brackets, the least and the most. "dmavec takes, times" is the ratio, formed in each round. Only ratios of
one run mean something on other machines. A target is the most that this ratio, or the figure itself, may be; the median
has to meet it, and where some rounds say otherwise the table says so.

{NOT_HERE}
Libraries that were not there when the program was built (libucx-dev, libfabric-dev) are named, and not measured.

--baseline: a figure has changed where each of the two medians lies outside the other's spread. A row became slower where
its figure has grown so, and so has its ratio to the first that stands beside it, if any does: a slow moment of the machine
changes one of them only. Times of different machines (another processor, or another number of cores) are not compared, their
ratios and the bytes are. Exit status: 0; 1 if a row became slower; 2 for wrong input, or if nothing could be measured.
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


def checked(text, name):
    """The results that text holds, or Wrong."""
    try:
        results = json.loads(text)
        if results['format'] != FORMAT:
            raise ValueError(f'its format is not "{FORMAT}"')
        machine = results['machine']
        if not (isinstance(machine['cpu'], str) and isinstance(machine['cores'], int) and isinstance(results['rounds'], int)):
            raise ValueError('the machine and the rounds are not described')
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


def measure(program, rounds, parts):
    command = [program] + (['--rounds', str(rounds)] if rounds else []) + parts
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False, env={**QUIET, **os.environ})
    except OSError as error:
        raise Wrong(f'cannot run {program}: {error}') from error
    if done.returncode:
        raise Wrong(f'{program} ended with status {done.returncode}')
    return checked(done.stdout, program)


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
    machine = results['machine']
    return [f'{name}: {machine[name]}' for name in machine] + [f'rounds: {results["rounds"]}']


def notes(results):
    """What stands below the tables."""
    met = [target[-1] for target in targets(results)]
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


def moved(old, new):
    """1: more, -1: less, 0: one of the medians lies within the other's spread."""
    if new['median'] > old['max'] and old['median'] < new['min']:
        return 1
    if new['median'] < old['min'] and old['median'] > new['max']:
        return -1
    return 0


def pairs(old, new, same_machine):
    """(what it is, old, new) of what of a row can be compared."""
    if same_machine or new['unit'] == 'bytes':
        yield new['unit'], old['figure'], new['figure']
    if old['beside'] and new['beside'] and old['beside'][0]['name'] == new['beside'][0]['name']:
        yield 'times ' + new['beside'][0]['name'], old['beside'][0]['ratio'], new['beside'][0]['ratio']


def change_text(old, new):
    return f'{100 * (new["median"] / old["median"] - 1):+.1f} %' if old['median'] else '-'


def compare(old, new):
    """(has it become slower, cells by CHANGES_HEAD) for each pair."""
    same = all(old['machine'][name] == new['machine'][name] for name in ('cpu', 'cores'))
    known = {(row['part'], row['what']): row for row in old['rows']}
    for row in new['rows']:
        before = known.get((row['part'], row['what']))
        if before is None:
            yield False, (row['what'], '', '-', text_of(row['figure']), '', '', 'new')
            continue
        all_pairs = list(pairs(before, row, same))
        moves = [moved(*pair[1:]) for pair in all_pairs]
        for (of, was, now), move in zip(all_pairs, moves):
            verdict = {1: 'SLOWER', -1: 'faster'}.get(move, '') if len(set(moves)) == 1 else ''
            yield verdict == 'SLOWER', (f'{row["part"]}: {row["what"]}', of, text_of(was), text_of(now),
                                        change_text(was, now), 'yes' if move else 'no', verdict)


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


def write_all(options, results, changes):
    default = os.path.join(os.path.dirname(os.path.abspath(options.program)), 'results')
    out = sys.stderr if '-' in (options.json, options.markdown, options.svg) else sys.stdout
    print(plain_table(results), end='', file=out)
    if changes is not None:
        print('\n' + '\n'.join(grid([CHANGES_HEAD] + [change[1] for change in changes])), file=out)
    written = []
    for path, ending, make in ((options.json, 'json', lambda: json.dumps(results, indent=2) + '\n'),
                               (options.markdown, 'md', lambda: markdown(results, changes)),
                               (options.svg, 'svg', lambda: bench_plot.svg(results, list(targets(results))))):
        try:
            text = make()
        except bench_plot.NoPlot as error:
            print(f'plot: not made: {error}', file=out)
            continue
        write(path or f'{default}.{ending}', text)
        written.append(os.path.relpath(path or f'{default}.{ending}') if path != '-' else 'standard output')
    print('written: ' + ', '.join(written), file=out)


def rounds_of(text):
    number = int(text)
    if not 1 <= number <= ROUNDS_MAX:
        raise ValueError
    return number


def parse():
    parser = argparse.ArgumentParser(prog='./dev bench', epilog=EPILOG, usage='./dev bench [options] [PART...]',
                                     description='Measures the library beside bare loops and beside its peers.',
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', help=argparse.SUPPRESS)
    parser.add_argument('parts', nargs='*', metavar='PART', help=f'of {", ".join(PARTS)}; none: all')
    parser.add_argument('--rounds', type=rounds_of, metavar='N', help=f'1 to {ROUNDS_MAX}; default 21')
    parser.add_argument('--json', metavar='FILE', help='where the results go; - is standard output')
    parser.add_argument('--markdown', metavar='FILE', help='where the tables go as Markdown')
    parser.add_argument('--svg', metavar='FILE', help='where the plot goes; all three: default results.* beside the program')
    parser.add_argument('--baseline', metavar='FILE', help='compare with the JSON of an earlier run')
    parser.add_argument('--from', dest='source', metavar='FILE', help='measure nothing, take the JSON of an earlier run')
    options = parser.parse_intermixed_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f'there is no part {part!r}, only {", ".join(PARTS)}')
    return options


def main():
    options = parse()
    try:
        baseline = load(options.baseline) if options.baseline else None  # before it is written over
        results = load(options.source) if options.source else measure(options.program, options.rounds, options.parts)
        changes = list(compare(baseline, results)) if baseline else None
        write_all(options, results, changes)
    except Wrong as error:
        print(f'bench: {error}', file=sys.stderr)
        return 2
    return 1 if any(slower for slower, _ in changes or ()) else 0


if __name__ == '__main__':
    sys.exit(main())
