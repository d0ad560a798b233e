#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# The promises of docs/architecture.md that a grep can prove, as TAP. "arrows": who may call, include
# and know what. "size": how thin the libraries are, and that they export what their header declares
# and nothing else. Every rule is also run on small trees with one planted violation, and has to see it.
#
#   check-tree.py arrows SRCDIR             check-tree.py size SRCDIR BUILDDIR

import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

CC = os.environ.get('CC') or 'cc'
LIBRARIES = {'libvawrap': ('vawrap.h', 'libvawrap'), 'libvacodec': ('vacodec.h', 'libvacodec'),
             'virtio-video': ('virtio-video.h', 'libvirtio-video')}
# Whose headers a room may include besides its own; "include/NAME" is one public header.
MAY_INCLUDE = {
    'include': {'include'},
    'libvawrap': {'include/vawrap.h'},
    'libvacodec': {'include/vawrap.h', 'include/vacodec.h'},
    'virtio-video': {'include/vawrap.h', 'include/vacodec.h', 'include/virtio-video.h'},
    'vhost-user': {'include/virtio-video.h'},
    'soft-driver': set(),
    'guest': set(),
    'tools': {'include', 'vhost-user', 'guest'},
}
ROOMS = list(MAY_INCLUDE)
PUBLIC_HEADERS_OK = {'stdarg.h', 'stdbool.h', 'stddef.h', 'stdint.h', 'sys/types.h', 'sys/uio.h'}
SYNTAX_WORDS = '''nal nalu sps pps vps slice slices poc dpb rbsp obu golomb cabac cavlc mmco
    macroblock superframe'''.split()


def read(path):
    with open(path, encoding='utf-8') as f:
        return f.read()


def sources(root, *rooms, endings=('.c', '.h')):
    for room in rooms:
        for folder, _, names in os.walk(os.path.join(root, room)):
            for name in sorted(names):
                if name.endswith(endings):
                    yield os.path.relpath(os.path.join(folder, name), root)


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def code(text, strings=False):
    """Without comments, and without strings unless asked; lines stay where they are."""
    def blank(m):
        if m[0][0] in '"\'':
            return m[0] if strings else '""'
        return ' ' + '\n' * m[0].count('\n')
    return TOKEN.sub(blank, text)


def includes(root, path):
    """(quoted?, name) of each include directive."""
    text = code(read(os.path.join(root, path)), strings=True)
    for m in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', text, re.M):
        yield m[1] == '"', m[2]


def resolve(root, path, name):
    """The file of the tree that an include means, or None."""
    tries = [os.path.join(os.path.dirname(path), name), name, 'include/' + name]
    tries += [f'{room}/{name}' for room in ROOMS]
    for at in tries:
        at = os.path.normpath(at)
        if not at.startswith('..') and os.path.isfile(os.path.join(root, at)):
            return at
    return None


def matches(root, pattern, *rooms):
    for path in sources(root, *rooms):
        for n, line in enumerate(code(read(os.path.join(root, path))).split('\n'), 1):
            m = re.search(pattern, line)
            if m:
                yield f'{path}:{n}: {m[0]}'


def rule_only_libvawrap_calls_va(root):
    rooms = [room for room in ROOMS if room not in ('libvawrap', 'soft-driver')]
    return matches(root, r'\bva[A-Z]\w*\(', *rooms)


def rule_includes_follow_the_arrows(root):
    for room, allowed in MAY_INCLUDE.items():
        for path in sources(root, room):
            for _, name in includes(root, path):
                at = resolve(root, path, name)
                if at and at.split('/')[0] != room and at not in allowed and \
                        at.split('/')[0] not in allowed:
                    yield f'{path} includes {at}'


def rule_only_landing_and_caps_include_vawrap(root):
    for path in sources(root, 'virtio-video'):
        for _, name in includes(root, path):
            if name.endswith('vawrap.h') and \
                    not re.match(r'(landing.*|caps)\.c$', os.path.basename(path)):
                yield f'{path} includes {name}'


