#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""The checks of tools/ find what they are for: each is shown a small tree, and a program's output, with one fault."""
import os
import subprocess
import sys
import tempfile
import textwrap

ROOT = os.environ.get('DMAVEC_SOURCE_DIR') or os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LICENCE = '/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */\n'


def function(lines):
    return LICENCE + 'int f(void)\n{\n' + '\tg();\n' * (lines - 3) + '}\n'


# what is wrong, where it stands, what stands there, a word of the finding ('' where there is nothing to find)
TREES = (
    ('a core file may use the promise, the host and its own headers', 'core/x.c',
     LICENCE + '#include <dmavec/dmavec.h>\n#include "host.h"\n#include "x.h"\n', ''),
    ('core includes the libc', 'core/x.c', LICENCE + '#include <stdlib.h>\n', 'stdlib.h'),
    ('core includes even <string.h> by itself', 'core/x.h', LICENCE + '#include <string.h>\n', 'string.h'),
    ('core includes a space', 'core/x.c', LICENCE + '#include "../spaces/own.h"\n', 'spaces/own.h'),
    ('a space may use the libc', 'spaces/x.c', LICENCE + '#include <dmavec/space.h>\n#include <sys/mman.h>\n', ''),
    ('a space includes the host', 'spaces/x.c', LICENCE + '#include "host.h"\n', 'host.h'),
    ('a space includes the core', 'spaces/x.c', LICENCE + '#include "../core/x.h"\n', 'core/x.h'),
    ('the software device includes the core', 'sim/x.c', LICENCE + '#include "core/x.h"\n', 'core/x.h'),
    ('the software device includes a space', 'sim/x.c', LICENCE + '#include "../spaces/own.h"\n', 'spaces/own.h'),
    ('the program may use json-c', 'cli/x.c', LICENCE + '#include <json-c/json.h>\n#include <dmavec/sim.h>\n', ''),
    ('a space includes json-c', 'spaces/x.c', LICENCE + '#include <json-c/json.h>\n', 'json-c'),
    ('the program includes the core', 'cli/x.c', LICENCE + '#include "../core/x.h"\n', 'core/x.h'),
    ('the host includes the promise', 'host/user/x.c', LICENCE + '#include <dmavec/dmavec.h>\n', 'dmavec.h'),
    ('a public header includes the libc', 'include/dmavec/x.h', LICENCE + '#include <stdio.h>\n', 'stdio.h'),
    ('an example includes the host', 'examples/x.c', LICENCE + '#include "host.h"\n', 'host.h'),
    ('a test may include anything', 'tests/x.c', LICENCE + '#include "core/x.h"\n#include "host.h"\n', ''),
    ('a function of 70 lines is short enough', 'core/x.c', function(70), ''),
    ('a function of 71 lines is too long', 'core/x.c', function(71), '71 lines'),
    ('a file of 600 lines is short enough', 'core/x.c', LICENCE + 'int x;\n' * 599, ''),
    ('a file of 601 lines is too long', 'core/x.c', LICENCE + 'int x;\n' * 600, '601 lines'),
    ('a file has no licence line', 'core/x.c', 'int x;\n', 'SPDX'),
    ('a script has no licence line', 'tools/x.sh', '#!/bin/sh\n', 'SPDX'),
    ('a line ends with a blank', 'core/x.c', LICENCE + 'int x; \n', 'white space'),
    ('a file ends without a newline', 'core/x.c', LICENCE + 'int x;', 'newline'),
    ('a room has no README', 'sim/README.md', None, 'sim/'),
)

