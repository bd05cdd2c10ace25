"""What a hostile user sends, and what each gets.

What                                               what it gets
-------------------------------------------------  --------------------------------------------
a token resigned with our key, another iss or aud  401
  exp past, missing, a string or a fraction        401
  iat or nbf to come                               401
  another sid                                      401
  role raised, an array, unknown; another sub      the session's own role and name
  jku, x5u, jwk, crit; kid a path or a number      401
  a member twice, in the head or in the claims     401
HS256 with the public key, or with none            401
Authorization twice, folded; CL twice; CL and TE   400
NUL and bad escapes in a path                      400
%2f, // and .. in a path                           one normal form, routed and authorised alike
a parameter twice, in brackets, not UTF-8, NUL     422 or 400
a quote that is never closed, over many lines      422 with its place, in time that is linear
column names with markup, controls, formats        a run that succeeds, pages and terminals unharmed
cancel, pause and resume at once, again and again  202 or 409, the journal gapless, one end
"""
import base64
import concurrent.futures
import hashlib
import hmac
import json
import os
import random
import re
import socket
import ssl
import subprocess
import time

import pytest

from api_conftest import Client, start as start_response
from conftest import OVER, start, table, wait


def enc(v):
    raw = v if isinstance(v, bytes) else json.dumps(v).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def dec(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Forge:
    """Signs whatever it is told with the stack's own key."""

    def __init__(self, stack, token):
        keys = sorted((stack.dir / "etc/keys").glob("*.pem"))
        if not keys or not os.access(keys[0], os.R_OK):
            pytest.skip("the stack's key cannot be read")
        self.head, self.claims = dec(token.split(".")[0]), dec(token.split(".")[1])
        self.key = next(k for k in keys if k.stem == self.head["kid"])

    def sign(self, head, claims):
        text = "%s.%s" % tuple(p if isinstance(p, str) else enc(p) for p in (head, claims))
        der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.key], input=text.encode(),
                             capture_output=True, check=True).stdout
        r = der[4:4 + der[3]]
        s = der[4 + der[3] + 2:]
        return text + "." + enc(b"".join(x.lstrip(b"\0").rjust(32, b"\0") for x in (r, s)))

    def hmac(self, key):
        text = enc({**self.head, "alg": "HS256"}) + "." + enc(self.claims)
        return text + "." + enc(hmac.new(key, text.encode(), hashlib.sha256).digest())


@pytest.fixture(scope="module")
def forge(stack, viewer):
    return Forge(stack, viewer.token)


def who(nobody, token):
    return nobody.get("/api/v1/auth/whoami", headers={"Authorization": "Bearer " + token})


def test_the_forge_makes_tokens_that_would_pass(nobody, forge):
    assert who(nobody, forge.sign(forge.head, forge.claims)).status_code == 200


NOW = int(time.time())


@pytest.mark.parametrize("change", [
    {"iss": "evil"}, {"aud": "evil"}, {"aud": ["modelwright"]}, {"exp": NOW - 1}, {"exp": None},
    {"exp": str(NOW + 500)}, {"exp": NOW + 500.5}, {"iat": NOW + 3600}, {"nbf": NOW + 3600},
    {"sid": "ses_00000000-0000-7000-8000-000000000000"}, {"sid": "x' OR 1=1"}, {"sid": 7},
], ids=str)
def test_claims_are_checked_even_when_the_signature_is_good(nobody, forge, change):
    claims = {k: v for k, v in {**forge.claims, **change}.items() if v is not None}
    assert who(nobody, forge.sign(forge.head, claims)).status_code == 401


@pytest.mark.parametrize("change", [
    {"role": "admin"}, {"role": ["admin"]}, {"role": "root"}, {"sub": "admin"}], ids=str)
def test_role_and_name_are_those_of_the_session(nobody, forge, change):
    r = who(nobody, forge.sign(forge.head, {**forge.claims, **change}))
    assert r.status_code == 401 or (r.json()["role"], r.json()["username"]) == ("viewer", forge.claims["sub"])


