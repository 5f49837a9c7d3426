#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""Runs the tests of build folders and counts their checks; the last line is "N passed, N failed, N skipped".

Every line that a test prints in the Test Anything Protocol counts. A program that dies, runs out of time, ends with a bad
status, or whose plan does not match what it printed is one more failure; so is a run without any check.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time

RESULT = re.compile(r'(not )?ok\b(?:\s+(\d+))?(?:\s*-)?\s*(.*)')
SKIP = re.compile(r'(?:^|\s)#\s*skip\S*\s*(.*)', re.IGNORECASE)
PLAN = re.compile(r'1\.\.(\d+)\s*(?:#\s*skip\S*\s*(.*))?$', re.IGNORECASE)
HEARTBEAT = 20  # seconds

printing = threading.Lock()


def say(text):
    with printing:
        print(text, flush=True)


class Outcome:
    """What one program printed."""

    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skips = []
        self.plan = None
        self.skipped_whole = False
        self.said_no = False

    def checks(self):
        return self.passed + len(self.failures) + len(self.skips)

    def line(self, line):
        plan = PLAN.match(line)
        result = RESULT.match(line)
        if plan:
            if self.plan is not None:
                self.failures.append('there are two plans')
            self.plan = int(plan[1])
            if self.plan == 0 and plan[2] is not None:
                self.skips.append(plan[2] or 'no reason given')
                self.skipped_whole = True
        elif result:
            skip = SKIP.search(result[3])
            if result[2] and int(result[2]) != self.checks() + 1:
                self.failures.append(f'check {result[2]} is out of order: {line}')
            elif result[1]:
                self.said_no = True
                self.failures.append(result[3])
            elif skip:
                self.skips.append(f'{result[3][:skip.start()].strip() or self.checks() + 1}: {skip[1]}')
            else:
                self.passed += 1
        elif line.startswith('Bail out!'):
            self.failures.append(line)

    def end(self, status, timeout):
        """Whatever is wrong with the program as a whole."""
        checks = 0 if self.skipped_whole else self.checks()
        if status is None:
            self.failures.append(f'stopped after {timeout} s')
        elif status < 0:
            self.failures.append(f'died of {signal.Signals(-status).name}')
        elif status and not self.said_no:
            self.failures.append(f'exit status {status}')
        elif not status and self.said_no:
            self.failures.append('checks failed, and yet the exit status is 0')
        if status is not None and self.plan is None:
            self.failures.append('there is no plan')
        elif self.plan is not None and self.plan != checks:
            self.failures.append(f'planned {self.plan} checks, made {checks}')
        elif self.plan == 0 and not self.skipped_whole:
            self.failures.append('no check was made')


class Test:
    def __init__(self, build, entry):
        self.build = build
        self.name = entry['name']
        self.command = entry['cmd']
        self.environment = {**entry['env'], **os.environ}
        self.folder = entry['workdir'] or build
        self.timeout = entry['timeout']
        self.priority = entry['priority']
        self.label = f'{os.path.basename(build)}: {self.name}'
        self.started = None
        self.outcome = Outcome()

    def run(self):
        self.started = time.monotonic()
        log = os.path.join(self.build, 'tests', 'logs', self.name.replace('/', '-') + '.log')
        os.makedirs(os.path.dirname(log), exist_ok=True)
        with open(log, 'wb') as output:
            status = self.wait(output)
        with open(log, encoding='utf-8', errors='replace') as output:
            lines = output.read().splitlines()
        for line in lines:
            self.outcome.line(line)
        self.outcome.end(status, self.timeout)
        self.report(lines, log)

    def wait(self, output):
        """The exit status; None: it took too long, and its whole group is gone."""
        try:
            process = subprocess.Popen(self.command, cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
                                       stdout=output, stderr=subprocess.STDOUT, start_new_session=True)
        except OSError as error:
            output.write(f'{self.command[0]}: {error}\n'.encode())
            return 127
        try:
            return process.wait(self.timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return None

    def report(self, lines, log):
        out = self.outcome
        spent = time.monotonic() - self.started
        text = [f'{"FAIL" if out.failures else "ok":5}{self.label:32}{out.checks():8} checks {spent:8.2f} s']
        text += [f'     skipped: {skip}' for skip in out.skips[:10]]
        if len(out.skips) > 10:
            text.append(f'     skipped: {len(out.skips) - 10} more, see {log}')
        if out.failures:
            text += [f'     failed: {failure}' for failure in out.failures[:20]]
            text += ['     | ' + line for line in lines if not line.startswith('ok ')][-40:]
            text.append(f'     all of it: {log}')
        say('\n'.join(text))


def tests_of(build, only):
    listing = subprocess.run(['meson', 'introspect', '--tests', build], stdout=subprocess.PIPE, check=True)
    found = [Test(build, entry) for entry in json.loads(listing.stdout)]
    return [test for test in found if only is None or test.name == only]


def run_all(tests, jobs):
    waiting = list(tests)
    running = []
    lock = threading.Lock()

    def worker():
        while True:
            with lock:
                if not waiting:
                    return
                test = waiting.pop(0)
                running.append(test)
            try:
                test.run()
            except Exception as error:  # a test that cannot be judged has not passed
                test.outcome.failures.append(repr(error))
                say(f'FAIL {test.label}: {error!r}')
            with lock:
                running.remove(test)

    threads = [threading.Thread(target=worker, daemon=True) for _ in range(jobs)]
    for thread in threads:
        thread.start()
    last = time.monotonic()
    while any(thread.is_alive() for thread in threads):
        time.sleep(0.05)
        if time.monotonic() - last >= HEARTBEAT:
            last = time.monotonic()
            with lock:
                busy = ', '.join(test.label for test in running)
            say(f'...  {busy}; {len(waiting)} to come')


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('builds', nargs='+', metavar='BUILD')
    parser.add_argument('--only', metavar='NAME', help='the tests of this name alone')
    parser.add_argument('--jobs', type=int, default=len(os.sched_getaffinity(0)))
    options = parser.parse_args()

    begun = time.monotonic()
    tests = [test for build in options.builds for test in tests_of(os.path.abspath(build), options.only)]
    tests.sort(key=lambda test: -test.priority)  # what takes long begins first
    say(f'{len(tests)} test programs, {options.jobs} at a time')
    run_all(tests, options.jobs)

    passed = sum(test.outcome.passed for test in tests)
    failed = sum(len(test.outcome.failures) for test in tests)
    skipped = sum(len(test.outcome.skips) for test in tests)
    if not passed and not failed:
        say(f'FAIL no check was made{f", there is no test {options.only!r}" if options.only is not None else ""}')
        failed = 1
    for test in tests:
        if test.outcome.failures:
            say(f'FAIL {test.label}')
    say(f'in {time.monotonic() - begun:.0f} s')
    say(f'{passed} passed, {failed} failed, {skipped} skipped')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
