#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The benchmark's program says what it should, and tools/bench.py judges it rightly: how fast anything is, is not asked."""
import copy
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree

ROOT = os.environ.get('DMAVEC_SOURCE_DIR') or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get('DMAVEC_BUILD_DIR') or os.path.join(ROOT, 'build')
PROGRAM = os.path.join(BUILD, 'bench', 'dmavec-bench')
TOOL = os.path.join(ROOT, 'tools', 'bench.py')
SIZES = [1, 16, 256, 1024, 4096, 16384, 65536, 131072]
PEERS = {'UCX': {'UCX page table', 'UCX registration cache'}, 'libfabric': {'libfabric cache'}}
PATTERNS = {'multiples of 64 KiB': (1, 2), 'odd pages': (1, 2), 'two areas 16 TiB apart': (1,)}  # and threads
SLOWED = 'one thread, slowed as the array'
TARGETS = {'UCX page table': 1, SLOWED: 1.1, 'dmavec_lookup': 2.5, 'a copy of the range array': 6,
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
    env = {**os.environ, 'PYTHONUNBUFFERED': '', **({'PATH': path} if path else {})}
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
    check(all(results['machine'].get(name) for name in ('cpu', 'cores', 'kernel', 'compiler', 'dmavec', 'date', 'load')),
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
    there |= {SLOWED} if 'two threads' in absent else set()
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
    there = {pattern: threads for pattern, threads in PATTERNS.items() if pattern.split(' 16')[0] not in absent}
    check({row['pattern'] for row in rows} == set(there), 'each pattern of regions', rows)
    for pattern, threads in ((pattern, thread) for pattern, threads in there.items() for thread in threads):
        if threads == 2 and 'two threads' in absent:
            continue
        check([row['regions'] for row in rows if (row['pattern'], row['threads']) == (pattern, threads)] == SIZES and
              all(row['pattern'] in row['what'] for row in rows), f'each N, {pattern}, {threads} threads')
    check(not any('laid out' in lack['why'] for lack in results['absent']), 'what is declared of a cache holds',
          results['absent'])
    for library, names in PEERS.items():
        seen = [names <= {other['name'] for other in row['beside']} for row in rows]
        check(not any(seen) if library in absent else all(seen), f'{library} stands beside each N, or is named as absent',
              results['absent'])


def medians(row):
    return {row['name']: row['figure']['median'], **{other['name']: other['figure']['median'] for other in row['beside']}}


def check_two_threads(results):
    """One run of one round: each figure is the only one."""
    rows = [medians(row) for row in results['rows'] if row.get('threads') == 2]
    turns = results['two threads']
    if any(lack['library'] == 'two threads' for lack in results['absent']):
        check(turns == {'turns': 0, 'apart': 0}, 'no turn of two threads')
        return
    check(all(abs(row[SLOWED] / row['dmavec, one thread'] / row['a load from an array'] *
                  row['a load from an array, one thread'] - 1) < 1e-3 for row in rows),
          'two threads are held against one, slowed as the array is', rows)
    check(turns['turns'] >= 2 * 3 * len(rows) and 0 <= turns['apart'] <= turns['turns'], 'turns of two threads are counted', turns)


def check_linked():
    done = run('nm', '-D', '--undefined-only', PROGRAM)
    names = {line.split()[-1].split('@')[0] for line in done.stdout.splitlines()}
    check({'dmavec_lookup', 'dmavec_map', 'dmavec_iova_alloc'} <= names, 'the library is called as programs call it',
          done.stdout + done.stderr)


def scaled(results, by, of=('figure', 'ratio')):
    """The results with the library's figures, or ratios, or both so many times as great."""
    other = copy.deepcopy(results)
    for row in other['rows']:
        for figure in [row['figure']] * ('figure' in of) + [b['ratio'] for b in row['beside']] * ('ratio' in of):
            for name in ('min', 'median', 'max'):
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
        ('faster by less than counts', scaled(results, 0.95), results, 0, 'yes'),
        ('slower by less than counts', scaled(results, 1.05), results, 0, 'yes'),
        ('without its last row', {**results, 'rows': results['rows'][:-1]}, results, 0, 'new'),
        ('with a row more', results, {**results, 'rows': results['rows'][:-1]}, 0, results['rows'][-1]['what'] + '  '),
        ('with parts more', results, without_bytes(results), 0, 'memory: all of it'),
    )


def check_least(results):
    with tempfile.TemporaryDirectory() as folder:
        now, before = write(folder, 'now', results), write(folder, 'before', scaled(results, 0.95))
        for least, status in (('4', 1), ('6', 0), ('0', 1)):
            done = bench(folder, '--from', now, '--baseline', before, '--least', least, path=folder)
            check(done.returncode == status and ('SLOWER' in done.stdout) == bool(status),
                  f'5 %, where {least} % counts: status {status}', done.stdout + done.stderr)


def bench(folder, *arguments, path=None, program=PROGRAM):
    """Runs tools/bench.py with its outputs in folder."""
    outputs = [f'--{kind}={os.path.join(folder, "out." + kind)}' for kind in ('json', 'markdown', 'svg')]
    return run(sys.executable, TOOL, program, *outputs, *arguments, path=path)


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
            done = bench(folder, '--from', write(folder, 'now', now), '--baseline', write(folder, 'before', before), path=folder)
            below = done.stdout[done.stdout.find('outside both spreads'):]
            check(done.returncode == status and word in below and (status or 'SLOWER' not in below),
                  f'a baseline that is {what}: status {status}', done.stdout + done.stderr)

    with tempfile.TemporaryDirectory() as folder:
        before = write(folder, 'out.json', scaled(results, 0.1))
        done = bench(folder, '--from', write(folder, 'now', results), '--baseline', before)
        check(done.returncode == 1 and json.loads(read(folder, 'out.json')) == results,
              'a baseline that is written over is read before', done.stdout + done.stderr)


def fake(folder, *results):
    """A program that measures these, one after the other."""
    for number, one in enumerate(results):
        write(folder, f'run{number}', one)
    path = write(folder, 'fake', '#!/bin/sh\ncd "$(dirname "$0")"; echo >>count; cat "run$(($(wc -l <count) - 1))"\n')
    os.chmod(path, 0o755)
    return path


def check_runs(results):
    three = [scaled(results, by) for by in (2, 1, 4)]
    for one, turns in zip(three, (5, 6, 7)):
        one['two threads'] = {'turns': 10 * turns, 'apart': turns}
        one['machine']['load'] = [turns, 0, 0]
    with tempfile.TemporaryDirectory() as folder:
        done = bench(folder, '--runs', '3', program=fake(folder, *three))
        merged = json.loads(read(folder, 'out.json')) if done.returncode == 0 else three[0]
        check(merged.get('runs') == 3 and 'runs: 3' in done.stdout, 'several runs', done.stdout + done.stderr)
        pairs = [(old, new) for was, now in zip(results['rows'], merged['rows']) for old, new in zip(figures(was), figures(now))]
        ours = [(was['figure'], now['figure']) for was, now in zip(results['rows'], merged['rows'])]
        check(all(abs(new['median'] / old['median'] - 2) < 1e-9 and [one / old['median'] for one in new['runs']] == [2, 1, 4]
                  for old, new in ours), 'the median over the medians of the runs', ours)
        check(all(abs(new['min'] / old['min'] - 1) < 1e-9 and abs(new['max'] / old['max'] - 4) < 1e-9 for old, new in ours),
              'the spread of all runs', ours)
        check(all(new['min'] <= new['median'] <= new['max'] for _, new in pairs), 'of each figure')
        check_targets(merged)
        check('18 of 180 turns never ran side by side' in done.stdout and merged['two threads'] == {'turns': 180, 'apart': 18},
              'turns that two threads did not spend together are counted', done.stdout)
        check('WARNING: the load was 5.00' in done.stdout and 'WARNING' in read(folder, 'out.markdown'),
              'the load before the first run is warned of', done.stdout)
    with tempfile.TemporaryDirectory() as folder:
        three[0]['machine']['load'] = [1, 9, 9]
        done = bench(folder, '--runs', '2', program=fake(folder, three[0], {**results, 'rows': results['rows'][1:]}))
        check(done.returncode == 2 and 'did not measure the same' in done.stderr, 'runs that differ', done.stderr)
        done = bench(folder, '--from', write(folder, 'now', three[0]))
        check(done.returncode == 0 and 'WARNING' not in done.stdout, 'no warning of a quiet machine', done.stdout)


def check_accidents(results):
    with tempfile.TemporaryDirectory() as folder:
        source = write(folder, 'now', results)
        few = write(folder, 'few', {**results, 'rows': results['rows'][:1]})
        command = f'exec "$0" "$1" "$2" --json={folder}/out.json --markdown={folder}/out.md --svg={folder}/out.svg --from {source}'
        for what, shell in (('a full disk', f'{command} >/dev/full'),
                            ('few lines on a full disk', command.replace(source, few) + ' >/dev/full'),
                            ('help on a full disk', 'exec "$0" "$1" "$2" --help >/dev/full'),
                            ('JSON on a full disk', f'{command} --json - >/dev/full')):
            done = run('sh', '-c', shell, sys.executable, TOOL, PROGRAM)
            check(done.returncode == 2 and len(done.stderr.splitlines()) == 1 and done.stderr.startswith('bench: cannot write'),
                  f'{what}: status 2 and one line', done.stderr)
            if what == 'a full disk':
                check(os.path.exists(folder + '/out.json') and json.loads(read(folder, 'out.json')) == results,
                      'the files are written before the tables')
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run([sys.executable, TOOL, PROGRAM, '--from', source, f'--json={folder}/j', f'--markdown={folder}/m',
                               f'--svg={folder}/s'], stdout=writer, stderr=subprocess.PIPE, text=True, check=False)
        os.close(writer)
        check(done.returncode == 2 and 'Broken pipe' in done.stderr, 'no reader: status 2', done.stderr)
        odd = {**results, 'machine': {**results['machine'], 'cpu': '\ud800'}}
        done = bench(folder, '--from', write(folder, 'odd', odd))
        check(done.returncode == 2, 'whatever else goes wrong, it is not status 1', done.stderr)
    check_interrupted()


def check_interrupted():
    with tempfile.TemporaryDirectory() as folder:
        path = write(folder, 'slow', '#!/bin/sh\ntouch "$0.on"; exec sleep 60\n')
        os.chmod(path, 0o755)
        with subprocess.Popen([sys.executable, TOOL, path, f'--json={folder}/j'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)) as process:
            while not os.path.exists(path + '.on') and process.poll() is None:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            said = process.communicate()[1]
        check(process.returncode == 130 and 'Traceback' not in said and 'bench: interrupted' in said,
              'interrupted: status 130', said)


DEV_FAKES = {
    'dpkg-query': 'for last; do :; done; case $last in libucx-dev) ;; *) echo installed ;; esac',
    'apt-get': 'echo "$@" >>"$LOG"; exit 1',
    'apt-cache': 'exit 1',
    'sudo': 'exec "$@"',
    'meson': 'mkdir -p build/bench; : >build/build.ninja; cp "$LOG.program" build/bench/dmavec-bench',
    'ninja': 'echo ninja >>"$LOG"; exit ${NINJA_FAILS:-0}',
}


def check_dev(results):
    """./dev of a tree whose tools are all others."""
    with tempfile.TemporaryDirectory() as folder:
        for room in ('include', 'core', 'host', 'spaces', 'sim', 'emit', 'sources', 'cli', 'examples', 'tests', 'bench', 'docs'):
            os.makedirs(os.path.join(folder, 'tree', room))
        os.makedirs(os.path.join(folder, 'bin'))
        shutil.copy(os.path.join(ROOT, 'dev'), os.path.join(folder, 'tree'))
        shutil.copytree(os.path.join(ROOT, 'tools'), os.path.join(folder, 'tree', 'tools'))
        for name, text in DEV_FAKES.items():
            os.chmod(write(os.path.join(folder, 'bin'), name, f'#!/bin/sh\n{text}\n'), 0o755)
        write(folder, 'now', {**results, 'rows': results['rows'][:1]})
        os.chmod(write(folder, 'log.program', f'#!/bin/sh\ncat {folder}/now\n'), 0o755)

        def dev(*arguments, **more):
            write(folder, 'log', '')
            env = {**os.environ, 'PATH': f'{folder}/bin:/usr/bin:/bin', 'LOG': f'{folder}/log', **more}
            return subprocess.run(['sh', f'{folder}/tree/dev', 'bench', *arguments], stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, check=False, env=env)

        for arguments, status in ((['--help'], 0), (['--he'], 0), (['--fast'], 2), (['sideways'], 2), (['--runs', '0'], 2),
                                  (['--baseline', '/nonexistent'], 2)):
            done = dev(*arguments)
            check(done.returncode == status and not read(folder, 'log') and
                  ('Exit status' in done.stdout if not status else done.stderr),
                  f'./dev bench {" ".join(arguments)} installs and builds nothing', read(folder, 'log') + done.stderr)
        done = dev('--runs', '1')
        check(done.returncode == 0 and 'libucx-dev' in read(folder, 'log') and 'without libucx-dev' in done.stderr,
              './dev bench tries to install what is missing', done.stdout + done.stderr)
        done = dev('--runs', '1')
        check(done.returncode == 0 and read(folder, 'log') == 'ninja\n' and 'without libucx-dev' in done.stderr,
              'and not again on the same day', read(folder, 'log') + done.stderr)
        os.utime(f'{folder}/tree/build/optional.tried', (time.time() - 3 * 86400,) * 2)
        done = dev('--runs', '1')
        check(done.returncode == 0 and 'libucx-dev' in read(folder, 'log'), 'but later', read(folder, 'log') + done.stderr)
        check(dev('--runs', '1', NINJA_FAILS='1').returncode == 2, 'what does not build is not status 1')


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
            check(all(word in said for word in ('dmavec', 'one thread', 'a load from an array', '131,072', 'a mapping', *PATTERNS)),
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
        ('runs 0', ['--runs', '0'], None), ('a least change below 0', ['--least', '-1'], None),
        ('a least change that is no number', ['--least', 'nan'], None),
        ('parts of what is not measured', ['--from', '/dev/null'], None), ('an unknown option', ['--fast'], None), ('a baseline that is not there', ['--baseline', '/nonexistent'], None),
        ('a baseline that is no JSON', [], '{'), ('a baseline of something else', [], '{"format": "x"}'),
        ('a baseline of another format', [], {**results, 'format': 'dmavec-bench 1'}),
        ('a baseline without load', [], {**results, 'machine': {'cpu': 'x', 'cores': 1}}),
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
    for arguments in (['--rounds', '3'], ['--runs', '3'], ['memory']):
        with tempfile.TemporaryDirectory() as folder:
            done = bench(folder, '--from', write(folder, 'now', results), *arguments)
            check(done.returncode == 2 and '--from measures nothing' in done.stderr, f'--from with {" ".join(arguments)}',
                  done.stdout + done.stderr)
    for arguments in (['sideways'], ['--rounds', '0'], ['--rounds', '256'], ['--rounds', '-1'], ['--rounds', '2x'], ['--rounds']):
        done = run(PROGRAM, *arguments)
        check(done.returncode == 2 and 'usage' in done.stderr and not done.stdout, 'the program: ' + ' '.join(arguments))


def main():
    with tempfile.TemporaryDirectory() as folder:
        done = bench(folder, '--rounds', '1', '--runs', '1')
        check(done.returncode == 0, 'the benchmark runs', done.stdout + done.stderr)
        if done.returncode == 0:
            results = json.loads(read(folder, 'out.json'))
            check_shape(results)
            check_targets(results)
            check_lookups(results)
            check_two_threads(results)
            check_linked()
            check_baselines(results)
            check_least(results)
            check_runs(results)
            check_accidents(results)
            check_dev(results)
            check_outputs(results)
            check_wrong(results)
        done = bench(folder, '--rounds', '3', '--runs', '1', 'iova')
        rows = json.loads(read(folder, 'out.json')) if done.returncode == 0 else {'rows': []}
        check(rows['rows'] and {row['part'] for row in rows['rows']} == {'iova'} and rows['rounds'] == 3,
              'parts and rounds are as asked for', done.stderr)
    print(f'1..{count}')
    return 1 if failed else 0


sys.exit(main())