def rule_virtio_video_knows_no_syntax(root):
    words = '|'.join(SYNTAX_WORDS)
    for path in sources(root, 'virtio-video'):
        text = code(read(os.path.join(root, path)))
        for n, line in enumerate(text.split('\n'), 1):
            m = re.search(rf'(?<![A-Za-z])({words})(?![A-Za-z])', line, re.I)
            if m and not line.lstrip().startswith('#'):
                yield f'{path}:{n}: {m[0]}'


def rule_virtio_video_header_stands_alone(root):
    header = os.path.join(root, 'include/virtio-video.h')
    if not os.path.isfile(header):
        return
    for _, name in includes(root, 'include/virtio-video.h'):
        if name not in PUBLIC_HEADERS_OK:
            yield f'include/virtio-video.h includes {name}'
    run = subprocess.run([*CC.split(), '-std=c11', '-Wall', '-Wextra', '-Wpedantic', '-Werror',
                          '-fsyntax-only', '-x', 'c', header], capture_output=True, text=True)
    if run.returncode:
        yield f'include/virtio-video.h does not compile alone: {run.stderr.splitlines()[:1]}'


def rule_va_backend_is_softvas_and_one_files(root):
    users = [path for room in ROOMS if room != 'soft-driver' for path in sources(root, room)
             if any(name == 'va/va_backend.h' for _, name in includes(root, path))]
    for path in users:
        if not path.startswith('libvawrap/') or len(users) > 1:
            yield f'{path} includes va/va_backend.h'


def rule_each_source_names_its_licence(root):
    for path in sources(root, *ROOMS, 'tests', 'examples', 'bench', 'docs', '.ci',
                        endings=('.c', '.h', '.sh', '.py')):
        if 'SPDX-License-Identifier: MIT' not in read(os.path.join(root, path))[:400]:
            yield f'{path} has no SPDX line'
    for path in ('configure.ac', 'Makefile.am', 'quickstart', '.ci/run'):
        at = os.path.join(root, path)
        if os.path.isfile(at) and 'SPDX-License-Identifier: MIT' not in read(at)[:400]:
            yield f'{path} has no SPDX line'


def rule_no_file_is_over_600_lines(root):
    for path in sources(root, *ROOMS):
        lines = read(os.path.join(root, path)).count('\n')
        if lines > 600:
            yield f'{path} has {lines} lines'


