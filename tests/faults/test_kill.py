"""Kill -9 everything, at random, under running pipelines.

Afterwards: every run succeeded, with the model digest of the undisturbed run;
each journal is gapless; no trial was finished twice; every stream client got
each event exactly once, in order.

MODELWRIGHT_KILLS says how many processes to kill (default 40; the full test
is 200).  The stack is this test's own: the one of MODELWRIGHT_DIR is left
alone.
"""
import json
import os
import pathlib
import random
import signal
import ssl
import subprocess
import threading
import time

import pytest
import requests
import websocket

ROOT = pathlib.Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("MODELWRIGHT_KILLS", "40"))
SEED = int(os.environ.get("MODELWRIGHT_FAULT_SEED", "1"))
DEADLINE = float(os.environ.get("MODELWRIGHT_FAULT_SECONDS", "600"))
BUDGET = {"trials": 6, "seconds": 600}

VICTIMS = {
    # name: (how often, the processes that match)
    "job": (8, "modelwright-job"),
    "pipelined": (3, "modelwright-pipelined"),
    "api": (3, "modelwright-api"),
    "streamd": (2, "modelwright-streamd"),
    "pgbouncer": (1, "pgbouncer"),
    "postgres": (1, "postgres"),
}


def free_port():
    import socket
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stack:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.env = dict(os.environ, MODELWRIGHT_DIR=str(self.dir),
                        MODELWRIGHT_PORT=str(free_port()))
        (self.dir / "extra.conf").write_text(
            "pipeline_slots = 3\njob_attempts = 100\n")
        subprocess.run([ROOT / "quickstart", "up"], env=self.env, check=True)
        self.access = json.loads((self.dir / "access.json").read_text())
        self.url = self.access["base_url"] + "/api/v1"
        self.session = requests.Session()
        self.session.trust_env = False  # no proxy, no other CA
        self.session.verify = self.access["ca_file"]
        self.token, self.until = None, 0

    def stop(self):
        subprocess.run([ROOT / "quickstart", "stop"], env=self.env, check=True)

    def bearer(self):
        """An access token; a new one when the old is half used up."""
        if time.time() > self.until:
            user = self.access["users"]["operator"]
            answer = self.patient("post", "/auth/login", auth=False, json={
                "username": user["username"], "password": user["password"]})
            self.token = answer["access_token"]
            self.until = time.time() + answer["expires_in"] / 2
        return {"Authorization": "Bearer " + self.token}

    def patient(self, method, path, auth=True, **kw):
        """A call that is tried again while something is being killed."""
        until = time.time() + 60
        while True:
            try:
                headers = dict(kw.pop("headers", {}))
                if auth:
                    headers.update(self.bearer())
                r = self.session.request(method, self.url + path, timeout=20,
                                         headers=headers, **kw)
                if r.status_code < 500:
                    assert r.status_code < 400, r.text
                    return r.json()
            except requests.RequestException:
                pass
            assert time.time() < until, f"{method} {path} never answered"
            time.sleep(0.3)

    def processes(self, name):
        """The pids of this stack's processes of one kind."""
        mark = str(self.dir).encode()
        found = []
        for p in pathlib.Path("/proc").iterdir():
            if not p.name.isdigit():
                continue
            try:
                if (p / "comm").read_text().strip()[:15] != name[:15]:
                    continue
                where = (p / "environ").read_bytes() + \
                    (p / "cmdline").read_bytes() + \
                    os.readlink(p / "cwd").encode()
            except OSError:
                continue
            if mark in where:
                found.append(int(p.name))
        return found


class Watcher(threading.Thread):
    """Follows one run's stream, reconnecting after what it has."""

    def __init__(self, stack, run_id):
        super().__init__(daemon=True)
        self.stack, self.run_id = stack, run_id
        self.seqs, self.done, self.connects = [], False, 0

    def run(self):
        url = self.stack.url.replace("https", "wss") + \
            f"/pipelines/{self.run_id}/stream?after="
        tls = ssl.create_default_context(cafile=self.stack.access["ca_file"])
        while not self.done:
            try:
                ws = websocket.WebSocket(sslopt={"context": tls})
                ws.settimeout(60)
                last = self.seqs[-1] if self.seqs else 0
                ws.connect(url + str(last), header=self.stack.bearer())
                self.connects += 1
                while True:
                    op, data = ws.recv_data()
                    if op == websocket.ABNF.OPCODE_TEXT:
                        event = json.loads(data)
                        self.seqs.append(event["seq"])
                    elif op == websocket.ABNF.OPCODE_CLOSE:
                        self.done = data[:2] == b"\x03\xe8"
                        break
            except (OSError, AssertionError, websocket.WebSocketException):
                pass
            time.sleep(0.05)


