# SPDX-License-Identifier: MIT
#
# A driver for the daemon's device in QEMU, by way of its qtest protocol, without any processor or
# guest: it finds the virtio-pci function, negotiates, sets up both queues, sends QUERY_CAPABILITY, and
# does all of it again after a reset.
#
#   qemu.py QEMU SOCKET CONFIG_SIZE
#
# Source: virtio 1.2, 4.1 "Virtio Over PCI Bus"; QEMU's docs/devel/testing, "qtest".

import os
import socket
import struct
import subprocess
import sys
import tempfile

qemu, vhost, config_size = sys.argv[1:]
work = tempfile.TemporaryDirectory()
path = os.path.join(work.name, 'qtest')
BAR = 0xe0000000
RINGS, MESSAGE, ANSWER = 0x100000, 0x200000, 0x201000
SIZE = 16


class QTest:
    def __init__(self):
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen()
        server.settimeout(60)
        self.process = subprocess.Popen([
            qemu, '-accel', 'qtest', '-qtest', f'unix:{path}', '-qtest-log', 'none', '-display', 'none', '-nodefaults', '-m', '64M',
            '-object', 'memory-backend-memfd,id=mem,size=64M,share=on', '-machine', 'q35,memory-backend=mem',
            '-chardev', f'socket,id=video,path={vhost}',
            '-device', 'vhost-user-test-device-pci,chardev=video,virtio-id=31,num_vqs=2,'
            f'vq_size={SIZE},config_size={config_size},bus=pcie.0,addr=4'])
        self.file = server.accept()[0].makefile('rwb')

    def ask(self, text):
        self.file.write(text.encode() + b'\n')
        self.file.flush()
        while True:
            words = self.file.readline().split()
            assert words, 'QEMU has ended'
            if words[0] != b'IRQ':
                assert words[0] == b'OK', (text, words)
                return int(words[1], 0) if len(words) > 1 and len(words[1]) < 20 else words[1:]

    def read(self, at, size):
        return self.ask({1: 'readb', 2: 'readw', 4: 'readl', 8: 'readq'}[size] + f' {at:#x}')

    def write(self, at, size, value):
        self.ask({1: 'writeb', 2: 'writew', 4: 'writel', 8: 'writeq'}[size] + f' {at:#x} {value:#x}')

    def write_bytes(self, at, data):
        self.ask(f'write {at:#x} {len(data)} 0x{data.hex()}')

    def read_bytes(self, at, size):
        self.file.write(f'read {at:#x} {size}\n'.encode())
        self.file.flush()
        while True:
            words = self.file.readline().split()
            if words[0] == b'OK':
                return bytes.fromhex(words[1][2:].decode())

    def config(self, at, value=None):
        """PCI configuration space of device 4, by ports."""
        self.ask(f'outl 0xcf8 {0x80000000 | 4 << 11 | at & ~3:#x}')
        if value is None:
            return self.ask('inl 0xcfc')
        return self.ask(f'outl 0xcfc {value:#x}')

    def config_byte(self, at):
        return self.config(at) >> at % 4 * 8 & 0xff


class Device:
    def __init__(self, qtest):
        self.q = qtest
        ident = qtest.config(0)
        assert ident == (0x1040 + 31) << 16 | 0x1af4, hex(ident)
        self.structures = {}
        at = qtest.config_byte(0x34)
        while at:
            if qtest.config_byte(at) == 9:
                kind, bar, offset = qtest.config_byte(at + 3), qtest.config_byte(at + 4), qtest.config(at + 8)
                self.structures.setdefault(kind, (bar, offset, at))
            at = qtest.config_byte(at + 1)
        bar = self.structures[1][0]
        qtest.config(0x10 + 4 * bar, BAR)
        qtest.config(0x14 + 4 * bar, 0)
        qtest.config(4, 6)
        self.common = BAR + self.structures[1][1]
        self.notify = BAR + self.structures[2][1]
        self.multiplier = qtest.config(self.structures[2][2] + 16)
        self.device = BAR + self.structures[4][1]

    def status(self, value=None):
        if value is None:
            return self.q.read(self.common + 0x14, 1)
        return self.q.write(self.common + 0x14, 1, value)

    def negotiate(self):
        self.status(0)
        while self.status():
            pass
        self.status(1)
        self.status(3)
        features = 0
        for half in 0, 1:
            self.q.write(self.common, 4, half)
            features |= self.q.read(self.common + 4, 4) << 32 * half
        assert features >> 32 & 1 and features & 3 == 3, hex(features)
        for half, bits in (0, 3), (1, 1):
            self.q.write(self.common + 8, 4, half)
            self.q.write(self.common + 12, 4, bits)
        self.status(11)
        assert self.status() == 11

    def start(self):
        self.avail = 0
        for queue in 0, 1:
            rings = RINGS + queue * 0x4000
            self.q.write_bytes(rings, bytes(0x4000))
            self.q.write(self.common + 0x16, 2, queue)
            assert self.q.read(self.common + 0x18, 2) == SIZE
            for at, place in (0x20, 0), (0x28, 0x1000), (0x30, 0x2000):
                self.q.write(self.common + at, 4, rings + place)
                self.q.write(self.common + at + 4, 4, 0)
            self.q.write(self.common + 0x1c, 2, 1)
        self.status(15)

    def command(self, request, room):
        self.q.write_bytes(MESSAGE, request)
        self.q.write_bytes(RINGS, struct.pack('<QIHH', MESSAGE, len(request), 1, 1) +
                           struct.pack('<QIHH', ANSWER, room, 2, 0))
        self.q.write(RINGS + 0x1000 + 4 + 2 * (self.avail % SIZE), 2, 0)
        self.avail += 1
        self.q.write(RINGS + 0x1002, 2, self.avail)
        self.q.write(self.notify, 2, 0)
        while self.q.read(RINGS + 0x2002, 2) != self.avail:
            pass
        used = self.q.read_bytes(RINGS + 0x2000 + 4 + 8 * ((self.avail - 1) % SIZE), 8)
        return self.q.read_bytes(ANSWER, struct.unpack('<II', used)[1])


qtest = QTest()
device = Device(qtest)
for run in 'first', 'after a reset':
    device.negotiate()
    name = qtest.read_bytes(device.device + 12, 5) if int(config_size) >= 17 else b'vaapi'
    assert qtest.read(device.device, 4) == 0 and name == b'vaapi', name
    device.start()
    answer = device.command(struct.pack('<IIII', 0x100, 7, 0x100, 0), 1024)
    kind, stream, formats, _, _, codec = struct.unpack('<IIIIQI', answer[:28])
    assert (kind, stream, codec) == (0x201, 7, 0x1002), answer
    create = struct.pack('<6I64s', 0x101, 1, 0, 0, 0x1002, 0, b'')
    assert struct.unpack('<II', device.command(create, 8)) == (0x200, 1)
    print(f'{run}: {formats} formats, config of {config_size} bytes')
qtest.process.terminate()
assert qtest.process.wait(30) == 0