# What each rule must see: (rule, [(file, text), ...]); one tree each.
PLANTED = [
    (rule_only_libvawrap_calls_va, 'tools/a.c', 'int f(void) { return vaSyncSurface(0, 1); }\n'),
    (rule_only_libvawrap_calls_va, 'libvacodec/a.c', '/* "*/ int x = vaInitialize(d, 0, 0);\n'),
    (rule_includes_follow_the_arrows, 'virtio-video/a.c', '#include "tools/b.h"\n'),
    (rule_includes_follow_the_arrows, 'libvawrap/a.c', '#include "vacodec.h"\n'),
    (rule_includes_follow_the_arrows, 'libvacodec/a.c', '#include "../libvawrap/b.h"\n'),
    (rule_includes_follow_the_arrows, 'guest/a.c', '#include "virtio-video/b.h"\n'),
    (rule_includes_follow_the_arrows, 'guest/a.h', '#include "virtio-video.h"\n'),
    (rule_includes_follow_the_arrows, 'soft-driver/a.c', '#include <vawrap.h>\n'),
    (rule_includes_follow_the_arrows, 'soft-driver/a.c', '# include "libvacodec/b.h"\n'),
    (rule_includes_follow_the_arrows, 'vhost-user/a.c', '#include "virtio-video/b.h"\n'),
    (rule_includes_follow_the_arrows, 'tools/a.c', '#include "libvacodec/b.h"\n'),
    (rule_only_landing_and_caps_include_vawrap, 'virtio-video/engine.c', '#include "vawrap.h"\n'),
    (rule_only_landing_and_caps_include_vawrap, 'virtio-video/landing.h', '#include <vawrap.h>\n'),
    (rule_virtio_video_knows_no_syntax, 'virtio-video/a.c', 'int sps_id;\n'),
    (rule_virtio_video_knows_no_syntax, 'virtio-video/a.h', 'struct x { int a; int first_slice; };\n'),
    (rule_virtio_video_knows_no_syntax, 'virtio-video/a.h', 'enum { NAL_TYPE };\n'),
    (rule_virtio_video_header_stands_alone, 'include/virtio-video.h', 'int vvd_f(VADisplay d);\n'),
    (rule_virtio_video_header_stands_alone, 'include/virtio-video.h', '#include <va/va.h>\n'),
    (rule_va_backend_is_softvas_and_one_files, 'libvacodec/a.c', '#include <va/va_backend.h>\n'),
    (rule_va_backend_is_softvas_and_one_files, 'libvawrap/a.c', '#include <va/va_backend.h>\n'),
    (rule_each_source_names_its_licence, 'guest/a.c', 'int x;\n'),
    (rule_each_source_names_its_licence, 'tests/a.sh', '#!/bin/sh\n'),
    (rule_no_file_is_over_600_lines, 'tools/a.c', '/* SPDX-License-Identifier: MIT */\n' * 601),
]
# A tree without fault: what looks like a violation and is none.
INNOCENT = {
    'include/vawrap.h': '#include <va/va.h>\n',
    'include/vacodec.h': '/* see vaSyncSurface() */ struct vawrap_display;\n',
    'include/virtio-video.h': '#include <stdint.h>\n#include <sys/uio.h>\nint vvd_f(uint32_t v);\n',
    'libvawrap/b.h': '',
    'libvawrap/nodevice.c': '#include <va/va_backend.h>\nint x = vaTerminate(d);\n',
    'libvacodec/b.h': 'const char *s = "vaBegin(";\n',
    'virtio-video/b.h': '#include "vacodec.h"\n/* no slice, no sps */ int splice, position, snapshot;\n',
    'virtio-video/landing.c': '#include "vawrap.h"\n#include "b.h"\n',
    'soft-driver/a.h': '#include <va/va_backend.h>\nint nal; // vaOpen(x)\n',
    'guest/b.h': '#include <stdint.h>\n',
    'tools/b.h': '#include "vacodec.h"\n#include "guest/b.h"\n',
    'vhost-user/b.h': '#include "virtio-video.h"\n',
}
LICENCE = '/* SPDX-License-Identifier: MIT */\n'


class Tap:
    def __init__(self):
        self.count = self.failed = 0

    def result(self, good, text, details=()):
        for line in list(details)[:20]:
            print('#', line)
        self.count += 1
        self.failed += not good
        print('ok' if good else 'not ok', self.count, '-', text)

    def end(self):
        print(f'1..{self.count}')
        return 1 if self.failed else 0


def tree_make(root, files):
    for path, text in files.items():
        at = os.path.join(root, path)
        os.makedirs(os.path.dirname(at), exist_ok=True)
        with open(at, 'w', encoding='utf-8') as f:
            f.write(text)


def words(rule):
    return rule.__name__.replace('rule_', '').replace('_', ' ')


def arrows(srcdir):
    tap = Tap()
    rules = [value for name, value in globals().items() if name.startswith('rule_')]
    for rule in rules:
        found = list(rule(srcdir))
        tap.result(not found, words(rule), found)
    innocent = {path: LICENCE + text for path, text in INNOCENT.items()}
    with tempfile.TemporaryDirectory() as root:
        tree_make(root, innocent)
        for rule in rules:
            found = list(rule(root))
            tap.result(not found, f'innocent tree: {words(rule)}', found)
    for rule, path, text in PLANTED:
        with tempfile.TemporaryDirectory() as root:
            tree_make(root, innocent)
            bare = rule is rule_each_source_names_its_licence
            tree_make(root, {path: text if bare else LICENCE + text})
            tap.result(list(rule(root)), f'{words(rule)}: seen in {path}: {text.splitlines()[0]}')
    return tap.end()


def formatted_lines(paths):
    """Lines of code as clang-format has them, without comments and empty ones."""
    total = 0
    for path in paths:
        text = read(path)
        if shutil.which('clang-format'):
            text = subprocess.run(['clang-format', path], check=True, capture_output=True,
                                  text=True).stdout
        total += sum(1 for line in code(text, strings=True).split('\n') if line.strip())
    return total


