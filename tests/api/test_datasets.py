"""Tables that come in: good ones, and what each bad one gets."""

import hashlib
import json
import uuid

import pytest

from conftest import CREDIT, connection, new_name

ARFF = b"""@relation r
@attribute a numeric
@attribute 'b c' {x,y}
@data
1,x
?,y
"""


def test_a_table_is_taken_in_listed_and_profiled(operator, viewer, name):
    r = operator.upload(name, CREDIT)
    assert r.status_code == 201
    d = r.json()
    assert d["digest"] == hashlib.sha256(CREDIT.encode()).hexdigest()
    assert (d["rows"], d["columns"], d["bytes"], d["format"]) == (300, 4, len(CREDIT), "csv")
    assert r.headers["Location"] == f"/api/v1/datasets/{name}/profile"
    p = viewer.get(r.headers["Location"])
    assert p.status_code == 200
    assert [c["name"] for c in p.json()["columns"]] == ["age", "income", "sex", "target"]
    assert p.headers["ETag"] == '"%s"' % d["digest"]


def test_pages_hold_every_data_set_once(operator, viewer):
    mine = {new_name() for _ in range(5)}
    for n in mine:
        assert operator.upload(n, CREDIT).status_code == 201
    seen, cursor = [], None
    while True:
        r = viewer.get("/api/v1/datasets?limit=2" + (f"&cursor={cursor}" if cursor else "")).json()
        assert len(r["items"]) <= 2
        seen += [d["name"] for d in r["items"]]
        cursor = r["next_cursor"]
        if cursor is None:
            break
    assert seen == sorted(seen) and len(seen) == len(set(seen)) and mine <= set(seen)


def test_arff_and_jsonl(operator, name):
    r = operator.upload(name, ARFF, "application/x-arff")
    assert r.status_code == 201 and r.json()["columns"] == 2
    r = operator.upload(name + "j", b'{"a":1,"b":"x"}\n{"a":2}\n', "application/x-ndjson")
    assert r.status_code == 201 and (r.json()["rows"], r.json()["format"]) == (2, "jsonl")


def test_the_same_again_changes_nothing_and_another_table_is_refused(operator, name):
    assert operator.upload(name, CREDIT).status_code == 201
    assert operator.upload(name, CREDIT).status_code == 200
    r = operator.upload(name, CREDIT + "1,2,m,y\n")
    assert r.status_code == 409 and r.json()["code"] == "conflict"


def test_an_idempotency_key_gives_the_first_answer(operator, name):
    key = str(uuid.uuid4())
    first = operator.upload(name, CREDIT, **{"Idempotency-Key": key})
    again = operator.upload(name, CREDIT, **{"Idempotency-Key": key})
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["Idempotent-Replayed"] == "true"
    other = operator.upload(name, CREDIT + "1,2,m,y\n", **{"Idempotency-Key": key})
    assert other.status_code == 422


def test_rows_that_break_the_rules_can_be_skipped_or_mended(operator, name):
    bad = "a,b\n1,2\n3\n4,5\n"
    assert operator.upload(name, bad).status_code == 422
    r = operator.upload(name, bad, query="&on_error=skip")
    assert r.status_code == 201 and r.json()["rows"] == 2
    r = operator.upload(name + "n", bad, query="&on_error=null")
    assert r.status_code == 201 and r.json()["rows"] == 3


# What, its bytes, its type; the status, and the line (None: any, 0: none).
BAD = [
    ("ragged", b"a,b\n1,2\n3\n", "text/csv", 422, 3),
    ("too many cells", b"a,b\n1,2\n3,4,5\n", "text/csv", 422, 3),
    ("a quote in the middle", b'a,b\n1,2\n3,4"5\n', "text/csv", 422, 3),
    ("a quote never closed", b'a,b\n1,2\n3,"4\n5,6\n', "text/csv", 422, None),
    ("text after a quote", b'a,b\n1,"2"x\n', "text/csv", 422, 2),
    ("empty", b"", "text/csv", 422, 0),
    ("blank", b"\n\n\n", "text/csv", 422, None),
    ("header only", b"a,b\n", "text/csv", 422, None),
    ("duplicate header", b"a,b,a\n1,2,3\n", "text/csv", 422, 1),
    ("binary", b"a,b\n1,\x00\x01\n", "text/csv", 422, 2),
    ("an image", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(64), "text/csv", 422, None),
    ("not UTF-8", "a,b\n1,é\n".encode("latin-1"), "text/csv", 422, 2),
    ("UTF-16", "a,b\n1,2\n".encode("utf-16"), "text/csv", 422, None),
    ("100000 columns", b",".join(b"c%d" % i for i in range(100000)) + b"\n" + b",".join([b"1"] * 100000) + b"\n",
     "text/csv", 413, None),
    ("ARFF without data", b"@relation r\n@attribute a numeric\n", "application/x-arff", 422, None),
    ("ARFF with a level that it did not declare", ARFF + b"3,z\n", "application/x-arff", 422, 7),
    ("ARFF with no type", b"@relation r\n@attribute a\n@data\n1\n", "application/x-arff", 422, 2),
    ("JSONL with no JSON", b'{"a":1}\n{"a":\n', "application/x-ndjson", 422, 2),
    ("JSONL with a nested value", b'{"a":1}\n{"a":{"b":1}}\n', "application/x-ndjson", 422, 2),
    ("JSONL with an array", b'{"a":1}\n[1]\n', "application/x-ndjson", 422, 2),
    ("JSONL with a deep value", b'{"a":' + b"[" * 5000 + b"]" * 5000 + b"}\n", "application/x-ndjson", 422, 1),
    ("JSONL with a huge number", b'{"a":1e999}\n', "application/x-ndjson", 422, 1),
    ("JSONL with NaN", b'{"a":NaN}\n', "application/x-ndjson", 422, 1),
    ("a spreadsheet", b"PK\x03\x04", "application/vnd.ms-excel", 415, 0),
    ("a form", b"a=1", "application/x-www-form-urlencoded", 415, 0),
]


