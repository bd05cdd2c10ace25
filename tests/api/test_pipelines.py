"""Runs: started, listed, read, stopped; their journal and their artifacts."""

import base64
import concurrent.futures
import hashlib
import uuid

import pytest

from conftest import Client, start

NOWHERE = "run_01a20cb4-0000-7000-8000-000000000000"


def test_a_start_answers_with_the_run_and_where_it_is(operator, viewer, dataset):
    r = start(operator, dataset, name="für Menschen", seed=7, protected=["sex"])
    assert r.status_code == 202
    run = r.json()
    assert run["name"] == "für Menschen" and run["seed"] == 7 and run["protected"] == ["sex"]
    assert run["dataset"]["name"] == dataset and run["budget"] == {"trials": 2, "seconds": 30}
    assert r.headers["Location"] == "/api/v1/pipelines/" + run["run_id"]
    assert viewer.get(r.headers["Location"]).json()["run_id"] == run["run_id"]
    first = viewer.get(r.headers["Location"] + "/events?limit=1").json()["items"][0]
    assert (first["seq"], first["type"], first["request_id"]) == (1, "run_created", r.headers["X-Request-Id"])
    assert operator.post(r.headers["Location"] + "/cancel").status_code in (202, 409)


# What is wrong with a start, and the pointers that say so.
BAD = [
    ({"template": None}, ["/template"]),
    ({"template": "no_such"}, ["/template"]),
    ({"template": 7}, ["/template"]),
    ({"dataset": "no-such-data-set"}, ["/dataset"]),
    ({"dataset": "../etc"}, ["/dataset"]),
    ({"target": "tagret"}, ["/target"]),
    ({"target": ""}, ["/target"]),
    ({"target": "x" * 1025}, ["/target"]),
    ({"target": "age"}, ["/target"]),
    ({"template": "regression"}, ["/target"]),
    ({"template": "multiclass_classification"}, ["/target"]),
    ({"objective": "rmse"}, ["/objective"]),
    ({"protected": "sex"}, ["/protected"]),
    ({"protected": ["sex", "race"]}, ["/protected/1"]),
    ({"protected": ["sex"] * 33}, ["/protected"]),
    ({"compliance": "none"}, ["/compliance"]),
    ({"seed": -1}, ["/seed"]),
    ({"seed": 1.5}, ["/seed"]),
    ({"seed": 2**53}, ["/seed"]),
    ({"budget": {"trials": 0, "hours": 1}}, ["/budget/hours", "/budget/trials"]),
    ({"budget": []}, ["/budget"]),
    ({"params": {"folds": 1}}, ["/params/folds"]),
    ({"params": {"fold": 5}}, ["/params/fold"]),
    ({"params": []}, ["/params"]),
    ({"chat": "yes"}, ["/chat"]),
    ({"name": ""}, ["/name"]),
    ({"sed": 1, "nmae": "x"}, ["/nmae", "/sed"]),
]


@pytest.mark.parametrize("change,pointers", BAD, ids=[str(b[0])[:50] for b in BAD])
def test_a_bad_start_names_all_that_is_wrong(operator, dataset, change, pointers):
    r = start(operator, dataset, **change)
    assert r.status_code == 422, r.text
    assert sorted(e["pointer"] for e in r.json()["errors"]) == pointers
    assert all(e["message"] for e in r.json()["errors"])


TABLES = [
    ("constant", "x,target\n1,a\n2,a\n3,a\n", "binary_classification"),
    ("missing everywhere", "x,target\n1,\n2,\n3,\n", "binary_classification"),
    ("one row of a class", "x,target\n" + "1,a\n2,a\n3,a\n" * 9 + "4,b\n", "binary_classification"),
    ("three classes", "x,target\n" + "1,a\n2,b\n3,c\n" * 9, "binary_classification"),
    ("words", "x,target\n" + "1,a\n2,b\n" * 9, "regression"),
]


@pytest.mark.parametrize("table,template", [t[1:] for t in TABLES], ids=[t[0] for t in TABLES])
def test_a_target_that_cannot_be_learned(operator, name, table, template):
    assert operator.upload(name, table).status_code == 201
    r = start(operator, name, template=template)
    assert r.status_code == 422 and r.json()["errors"][0]["pointer"] == "/target", r.text


