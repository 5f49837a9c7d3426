#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The benchmark's program says what it should, and tools/bench.py judges it rightly: how fast anything is, is not asked."""
import copy
import json
import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

ROOT = os.environ.get('DMAVEC_SOURCE_DIR') or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('DMAVEC_BUILD_DIR') or os.path.join(ROOT, 'build')
PROGRAM = os.path.join(BUILD, 'bench', 'dmavec-bench')
TOOL = os.path.join(ROOT, 'tools', 'bench.py')
SIZES = [1, 16, 256, 1024, 4096, 16384, 65536, 131072]
PEERS = {'UCX': {'UCX page table', 'UCX registration cache'}, 'libfabric': {'libfabric cache'}}
TARGETS = {'UCX page table': 1, 'dmavec, one thread': 1.1, 'dmavec_lookup': 2.5, 'a copy of the range array': 6,
           '256 stores from the array': 6, '256 stores of 0': 6}
MOST = {'a segment': 16, 'a mapping': 128, 'a registered 64 KiB region of 131072, adjacent': 40,
        'a registered 64 KiB region of 131072, apart': 40}

count = failed = 0


def check(good, name, text=''):
    global count, failed
    count += 1
    print(f'{"ok" if good else "not ok"} {count} - {name}', flush=True)
    if not good:
        failed += 1
        print(''.join(f'# {line}\n' for line in str(text).splitlines()[-40:]), end='')


def run(*command, path=None):
    env = {**os.environ, **({'PATH': path} if path else {})}
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False, env=env)


def figures(row):
    yield row['figure']
    for other in row['beside']:
        yield other['figure']
        yield other['ratio']


def is_figure(figure):
    return 0 < figure['min'] <= figure['median'] <= figure['max']


def check_shape(results):
    rows = results['rows']
    check(all(is_figure(figure) for row in rows for figure in figures(row)), 'each median is between least and most', rows)
    check(all(results['machine'].get(name) for name in ('cpu', 'cores', 'kernel', 'compiler', 'dmavec', 'date')),
          'the machine is described', results['machine'])
    check({row['part'] for row in rows} == {'lookup', 'map', 'iova', 'memory'}, 'each part has rows')
    check(all(row['beside'] for row in rows if row['unit'] != 'bytes'), 'each time has something beside it')
    check(all((other['figure']['min'] > 0) and other['ratio']['min'] <= row['figure']['max'] / other['figure']['min'] * 1.01
              and other['ratio']['max'] >= row['figure']['min'] / other['figure']['max'] / 1.01
              for row in rows for other in row['beside']), 'a ratio is the row divided by what stands beside it', rows)


def check_targets(results):
    asked = [(other['name'], other) for row in results['rows'] for other in row['beside'] if 'target' in other]
    check(all(TARGETS[name] == other['target'] for name, other in asked), 'ratios have the targets of the design', asked)
    there = {name for name, _ in asked}
    absent = {lack['library'] for lack in results['absent']}
    there |= {'UCX page table'} if 'UCX' in absent else set()
    there |= {'dmavec, one thread'} if 'two threads' in absent else set()
    check(set(TARGETS) == there, 'no target is forgotten', there)
    check(all(other['met'] is (other['ratio']['median'] <= other['target']) for _, other in asked),
          'the median decides whether a ratio meets its target', asked)
    sizes = {row['what']: row for row in results['rows'] if 'target' in row}
    check({what: row['target'] for what, row in sizes.items()} == MOST, 'bytes have the targets of the design', sizes)
    check(all(row['met'] is (row['figure']['median'] <= row['target']) for row in sizes.values()),
          'the figure decides whether bytes meet their target', sizes)


