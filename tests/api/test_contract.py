"""What holds for every operation: methods, paths, headers, problem documents."""

import re

import pytest

from conftest import OPENAPI, connection

PATHS = [p for p in OPENAPI["paths"] if not p.endswith("/stream") and p != "/api/v1/batch/{run_id}/stream"]


def fill(path):
    return re.sub(r"\{[a-z_]+\}", "x", path)


@pytest.mark.parametrize("path", PATHS)
def test_a_method_that_does_not_apply_gets_405_and_those_that_do(admin, path):
    item = OPENAPI["paths"][path]
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "PROPFIND"):
        if method.lower() in item:
            continue
        r = admin.request(method, fill(path))
        assert r.status_code == 405, (method, r.status_code)
        allow = set(r.headers["Allow"].split(", "))
        assert {m.upper() for m in item} <= allow and ("HEAD" in allow) == ("get" in item)


@pytest.mark.parametrize("path", [
    "/api/v1/nothing", "/api/v1", "/api", "/api/v2/pipelines", "/api/v1/pipelines/", "/API/v1/pipelines",
    "/api/v1/pipelines;x=1", "/api/v1/pipelines/a/b/c", "/favicon.ico", "/.git/config", "/api/v1/auth",
])
def test_an_unknown_path(viewer, nobody, path):
    for c in (viewer, nobody):
        r = c.get(path)
        assert r.status_code == 404 and r.json()["code"] == "route_not_found"


@pytest.mark.parametrize("path", ["//api//v1//healthz", "/api/v1/../../healthz", "/./healthz", "/health%7a"])
def test_a_path_is_normalised_once(nobody, path):
    assert nobody.get(path).status_code in (200, 404)


def test_head_is_get_without_a_body(viewer):
    for path in ("/healthz", "/livez", "/metrics", "/api/v1/pipelines", "/api/v1/datasets", "/api/v1/agents"):
        g, h = viewer.get(path), viewer.head(path)
        assert h.status_code == g.status_code and h.content == b""
        assert h.headers["Content-Type"] == g.headers["Content-Type"]


def test_a_request_id_is_taken_returned_and_never_dangerous(nobody):
    mine = nobody.get("/healthz", headers={"X-Request-Id": "my-own.id_1"})
    assert mine.headers["X-Request-Id"] == "my-own.id_1"
    for bad in ("a b", "x" * 65, "a;b", '"', "é".encode().decode("latin-1")):
        r = nobody.get("/healthz", headers={"X-Request-Id": bad})
        assert r.headers["X-Request-Id"] != bad and re.fullmatch("[0-9a-f]{32}", r.headers["X-Request-Id"])


def test_security_headers_stand_on_good_and_bad_answers(nobody):
    for path in ("/healthz", "/nothing", "/api/v1/pipelines"):
        h = nobody.get(path).headers
        assert h["Strict-Transport-Security"] and h["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in h["Content-Security-Policy"]
        assert h.get("Server", "nginx") == "nginx"


def test_problems_show_nothing_of_the_inside(viewer, operator, nobody):
    answers = [
        viewer.get("/api/v1/pipelines?limit=x"),
        viewer.get("/nothing"),
        nobody.get("/api/v1/pipelines"),
        operator.post("/api/v1/pipelines", data=b"{", headers={"Content-Type": "application/json"}),
        operator.post("/api/v1/inference/none", json={"features": {}}),
        operator.get("/api/v1/datasets/none/profile"),
    ]
    for r in answers:
        assert not re.search(r"SELECT|INSERT|/var/|/tmp/|/run/|\.c:\d|\bpg_|postgres", r.text, re.I)
        assert r.json()["type"].startswith("urn:modelwright:problem:")


@pytest.mark.parametrize("query,status", [
    ("a=%zz", 400), ("a=%00", 400), ("a=%ff", 400), ("a=%4", 400), ("limit", 422), ("&&&", 200),
    ("&".join("a=1" for _ in range(65)), 400), ("limit=1&", 200), ("limit=%31", 200), ("limit[]=1", 422),
])
def test_query_strings_are_checked(access, viewer, query, status):
    # requests mends bad escapes; http.client sends them as they are.
    c = connection(access)
    c.request("GET", "/api/v1/pipelines?" + query, headers={"Authorization": "Bearer " + viewer.token})
    r = c.getresponse()
    assert r.status == status, r.read()


def test_headers_of_a_client_do_not_become_parameters(nobody):
    r = nobody.get("/healthz", headers={"Proxy": "http://evil.example", "X-Forwarded-For": "1.2.3.4",
                                        "Document-Uri": "/metrics", "Remote-Addr": "1.2.3.4"})
    assert r.status_code == 200 and r.json() == {"status": "ok"}


def test_long_addresses_and_headers(nobody):
    assert nobody.get("/healthz?" + "a" * 9000).status_code == 414
    assert nobody.get("/healthz", headers={"X-Long": "a" * 9000}).status_code in (400, 431)


def test_live_says_what_is_up(nobody):
    v = nobody.get("/livez").json()
    assert v["status"] == "ok" and v["checks"]["database"]["ok"] and v["checks"]["disk"]["ok"]


def test_metrics_are_prometheus_text(nobody):
    r = nobody.get("/metrics")
    assert r.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    names = set()
    for line in r.text.splitlines():
        if line.startswith("# TYPE"):
            assert line.split()[2] not in names, "a metric declared twice"
            names.add(line.split()[2])
        elif not line.startswith("#"):
            assert re.fullmatch(r'[a-z_]+(\{[a-z]+="[^"]*"(,[a-z]+="[^"]*")*\})? -?[0-9.e+-]+', line), line
    assert {"modelwright_requests_total", "modelwright_request_seconds", "modelwright_jobs", "modelwright_runs",
            "modelwright_api_workers", "modelwright_build_info"} - {"modelwright_jobs", "modelwright_runs"} <= names


def test_a_prediction_needs_a_model_and_features(operator):
    r = operator.post("/api/v1/inference/no-such-model", json={"features": {"a": 1}})
    assert r.status_code == 404
    for body, pointer in (({}, "/features"), ({"features": []}, "/features"), ({"feature": {}}, "/features"),
                          ({"features": {}, "explain": True}, "/explain")):
        r = operator.post("/api/v1/inference/no-such-model", json=body)
        assert r.status_code == 422 and pointer in [e["pointer"] for e in r.json()["errors"]]
    r = operator.post("/api/v1/inference/no-such-model?explain=maybe", json={"features": {}})
    assert r.status_code == 422 and r.json()["errors"][0]["pointer"] == "/explain"
