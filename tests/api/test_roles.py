"""Every operation, for every role."""

import pytest

from conftest import OPENAPI

RANK = {"public": 0, "viewer": 1, "operator": 2, "admin": 3}
UNKNOWN = {
    "run_id": "run_01a20cb4-0000-7000-8000-000000000000",
    "name": "no-such-thing",
    "model": "no-such-model",
    "id": "0",
    "gate_id": "gate_0",
    "qname": "a:b",
}
# What would end the session that the other cases need, and what
# modelwright-streamd answers.
APART = {"logout", "streamPipeline"}

ROWS = [
    pytest.param(m.upper(), path, o, id=o["operationId"])
    for path, item in OPENAPI["paths"].items()
    for m, o in item.items()
    if o["operationId"] not in APART
]


def fill(path):
    for k, v in UNKNOWN.items():
        path = path.replace("{" + k + "}", v)
    return path


@pytest.mark.parametrize("method,path,row", ROWS)
def test_a_role_below_is_refused_and_one_at_least_is_not(nobody, viewer, operator, admin, method, path, row):
    clients = {None: nobody, "viewer": viewer, "operator": operator, "admin": admin}
    need = RANK[row["x-role"]]
    for role, client in clients.items():
        r = client.request(method, fill(path))
        if need == 0:
            # A login without a body is refused for that, not for a role.
            assert r.status_code not in (401, 403)
        elif role is None:
            assert r.status_code == 401
            assert r.headers["WWW-Authenticate"].startswith("Bearer")
        elif RANK[role] < need:
            assert r.status_code == 403
            assert r.json()["required_role"] == row["x-role"]
        else:
            assert r.status_code not in (401, 403)
            if row.get("x-unbuilt"):
                assert r.status_code == 501 and r.json()["code"] == "not_implemented"
            else:
                assert r.status_code < 500


def test_the_document_names_every_endpoint_of_the_contract():
    assert sum(len(item) for item in OPENAPI["paths"].values()) >= 76


def test_the_document_is_served(viewer):
    assert viewer.get("/openapi.json").json() == OPENAPI