def kill_one(stack, rng):
    names = [n for n, (weight, _) in VICTIMS.items() for _ in range(weight)]
    name = rng.choice(names)
    pids = stack.processes(VICTIMS[name][1])
    if not pids:
        return None
    if name == "postgres":
        # A backend or the postmaster: either way the server restarts.
        pids = [rng.choice(sorted(pids))]
    pid = rng.choice(sorted(pids))
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return None
    return name


def start(stack, name):
    return stack.patient("post", "/pipelines", json={
        "template": "binary_classification", "dataset": "credit-g",
        "target": "class", "positive": "bad", "seed": 7, "budget": BUDGET,
        "name": name}, headers={"Idempotency-Key": name})["run_id"]


def state(stack, run_id):
    return stack.patient("get", f"/pipelines/{run_id}")["state"]


def digest(stack, run_id):
    items = stack.patient("get", f"/pipelines/{run_id}/artifacts")["items"]
    return {i["name"]: i["sha256"] for i in items}["model/MANIFEST"]


def events(stack, run_id):
    after, out = 0, []
    while True:
        page = stack.patient("get", f"/pipelines/{run_id}/events",
                             params={"after": after, "limit": 500})["items"]
        if not page:
            return out
        out += page
        after = page[-1]["seq"]


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    base = pathlib.Path(os.environ.get("MODELWRIGHT_FAULT_DIR") or
                        f"/var/tmp/modelwright-faults-{os.getpid()}")
    base.mkdir(parents=True, exist_ok=True)
    base.chmod(0o755)
    s = Stack(base)
    yield s
    s.stop()
    if not os.environ.get("MODELWRIGHT_FAULT_DIR"):
        subprocess.run(["rm", "-rf", str(base)], check=True)


def test_kill_minus_nine_loses_nothing_and_does_nothing_twice(stack):
    rng = random.Random(SEED)
    example = pathlib.Path(os.environ["MODELWRIGHT_EXAMPLES"]) / "credit-g.arff"
    stack.patient("post", "/datasets?name=credit-g", data=example.read_bytes(),
                  headers={"Content-Type": "application/x-arff"})
    until = time.time() + DEADLINE

    calm = start(stack, "calm")
    while state(stack, calm) not in ("succeeded", "failed", "crashed"):
        assert time.time() < until
        time.sleep(0.5)
    assert state(stack, calm) == "succeeded"
    truth = digest(stack, calm)

    killed, watchers, n = {}, [], 0
    while sum(killed.values()) < KILLS:
        assert time.time() < until, f"only {killed} in time"
        live = [w for w in watchers if not w.done]
        if len(live) < 3:
            n += 1
            w = Watcher(stack, start(stack, f"storm {n}"))
            w.start()
            watchers.append(w)
        time.sleep(rng.uniform(0.05, 1.2))
        name = kill_one(stack, rng)
        if name:
            killed[name] = killed.get(name, 0) + 1
    for w in watchers:
        while state(stack, w.run_id) not in (
                "succeeded", "failed", "crashed", "cancelled"):
            assert time.time() < until, "a run did not end in time"
            time.sleep(0.5)
        w.join(30)

    for w in watchers:
        run = stack.patient("get", f"/pipelines/{w.run_id}")
        assert run["state"] == "succeeded", run["error"]
        assert digest(stack, w.run_id) == truth
        journal = events(stack, w.run_id)
        seqs = [e["seq"] for e in journal]
        assert seqs == list(range(1, len(seqs) + 1)), "the journal has a gap"
        trials = [e["payload"].get("trial") for e in journal
                  if e["type"] == "trial_finished"]
        assert len(trials) == len(set(trials)), "a trial was finished twice"
        assert w.done, "the stream did not close"
        assert w.seqs == seqs, "a stream client missed or doubled an event"
    print(f"\n{sum(killed.values())} kills {killed}, {len(watchers)} runs, "
          f"{sum(w.connects for w in watchers)} stream connections")