def test_a_positive_label_that_the_target_never_has(operator, name):
    assert operator.upload(name, "x,target\n" + "1,yes\n2,no\n" * 9).status_code == 201
    r = start(operator, name, positive="yess")
    assert r.status_code == 422, r.text
    assert r.json()["errors"] == [{"pointer": "/positive", "in": "body", "message":
                                   "'target' is never 'yess'; did you mean 'yes'?"}]


@pytest.mark.parametrize("body,status,code", [
    (b"", 422, "invalid"),
    (b"{", 400, "malformed"),
    (b"[]", 422, "invalid"),
    (b'{"a":1,"a":2}', 400, "malformed"),
    (b'{"seed":NaN}', 400, "malformed"),
    (b'{"seed":1e999}', 400, "malformed"),
    (b'{"seed":' + b"9" * 400 + b"}", 400, "malformed"),
    (b'{"params":' + b'{"a":' * 70 + b"1" + b"}" * 71, 400, "malformed"),
    (b'{"name":"\\u0000"}', 400, "malformed"),
    (b'{"name":"\xff"}', 400, "malformed"),
    (b'{"a":1} x', 400, "malformed"),
])
def test_bodies_that_are_no_json_object(operator, body, status, code):
    r = operator.post("/api/v1/pipelines", data=body, headers={"Content-Type": "application/json"})
    assert (r.status_code, r.json()["code"]) == (status, code)
    if status == 400:
        assert r.json()["line"] >= 1


def test_another_media_type_and_too_large_a_body(operator):
    r = operator.post("/api/v1/pipelines", data="a=b", headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert r.status_code == 415
    r = operator.post("/api/v1/pipelines", data=b'{"name":"' + b"x" * 1100000 + b'"}',
                      headers={"Content-Type": "application/json"})
    assert r.status_code == 413


def test_one_key_starts_one_run(operator, viewer, dataset):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"template": "binary_classification", "dataset": dataset, "target": "target"}
    first = operator.post("/api/v1/pipelines", json=body, headers=key)
    again = operator.post("/api/v1/pipelines", json=body, headers=key)
    assert first.status_code == again.status_code == 202
    assert first.json() == again.json() and first.headers["Location"] == again.headers["Location"]
    other = operator.post("/api/v1/pipelines", json={**body, "seed": 2}, headers=key)
    assert other.status_code == 422
    operator.post(first.headers["Location"] + "/cancel")


def test_two_at_a_time_with_one_key_start_one_run(access, operator, dataset):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"template": "binary_classification", "dataset": dataset, "target": "target"}

    def go(_):
        c = Client(access)
        c.headers.update(operator.headers)
        return c.post("/api/v1/pipelines", json=body, headers=key)

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(go, range(6)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.json()["run_id"] for a in answers}) == 1
    operator.post(answers[0].headers["Location"] + "/cancel")


def test_a_key_is_the_callers_own(access, operator, dataset):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"template": "binary_classification", "dataset": dataset, "target": "target"}
    mine = operator.post("/api/v1/pipelines", json=body, headers=key)
    other = Client(access, "admin").post("/api/v1/pipelines", json=body, headers=key)
    assert mine.json()["run_id"] != other.json()["run_id"]
    for r in (mine, other):
        operator.post(r.headers["Location"] + "/cancel")


def test_a_failed_start_does_not_use_up_its_key(operator, dataset):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"template": "binary_classification", "dataset": dataset, "target": "nonsense"}
    assert operator.post("/api/v1/pipelines", json=body, headers=key).status_code == 422
    r = operator.post("/api/v1/pipelines", json={**body, "target": "target"}, headers=key)
    assert r.status_code == 202
    operator.post(r.headers["Location"] + "/cancel")