def check_lookups(results):
    rows = [row for row in results['rows'] if 'regions' in row]
    absent = {lack['library'] for lack in results['absent']}
    for threads in (1, 2):
        if threads == 2 and 'two threads' in absent:
            continue
        check([row['regions'] for row in rows if row['threads'] == threads] == SIZES, f'each N, {threads} threads')
    check(not any('laid out' in lack['why'] for lack in results['absent']), 'what is declared of a cache holds',
          results['absent'])
    for library, names in PEERS.items():
        seen = [names <= {other['name'] for other in row['beside']} for row in rows]
        check(not any(seen) if library in absent else all(seen), f'{library} stands beside each N, or is named as absent',
              results['absent'])


def scaled(results, by, of=('figure', 'ratio')):
    """The results with the library's figures, or ratios, or both so many times as great."""
    other = copy.deepcopy(results)
    for row in other['rows']:
        for figure in [row['figure']] * ('figure' in of) + [b['ratio'] for b in row['beside']] * ('ratio' in of):
            for name in figure:
                figure[name] *= by
    return other


def elsewhere(results):
    other = copy.deepcopy(results)
    other['machine']['cpu'] = 'another'
    return other


def without_bytes(results):
    return {**results, 'rows': [row for row in results['rows'] if row['unit'] != 'bytes']}


def widened(results):
    """A tenth of the time, but with a spread that reaches up to today's."""
    other = scaled(results, 0.1)
    for row in other['rows']:
        for figure in figures(row):
            figure['max'] *= 1000
    return other


def baselines(results):
    """What the baseline is, the baseline, today's results, the exit status, a word of what is printed."""
    times = without_bytes(results)
    return (
        ('the same', results, results, 0, 'no'),
        ('ten times faster', scaled(results, 0.1), results, 1, 'SLOWER'),
        ('ten times slower', scaled(results, 10), results, 0, 'faster'),
        ('faster, within its spread', widened(results), results, 0, 'no'),
        ('faster, and so was all else', scaled(times, 0.1, ('figure',)), times, 0, 'yes'),
        ('of another machine, with other times', scaled(elsewhere(times), 0.1, ('figure',)), times, 0, 'times'),
        ('of another machine, with better ratios', scaled(elsewhere(times), 0.1, ('ratio',)), times, 1, 'SLOWER'),
        ('of another machine, with fewer bytes', scaled(elsewhere(results), 0.1, ('figure',)), results, 1, 'bytes'),
        ('without any row', {**results, 'rows': []}, results, 0, 'new'),
    )


def bench(folder, *arguments, path=None):
    """Runs tools/bench.py with its outputs in folder."""
    outputs = [f'--{kind}={os.path.join(folder, "out." + kind)}' for kind in ('json', 'markdown', 'svg')]
    return run(sys.executable, TOOL, PROGRAM, *outputs, *arguments, path=path)


