"""A stack that is up, and runs made by hand in its journal.

A test that is about events cannot wait for a model to be trained: a Pen makes
a run, claims its job before any daemon can, and writes whatever events are
wanted, through the same SQL functions that the job programs use.
"""
import json
import os
import pathlib
import pwd
import subprocess

import pytest
import requests

TERMINAL = ("succeeded", "failed", "cancelled", "crashed")


class Stack:
    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.access = json.loads((self.dir / "access.json").read_text())
        self.base = self.access["base_url"]
        self.ca = self.access["ca_file"]
        self.tokens = {}

    def user(self, name):
        u = self.access["users"][name]
        return u["username"], u["password"]

    def token(self, name="viewer"):
        if name not in self.tokens:
            username, password = self.user(name)
            r = requests.post(self.base + "/api/v1/auth/login", verify=self.ca,
                              json={"username": username, "password": password})
            r.raise_for_status()
            self.tokens[name] = r.json()["access_token"]
        return self.tokens[name]

    def get(self, path, name="viewer", **kw):
        return requests.get(self.base + path, verify=self.ca, headers={
            "Authorization": "Bearer " + self.token(name)}, **kw)

    def conf(self, name):
        for line in (self.dir / "etc/modelwright.conf").read_text().splitlines():
            key, _, value = line.partition("=")
            if key.strip() == name:
                return value.strip()
        raise KeyError(name)

    def as_owner(self, command):
        """The command, run as the account that the stack runs as."""
        run_dir = pathlib.Path(self.conf("run_dir"))
        owner = pwd.getpwuid(run_dir.stat().st_uid).pw_name
        if os.geteuid() == 0 and owner != "root":
            return ["runuser", "-u", owner, "--"] + command
        return command

    def psql(self, text, role="postgres"):
        return subprocess.run(
            self.as_owner(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", self.conf("run_dir"),
                           "-U", role, "-d", "modelwright", "-c", text]),
            check=True, capture_output=True, text=True, cwd="/").stdout.strip()

    def pids(self, program):
        """The processes of this stack that run a program."""
        out = subprocess.run(["pgrep", "-f", "^%s" % (self.dir / "inst/sbin" / program)],
                             capture_output=True, text=True).stdout
        return [int(p) for p in out.split()]


class Pen:
    """One psql that stays, and holds the lock of a worker that lives."""
    def __init__(self, stack):
        self.p = subprocess.Popen(
            stack.as_owner(["psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=0",
                            "-h", stack.conf("run_dir"), "-U", "modelwright_owner",
                            "-d", "modelwright"]),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, cwd="/")
        self.worker = self.sql("SELECT worker_start('test', 'test', 1, 1)")
        self.sql("INSERT INTO dataset (name, digest, format, bytes, created_by) "
                 "VALUES ('handmade', repeat('0', 64), 'csv', 0, 'test') ON CONFLICT DO NOTHING")

    def sql(self, text):
        self.p.stdin.write(text + ";\n\\echo --done--\n")
        self.p.stdin.flush()
        lines = []
        while (line := self.p.stdout.readline().rstrip("\n")) != "--done--":
            assert self.p.poll() is None, "psql ended: %r" % lines
            lines.append(line)
        answer = "\n".join(lines)
        assert "ERROR:" not in answer, answer
        return answer

    def run(self):
        self.beat()
        return Run(self)

    def beat(self):
        """A worker that is silent for long is taken for hung."""
        self.sql("SELECT worker_beat(%s)" % self.worker)

    def close(self):
        self.p.stdin.close()
        self.p.wait(10)


class Run:
    def __init__(self, pen):
        self.pen = pen
        self.id, self.job, self.token = pen.sql("""
            BEGIN;
            CREATE TEMP TABLE made ON COMMIT DROP AS SELECT run_create(
                '{"template": "binary_classification", "dataset": "handmade", "target": "t"}',
                'test') AS run_id;
            UPDATE job j SET state = 1, worker_id = %s, token = token + 1, attempt = 1, started_at = now()
            FROM made WHERE j.run_id = made.run_id RETURNING made.run_id, j.id, j.token;
            COMMIT""" % pen.worker).split("|")
        pen.sql("SELECT run_begin(%s, %s) IS NOT NULL" % (self.job, self.token))
        self.seq = 2  # run_created, run_started

    def write(self, n, pad=0, notify=True):
        """n events of type message in one commit."""
        self.pen.beat()
        self.pen.sql("""
            SELECT seq FROM run_step_commit(%s, %s, '%s', '', '', NULL, (SELECT jsonb_agg(jsonb_build_object(
                'type', 'message', 'phase', 'train', 'agent', 'trainer',
                'payload', jsonb_build_object('text', format('number %%s', g), 'pad', repeat('x', %d))))
                FROM generate_series(1, %d) g), NULL, NULL)""" % (self.job, self.token, self.id, pad, n))
        self.seq += n
        if notify:
            self.notify()

    def notify(self):
        self.pen.sql("SELECT pg_notify('run_events', '%s')" % self.id)

    def finish(self, state="succeeded", error="NULL"):
        self.pen.sql("SELECT run_finish(%s, %s, '%s', '%s', %s)" % (self.job, self.token, self.id, state, error))
        self.seq += 1
        self.notify()


@pytest.fixture(scope="session")
def stack():
    directory = os.environ.get("MODELWRIGHT_DIR")
    if not directory:
        pytest.skip("MODELWRIGHT_DIR names no stack that is up")
    return Stack(directory)


@pytest.fixture
def pen(stack):
    p = Pen(stack)
    yield p
    p.close()
