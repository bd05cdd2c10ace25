"""One prediction: answers, explanations, warnings, and what bad features get."""

import concurrent.futures

import pytest

from conftest import Client, administer

ROW = {"age": 31, "income": 1500, "sex": "m"}


def test_a_prediction_says_what_and_by_which_model(operator, viewer, finished, model):
    r = operator.post(f"/api/v1/inference/{model}", json={"features": ROW})
    assert r.status_code == 200
    p = r.json()
    assert p["model"] == model and p["version"] == 1 and p["request_id"] == r.headers["X-Request-Id"]
    assert p["prediction"] in ("y", "n") and 0 <= p["probability"] <= 1 and 0 <= p["threshold"] <= 1
    assert p["warnings"] == [] and "reasons" not in p
    scorer = [a for a in viewer.get(f"/api/v1/pipelines/{finished}/artifacts").json()["items"]
              if a["name"].endswith("scorer.mws")]
    assert p["digest"] == scorer[0]["sha256"]


def test_the_same_row_has_the_same_answer_from_every_worker(access, operator, model):
    def go(_):
        c = Client(access)
        c.headers.update(operator.headers)
        return [c.post(f"/api/v1/inference/{model}", json={"features": ROW}).json()["probability"] for _ in range(10)]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = {p for ps in pool.map(go, range(8)) for p in ps}
    assert len(answers) == 1


def test_reasons_are_given_when_asked_for(operator, model):
    p = operator.post(f"/api/v1/inference/{model}?explain=true", json={"features": ROW}).json()
    assert p["reasons"] and {r["field"] for r in p["reasons"]} <= set(ROW)
    assert set(p["explanation"]["contributions"]) <= set(ROW)


@pytest.mark.parametrize("features,codes", [
    ({}, {"missing_field"}),
    ({**ROW, "age": None}, {"missing_field"}),
    ({**ROW, "colour": "red"}, {"unknown_field"}),
    ({**ROW, "sex": "x"}, {"unknown_level"}),
    ({**ROW, "age": "many"}, {"ill_typed"}),
    ({**ROW, "sex": 7}, {"ill_typed", "unknown_level"}),
])
def test_what_is_missing_or_unknown_is_named(operator, model, features, codes):
    r = operator.post(f"/api/v1/inference/{model}", json={"features": features})
    assert r.status_code == 200
    got = {w["code"] for w in r.json()["warnings"]}
    assert got and got <= codes


@pytest.mark.parametrize("features", [{**ROW, "age": [1]}, {**ROW, "age": {"a": 1}}, {**ROW, "age": 1e300}])
def test_what_no_model_can_read_is_refused_with_its_pointer(operator, model, features):
    r = operator.post(f"/api/v1/inference/{model}", json={"features": features})
    assert r.status_code == 422 and r.json()["errors"][0]["pointer"] == "/features/age"


def test_deep_and_huge_features(operator, model):
    deep = b'{"features":{"age":' + b"[" * 100 + b"]" * 100 + b"}}"
    r = operator.post(f"/api/v1/inference/{model}", data=deep, headers={"Content-Type": "application/json"})
    assert r.status_code == 400
    many = {"features": {f"f{i}": i for i in range(20000)}}
    r = operator.post(f"/api/v1/inference/{model}", json=many)
    assert r.status_code in (200, 413, 422)


def test_a_new_version_is_served_within_a_second(operator, finished, model):
    administer("serve", finished, "--as", model)
    import time
    time.sleep(1.2)
    for _ in range(20):
        p = operator.post(f"/api/v1/inference/{model}", json={"features": ROW}).json()
        assert p["version"] == 2
