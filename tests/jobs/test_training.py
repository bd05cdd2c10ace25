"""modelwright-job for real: a small table, the real learners, and what happens
when its process is killed, stopped, cancelled or paused."""
import json
import math
import os
import random
import shutil
import signal
import subprocess
import hashlib
import time

import pytest

from cluster import TOP, Cluster, binary, until

ROWS = 300
ASK = {"template": "binary_classification", "dataset": "loans", "target": "bad", "positive": "yes",
       "seed": 11, "budget": {"trials": 7}, "protected": ["sex"], "params": {"rounds_max": 40}}


def loans(rows=ROWS, leak=0.0):
    """People with a name, an income that matters, and noise; `leak` is how
    often the column `collected` gives the target away."""
    r = random.Random(5)
    out = ["mail,income,age,noise,sex,town,collected,bad"]
    for i in range(rows):
        income = math.exp(r.gauss(8, 0.8))
        age = r.randint(18, 80)
        bad = r.random() < 1 / (1 + math.exp(1.2 * (math.log(income) - 7.5) + (age < 25) * -1.0))
        told = bad if r.random() < leak else r.random() < 0.3
        out.append(f"p{i}@example.org,{income:.2f},{age},{r.random():.4f},{r.choice('fm')},"
                   f"{r.choice(['a', 'b', 'c', ''])},{'y' if told else 'n'},{'yes' if bad else 'no'}")
    return "\n".join(out) + "\n"