def write(folder, name, thing):
    path = os.path.join(folder, name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(thing if isinstance(thing, str) else json.dumps(thing))
    return path


def read(folder, name):
    with open(os.path.join(folder, name), encoding='utf-8') as file:
        return file.read()


def check_baselines(results):
    for what, before, now, status, word in baselines(results):
        with tempfile.TemporaryDirectory() as folder:
            done = bench(folder, '--from', write(folder, 'now', now), '--baseline', write(folder, 'before', before))
            below = done.stdout[done.stdout.find('outside both spreads'):]
            check(done.returncode == status and word in below and (status or 'SLOWER' not in below),
                  f'a baseline that is {what}: status {status}', done.stdout + done.stderr)


    with tempfile.TemporaryDirectory() as folder:
        before = write(folder, 'out.json', scaled(results, 0.1))
        done = bench(folder, '--from', write(folder, 'now', results), '--baseline', before)
        check(done.returncode == 1 and json.loads(read(folder, 'out.json')) == results,
              'a baseline that is written over is read before', done.stdout + done.stderr)


def check_outputs(results):
    with tempfile.TemporaryDirectory() as folder:
        lacking = {**results, 'absent': [{'library': 'UCX', 'why': 'it is at sea'}]}
        done = bench(folder, '--from', write(folder, 'now', lacking))
        said = 'UCX: not measured: it is at sea'
        check(done.returncode == 0 and said in done.stdout and said in read(folder, 'out.markdown'), 'the absent are named',
              done.stdout + done.stderr)
        check(json.loads(read(folder, 'out.json')) == lacking, 'the JSON that is written is what was measured')
        if 'gnuplot is not installed' in done.stdout:
            check(True, 'a plot # SKIP gnuplot is not installed')
        else:
            said = ' '.join(xml.etree.ElementTree.fromstring(read(folder, 'out.svg')).itertext())
            check(all(word in said for word in ('dmavec', 'one thread', 'a load from an array', '131,072', 'a mapping')),
                  'the plot is well-formed and has its labels', said)
    with tempfile.TemporaryDirectory() as folder:
        done = bench(folder, '--from', write(folder, 'now', results), path=folder)
        check(done.returncode == 0 and 'plot: not made' in done.stdout and not os.path.exists(folder + '/out.svg'),
              'without gnuplot there is no plot, and that is said', done.stdout + done.stderr)
        missed = copy.deepcopy(results)
        for row in missed['rows']:
            for thing in [row] + row['beside']:
                thing.update({'met': False} if 'met' in thing else {})
        done = bench(folder, '--json', '-', '--from', write(folder, 'now', missed))
        check(json.loads(done.stdout) == missed and 'MISSED' in done.stderr and ' 0 met' in done.stderr,
              'JSON to standard output is alone there, and missed targets are named', done.stderr)


def check_wrong(results):
    cases = (
        ('an unknown part', ['sideways'], None), ('rounds 0', ['--rounds', '0'], None),
        ('rounds that are no number', ['--rounds', 'x'], None), ('too many rounds', ['--rounds', '256'], None),
        ('an unknown option', ['--fast'], None), ('a baseline that is not there', ['--baseline', '/nonexistent'], None),
        ('a baseline that is no JSON', [], '{'), ('a baseline of something else', [], '{"format": "x"}'),
        ('a baseline of another format', [], {**results, 'format': 'dmavec-bench 0'}),
        ('a baseline that is a list', [], '[1]'), ('a baseline that is binary', [], '\0\0'),
        ('a baseline with a row cut short', [], {**results, 'rows': [{'part': 'map'}]}),
        ('a baseline whose median is above the most', [], scaled(results, -1)),
    )
    for what, arguments, baseline in cases:
        with tempfile.TemporaryDirectory() as folder:
            if baseline is not None:
                arguments = ['--baseline', write(folder, 'before', baseline)]
            done = bench(folder, 'memory', *arguments)
            check(done.returncode == 2 and done.stderr and 'Traceback' not in done.stderr and
                  not os.path.exists(os.path.join(folder, 'out.json')), f'{what}: status 2 and a message', done.stderr)
    for arguments in (['sideways'], ['--rounds', '0'], ['--rounds', '256'], ['--rounds', '-1'], ['--rounds', '2x'], ['--rounds']):
        done = run(PROGRAM, *arguments)
        check(done.returncode == 2 and 'usage' in done.stderr and not done.stdout, 'the program: ' + ' '.join(arguments))


def main():
    with tempfile.TemporaryDirectory() as folder:
        done = bench(folder, '--rounds', '1')
        check(done.returncode == 0, 'the benchmark runs', done.stdout + done.stderr)
        if done.returncode == 0:
            results = json.loads(read(folder, 'out.json'))
            check_shape(results)
            check_targets(results)
            check_lookups(results)
            check_baselines(results)
            check_outputs(results)
            check_wrong(results)
        done = bench(folder, '--rounds', '3', 'iova')
        rows = json.loads(read(folder, 'out.json')) if done.returncode == 0 else {'rows': []}
        check(rows['rows'] and {row['part'] for row in rows['rows']} == {'iova'} and rows['rounds'] == 3,
              'parts and rounds are as asked for', done.stderr)
    print(f'1..{count}')
    return 1 if failed else 0


sys.exit(main())
