"""The master: no request is lost when workers are replaced, killed or drained.

Starts masters of its own, on sockets of their own; /healthz needs no database.
"""

import os
import pathlib
import signal
import subprocess
import tempfile
import threading
import time

import pytest

import fastcgi

ROOT = pathlib.Path(__file__).resolve().parents[2]


def program():
    for p in (os.environ.get("MODELWRIGHT_API"),
              os.path.join(os.environ.get("MODELWRIGHT_DIR", "/nonexistent"), "inst/sbin/modelwright-api"),
              ROOT / "build" / "modelwright-api"):
        if p and os.access(p, os.X_OK):
            return str(p)
    pytest.skip("there is no modelwright-api")


class Master:
    def __init__(self, where, **settings):
        self.where = pathlib.Path(where)
        keys = self.where / "keys"
        if not keys.exists():
            keys.mkdir()
            subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", keys / "k.pem"],
                           check=True)
        self.conf = self.where / "modelwright.conf"
        self.set(**settings)
        self.sock = self.where / "api.sock"
        self.start()

    def set(self, **settings):
        settings = {"database_pool": f"host={self.where}/nowhere", "run_dir": self.where, "data_dir": self.where,
                    "keys_dir": self.where / "keys", "api_workers": 3, "api_upload_workers": 1, **settings}
        self.size = settings["api_workers"], settings["api_upload_workers"]
        self.conf.write_text("".join(f"{k} = {v}\n" for k, v in settings.items()))

    def start(self, **more):
        self.log = open(self.where / "log", "ab")
        self.process = subprocess.Popen([program(), "-c", self.conf], stderr=self.log, **more)
        wait(lambda: fastcgi.ask(self.sock)[0] == 200 and len(self.workers()) == sum(self.size))

    def workers(self):
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return sorted(int(p) for p in out.stdout.split())

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(30) == 0


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        assert time.monotonic() < end, "it does not happen"
        time.sleep(0.02)


class Load:
    """Clients that ask all the time; what they did not get is in lost."""

    def __init__(self, sock, clients=6):
        self.sock, self.answered, self.lost, self.stopping = sock, 0, [], False
        self.threads = [threading.Thread(target=self.ask) for _ in range(clients)]
        for t in self.threads:
            t.start()

    def ask(self):
        while not self.stopping:
            try:
                status, _ = fastcgi.ask(self.sock)
                assert status == 200
                self.answered += 1
            except Exception as e:
                self.lost.append(repr(e))

    def end(self):
        self.stopping = True
        for t in self.threads:
            t.join()
        return self.lost


@pytest.fixture
def where():
    with tempfile.TemporaryDirectory(prefix="mw-", dir="/tmp") as d:
        yield d


def test_it_says_that_it_lives_while_the_database_is_away(where):
    m = Master(where)
    assert fastcgi.ask(m.sock) == (200, b'{"status":"ok"}')
    status, body = fastcgi.ask(m.sock, "/livez")
    assert status == 503 and b'"failing"' in body
    status, body = fastcgi.ask(m.sock, "/api/v1/auth/login", "POST", b'{"username":"a","password":"b"}',
                               CONTENT_TYPE="application/json")
    assert status == 503 and b"nowhere" not in body
    m.stop()
    assert not m.sock.exists()


def test_a_reload_replaces_every_worker_and_loses_nothing(where):
    m = Master(where)
    load = Load(m.sock)
    before = m.workers()
    for n in (5, 2, 4):
        m.set(api_workers=n)
        m.process.send_signal(signal.SIGHUP)
        wait(lambda: len(m.workers()) == n + 1 and not set(m.workers()) & set(before))
        before = m.workers()
    assert load.end() == [] and load.answered > 0
    m.stop()


def test_a_wrong_setting_at_reload_keeps_the_old_ones(where):
    m = Master(where)
    before = m.workers()
    m.set(api_workers="many")
    m.process.send_signal(signal.SIGHUP)
    wait(lambda: b"keeping the old settings" in (m.where / "log").read_bytes())
    assert m.workers() == before and fastcgi.ask(m.sock)[0] == 200
    m.stop()


def test_worn_workers_make_room_and_lose_nothing(where):
    m = Master(where, api_worker_requests=20)
    load, seen = Load(m.sock), set()
    end = time.monotonic() + 3
    while time.monotonic() < end:
        seen |= set(m.workers())
        time.sleep(0.05)
    assert load.end() == []
    assert len(seen) > 6
    wait(lambda: len(m.workers()) == 4)
    m.stop()


def test_a_killed_worker_is_replaced(where):
    m = Master(where)
    for _ in range(3):
        before = m.workers()
        os.kill(before[0], signal.SIGKILL)
        wait(lambda: len(m.workers()) == 4 and before[0] not in m.workers())
        assert fastcgi.ask(m.sock)[0] == 200
    m.stop()


def test_a_successor_takes_over_and_nothing_is_lost(where):
    m = Master(where)
    load = Load(m.sock)
    for _ in range(3):
        old = m.process
        m.start()
        wait(lambda: m.process.pid and len(m.workers()) == 4)
        old.send_signal(signal.SIGTERM)
        assert old.wait(30) == 0
    assert load.end() == [] and load.answered > 0
    m.stop()


def test_workers_do_not_outlive_their_master(where):
    m = Master(where)
    workers = m.workers()
    m.process.kill()
    m.process.wait()
    wait(lambda: not any(os.path.exists(f"/proc/{p}") and "Z" not in open(f"/proc/{p}/stat").read().split(")")[1][:3]
                         for p in workers))
    m.start()
    assert fastcgi.ask(m.sock)[0] == 200
    m.stop()


def test_a_socket_of_systemds_outlives_the_master(where):
    import socket
    m = Master(where)
    m.stop()
    socks = []
    for n in ("api", "upload"):
        s = socket.socket(socket.AF_UNIX)
        s.bind(str(m.where / f"{n}.sock"))
        s.listen(1024)
        socks.append(s)

    def activate():
        def hand_over():
            os.dup2(socks[0].fileno(), 3)
            os.dup2(socks[1].fileno(), 4)
            os.environ["LISTEN_PID"] = str(os.getpid())
        # LISTEN_PID must be the child's own: a shell that execs knows it.
        return subprocess.Popen(["/bin/sh", "-c", 'LISTEN_FDS=2 LISTEN_PID=$$ exec "$@"', "sh", program(), "-c",
                                 str(m.conf)], preexec_fn=hand_over, close_fds=False, stderr=m.log)

    p = activate()
    wait(lambda: fastcgi.ask(m.sock)[0] == 200)
    load = Load(m.sock)
    for _ in range(3):
        p.send_signal(signal.SIGTERM)
        assert p.wait(30) == 0
        p = activate()
        time.sleep(0.3)
    assert load.end() == [] and load.answered > 0
    assert m.sock.exists()
    p.send_signal(signal.SIGTERM)
    p.wait(30)
    for s in socks:
        s.close()


def test_a_wrong_setting_at_the_start_says_its_line(where):
    conf = pathlib.Path(where) / "bad.conf"
    conf.write_text("# one\napi_workers = 0\n")
    r = subprocess.run([program(), "-c", conf], capture_output=True, text=True, timeout=30)
    assert r.returncode == 78 and "bad.conf:2" in r.stderr and "from 1 to 256" in r.stderr