class Shop:
    """A database, a data directory, and jobs that the test itself claims."""

    def __init__(self, pg, tmp):
        self.pg = pg
        self.data = tmp / "data"
        self.conf = tmp / "job.conf"
        self.conf.write_text(f"database = {pg.conninfo('modelwright_worker')}\nshare_dir = {TOP}/share\n"
                             f"data_dir = {self.data}\nrun_dir = {tmp}\ntrain_threads = 1\n")
        self.session = pg.session()
        self.worker = self.session.one("SELECT worker_start('test', 'host', 1, 1)")
        self.log = open(tmp / "job.log", "w")

    def add(self, name, text, kind="csv"):
        sha = hashlib.sha256(text.encode()).hexdigest()
        path = self.data / "objects" / sha[:2] / sha[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.session.run("INSERT INTO dataset (name, digest, format, bytes, created_by)"
                         " VALUES (%s, %s, %s, %s, 'ann')", name, sha, kind, len(text))
        return sha

    def create(self, **changes):
        return self.session.one("SELECT run_create(%s, 'ann')", json.dumps({**ASK, **changes}))

    def claim(self, run):
        self.session.run("UPDATE job SET prio = CASE WHEN run_id = %s THEN -9 ELSE 0 END WHERE state = 0", run)
        job, token, _, _, _, of = self.session.row("SELECT * FROM job_claim(%s, 'pipelines', 1)", self.worker)
        assert of == run
        return job, token

    def start(self, job, token, kind="pipeline", **env):
        return subprocess.Popen([binary("modelwright-job"), "-c", self.conf, "--job", str(job), "--token", str(token),
                                 "--kind", kind], stderr=self.log, env={**os.environ, **env})

    def release(self, job, token):
        self.session.one("SELECT job_release(%s, %s, 0) IS NULL", job, token)

    def work(self, run):
        """One undisturbed attempt."""
        p = self.start(*self.claim(run))
        return p.wait(300)

    def steps(self, run):
        return self.session.one("SELECT count(*) FROM run_step WHERE run_id = %s", run)

    def types(self, run, kind):
        return self.session.one("SELECT count(*) FROM run_event WHERE run_id = %s AND type = %s", run, kind)

    def payloads(self, run, kind):
        return [r[0] for r in self.session.rows(
            "SELECT payload FROM run_event WHERE run_id = %s AND type = %s ORDER BY seq", run, kind)]

    def artifacts(self, run):
        return dict(self.session.rows("SELECT name, sha256 FROM artifact WHERE run_id = %s", run))

    def digest(self, run):
        return self.artifacts(run).get("model/MANIFEST")

    def error(self, run):
        return self.session.one("SELECT error FROM run WHERE run_id = %s", run)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    pg = Cluster()
    tmp = tmp_path_factory.mktemp("shop")
    s = Shop(pg, tmp)
    s.add("loans", loans())
    yield s
    broken = pg.broken()
    pg.stop()
    shutil.rmtree(tmp, ignore_errors=True)
    assert broken == []


@pytest.fixture(scope="module")
def plain(shop):
    """The undisturbed run that others are compared with."""
    run = shop.create()
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "succeeded", shop.error(run)
    return run


def same_model(shop, run, plain):
    assert shop.pg.state(run) == "succeeded", shop.error(run)
    assert shop.digest(run) == shop.digest(plain)
    for kind in ("trial_finished", "model_selected", "holdout_scored", "decision", "phase_finished"):
        assert shop.types(run, kind) == shop.types(plain, kind), kind
    trials = [(p["generation"], p["trial"]) for p in shop.payloads(run, "trial_finished")]
    assert len(trials) == len(set(trials)), "a trial was trained twice to completion"


def test_a_run_ends_with_model_and_documents(shop, plain):
    names = shop.artifacts(plain)
    for name in ("profile.json", "metrics.json", "model/MANIFEST", "model/model.json", "model/scorer.mws",
                 "model/reference.json", "model_card.md", "report.html", "report.pdf", "lineage.json",
                 "plots/roc.svg"):
        assert name in names, name
    for sha in names.values():
        data = (shop.data / "objects" / sha[:2] / sha[2:]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == sha
    row = shop.session.row("SELECT progress, best, cost, phase FROM run WHERE run_id = %s", plain)
    assert row[0]["fraction"] == 1 and row[0]["done"] == row[0]["total"]
    assert row[1]["metric"] == "roc_auc" and 0.5 < row[1]["value"] <= 1
    assert row[2]["cpu_s"] > 0 and row[3] == "document"
    assert not list((shop.data / "tmp").iterdir()), "something was left in tmp"


def test_every_decision_says_who_what_and_why(shop, plain):
    decisions = shop.payloads(plain, "decision")
    assert {d["agent"] for d in decisions} == {
        "data-steward", "trainer", "feature-engineer", "validator", "evaluator", "documenter"}
    for d in decisions:
        assert d["provider"] == "rules" and d["reason"] and d["result"] and isinstance(d["arguments"], dict), d


def test_the_holdout_is_scored_once_after_the_challenge(shop, plain):
    story = shop.pg.story(plain)
    assert story.count("holdout_scored") == 1
    assert story.index("holdout_scored") > len(story) - 1 - story[::-1].index("trial_finished")
    assert story[0] == "run_created" and story[-1] == "run_finished"


def test_personal_data_are_left_out(shop, plain):
    lineage = shop.artifacts(plain)["lineage.json"]
    doc = json.loads((shop.data / "objects" / lineage[:2] / lineage[2:]).read_text())
    assert "mail" in [x["column"] for x in doc["excluded"]]
    assert doc["specification"]["params"]["exclude_protected"] is True


def disturbed(shop, run, kill):
    """Attempt after attempt, each ended by kill(process) if it likes."""
    for attempt in range(60):
        job, token = shop.claim(run)
        p = shop.start(job, token)
        kill(p, attempt)
        p.wait(300)
        if shop.pg.state(run) not in ("queued", "running", "cancelling"):
            return attempt
        shop.release(job, token)
    raise AssertionError("it never ended")


def test_killed_at_any_instant_it_ends_with_the_same_model(shop, plain):
    r = random.Random(1)

    def kill(p, attempt):
        if attempt < 12:
            try:
                p.wait(r.uniform(0.02, 1.2))
            except subprocess.TimeoutExpired:
                p.kill()
    run = shop.create()
    disturbed(shop, run, kill)
    same_model(shop, run, plain)


def test_killed_after_each_step_it_ends_with_the_same_model_slow(shop, plain):
    total = shop.steps(plain)
    run = shop.create()
    at = iter(range(1, total, max(1, total // 25)))

    def kill(p, attempt):
        goal = next(at, None)
        while goal is not None and p.poll() is None:
            if shop.steps(run) >= goal:
                p.kill()
                return
            time.sleep(0.002)
    disturbed(shop, run, kill)
    same_model(shop, run, plain)


def training(shop, run, n=2):
    """Wait until the n-th trial has begun."""
    until(120, lambda: shop.types(run, "trial_started") >= n)


def test_told_to_stop_it_leaves_the_job_and_loses_nothing(shop, plain):
    run = shop.create()
    job, token = shop.claim(run)
    p = shop.start(job, token)
    training(shop, run)
    p.send_signal(signal.SIGTERM)
    assert p.wait(60) == 75
    assert shop.pg.state(run) == "running"
    shop.release(job, token)
    assert shop.work(run) == 0
    same_model(shop, run, plain)


def test_cancelled_while_it_trains_it_ends_there(shop):
    run = shop.create(budget={"trials": 60})
    p = shop.start(*shop.claim(run))
    training(shop, run)
    shop.session.run("SELECT run_cancel(%s, 'ann')", run)
    assert p.wait(60) == 0
    assert shop.pg.state(run) == "cancelled"
    assert shop.types(run, "trial_finished") < 60
    assert shop.digest(run) is None
    assert shop.pg.story(run)[-1] == "run_finished"


def test_cancelled_before_it_begins_nothing_is_done(shop):
    run = shop.create()
    job, token = shop.claim(run)
    shop.session.run("SELECT run_cancel(%s, 'ann')", run)
    assert shop.start(job, token).wait(60) == 0
    assert shop.pg.state(run) == "cancelled"
    assert shop.types(run, "phase_started") == 0


def test_paused_and_resumed_it_goes_on_from_there(shop, plain):
    run = shop.create()
    p = shop.start(*shop.claim(run))
    training(shop, run)
    shop.session.run("SELECT run_pause(%s, 'ann')", run)
    assert p.wait(60) == 0
    assert shop.pg.state(run) == "paused"
    shop.session.run("SELECT run_resume(%s, 'ann')", run)
    assert shop.work(run) == 0
    same_model(shop, run, plain)


def test_a_lost_claim_stops_the_process_and_writes_nothing(shop, plain):
    run = shop.create()
    job, token = shop.claim(run)
    old = shop.start(job, token)
    training(shop, run)
    shop.release(job, token)
    new = shop.start(*shop.claim(run))
    assert old.wait(60) not in (0, 75)
    assert new.wait(300) == 0
    same_model(shop, run, plain)


def test_the_number_of_threads_changes_no_bit(shop, plain):
    conf = shop.conf.read_text()
    shop.conf.write_text(conf.replace("train_threads = 1", "train_threads = 2"))
    try:
        run = shop.create()
        assert shop.work(run) == 0
    finally:
        shop.conf.write_text(conf)
    same_model(shop, run, plain)


def verify(shop, run):
    return subprocess.run([binary("modelwright-job"), "-c", shop.conf, "--verify", run],
                          capture_output=True, text=True, timeout=300)


def test_a_finished_run_is_trained_again_and_compared(shop, plain):
    p = verify(shop, plain)
    assert p.returncode == 0, p.stderr
    assert p.stdout.count(shop.digest(plain)) == 2
    shop.session.run("UPDATE run SET seed = seed + 1 WHERE run_id = %s", plain)
    try:
        p = verify(shop, plain)
        assert p.returncode != 0 and "another model" in p.stderr
    finally:
        shop.session.run("UPDATE run SET seed = seed - 1 WHERE run_id = %s", plain)
    assert "no run" in verify(shop, "run_x").stderr


def test_another_seed_is_another_model(shop, plain):
    run = shop.create(seed=12)
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "succeeded"
    assert shop.digest(run) != shop.digest(plain)


@pytest.mark.parametrize("changes, code, pointer", [
    ({"target": "nothing"}, "invalid", "/target"),
    ({"target": "mail"}, "invalid", "/target"),
    ({"positive": "maybe"}, "invalid", "/positive"),
    ({"objective": "rmse"}, "invalid", "/objective"),
    ({"protected": ["creed"]}, "invalid", "/protected/0"),
    ({"template": "nothing"}, "not_found", "/template"),
    ({"template": "regression", "positive": None}, "invalid", "/target"),
    ({"params": {"holdout": 7}}, "invalid", "/params/holdout"),
    ({"params": {"split": "time"}}, "invalid", "/params/split_column"),
    ({"params": {"split": "time", "split_column": "nothing"}}, "invalid", "/params/split_column"),
    ({"params": {"learners": ["magic"]}}, "invalid", "/params/learners/0"),
    ({"params": {"surprise": 1}}, "invalid", "/params/surprise"),
    ({"budget": {"trials": 0}}, "invalid", "/budget/trials"),
], ids=lambda v: json.dumps(v) if isinstance(v, dict) else None)
def test_what_cannot_be_learned_fails_precisely(shop, changes, code, pointer):
    run = shop.create(**changes)
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "failed"
    error = shop.error(run)
    assert (error["code"], error.get("pointer")) == (code, pointer), error
    assert error["detail"]
    assert shop.artifacts(run) == {} and shop.types(run, "trial_started") == 0


def test_a_broken_table_fails_with_its_line(shop):
    shop.add("ragged", loans(50) + "only,three,fields\n")
    run = shop.create(dataset="ragged")
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "failed"
    assert shop.error(run)["line"] == 52, shop.error(run)


def test_a_table_whose_bytes_are_gone_fails(shop):
    sha = shop.add("gone", loans(60))
    (shop.data / "objects" / sha[:2] / sha[2:]).unlink()
    run = shop.create(dataset="gone")
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "failed"
    assert shop.error(run)["code"] == "not_found"


def test_a_table_that_gives_the_target_away_is_caught(shop):
    shop.add("leaky", loans(leak=1.0))
    run = shop.create(dataset="leaky")
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "succeeded", shop.error(run)
    raised = [f for f in shop.payloads(run, "finding_raised") if "collected" in f.get("columns", [])]
    assert raised and raised[0]["severity"] == "high"
    assert shop.session.one("SELECT best->>'value' FROM run WHERE run_id = %s", run) < "0.95"


def visits(shop, run):
    return [(p["phase"], p["visit"], p["back_to"]) for p in shop.payloads(run, "phase_finished")]


def test_the_validator_sends_a_leak_back_and_the_features_are_mended(shop):
    """Too little to be caught in the profile, too much to be true."""
    shop.add("sly", loans(leak=0.98))
    run = shop.create(dataset="sly")
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "succeeded", shop.error(run)
    assert ("challenge", 1, "prepare") in visits(shop, run)
    assert ("train", 2, None) in visits(shop, run) and ("challenge", 2, None) in visits(shop, run)
    found = [f for f in shop.payloads(run, "finding_raised") if f["needs_answer"]]
    answered = {a["finding"]: a for a in shop.payloads(run, "finding_answered")}
    assert found and found[0]["by"] == "validator" and found[0]["columns"] == ["collected"]
    assert answered[found[0]["finding"]]["by"] == "feature-engineer"
    sha = shop.artifacts(run)["model/model.json"]
    model = json.loads((shop.data / "objects" / sha[:2] / sha[2:]).read_text())
    assert "collected" not in json.dumps(model["preparation"])


def test_the_validator_sends_an_overfitted_model_back_for_a_simpler_one(shop):
    run = shop.create(seed=2, budget={"trials": 10}, params={})
    assert shop.work(run) == 0
    assert shop.pg.state(run) == "succeeded", shop.error(run)
    assert ("challenge", 1, "train") in visits(shop, run)
    chosen = shop.payloads(run, "model_selected")
    assert [c["rule"] for c in chosen] == ["best", "one_standard_error"]
    assert chosen[0]["trial"]["learner"] != chosen[1]["trial"]["learner"] == "logistic"
    assert [a["by"] for a in shop.payloads(run, "finding_answered")] == ["trainer"]


def test_sent_back_and_killed_it_still_ends_with_the_same_model(shop):
    whole = shop.create(dataset="sly")
    assert shop.work(whole) == 0
    r = random.Random(3)

    def kill(p, attempt):
        if attempt < 8:
            try:
                p.wait(r.uniform(0.1, 2.5))
            except subprocess.TimeoutExpired:
                p.kill()
    run = shop.create(dataset="sly")
    disturbed(shop, run, kill)
    same_model(shop, run, whole)


def test_a_profile_is_made_by_a_job(shop):
    sha = shop.add("loans-2", loans(77))
    shop.session.run("SELECT job_enqueue('pipelines', 'profile', %s, '{\"prio\": -9}')",
                     json.dumps({"digest": sha, "format": "csv", "on_error": "fail"}))
    job, token = shop.session.row("SELECT id, token FROM job_claim(%s, 'pipelines', 1)", shop.worker)
    assert shop.start(job, token, "profile").wait(60) == 0
    profile = shop.session.one("SELECT profile FROM dataset_profile WHERE digest = %s", sha)
    assert profile["rows"] == 77 and profile["columns"][0]["name"] == "mail"
    assert shop.session.one("SELECT outcome FROM job_history WHERE id = %s", job) == "done"
