# SPDX-License-Identifier: MIT
#
# What a shell cannot do for vhost-user-options.sh: sockets that are passed on, systemd's datagrams,
# the journal's stream, guest memory that shrinks under the daemon, and a descriptor
# whose close blocks.
#
#   vhost-user-options.py listening|connected|notify|journal|shrinks|lingers DAEMON PLAY STREAM

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile

what, daemon, play, stream = sys.argv[1:]
sandbox = 'on' if os.environ.get('SANITIZERS', 'no') == 'no' else 'off'
work = tempfile.TemporaryDirectory()
path = os.path.join(work.name, 's')


def start(*args, fds=(), **more):
    return subprocess.Popen([daemon, '--driver', 'softva', f'--sandbox={sandbox}', *args], pass_fds=fds, **more)


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


def send(s, request, payload=b'', fds=()):
    socket.send_fds(s, [struct.pack('III', request, 1, len(payload)) + payload], fds)


def shrinks():
    """A front end's memory is a file that becomes empty while both rings are in it."""
    process = start(f'--socket-path={path}', stderr=subprocess.PIPE)
    while b'ready' not in process.stderr.readline():
        assert process.poll() is None
    for before_start in True, False:
        s = socket.socket(socket.AF_UNIX)
        s.connect(path)
        memory = os.memfd_create('guest')
        os.ftruncate(memory, 0x10000)
        kick = os.eventfd(0)
        send(s, 2, struct.pack('Q', 1 << 32))
        send(s, 5, struct.pack('IIQQQQ', 1, 0, 0, 0x10000, 0x10000, 0), [memory])
        get_features(s)
        if before_start:
            os.ftruncate(memory, 0)
        for queue in 0, 1:
            at = 0x10000 + queue * 0x4000
            send(s, 8, struct.pack('II', queue, 16))
            send(s, 9, struct.pack('IIQQQQ', queue, 0, at, at + 0x2000, at + 0x1000, 0))
            send(s, 12, struct.pack('Q', queue), [kick])
        get_features(s)
        os.ftruncate(memory, 0)
        for _ in range(3):
            os.eventfd_write(kick, 1)
            get_features(s)
        send(s, 11, struct.pack('II', 0, 0))
        assert s.recv(20, socket.MSG_WAITALL)[:4] == struct.pack('I', 11)
        s.close()
    check_plays()
    end(process)


def lingers():
    """A descriptor that takes for ever to be closed: a connection with data that nobody reads."""
    process = start(f'--socket-path={path}', stderr=subprocess.PIPE)
    while b'ready' not in process.stderr.readline():
        assert process.poll() is None
    listener = socket.create_server(('127.0.0.1', 0))
    tcp = socket.create_connection(listener.getsockname())
    tcp.setblocking(False)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 1000))
    try:
        while True:
            tcp.send(bytes(65536))
    except BlockingIOError:
        pass
    tcp.setblocking(True)
    s = socket.socket(socket.AF_UNIX)
    process.send_signal(signal.SIGSTOP)  # so that its descriptor is the last one to be closed
    s.connect(path)
    send(s, 14, struct.pack('Q', 0), [tcp.fileno()])
    tcp.close()
    process.send_signal(signal.SIGCONT)
    assert s.recv(1) == b''
    check_plays()
    end(process)


{'listening': listening, 'connected': connected, 'notify': notify, 'journal': journal,
 'shrinks': shrinks, 'lingers': lingers}[what]()
