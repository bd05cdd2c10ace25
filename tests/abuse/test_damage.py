"""Files of the store that are no longer what they were.

What is damaged             what is done with it        what it gets
--------------------------  --------------------------  -------------------------------------------
data set, other bytes       a run, of the same size     failed, error damaged, no model
data set, gone              a run                       failed, error not_found
data set, damaged or gone   the same upload again       200, and the store is whole again
model, cut or bits flipped  a prediction                500 damaged, naming the model
model, another valid one    a prediction                500 damaged: not served under a false digest
model, gone                 a prediction                500 damaged
model, restored             a prediction                200, the first number
model, any damage           modelwright-admin serve     refused, nothing is changed
artifact, gone              a download                  500 damaged, naming the artifact
artifact, other bytes       mwctl runs get              refused, no file is left
artifact, other bytes       the same made again         the store is whole again
"""
import os
import subprocess

import pytest

from api_conftest import administer, new_name
from conftest import object_of, start, table, wait


@pytest.fixture(scope="module")
def finished(operator):
    """Two runs of two tables: their artifacts by name."""
    runs = []
    for seed in (1, 2):
        n = new_name()
        assert operator.upload(n, table(seed=seed)).status_code == 201
        runs.append(start(operator, n))
    out = []
    for run in runs:
        assert wait(operator, run)["state"] == "succeeded"
        items = operator.get("/api/v1/pipelines/%s/artifacts?limit=500" % run).json()["items"]
        out.append((run, {a["name"]: a for a in items}))
    return out


def predict(client, model):
    return client.post("/api/v1/inference/" + model, json={"features": {"age": 30, "income": 2000, "sex": "m"}})


def test_a_model_is_not_trained_on_other_bytes_than_it_names(operator, name, touch):
    d = operator.upload(name, table()).json()
    o = object_of(d["digest"])
    touch(o, o.read_bytes().replace(b",m,", b",f,"))
    r = wait(operator, start(operator, name))
    assert r["state"] == "failed" and r["error"]["code"] == "damaged", r["error"]
    assert str(o) not in r["error"]["detail"]
    assert r["best"] is None


def test_a_data_set_that_is_gone_fails_and_comes_back_by_an_upload(operator, name, touch):
    text = table()
    d = operator.upload(name, text).json()
    touch(object_of(d["digest"]), None)
    r = wait(operator, start(operator, name))
    assert r["state"] == "failed" and r["error"]["code"] == "not_found", r["error"]
    assert operator.upload(name, text).status_code == 200
    assert object_of(d["digest"]).read_text() == text
    assert wait(operator, start(operator, name))["state"] == "succeeded"


def test_a_damaged_data_set_is_mended_by_the_same_upload(operator, name, touch):
    text = table()
    d = operator.upload(name, text).json()
    touch(object_of(d["digest"]), b"x" * len(text))
    assert operator.upload(name, text).status_code == 200
    assert object_of(d["digest"]).read_text() == text


def flipped(b, at):
    return b[:at] + bytes([b[at] ^ 1]) + b[at + 1:]


@pytest.mark.parametrize("damage", ["cut", "empty", "first bit", "middle bit", "last bit", "another", "gone"])
def test_a_damaged_model_is_refused_and_serves_again_when_it_is_restored(operator, finished, touch, damage):
    (run, artifacts), (_, others) = finished
    scorer = object_of(artifacts["model/scorer.mws"]["sha256"])
    whole = scorer.read_bytes()
    before = new_name()
    administer("serve", run, "--as", before)
    number = predict(operator, before).json()["probability"]

    # A name that no worker has mapped yet.
    model = new_name()
    administer("serve", run, "--as", model)
    touch(scorer, {
        "cut": whole[: len(whole) // 2], "empty": b"", "first bit": flipped(whole, 0),
        "middle bit": flipped(whole, len(whole) // 2), "last bit": flipped(whole, -1 % len(whole)),
        "another": object_of(others["model/scorer.mws"]["sha256"]).read_bytes(), "gone": None,
    }[damage])
    for _ in range(8):  # whichever worker answers
        r = predict(operator, model)
        assert r.status_code == 500 and r.json()["code"] == "damaged", r.text
        assert model in r.json()["detail"] and "/" not in r.json()["detail"]
    with pytest.raises(subprocess.CalledProcessError):
        administer("serve", run, "--as", new_name())
    touch(scorer, whole)
    for _ in range(8):
        r = predict(operator, model)
        assert r.status_code == 200 and r.json()["probability"] == number


def test_an_artifact_that_is_gone_is_said_to_be(operator, finished, touch):
    a = finished[0][1]["model_card.md"]
    touch(object_of(a["sha256"]), None)
    r = operator.get(a["href"])
    assert r.status_code == 500 and r.json()["code"] == "damaged" and "model_card.md" in r.json()["detail"]


def test_mwctl_does_not_keep_an_artifact_of_another_digest(stack, operator, finished, touch, tmp_path):
    run, artifacts = finished[0]
    o = object_of(artifacts["metrics.json"]["sha256"])
    touch(o, o.read_bytes().replace(b"0", b"1", 1))
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path)}
    program = stack.dir / "inst/bin/mwctl"
    username, password = stack.user("operator")
    subprocess.run([program, "login", "--url", stack.base, "--ca", stack.ca, "--user", username, "--password-stdin"],
                   env=env, input=password, text=True, check=True, capture_output=True)
    out = tmp_path / "metrics.json"
    p = subprocess.run([program, "runs", "get", run, "metrics.json", "--output", out],
                       env=env, capture_output=True, text=True)
    assert p.returncode != 0 and "damaged" in p.stderr, p.stderr
    assert not out.exists()


def test_what_was_damaged_is_written_anew_by_who_makes_it_again(operator, finished, touch, name):
    """Same table, same seed: the same scorer, and so the same object."""
    artifacts = finished[0][1]
    o = object_of(artifacts["model/scorer.mws"]["sha256"])
    whole = o.read_bytes()
    touch(o, flipped(whole, 100))
    assert operator.upload(name, table(seed=1)).status_code == 201
    assert wait(operator, start(operator, name))["state"] == "succeeded"
    assert o.read_bytes() == whole
