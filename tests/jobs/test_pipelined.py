"""modelwright-pipelined with a job that does nothing: what happens to a run
when its process, its master, or the database goes away."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

from cluster import Cluster, binary, until

HERE = pathlib.Path(__file__).resolve().parent


class Daemon:
    def __init__(self, pg, tmp, **settings):
        lib = tmp / "libexec"
        lib.mkdir(exist_ok=True)
        shutil.copy(HERE / "fake_job.py", lib / "modelwright-job")
        (lib / "modelwright-job").chmod(0o755)
        n = len(list(tmp.glob("*.conf")))
        self.conf = tmp / f"{n}.conf"
        lines = {"database": pg.conninfo("modelwright_worker"), "libexec_dir": lib, "log_level": 7,
                 "pipeline_slots": 4, **settings}
        self.conf.write_text("".join(f"{k} = {v}\n" for k, v in lines.items()))
        self.log = tmp / f"{n}.log"
        self.pg = pg
        self.tmp = tmp
        self.start()

    def start(self):
        env = {**os.environ, "FAKE_DB": self.pg.conninfo("modelwright_worker"), "FAKE_DIR": str(self.tmp)}
        self.p = subprocess.Popen([binary("modelwright-pipelined"), "-c", self.conf],
                                  stderr=open(self.log, "a"), env=env)

    def kill(self):
        self.p.kill()
        self.p.wait()

    def stop(self, seconds=30):
        self.p.terminate()
        return self.p.wait(seconds)

    def children(self):
        out = subprocess.run(["ps", "--ppid", str(self.p.pid), "-o", "pid="], capture_output=True, text=True).stdout
        return [int(x) for x in out.split()]


@pytest.fixture(scope="module")
def pg():
    c = Cluster()
    yield c
    assert c.broken() == []
    with c.session() as s:
        assert s.rows("SELECT run_id, payload->>'step', count(*) FROM run_event WHERE type = 'trial_finished'"
                      " GROUP BY 1, 2 HAVING count(*) > 1 AND count(*) > (SELECT count(*) FROM run_step s"
                      " WHERE s.run_id = run_event.run_id)") == []
    c.stop()


@pytest.fixture
def daemon(pg, tmp_path):
    started = []

    def start(**settings):
        started.append(Daemon(pg, tmp_path, **settings))
        return started[-1]
    yield start
    for d in started:
        if d.p.poll() is None:
            assert d.stop() == 0, d.log.read_text()
        with pg.session() as s:
            s.run("SELECT job_reap(0, 100, 60)")
            for run, in s.rows("SELECT run_id FROM run WHERE state IN ('queued', 'running')"):
                s.run("SELECT run_cancel(%s, 'test')", run)


def ended(pg, run, state="succeeded", seconds=20):
    until(seconds, lambda: pg.state(run) not in ("queued", "running", "cancelling"))
    assert pg.state(run) == state, pg.story(run)


def steps(pg, run):
    with pg.session() as s:
        return s.one("SELECT count(*) FROM run_step WHERE run_id = %s", run)


def failures(pg, run):
    with pg.session() as s:
        return [r[0] for r in s.rows("SELECT payload->>'reason' FROM run_event WHERE run_id = %s AND"
                                     " type = 'attempt_failed' ORDER BY seq", run)]


def test_a_run_comes_to_its_end(pg, daemon):
    daemon()
    runs = [pg.create() for _ in range(6)]
    for r in runs:
        ended(pg, r)
        assert pg.story(r) == ["run_created", "run_started"] + 5 * ["trial_finished"] + ["run_finished"]
    with pg.session() as s:
        assert s.one("SELECT count(*) FROM job") == 0


def test_a_killed_child_costs_an_attempt_and_no_step(pg, daemon):
    daemon()
    r = pg.create(at=3, mishap="kill")
    ended(pg, r)
    assert pg.story(r) == (["run_created", "run_started"] + 3 * ["trial_finished"] + ["attempt_failed", "run_recovered"]
                           + 2 * ["trial_finished"] + ["run_finished"])
    assert failures(pg, r) == ["the job's process was killed"]


@pytest.mark.parametrize("mishap, reason", [
    ("exit 0", "the job's process ended without finishing it"),
    ("exit 3", "the job's process failed (exit 3)"),
    ("memory", "the job's process failed (exit 1)"),
])
def test_a_failed_attempt_says_why(pg, daemon, mishap, reason):
    d = daemon(job_memory_mb=256)
    r = pg.create(at=1, mishap=mishap, mb=400)
    ended(pg, r)
    assert failures(pg, r) == [reason]
    assert d.p.poll() is None


def test_an_attempt_that_hangs_is_ended(pg, daemon):
    daemon(job_seconds=1)
    r = pg.create(at=1, mishap="hang")
    ended(pg, r)
    assert failures(pg, r) == ["the attempt took longer than 1 seconds"]


def test_a_run_that_never_gets_on_is_crashed_and_can_be_resumed(pg, daemon):
    daemon()
    r = pg.create(at=2, mishap="exit 3", always=1)
    with pg.session() as s:
        until(10, s.one, "SELECT count(*) = 1 FROM job WHERE run_id = %s", r)
        s.run("UPDATE job SET max_attempts = 2 WHERE run_id = %s", r)
        ended(pg, r, "crashed")
        assert s.one("SELECT error->>'code' FROM run WHERE run_id = %s", r) == "attempts_used_up"
        s.run("UPDATE run SET params = '{}' WHERE run_id = %s", r)
        s.run("SELECT run_resume(%s, 'bob')", r)
    ended(pg, r)
    assert steps(pg, r) == 5


def test_attempts_are_counted_from_the_last_progress(pg, daemon):
    daemon()
    r = pg.create(steps=8)
    with pg.session() as s:
        s.run("UPDATE run SET params = '{\"steps\": 8, \"sleep\": 30}' WHERE run_id = %s", r)
        for n in range(1, 4):
            child = until(20, lambda: [c for c in s.rows(
                "SELECT payload->>'pid' FROM run_event WHERE run_id = %s AND type = 'trial_finished' ORDER BY seq", r)][n - 1:n])
            s.run("UPDATE job SET max_attempts = 2 WHERE run_id = %s", r)
            os.kill(int(child[0][0]), signal.SIGKILL)
        s.run("UPDATE run SET params = '{\"steps\": 8}' WHERE run_id = %s", r)
    ended(pg, r)
    assert len(failures(pg, r)) == 3


def test_the_child_is_confined(pg, daemon):
    daemon()
    r = pg.create(look=1, steps=1)
    ended(pg, r)
    with pg.session() as s:
        seen = s.one("SELECT payload FROM run_event WHERE run_id = %s AND type = 'trial_finished'", r)
    assert seen == {"unshare": False, "ptrace": False, "no_new_privs": "1", "seccomp": "2", "core": 0,
                    "own_group": True, "fds": [0, 1, 2], "stdin": "/dev/null", "sigmask": ""}


def test_what_a_child_started_goes_when_the_daemon_stops(pg, daemon):
    d = daemon()
    r = pg.create(at=1, mishap="hang")
    until(10, lambda: steps(pg, r) == 1)
    children = d.children()
    assert children
    d.kill()  # the master dies; its children must not live on
    until(5, lambda: not any(os.path.exists(f"/proc/{c}") for c in children))


def test_sigterm_gives_claims_back_and_uses_up_no_attempt(pg, daemon):
    d = daemon()
    runs = [pg.create(steps=40, sleep=0.05) for _ in range(3)]
    until(10, lambda: all(steps(pg, r) > 2 for r in runs))
    assert d.stop() == 0
    with pg.session() as s:
        assert s.rows("SELECT state, attempt, worker_id FROM job") == 3 * [(0, 0, None)]
        assert s.one("SELECT count(*) FROM worker") == 0
    assert all(failures(pg, r) == [] for r in runs)
    d.start()
    for r in runs:
        ended(pg, r)
        assert steps(pg, r) == 40


def test_another_master_takes_over_from_a_killed_one(pg, daemon):
    first = daemon()
    runs = [pg.create(steps=40, sleep=0.05) for _ in range(4)]
    until(10, lambda: all(steps(pg, r) > 2 for r in runs))
    second = daemon()
    until(10, lambda: "ready" in second.log.read_text())
    first.kill()
    for r in runs:
        ended(pg, r)
        assert steps(pg, r) == 40
        assert failures(pg, r) == []  # it was not the job's fault
        assert pg.story(r).count("run_recovered") == 1


def test_a_lost_session_means_a_new_worker(pg, daemon):
    d = daemon()
    runs = [pg.create(steps=40, sleep=0.05) for _ in range(3)]
    until(10, lambda: all(steps(pg, r) > 2 for r in runs))
    with pg.session() as s:
        old = s.one("SELECT max(id) FROM worker")
        s.run("SELECT pg_terminate_backend(l.pid) FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = 7001"
              " AND l.objid = %s", old)
        until(10, lambda: s.one("SELECT max(id) FROM worker") > old)
    for r in runs:
        ended(pg, r)
        assert steps(pg, r) == 40
    assert d.p.poll() is None


def test_a_worker_that_was_taken_for_dead_starts_anew(pg, daemon):
    d = daemon()
    r = pg.create(steps=60, sleep=0.05)
    until(10, lambda: steps(pg, r) > 2)
    with pg.session() as s:
        old = s.one("SELECT max(id) FROM worker")
        s.run("UPDATE worker SET heartbeat_at = now() - interval '2 min' WHERE id = %s", old)
        s.run("SELECT job_reap(0, 100, 60)")  # a false reap of a live worker
    ended(pg, r)
    assert steps(pg, r) == 60
    assert pg.story(r).count("trial_finished") == 60
    with pg.session() as s:
        until(15, lambda: s.one("SELECT coalesce(max(id), 0) FROM worker") > old)
    assert d.p.poll() is None


def test_a_cancel_is_seen_inside_a_long_step(pg, daemon):
    daemon()
    r = pg.create(sleep=60)
    until(10, lambda: steps(pg, r) == 1)
    with pg.session("modelwright_api") as s:
        s.run("SELECT run_cancel(%s, 'bob')", r)
    ended(pg, r, "cancelled", 10)
    assert pg.story(r)[-1] == "run_finished"


def test_pause_and_resume(pg, daemon):
    daemon()
    r = pg.create(sleep=60)
    until(10, lambda: steps(pg, r) == 1)
    with pg.session("modelwright_api") as s:
        s.run("SELECT run_pause(%s, 'bob')", r)
        ended(pg, r, "paused", 10)
        assert s.one("SELECT count(*) FROM job") == 0
        with pg.session() as su:
            su.run("UPDATE run SET params = '{}' WHERE run_id = %s", r)
        s.run("SELECT run_resume(%s, 'bob')", r)
    ended(pg, r)
    assert pg.story(r) == ["run_created", "run_started", "trial_finished", "run_pause_requested", "trial_finished",
                           "run_paused", "run_resumed", "run_started", "trial_finished", "trial_finished",
                           "trial_finished", "run_finished"]


def test_a_job_of_an_unknown_kind_does_not_stop_the_rest(pg, daemon):
    d = daemon()
    with pg.session() as s:
        job = s.one("SELECT job_enqueue('pipelines', 'nonsense', '{}', '{\"max_attempts\": 1}')")
        s.run("NOTIFY jobs, 'pipelines'")
        until(10, s.one, "SELECT count(*) = 1 FROM job_history WHERE id = %s AND outcome = 'dead'", job)
    r = pg.create()
    ended(pg, r)
    assert d.p.poll() is None


def test_a_missing_program_is_a_failed_attempt(pg, daemon):
    d = daemon(libexec_dir="/nowhere")
    with pg.session() as s:
        job = s.one("SELECT job_enqueue('pipelines', 'pipeline', '{}', '{\"max_attempts\": 1}')")
        s.run("NOTIFY jobs, 'pipelines'")
        until(10, s.one, "SELECT count(*) = 1 FROM job_history WHERE id = %s AND outcome = 'dead'", job)
    assert d.p.poll() is None


def test_a_database_that_restarts_is_waited_for(pg, daemon):
    d = daemon()
    runs = [pg.create(steps=40, sleep=0.05) for _ in range(2)]
    until(10, lambda: all(steps(pg, r) > 2 for r in runs))
    pg.alive.clear()
    ctl = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))[-1]
    who = ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []
    subprocess.run([*who, str(ctl), "-D", f"{pg.dir}/data", "-m", "immediate", "-w", "restart", "-l", f"{pg.dir}/log"],
                   check=True, stdout=subprocess.DEVNULL, cwd="/")
    for r in runs:
        ended(pg, r, seconds=40)
        assert steps(pg, r) == 40
    assert d.p.poll() is None
