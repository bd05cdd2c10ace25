"""Two sessions at the same row at the same time.  Each test holds a lock, waits
until the server says that the other session waits for it, and lets go: what
random kills meet once in a thousand runs happens here every time."""
import psycopg2
import pytest

from cluster import Cluster, Later

STEP = ("SELECT seq FROM run_step_commit(%s, %s, %s, %s, 'tool', '{}',"
        " '[{\"type\": \"message\"}]', NULL, NULL)")


@pytest.fixture(scope="module")
def pg():
    c = Cluster()
    yield c
    assert c.broken() == []
    c.stop()


@pytest.fixture(scope="module")
def w(pg):
    """Two workers that live."""
    for _ in range(2):
        pg.alive.append(pg.session())
    return [s.one("SELECT worker_start('test', 'host', 1, 1)") for s in pg.alive[-2:]]


def held(pg):
    return pg.session(autocommit=False)


def test_two_claims_never_get_one_job(pg, w):
    with held(pg) as a, pg.session() as b:
        for _ in range(3):
            b.run("SELECT job_enqueue('two', 'k', '{}')")
        first = a.rows(f"SELECT id FROM job_claim({w[0]}, 'two', 2)")
        second = b.rows(f"SELECT id FROM job_claim({w[1]}, 'two', 9)")
        assert len(first) == 2 and len(second) == 1
        assert not set(first) & set(second)
        a.rollback()
        assert b.rows(f"SELECT id FROM job_claim({w[1]}, 'two', 9)") == first


def test_a_limit_holds_against_claims_at_the_same_time(pg, w):
    with held(pg) as a, pg.session() as b:
        b.run("INSERT INTO job_limit VALUES ('tight', '', 1)")
        for _ in range(3):
            b.run("SELECT job_enqueue('tight', 'k', '{}')")
        assert len(a.rows(f"SELECT id FROM job_claim({w[0]}, 'tight', 5)")) == 1
        late = Later(pg, f"SELECT count(*) FROM job_claim({w[1]}, 'tight', 5)")
        assert late.waits()
        a.commit()
        assert late.result() == 0


def test_one_unique_key_is_one_job(pg):
    with held(pg) as a:
        first = a.one("SELECT job_enqueue('uniq', 'k', '{}', '{\"unique_key\": \"x\"}')")
        late = Later(pg, "SELECT job_enqueue('uniq', 'k', '{}', '{\"unique_key\": \"x\"}')")
        assert late.waits()
        a.commit()
        assert late.result() == first