def test_pages_of_runs_are_newest_first_and_filtered(operator, viewer, dataset):
    mine = [start(operator, dataset, name=f"page {i}").json()["run_id"] for i in range(3)]
    seen, cursor = [], ""
    for _ in range(50):
        r = viewer.get(f"/api/v1/pipelines?limit=2&dataset={dataset}" + cursor).json()
        seen += [x["run_id"] for x in r["items"]]
        if r["next_cursor"] is None:
            break
        cursor = "&cursor=" + r["next_cursor"]
    assert seen == sorted(seen, reverse=True) and set(mine) <= set(seen) and len(seen) == len(set(seen))
    none = viewer.get(f"/api/v1/pipelines?dataset={dataset}&template=scorecard").json()
    assert none == {"items": [], "next_cursor": None}
    for x in viewer.get(f"/api/v1/pipelines?state=queued&compliance=base&dataset={dataset}").json()["items"]:
        assert x["state"] == "queued"
    for m in mine:
        operator.post(f"/api/v1/pipelines/{m}/cancel")


@pytest.mark.parametrize("query,pointer", [
    ("limit=0", "/limit"), ("limit=501", "/limit"), ("limit=x", "/limit"), ("limit=1&limit=2", "/limit"),
    ("state=done", "/state"), ("cursor=abc", "/cursor"), ("cursor=MQ==", "/cursor"), ("page=2", "/page"),
])
def test_a_bad_page_is_refused(viewer, query, pointer):
    r = viewer.get("/api/v1/pipelines?" + query)
    assert r.status_code == 422
    assert [(e["pointer"], e["in"]) for e in r.json()["errors"]] == [(pointer, "query")]


def test_cancel_pause_and_resume_say_what_cannot_be(operator, dataset):
    at = start(operator, dataset, budget={"trials": 200, "seconds": 600}).headers["Location"]
    paused = operator.post(at + "/pause", headers={"Prefer": "wait=20"})
    assert paused.status_code in (200, 202), paused.text
    r = operator.post(at + "/cancel", headers={"Prefer": "wait=20"})
    assert r.status_code in (200, 202) and r.json()["state"] in ("cancelling", "cancelled")
    for _ in range(20):
        if operator.get(at).json()["state"] == "cancelled":
            break
        operator.post(at + "/cancel", headers={"Prefer": "wait=2"})
    for verb in ("cancel", "pause", "resume"):
        r = operator.post(f"{at}/{verb}")
        assert r.status_code == 409 and "cancelled" in r.json()["detail"]
    types = [e["type"] for e in operator.get(at + "/events?limit=500").json()["items"]]
    assert types[0] == "run_created" and types[-1] == "run_finished"
    assert "run_pause_requested" in types and "run_cancel_requested" in types


@pytest.mark.parametrize("path", [NOWHERE, "run_x", "x", "run_01A20CB4-0000-7000-8000-000000000000"])
def test_an_unknown_run(operator, path):
    for method, rest in (("GET", ""), ("GET", "/events"), ("GET", "/artifacts"), ("GET", "/artifacts/x"),
                         ("POST", "/cancel"), ("POST", "/pause"), ("POST", "/resume")):
        r = operator.request(method, f"/api/v1/pipelines/{path}{rest}")
        assert r.status_code == 404 and r.json()["code"] == "not_found", (method, rest)


