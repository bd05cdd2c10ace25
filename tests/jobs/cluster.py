"""A throw-away PostgreSQL with the schema (tests/sql/scratch), for tests that
need several sessions or that break things."""
import os
import pathlib
import re
import subprocess
import time

import psycopg2

TOP = pathlib.Path(__file__).resolve().parents[2]
SCRATCH = TOP / "tests/sql/scratch"


class Cluster:
    def __init__(self):
        out = subprocess.run([SCRATCH, "start"], check=True, text=True,
                             capture_output=True).stdout
        self.alive = []  # sessions that hold a worker's lock
        self.dir = re.search(r"DIR=(.*)", out).group(1)
        with self.session("modelwright_api") as s:
            s.run("INSERT INTO dataset (name, digest, format, bytes, created_by)"
                  " VALUES ('credit', repeat('a', 64), 'csv', 1, 'ann')")

    def stop(self):
        subprocess.run([SCRATCH, "stop", self.dir], check=True)

    def conninfo(self, user):
        return f"host={self.dir} dbname=modelwright user={user}"

    def session(self, user="postgres", autocommit=True):
        return Session(self.conninfo(user), autocommit)

    def create(self, **params):
        """A queued run."""
        import json
        body = {"template": "binary_classification", "dataset": "credit",
                "target": "class", "params": params}
        with self.session("modelwright_api") as s:
            return s.one("SELECT run_create(%s, 'ann')", json.dumps(body))

    def begun(self, session=None):
        """A run that a worker of the session has begun: run, job, token, worker."""
        run = self.create()
        s = session or self.session()
        self.alive.append(s)
        worker = s.one("SELECT worker_start('test', 'host', 1, 1)")
        # Only this run's job: others' may be there.
        s.run("UPDATE job SET prio = CASE WHEN run_id = %s THEN -9 ELSE 0 END WHERE state = 0", run)
        job, token = s.row("SELECT id, token FROM job_claim(%s, 'pipelines', 1)", worker)
        s.run("SELECT run_begin(%s, %s)", job, token)
        return run, job, token, worker

    def state(self, run):
        with self.session() as s:
            return s.one("SELECT state FROM run WHERE run_id = %s", run)

    def story(self, run):
        with self.session() as s:
            return [r[0] for r in s.rows(
                "SELECT type FROM run_event WHERE run_id = %s ORDER BY seq", run)]

    def broken(self):
        """What must never be: gaps, doubled numbers, broken seals."""
        with self.session() as s:
            return s.rows("""
                SELECT run_id, seq FROM (
                    SELECT e.*, lag(seq, 1, 0::bigint) OVER w AS before,
                        lag(hash, 1, decode(repeat('00', 32), 'hex')) OVER w AS sealed
                    FROM run_event e WINDOW w AS (PARTITION BY run_id ORDER BY seq)) x
                WHERE seq <> before + 1 OR prev_hash <> sealed OR hash <> journal_hash(prev_hash,
                    run_id, seq, at, type, phase, agent, actor, request_id, payload)""")


class Session:
    """One connection; its pid tells whether it waits for a lock."""

    def __init__(self, conninfo, autocommit=True):
        # What waits for a lock that nobody gives up fails, and says so.
        self.db = psycopg2.connect(conninfo, options="-c statement_timeout=30s")
        self.db.autocommit = autocommit
        self.pid = self.db.get_backend_pid()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.db.close()

    def cursor(self, text, args):
        c = self.db.cursor()
        c.execute(text, args or None)
        return c

    def run(self, text, *args):
        self.cursor(text, args)

    def rows(self, text, *args):
        return self.cursor(text, args).fetchall()

    def row(self, text, *args):
        return self.cursor(text, args).fetchone()

    def one(self, text, *args):
        return self.cursor(text, args).fetchone()[0]

    def commit(self):
        self.db.commit()

    def rollback(self):
        self.db.rollback()


class Later:
    """A statement in a session of its own, in a thread; .waits() is true once
    the server says that it waits for a lock."""

    def __init__(self, cluster, text, *args, user="postgres"):
        import threading
        self.session = cluster.session(user)
        self.watch = cluster.session()
        self.value = self.error = None

        def go():
            try:
                self.value = self.session.rows(text, *args)
            except psycopg2.Error as e:
                self.error = e.pgcode
        self.thread = threading.Thread(target=go, daemon=True)
        self.thread.start()

    def waits(self, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.thread.is_alive():
            if self.watch.one("SELECT coalesce(max(wait_event_type), '') = 'Lock'"
                              " FROM pg_stat_activity WHERE pid = %s", self.session.pid):
                return True
            time.sleep(0.005)
        return False

    def result(self, seconds=20):
        self.thread.join(seconds)
        assert not self.thread.is_alive(), "still waiting"
        self.session.db.close()
        self.watch.db.close()
        if self.error:
            return self.error
        return self.value[0][0] if self.value else None


def until(seconds, fn, *args):
    """Wait for a condition; its value, or a failure with the last one."""
    end = time.monotonic() + seconds
    while True:
        value = fn(*args)
        if value or time.monotonic() > end:
            assert value, f"not within {seconds} s"
            return value
        time.sleep(0.02)


def binary(name):
    places = []
    if "MODELWRIGHT_BUILD" in os.environ:
        places.append(pathlib.Path(os.environ["MODELWRIGHT_BUILD"]) / name)
    if "MODELWRIGHT_DIR" in os.environ:
        places += [pathlib.Path(os.environ["MODELWRIGHT_DIR"]) / "inst" / d / name for d in ("sbin", "libexec")]
    places.append(TOP / "build" / name)
    for p in places:
        if p.exists():
            return str(p)
    raise FileNotFoundError(f"{name} is not built: {places}")
