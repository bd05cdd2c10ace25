"""Signing in, being known, and signing out."""

import base64
import json
import time

import pytest

from conftest import Client


def parts(token):
    return [json.loads(base64.urlsafe_b64decode(p + "=" * (-len(p) % 4))) for p in token.split(".")[:2]]


@pytest.mark.parametrize("role", ["viewer", "operator", "admin"])
def test_whoami_says_the_claims_of_the_token(access, role):
    c = Client(access, role)
    w = c.get("/api/v1/auth/whoami").json()
    header, payload = parts(c.token)
    assert header["alg"] == "ES256" and header["kid"]
    assert w["username"] == w["sub"] == access["users"][role]["username"]
    assert w["role"] == role
    for k in ("iss", "aud", "sub", "sid", "jti", "iat", "exp"):
        assert w[k] == payload[k]
    assert w["exp"] > time.time()


def test_a_wrong_password_and_an_unknown_user_look_alike(access, nobody):
    user = access["users"]["viewer"]["username"]
    wrong = nobody.post("/api/v1/auth/login", json={"username": user, "password": "nonsense-nonsense"})
    unknown = nobody.post("/api/v1/auth/login", json={"username": "nobody-at-all", "password": "nonsense-nonsense"})
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json()["detail"] == unknown.json()["detail"]


def test_logout_ends_the_session_at_once(access):
    c = Client(access, "viewer")
    assert c.get("/api/v1/auth/whoami").status_code == 200
    assert c.post("/api/v1/auth/logout").status_code == 204
    for _ in range(20):  # whichever worker answers
        r = c.get("/api/v1/auth/whoami")
        assert r.status_code == 401 and "invalid_token" in r.headers["WWW-Authenticate"]


def test_one_session_ends_and_another_of_the_same_user_goes_on(access):
    a, b = Client(access, "viewer"), Client(access, "viewer")
    assert a.post("/api/v1/auth/logout").status_code == 204
    assert b.get("/api/v1/auth/whoami").status_code == 200


def bad_tokens(token):
    def enc(v):
        return base64.urlsafe_b64encode(json.dumps(v).encode()).decode().rstrip("=")

    head, body, sign = token.split(".")
    h, p = parts(token)
    yield "not a token", "abc"
    yield "only dots", "..."
    yield "no signature", f"{head}.{body}."
    yield "alg none", f"{enc({'alg': 'none', 'kid': h['kid']})}.{body}."
    yield "alg HS256", f"{enc({'alg': 'HS256', 'kid': h['kid']})}.{body}.{sign}"
    yield "lower case", f"{enc({'alg': 'es256', 'kid': h['kid']})}.{body}.{sign}"
    yield "kid as a path", f"{enc({'alg': 'ES256', 'kid': '../../etc/passwd'})}.{body}.{sign}"
    yield "jku", f"{enc({**h, 'jku': 'https://evil.example'})}.{body}.{sign}"
    yield "crit", f"{enc({**h, 'crit': ['exp']})}.{body}.{sign}"
    yield "another role", f"{head}.{enc({**p, 'role': 'admin'})}.{sign}"
    yield "padding", token + "="
    yield "long", "a" * 5000


def test_forged_tokens_are_refused(access, nobody):
    token = Client(access, "viewer").token
    for what, t in bad_tokens(token):
        r = nobody.get("/api/v1/auth/whoami", headers={"Authorization": "Bearer " + t})
        assert r.status_code == 401, what


@pytest.mark.parametrize("value", ["Basic dTpw", "bearer", "Token x"])
def test_another_scheme_is_refused(nobody, value):
    assert nobody.get("/api/v1/auth/whoami", headers={"Authorization": value}).status_code == 401


def test_the_scheme_is_spelled_in_any_case(access, nobody):
    token = Client(access, "viewer").token
    r = nobody.get("/api/v1/auth/whoami", headers={"Authorization": "bearer " + token})
    assert r.status_code == 200


def test_a_stale_token_does_not_keep_anyone_from_signing_in(access, nobody):
    r = nobody.post(
        "/api/v1/auth/login", json=access["users"]["viewer"], headers={"Authorization": "Bearer stale"}
    )
    assert r.status_code == 200
