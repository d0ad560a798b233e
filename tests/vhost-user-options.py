# SPDX-License-Identifier: MIT
#
# What a shell cannot do for vhost-user-options.sh: sockets that are passed on, systemd's datagrams,
# and the journal's stream.
#
#   vhost-user-options.py listening|connected|notify|journal DAEMON PLAY STREAM

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

what, daemon, play, stream = sys.argv[1:]
work = tempfile.TemporaryDirectory()
path = os.path.join(work.name, 's')


def start(*args, fds=(), **more):
    return subprocess.Popen([daemon, '--driver', 'softva', *args], pass_fds=fds, **more)


def check_plays():
    out = subprocess.run([play, '--vhost-user', path, '--md5', stream], stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, check=True).stdout
    assert out == open(stream + '.md5', 'rb').read()


def end(process):
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 0


def get_features(s):
    s.sendall(struct.pack('III', 1, 1, 0))
    reply = s.recv(20, socket.MSG_WAITALL)
    assert struct.unpack('III', reply[:12]) == (1, 5, 8), reply


def listening():
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen()
    process = start(f'--fd={s.fileno()}', fds=[s.fileno()])
    check_plays()
    check_plays()
    end(process)


def connected():
    """One front end: when it leaves, the daemon ends."""
    ours, theirs = socket.socketpair()
    process = start(f'--fd={theirs.fileno()}', fds=[theirs.fileno()])
    theirs.close()
    get_features(ours)
    ours.close()
    assert process.wait() == 0


def notify():
    names = [os.path.join(work.name, 'notify'), '\0' + work.name]
    for name in names:
        s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        s.bind(name)
        env = dict(os.environ, NOTIFY_SOCKET=name.replace('\0', '@'))
        process = start(f'--socket-path={path}', env=env)
        assert s.recv(100) == b'READY=1'
        check_plays()
        end(process)
        assert s.recv(100) == b'STOPPING=1'


def journal():
    log = os.path.join(work.name, 'log')
    with open(log, 'wb') as f:
        st = os.fstat(f.fileno())
        for dev, prefix in (st.st_dev, b'<6>ready\n'), (st.st_dev + 1, b'vhost-user-video: ready\n'):
            f.truncate(0)
            f.seek(0)
            env = dict(os.environ, JOURNAL_STREAM=f'{dev}:{st.st_ino}')
            process = start(f'--socket-path={path}', env=env, stderr=f)
            while b'ready\n' not in open(log, 'rb').read():
                assert process.poll() is None
            end(process)
            assert prefix in open(log, 'rb').read().replace(b'\0', b''), open(log, 'rb').read()


{'listening': listening, 'connected': connected, 'notify': notify, 'journal': journal}[what]()