def test_the_journal_is_gapless_and_filtered(viewer, finished):
    at = f"/api/v1/pipelines/{finished}/events"
    events, cursor = [], ""
    while True:
        r = viewer.get(f"{at}?limit=7{cursor}").json()
        events += r["items"]
        if r["next_cursor"] is None:
            break
        cursor = "&cursor=" + r["next_cursor"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert events[0]["type"] == "run_created"
    assert events[-1]["type"] == "run_finished" and events[-1]["payload"]["state"] == "succeeded"

    def got(query):
        return [e["seq"] for e in viewer.get(f"{at}?limit=500&{query}").json()["items"]]

    def want(f):
        return [e["seq"] for e in events if f(e)]

    assert got("type=trial_finished,phase_started") == want(lambda e: e["type"] in ("trial_finished", "phase_started"))
    agent = next(e["agent"] for e in events if e["agent"])
    assert got("agent=" + agent) == want(lambda e: e["agent"] == agent)
    assert got("phase=train") == want(lambda e: e["phase"] == "train")
    assert got("actor=platform") == want(lambda e: e["actor"] == "platform")
    assert got("after=5") == want(lambda e: e["seq"] > 5)
    middle = events[len(events) // 2]["at"]
    assert got("since=" + middle) == want(lambda e: e["at"] >= middle)
    assert got("until=" + middle) == want(lambda e: e["at"] < middle)
    where = viewer.get(at, params={"where": '$ ? (@.type == "phase_started")', "limit": 500}).json()["items"]
    assert [e["seq"] for e in where] == want(lambda e: e["type"] == "phase_started")
    assert got("where=" + "$.payload.nothing") == []


@pytest.mark.parametrize("where", ["$.", "$.a ?", "payload", "$[", "$.a ? (@ like_regex \"(\")", "x" * 1001])
def test_a_bad_filter_is_the_callers_to_mend(viewer, run, where):
    r = viewer.get(f"/api/v1/pipelines/{run}/events", params={"where": where})
    assert r.status_code == 422 and r.json()["errors"][0]["pointer"] == "/where"


@pytest.mark.parametrize("query,pointer", [
    ("type=nonsense", "/type"), ("since=yesterday", "/since"), ("since=2026-13-01T00:00:00Z", "/since"),
    ("after=-1", "/after"), ("after=x", "/after"), ("agnet=a", "/agnet"),
])
def test_a_bad_parameter_of_the_journal(viewer, run, query, pointer):
    r = viewer.get(f"/api/v1/pipelines/{run}/events?{query}")
    assert r.status_code == 422
    if r.json().get("errors"):
        assert r.json()["errors"][0]["pointer"] == pointer


def test_artifacts_are_what_they_say(viewer, finished):
    items = viewer.get(f"/api/v1/pipelines/{finished}/artifacts").json()["items"]
    names = [a["name"] for a in items]
    assert names == sorted(names)
    for must in ("profile.json", "metrics.json", "model_card.md", "report.html", "report.pdf", "lineage.json"):
        assert must in names
    assert any(n.startswith("model/") for n in names) and any(n.endswith(".svg") for n in names)
    for a in items:
        r = viewer.get(a["href"])
        assert r.status_code == 200
        assert len(r.content) == a["bytes"] and hashlib.sha256(r.content).hexdigest() == a["sha256"]
        assert r.headers["Content-Type"] == a["media_type"]
        assert r.headers["ETag"] == f'"{a["sha256"]}"'
        want = base64.b64encode(bytes.fromhex(a["sha256"])).decode()
        assert r.headers["Digest"] == "sha-256=" + want
        head = viewer.head(a["href"])
        assert head.status_code == 200 and int(head.headers["Content-Length"]) == a["bytes"] and not head.content


def test_parts_of_an_artifact(viewer, finished):
    at = f"/api/v1/pipelines/{finished}/artifacts/report.pdf"
    whole = viewer.get(at)
    part = viewer.get(at, headers={"Range": "bytes=5-14"})
    assert part.status_code == 206 and part.content == whole.content[5:15]
    assert part.headers["Content-Range"] == f"bytes 5-14/{len(whole.content)}"
    assert viewer.get(at, headers={"Range": "bytes=99999999-"}).status_code == 416
    same = viewer.get(at, headers={"If-None-Match": whole.headers["ETag"]})
    assert same.status_code == 304 and not same.content
    assert viewer.get(at, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.txt", "plots", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/x", "a%00b"])
def test_an_artifact_that_is_not_there(viewer, run, name):
    assert viewer.get(f"/api/v1/pipelines/{run}/artifacts/{name}").status_code in (400, 404)


def test_objects_are_only_reached_through_artifacts(nobody, viewer):
    for c in (nobody, viewer):
        assert c.get("/_objects/ab/cd").status_code == 404


def test_agents_show_what_ran(viewer, finished):
    ran = {a["name"]: a["invocations"] for a in viewer.get("/api/v1/agents").json()["items"]}
    assert sum(i["count"] for i in ran.values()) > 0
    trainer = viewer.get("/api/v1/agents/trainer").json()
    assert trainer["prompt"] and trainer["invocations"]["count"] > 0
    tools = {t["name"]: t for t in viewer.get("/api/v1/agents/tools").json()["items"]}
    assert tools["train_trial"]["calls"] > 0 and "trainer" in tools["train_trial"]["agents"]