def exports(library):
    """The symbols that a shared library defines for others."""
    out = subprocess.run(['nm', '-D', '--defined-only', library], check=True, capture_output=True,
                         text=True).stdout
    rows = (line.split() for line in out.splitlines())
    return {row[-1].split('@')[0] for row in rows if row[-2] in 'TDBRVWi'}


def declared(header):
    """The functions and variables that a public header declares with its prefix."""
    text = re.sub(r'^\s*#.*(\\\n.*)*$', '', code(read(header)), flags=re.M)
    names = re.findall(r'(?<![(*\w])\*?\s*\b((?:vawrap|vacodec|vvd)_\w+)\s*\(', text)
    names += re.findall(r'\bextern\b[^;({]*?\b((?:vawrap|vacodec|vvd)_\w+)\s*(?:\[[^;]*)?;', text)
    return set(names)


def too_thick(lines, symbols, max_lines, max_symbols):
    return lines >= max_lines or symbols >= max_symbols


def size(srcdir, builddir):
    tap = Tap()
    limits = {'libvawrap': (4000, 150), 'libvacodec': (1 << 30, 1 << 30), 'virtio-video': (4000, 1 << 30)}
    for room, (header, name) in LIBRARIES.items():
        shared = glob.glob(f'{builddir}/{room}/.libs/{name}.so')
        if not shared:
            tap.result(False, f'{name}.so is built')
            continue
        header = os.path.join(srcdir, 'include', header)
        paths = [os.path.join(srcdir, path) for path in sources(srcdir, room)]
        lines, symbols, names = formatted_lines(paths + [header]), exports(shared[0]), declared(header)
        tap.result(not too_thick(lines, len(symbols), *limits[room]),
                   f'{name}: {lines} lines with its header, {len(symbols)} exports')
        tap.result(symbols == names, f'{name}: exports are what {os.path.basename(header)} declares',
                   [f'exported, not declared: {n}' for n in sorted(symbols - names)] +
                   [f'declared, not exported: {n}' for n in sorted(names - symbols)])
    size_self_test(tap)
    return tap.end()


def size_self_test(tap):
    with tempfile.TemporaryDirectory() as root:
        tree_make(root, {'a.c': 'int a;\n' * 4000, 'b.c': '/* x\ny */\n\n' * 4000 + 'int b;\n',
                         'h.h': 'int vvd_a(int (*vvd_cookie)(void));\n/* vvd_b() */\nint *vvd_c(void);\n'
                                '#define VVD_X vvd_x()\nextern const int vvd_d[2];\n',
                         'l.c': 'int vvd_a(void) { return 1; }\nint vvd_hidden_not;\nstatic int s;\n'
                                'int *vvd_c(void) { return &s; }\nconst int vvd_d[2] = {1, 2};\n'})
        many, few = (formatted_lines([f'{root}/{name}.c']) for name in 'ab')
        tap.result(too_thick(many, 0, 4000, 150), f'{many} lines are too many')
        tap.result(few == 1 and not too_thick(few, 149, 4000, 150), 'comments are not counted')
        tap.result(too_thick(1, 150, 4000, 150), '150 exports are too many')
        subprocess.run([*CC.split(), '-shared', '-fPIC', '-o', f'{root}/l.so', f'{root}/l.c'], check=True)
        names, symbols = declared(f'{root}/h.h'), exports(f'{root}/l.so')
        tap.result(names == {'vvd_a', 'vvd_c', 'vvd_d'}, f'declarations are read: {sorted(names)}')
        tap.result(symbols - names == {'vvd_hidden_not'}, 'an export that is not declared is seen')
        tap.result({'vvd_a', 'vvd_c', 'vvd_d', 'vvd_e'} - symbols == {'vvd_e'},
                   'a declaration that is not exported is seen')


def main(arguments):
    if len(arguments) == 2 and arguments[0] == 'arrows':
        return arrows(arguments[1])
    if len(arguments) == 3 and arguments[0] == 'size':
        return size(*arguments[1:])
    print('usage: check-tree.py arrows SRCDIR | size SRCDIR BUILDDIR', file=sys.stderr)
    return 2


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