# what the program does, the program, the totals, and a word of the report
PROGRAMS = (
    ('two checks and a skip', 'echo 1..3; echo ok 1 - a; echo ok 2 - b; echo "ok 3 - c # SKIP why"',
     '2 passed, 0 failed, 1 skipped', 'c: why'),
    ('a failing check', 'echo ok 1 - a; echo not ok 2 - sorry; echo 1..2; exit 1', '1 passed, 1 failed, 0 skipped', 'sorry'),
    ('a crash', 'echo 1..1; echo ok 1; kill -SEGV $$', '1 passed, 1 failed, 0 skipped', 'SIGSEGV'),
    ('a bad exit status', 'echo 1..1; echo ok 1; exit 3', '1 passed, 1 failed, 0 skipped', 'exit status 3'),
    ('a failing check and exit status 0', 'echo 1..1; echo not ok 1 - a', '0 passed, 2 failed, 0 skipped', 'status is 0'),
    ('a plan of more', 'echo 1..2; echo ok 1', '1 passed, 1 failed, 0 skipped', 'planned 2'),
    ('no plan', 'echo ok 1', '1 passed, 1 failed, 0 skipped', 'no plan'),
    ('no check', 'echo 1..0', '0 passed, 1 failed, 0 skipped', 'no check'),
    ('nothing at all', 'true', '0 passed, 1 failed, 0 skipped', 'no plan'),
    ('skipped as a whole', 'echo "1..0 # SKIP not here"', '0 passed, 1 failed, 1 skipped', 'not here'),
    ('no end', 'echo 1..1; echo ok 1; sleep 60', '1 passed, 1 failed, 0 skipped', 'stopped after'),
    ('checks out of order', 'echo 1..1; echo ok 2', '0 passed, 1 failed, 0 skipped', 'out of order'),
)

count = failed = 0


def check(good, name, text=''):
    global count, failed
    count += 1
    print(f'{"ok" if good else "not ok"} {count} - {name}')
    if not good:
        failed += 1
        print(textwrap.indent(text.rstrip() or '(nothing was printed)', '# '))


def run(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def write(folder, path, text):
    path = os.path.join(folder, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)


def check_trees():
    tool = os.path.join(ROOT, 'tools', 'lint_tree.py')
    for what, path, text, finding in TREES:
        with tempfile.TemporaryDirectory() as tree:
            for room in ('include', 'core', 'host', 'spaces', 'sim', 'emit', 'sources', 'cli', 'examples',
                         'tests', 'bench', 'tools'):
                write(tree, room + '/README.md', 'A room.\n')
            for header in ('core/x.h', 'spaces/own.h', 'host/user/host.h'):
                write(tree, header, LICENCE + 'extern int x;\n')
            if text is None:
                os.unlink(os.path.join(tree, path))
            else:
                write(tree, path, text)
            status, printed = run(sys.executable, tool, tree)
            found = printed.splitlines()
            check(status == 1 and len(found) == 1 and finding in found[0] if finding else status == 0 and not found,
                  'tree: ' + what, printed)


def fake_meson(folder, script):
    """A folder with a test program, and a meson that lists it: that is all tools/test.py asks of a build."""
    write(folder, 'program', '#!/bin/sh\n' + script + '\n')
    write(folder, 'meson', '#!/bin/sh\n' + f"""echo '[{{"name": "x", "cmd": ["{folder}/program"], "env": {{}},"""
          + """ "workdir": null, "timeout": 2, "priority": 0}]'\n""")
    for name in ('program', 'meson'):
        os.chmod(os.path.join(folder, name), 0o755)


def check_programs():
    tool = os.path.join(ROOT, 'tools', 'test.py')
    for what, script, totals, report in PROGRAMS:
        with tempfile.TemporaryDirectory() as folder:
            fake_meson(folder, script)
            os.environ['PATH'] = folder + os.pathsep + PATH
            status, printed = run(sys.executable, tool, folder)
            last = printed.splitlines()[-1] if printed else ''
            check(last == totals and report in printed and (status == 0) == (', 0 failed' in totals),
                  'totals: ' + what, printed)


PATH = os.environ['PATH']
check_trees()
check_programs()
print(f'1..{count}')
sys.exit(1 if failed else 0)