@pytest.mark.parametrize("change", [
    {"jku": "https://127.0.0.1/"}, {"x5u": "https://127.0.0.1/"}, {"jwk": {}}, {"crit": ["exp"]},
    {"kid": "../keys/x"}, {"kid": 1}, {"kid": None}, {"alg": "ES512"}, {"alg": None}], ids=str)
def test_heads_that_lead_elsewhere_are_refused(nobody, forge, change):
    head = {k: v for k, v in {**forge.head, **change}.items() if v is not None}
    assert who(nobody, forge.sign(head, forge.claims)).status_code == 401


def test_a_member_twice_and_a_symmetric_key_are_refused(nobody, forge):
    twice = json.dumps(forge.claims)[:-1].encode() + b',"role":"admin"}'
    assert who(nobody, forge.sign(forge.head, enc(twice))).status_code == 401
    twice = json.dumps(forge.head)[:-1].encode() + b',"alg":"none"}'
    assert who(nobody, forge.sign(enc(twice), forge.claims)).status_code == 401
    public = subprocess.run(["openssl", "ec", "-in", forge.key, "-pubout"], capture_output=True, check=True).stdout
    for key in (public, public.strip(), b""):
        assert who(nobody, forge.hmac(key)).status_code == 401


def raw(access, request):
    """The first line and the body of the answer to these very bytes."""
    host, port = access["base_url"].split("//")[1].split(":")
    tls = ssl.create_default_context(cafile=access["ca_file"])
    with tls.wrap_socket(socket.create_connection((host, int(port)), 10), server_hostname=host) as s:
        s.sendall(request)
        out = b""
        while chunk := s.recv(65536):
            out += chunk
    head, _, body = out.partition(b"\r\n\r\n")
    return int(head.split()[1]), body


AUTH = b"Authorization: Bearer %s\r\n"