def test_numbers_have_no_gap_when_the_first_writer_gives_up(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a:
        assert a.one(STEP, job, token, run, "one") == 3
        late = Later(pg, "SELECT (run_pause(%s, 'bob')).next_seq", run)
        assert late.waits()
        a.rollback()
        assert late.result() == 4
    assert pg.story(run) == ["run_created", "run_started", "run_pause_requested"]


def test_a_step_and_a_cancel_stand_one_after_the_other(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a:
        a.one(STEP, job, token, run, "one")
        late = Later(pg, "SELECT (run_cancel(%s, 'bob')).state", run)
        assert late.waits()
        a.commit()
        assert late.result() == "cancelling"
    assert pg.story(run)[2:] == ["message", "run_cancel_requested"]


def test_a_cancel_and_a_step_stand_one_after_the_other(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a:
        a.run("SELECT run_cancel(%s, 'bob')", run)
        late = Later(pg, STEP.replace("SELECT seq", "SELECT ARRAY[seq, cancel::int]"), job, token, run, "one")
        assert late.waits()
        a.commit()
        assert late.result() == [4, 1]
    assert pg.story(run)[2:] == ["run_cancel_requested", "message"]


def test_the_same_step_twice_at_once_is_done_once(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a:
        a.one(STEP, job, token, run, "one")
        late = Later(pg, "SELECT fresh FROM run_step_commit(%s, %s, %s, 'one', 'tool', '{}',"
                     " '[{\"type\": \"message\"}]', NULL, NULL)", job, token, run)
        assert late.waits()
        a.commit()
        assert late.result() is False
    assert pg.story(run)[2:] == ["message"]


def test_a_reaper_waits_for_the_step_and_fences_the_next(pg):
    owner = pg.session()
    run, job, token, worker = pg.begun(owner)
    zombie = pg.session(autocommit=False)
    zombie.one(STEP, job, token, run, "one")
    owner.db.close()  # the worker's lock goes, its job's connection lives on
    late = Later(pg, "SELECT reaped FROM job_reap(0, 100, 60)")
    assert late.waits()
    zombie.commit()
    assert late.result() == 1
    with pytest.raises(psycopg2.Error) as e:
        zombie.one(STEP, job, token, run, "two")
    assert e.value.pgcode == "APP42"
    zombie.rollback()
    with pytest.raises(psycopg2.Error) as e:
        zombie.one("SELECT run_finish(%s, %s, %s, 'succeeded')", job, token, run)
    assert e.value.pgcode == "APP42"
    assert pg.story(run)[2:] == ["message"]


def test_a_reaper_leaves_what_is_being_finished(pg):
    owner = pg.session()
    run, job, token, worker = pg.begun(owner)
    with held(pg) as a, pg.session() as b:
        a.one("SELECT run_finish(%s, %s, %s, 'succeeded')", job, token, run)
        owner.db.close()
        b.run("SELECT pg_sleep(0.1)")
        assert b.one("SELECT reaped FROM job_reap(0, 100, 60)") == 0
        a.commit()
        assert b.one("SELECT reaped FROM job_reap(0, 100, 60)") == 0
    assert pg.state(run) == "succeeded"
    assert pg.story(run)[-1] == "run_finished"


def test_a_reaper_leaves_the_living(pg):
    with pg.session() as owner, pg.session() as b:
        run, job, token, worker = pg.begun(owner)
        assert b.one("SELECT reaped FROM job_reap(0, 100, 60)") == 0
        assert owner.one(STEP, job, token, run, "one") == 3
        # ... but not one that hangs with its lock.
        b.run("UPDATE worker SET heartbeat_at = now() - interval '2 min' WHERE id = %s", worker)
        assert b.one("SELECT reaped FROM job_reap(0, 100, 60)") == 1
        with pytest.raises(psycopg2.Error):
            owner.one(STEP, job, token, run, "two")
        assert owner.one("SELECT worker_beat(%s)", worker) is False


def test_two_reapers_take_a_job_once(pg):
    owner = pg.session()
    run, job, token, worker = pg.begun(owner)
    owner.db.close()
    with held(pg) as a, pg.session() as b:
        b.run("SELECT pg_sleep(0.1)")
        assert a.one("SELECT reaped FROM job_reap(0, 100, 60)") == 1
        assert b.one("SELECT reaped FROM job_reap(0, 100, 60)") == 0
        a.commit()
        assert b.one("SELECT token FROM job WHERE id = %s", job) == token + 1


def test_cancel_and_finish_do_not_deadlock(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a:
        a.run("SELECT FROM job WHERE id = %s FOR UPDATE", job)
        finish = Later(pg, "SELECT run_finish(%s, %s, %s, 'succeeded')", job, token, run)
        assert finish.waits()
        cancel = Later(pg, "SELECT (run_cancel(%s, 'bob')).state", run)
        assert cancel.waits()
        a.rollback()
        outcome = finish.result(), cancel.result()
    # Whoever came first, the other is told.
    assert outcome in [(3, "APP49"), (4, "cancelling")]
    assert pg.state(run) == "succeeded"


def test_two_cancels_are_one(pg):
    run = pg.create()
    with held(pg) as a:
        a.run("SELECT run_cancel(%s, 'ann')", run)
        late = Later(pg, "SELECT run_cancel(%s, 'bob')", run)
        assert late.waits()
        a.commit()
        assert late.result() == "APP49"
    assert pg.story(run) == ["run_created", "run_cancel_requested", "run_finished"]


def test_a_cancel_and_a_claim_at_once(pg, w):
    run = pg.create()
    with held(pg) as a, pg.session() as b:
        a.run("SELECT run_cancel(%s, 'ann')", run)
        assert b.rows(f"SELECT id FROM job_claim({w[0]}, 'pipelines', 1000) WHERE run_id = %s", run) == []
        a.commit()
    run = pg.create()
    with held(pg) as a:
        assert a.rows(f"SELECT id FROM job_claim({w[0]}, 'pipelines', 1000) WHERE run_id = %s", run)
        late = Later(pg, "SELECT (run_cancel(%s, 'bob')).state", run)
        assert late.waits()
        a.commit()
        assert late.result() == "cancelling"


def test_two_resumes_make_one_job(pg):
    run, job, token, _ = pg.begun()
    with held(pg) as a, pg.session() as b:
        b.run("SELECT run_finish(%s, %s, %s, 'paused')", job, token, run)
        a.run("SELECT run_resume(%s, 'ann')", run)
        late = Later(pg, "SELECT run_resume(%s, 'bob')", run)
        assert late.waits()
        a.commit()
        assert late.result() == "APP49"
        assert b.one("SELECT count(*) FROM job WHERE run_id = %s", run) == 1
        b.run("SELECT run_cancel(%s, 'ann')", run)


def test_two_redrives_make_one_job(pg, w):
    with held(pg) as a, pg.session() as b:
        job = b.one("SELECT job_enqueue('dead', 'k', '{}', '{\"max_attempts\": 1}')")
        token = b.one(f"SELECT token FROM job_claim({w[0]}, 'dead', 1)")
        assert b.one("SELECT job_fail(%s, %s, 'x')", job, token) == "dead"
        a.run("SELECT job_redrive(%s, 'ann')", job)
        late = Later(pg, "SELECT job_redrive(%s, 'bob')", job)
        assert late.waits()
        a.commit()
        assert late.result() == "APP49"
        assert b.one("SELECT count(*) FROM job WHERE queue = 'dead'") == 1


def test_a_stale_begin_does_not_take_the_run_back(pg, w):
    owner = pg.session()
    run, job, token, worker = pg.begun(owner)
    owner.db.close()
    with pg.session() as b:
        b.run("SELECT pg_sleep(0.1)")
        b.run("SELECT job_reap(0, 100, 60)")
        new = b.one(f"SELECT token FROM job_claim({w[1]}, 'pipelines', 1000) WHERE id = %s", job)
        with pytest.raises(psycopg2.Error) as e:
            b.run("SELECT run_begin(%s, %s)", job, token)
        assert e.value.pgcode == "APP42"
        b.run("SELECT run_begin(%s, %s)", job, new)
    assert pg.story(run) == ["run_created", "run_started", "run_recovered"]