@pytest.mark.parametrize("body,kind,status,line", [b[1:] for b in BAD], ids=[b[0] for b in BAD])
def test_a_bad_table_is_refused_with_its_place_and_leaves_nothing(operator, viewer, name, body, kind, status, line):
    r = operator.upload(name, body, kind)
    assert r.status_code == status, r.text
    p = r.json()
    assert p["code"] in ("invalid", "malformed", "too_large", "unsupported_media_type")
    if line:
        assert p["line"] == line and p["column"] >= 1, p
    assert viewer.get(f"/api/v1/datasets/{name}/profile").status_code == 404


@pytest.mark.parametrize("query,pointer", [
    ("", "/name"), ("?name=", "/name"), ("?name=a/b", "/name"), ("?name=-a", "/name"), ("?name=" + "a" * 129, "/name"),
    ("?name=a&on_error=ignore", "/on_error"), ("?name=a&onerror=skip", "/onerror"),
])
def test_a_bad_name_or_policy(operator, query, pointer):
    r = operator.post("/api/v1/datasets" + query, data=b"a,b\n1,2\n", headers={"Content-Type": "text/csv"})
    assert r.status_code == 422
    assert pointer in [e["pointer"] for e in r.json()["errors"]]


def test_an_upload_that_breaks_off_leaves_nothing(access, operator, viewer, name):
    c = connection(access)
    c.putrequest("POST", f"/api/v1/datasets?name={name}")
    c.putheader("Authorization", "Bearer " + operator.token)
    c.putheader("Content-Type", "text/csv")
    c.putheader("Content-Length", "100000")
    c.endheaders()
    c.send(b"a,b\n" + b"1,2\n" * 1000)
    c.sock.close()
    c.close()
    assert viewer.get(f"/api/v1/datasets/{name}/profile").status_code == 404


def test_an_upload_may_come_in_chunks(access, operator, viewer, name):
    c = connection(access)
    c.request("POST", f"/api/v1/datasets?name={name}", body=(l.encode() + b"\n" for l in CREDIT.splitlines()),
              headers={"Authorization": "Bearer " + operator.token, "Content-Type": "text/csv"}, encode_chunked=True)
    r = c.getresponse()
    d = json.loads(r.read())
    assert r.status == 201 and d["digest"] == hashlib.sha256(CREDIT.encode()).hexdigest()


def test_chunks_that_break_off_leave_nothing(access, operator, viewer, name):
    c = connection(access)
    c.putrequest("POST", f"/api/v1/datasets?name={name}")
    c.putheader("Authorization", "Bearer " + operator.token)
    c.putheader("Content-Type", "text/csv")
    c.putheader("Transfer-Encoding", "chunked")
    c.endheaders()
    body = b"a,b\n" + b"1,2\n" * 1000
    c.send(b"%x\r\n%s\r\n" % (len(body), body))
    c.sock.close()
    c.close()
    assert viewer.get(f"/api/v1/datasets/{name}/profile").status_code == 404


def test_a_large_upload_streams(operator, name):
    row = b"12345,abcdefgh,0.25,yes\n"
    def rows():
        yield b"a,b,c,d\n"
        for _ in range(100):
            yield row * 4000
    r = operator.upload(name, rows())
    assert r.status_code == 201 and r.json()["rows"] == 400000


def test_an_unknown_data_set(viewer, name):
    r = viewer.get(f"/api/v1/datasets/{name}/profile")
    assert r.status_code == 404 and r.json()["code"] == "not_found"