@pytest.mark.parametrize("path,more,status", [
    (b"/api/v1/auth/whoami", AUTH, 400), (b"/api/v1/auth/whoami", b"Authorization: Bearer x\r\n", 400),
    (b"/api/v1/auth/whoami", b"Content-Length: 1\r\nContent-Length: 2\r\n", 400),
    (b"/api/v1/auth/whoami", b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", 400),
    (b"/api/v1/auth/whoami", b"Content-Length: -1\r\n", 400),
    (b"/api/v1/auth/whoami%%00", b"", 400), (b"/api/v1/auth/whoami\0", b"", 400), (b"/api/v1/auth/%%zz", b"", 400),
    (b"/api/v1%%2fauth%%2fwhoami", b"", 200), (b"//api//v1/x/../auth/whoami", b"", 200),
    (b"/api/v1/x/..;/auth/whoami", b"", 404), (b"/%%5fobjects/ab/cd", b"", 404), (b"/@upload", b"", 404),
    (b"/api/v1/pipelines?limit=1&limit=2", b"", 422), (b"/api/v1/pipelines?limit[]=1", b"", 422),
    (b"/api/v1/pipelines?limit=1e2", b"", 422), (b"/api/v1/pipelines?limit=99999999999999999999", b"", 422),
    (b"/api/v1/pipelines?state=%%00", b"", 400), (b"/api/v1/pipelines?template=%%ff", b"", 400),
    (b"/api/v1/pipelines?cursor=AAAA", b"", 422),
])
def test_requests_that_two_readers_could_read_in_two_ways(access, viewer, path, more, status):
    token = viewer.token.encode()
    request = (b"GET " + path.replace(b"%%", b"%") + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
               + AUTH % token + more.replace(b"%s", token) + b"\r\n")
    assert raw(access, request)[0] == status


def test_an_open_quote_over_many_lines_has_its_place(operator, name):
    for query in ("", "&on_error=skip"):
        r = operator.upload(name, b'a,b\n"' + b"x\n" * 1000000 + b'"', query=query)
        assert r.status_code == 422 and (r.json()["line"], r.json()["column"]) == (2, 1), r.text


NAMES = ['a"b', "<script>alert(1)</script>", "%s%n%x", "new\nline", "esc\x1b[31mred\x1b]0;title\x07", "\u202egnp.exe",
         "'; DROP TABLE run;--", "=cmd()", "../../etc/passwd", "$where", "x" * 900, "&lt;b&gt;", "\\", "日本語",
         "[link](javascript:alert(1))", "</svg><script>x", "\u0085", "\u2028"]
TARGET = '<b>tar"get\x1b[2J</b>'


def hostile_table():
    r = random.Random(2)
    rows = [NAMES + [TARGET]]
    for _ in range(300):
        row = ["%.3f" % r.gauss(0, 1) if i % 3 else r.choice(["<i>x</i>", "\x1b[5mb", "%s%s", "two\nlines"])
               for i in range(len(NAMES))]
        good = float(row[1]) + float(row[2]) + r.gauss(0, 0.7) > 0
        rows.append(row + [["<b>no</b>", "yes\x1b[7m"][good]])
    return "".join(",".join('"%s"' % c.replace('"', '""') for c in row) + "\n" for row in rows).encode()


def test_names_that_mean_harm_go_all_the_way_and_do_none(stack, operator, name, tmp_path):
    assert operator.upload(name, hostile_table()).status_code == 201
    run = start(operator, name, target=TARGET, positive="<b>no</b>", protected=[NAMES[0]],
                name="<script>\x1b[31m %s\n</script>")
    assert wait(operator, run)["state"] == "succeeded"
    for a in operator.get("/api/v1/pipelines/%s/artifacts?limit=500" % run).json()["items"]:
        if a["media_type"].split(";")[0] not in ("text/html", "image/svg+xml", "text/markdown", "application/pdf"):
            continue
        r = operator.get(a["href"])
        assert r.status_code == 200 and "sandbox" in r.headers["Content-Security-Policy"]
        if a["name"].endswith(".pdf"):
            continue
        text = r.content.decode()
        assert not re.search(r"<script|<i>x|<b>(no|tar)|[\x00-\x08\x0b-\x1f\x7f]", text), a["name"]

    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
    username, password = stack.user("operator")

    def ctl(*words, stdin=None):
        return subprocess.run([stack.dir / "inst/bin/mwctl", *words], env=env, input=stdin, text=True, check=True,
                              capture_output=True).stdout

    ctl("login", "--url", stack.base, "--ca", stack.ca, "--user", username, "--password-stdin", stdin=password)
    for words in (["runs", "list"], ["runs", "show", run], ["runs", "events", run], ["runs", "metrics", run],
                  ["datasets", "profile", name], ["datasets", "show", name]):
        out = ctl(*words)
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out), words


def test_a_storm_of_cancel_pause_and_resume_leaves_one_end(access, operator, name):
    assert operator.upload(name, table()).status_code == 201
    run = start(operator, name)
    path = "/api/v1/pipelines/" + run

    def storm(seed):
        c = Client(access)
        c.headers.update(operator.headers)
        r = random.Random(seed)
        return [c.post(path + "/" + r.choice(["pause", "resume", "pause", "resume", "cancel"][:4 + (i > 10)]))
                .status_code for i in range(16)]

    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        codes = {c for some in pool.map(storm, range(6)) for c in some}
    assert codes <= {202, 409}, codes
    for _ in range(150):
        state = operator.get(path).json()["state"]
        if state in OVER:
            break
        if state == "paused":
            operator.post(path + "/resume")
        time.sleep(0.2)
    assert state in ("cancelled", "succeeded")
    events = operator.get(path + "/events?limit=500").json()["items"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert [e["type"] for e in events].count("run_finished") == 1 and events[-1]["type"] == "run_finished"
    for verb in ("resume", "pause", "cancel"):
        assert operator.post(path + "/" + verb).status_code == 409
