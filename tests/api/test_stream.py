"""The events of a run over WebSocket, through the real front door."""
import json
import os
import pathlib
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest
import requests
import websocket

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handmade import pen, stack  # noqa: E402,F401

PATIENCE = 30

# 1012, "service restart", is in IANA's registry and not in this module's list.
websocket._abnf.VALID_CLOSE_STATUS += (1012,)


def url(stack, run_id, after=None):
    return "%s/api/v1/pipelines/%s/stream%s" % (
        stack.base.replace("https", "wss"), run_id,
        "" if after is None else "?after=%s" % after)


def connect(stack, run_id, after=None, token=None, **kw):
    token = stack.token() if token is None else token
    return websocket.create_connection(
        url(stack, run_id, after), timeout=PATIENCE,
        header=["Authorization: Bearer " + token] if token else [],
        sslopt={"ca_certs": stack.ca, "cert_reqs": ssl.CERT_REQUIRED}, **kw)


class Listener(threading.Thread):
    """Reads a stream to its end; comes again with ?after= when it broke off."""
    def __init__(self, stack, run_id, after=None, again=False, pause=0):
        super().__init__(daemon=True)
        self.stack, self.run_id, self.after, self.again = stack, run_id, after, again
        self.pause, self.events, self.close, self.times = pause, [], None, 0
        self.failed = None
        stack.token()  # one login for all
        self.start()

    def run(self):
        until = time.time() + 120
        while time.time() < until:
            try:
                self.read()
            except (OSError, websocket.WebSocketException) as e:
                self.failed = e
            if self.close and self.close[0] == 1000 or not self.again:
                return
            time.sleep(0.05)

    def read(self):
        after = self.events[-1]["seq"] if self.events else self.after
        ws = connect(self.stack, self.run_id, after)
        self.times += 1
        while True:
            code, data = ws.recv_data()
            if code == websocket.ABNF.OPCODE_CLOSE:
                self.close = int.from_bytes(data[:2], "big"), data[2:].decode()
                return
            if code == websocket.ABNF.OPCODE_TEXT:
                self.events.append(json.loads(data))
                time.sleep(self.pause)

    def seqs(self):
        return [e["seq"] for e in self.events]

    def wait(self, n):
        until = time.time() + PATIENCE
        while len(self.events) < n and time.time() < until:
            time.sleep(0.01)
        assert len(self.events) >= n, "%d events of %d: %s" % (len(self.events), n, self.failed)


def test_every_event_arrives_once_in_order_and_the_stream_ends_with_a_reason(stack, pen):
    run = pen.run()
    listeners = [Listener(stack, run.id) for _ in range(3)]
    for n in (1, 200, 3):
        run.write(n)
    run.finish()
    for x in listeners:
        x.join(PATIENCE)
        assert x.seqs() == list(range(1, run.seq + 1))
        assert x.close == (1000, "run succeeded")
        assert x.events[0]["type"] == "run_created"
        assert x.events[-1]["type"] == "run_finished"
        assert x.events[-1]["payload"]["state"] == "succeeded"


def test_a_message_is_what_the_list_of_events_shows(stack, pen):
    run = pen.run()
    run.write(3)
    run.finish()
    x = Listener(stack, run.id)
    x.join(PATIENCE)
    listed = stack.get("/api/v1/pipelines/%s/events?limit=500" % run.id).json()["items"]
    assert x.events == listed


@pytest.mark.parametrize("after", [0, 1, 57, 102, 103, 500])
def test_after_leaves_out_what_is_known(stack, pen, after):
    run = pen.run()
    run.write(100)
    run.finish()
    x = Listener(stack, run.id, after=after)
    x.join(PATIENCE)
    assert x.seqs() == list(range(after + 1, 104))
    assert x.close == (1000, "run succeeded")


def test_an_event_that_nobody_was_told_of_arrives_all_the_same(stack, pen):
    run = pen.run()
    x = Listener(stack, run.id)
    x.wait(2)
    run.write(1, notify=False)
    x.wait(3)
    run.finish()
    x.join(PATIENCE)
    assert x.close == (1000, "run succeeded")


@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_the_reason_names_how_the_run_ended(stack, pen, state):
    run = pen.run()
    x = Listener(stack, run.id)
    x.wait(2)
    run.finish(state, "'{\"code\": \"invalid\", \"detail\": \"no such column\"}'")
    x.join(PATIENCE)
    assert x.close == (1000, "run " + state)


def test_a_listener_that_stops_reading_only_lags(stack, pen):
    run = pen.run()
    raw = socket.create_connection(("127.0.0.1", int(stack.base.rsplit(":", 1)[1])))
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    context = ssl.create_default_context(cafile=stack.ca)
    slow = connect(stack, run.id, socket=context.wrap_socket(raw, server_hostname="localhost"))
    quick = Listener(stack, run.id)
    for _ in range(20):
        run.write(100, pad=1000)  # 2 MB in all: more than all buffers between us hold
    quick.wait(run.seq)
    # Its memory did not grow by what the slow one has not read.
    assert quick.seqs() == list(range(1, run.seq + 1))
    run.finish()
    quick.join(PATIENCE)
    got = []
    while True:
        code, data = slow.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            break
        got.append(json.loads(data)["seq"])
    assert got == list(range(1, run.seq + 1))
    assert data[2:] == b"run succeeded"


def test_listeners_come_again_after_kill_9_and_miss_nothing(stack, pen):
    pids = stack.pids("modelwright-streamd")
    if not pids:
        pytest.skip("the stream server is not this user's to kill")
    run = pen.run()
    listeners = [Listener(stack, run.id, again=True) for _ in range(5)]
    for x in listeners:
        x.wait(2)
    for _ in range(3):
        run.write(50)
        for pid in stack.pids("modelwright-streamd"):
            os.kill(pid, signal.SIGKILL)
        run.write(50)
        until = time.time() + PATIENCE
        while not stack.pids("modelwright-streamd") and time.time() < until:
            time.sleep(0.05)
    run.finish()
    for x in listeners:
        x.join(PATIENCE)
        assert x.seqs() == list(range(1, run.seq + 1))
        assert x.close == (1000, "run succeeded")
        assert x.times > 1


def test_a_stop_tells_listeners_to_come_again(stack, pen):
    pids = stack.pids("modelwright-streamd")
    if not pids:
        pytest.skip("the stream server is not this user's to stop")
    run = pen.run()
    x = Listener(stack, run.id)
    x.wait(2)
    for pid in pids:
        os.kill(pid, signal.SIGTERM)
    x.join(PATIENCE)
    assert x.close == (1012, "the server restarts"), x.failed
    until = time.time() + PATIENCE
    while time.time() < until:
        try:
            connect(stack, run.id).close()
            break
        except (OSError, websocket.WebSocketException):
            time.sleep(0.05)
    run.finish()


def test_a_lost_session_of_the_database_loses_no_event(stack, pen):
    run = pen.run()
    x = Listener(stack, run.id)
    x.wait(2)
    for _ in range(3):
        assert int(stack.psql("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                              "WHERE application_name = 'modelwright-streamd'")) == 1
        run.write(10)
        x.wait(run.seq)
    run.finish()
    x.join(PATIENCE)
    assert x.seqs() == list(range(1, run.seq + 1))


def refused(stack, run_id, **kw):
    with pytest.raises(websocket.WebSocketBadStatusException) as e:
        connect(stack, run_id, **kw)
    return e.value.status_code


def problem(stack, path, headers=None):
    r = requests.get(stack.base + path, verify=stack.ca, headers=dict({
        "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}, **(headers or {})))
    assert r.headers["Content-Type"] == "application/problem+json"
    doc = r.json()
    assert doc["status"] == r.status_code
    assert doc["type"] == "urn:modelwright:problem:" + doc["code"]
    assert {"title", "detail", "request_id"} <= doc.keys()
    return r, doc


def bearer(token):
    return {"Authorization": "Bearer " + token}


def test_without_a_token_nobody_comes_in(stack, pen):
    run = pen.run()
    assert refused(stack, run.id, token="") == 401
    r, doc = problem(stack, "/api/v1/pipelines/%s/stream" % run.id)
    assert (r.status_code, doc["code"]) == (401, "unauthenticated")
    assert r.headers["WWW-Authenticate"].startswith("Bearer")
    run.finish()


def test_a_token_that_was_tampered_with_is_refused(stack, pen):
    run = pen.run()
    head, body, seal = stack.token().split(".")
    for bad in ("x", head + "." + body + ".", ".".join((head, body[:-2] + "AA", seal)),
                ".".join((head, body, seal[::-1])), "e30." + body + "." + seal, "a" * 5000):
        assert refused(stack, run.id, token=bad) == 401
    run.finish()


def test_a_session_that_was_ended_is_refused(stack, pen):
    run = pen.run()
    username, password = stack.user("viewer")
    api = stack.base + "/api/v1/auth/"
    token = requests.post(api + "login", verify=stack.ca, json={
        "username": username, "password": password}).json()["access_token"]
    connect(stack, run.id, token=token).close()
    requests.post(api + "logout", verify=stack.ca, headers=bearer(token)).raise_for_status()
    assert refused(stack, run.id, token=token) == 401
    run.finish()


@pytest.mark.parametrize("user", ["viewer", "operator", "admin"])
def test_every_role_may_listen(stack, pen, user):
    run = pen.run()
    connect(stack, run.id, token=stack.token(user)).close()
    run.finish()


def test_an_unknown_run_is_not_found(stack):
    for run_id in ("run_00000000-0000-7000-8000-000000000000", "nonsense", "run_x", "a" * 300):
        r, doc = problem(stack, "/api/v1/pipelines/%s/stream" % run_id, bearer(stack.token()))
        assert (r.status_code, doc["code"]) == (404, "not_found")


def test_a_place_that_is_none_is_said_to_be(stack, pen):
    run = pen.run()
    for after in ("-1", "x", "1x", "99999999999999999999", ""):
        r, doc = problem(stack, "/api/v1/pipelines/%s/stream?after=%s" % (run.id, after),
                         bearer(stack.token()))
        assert (r.status_code, doc["code"]) == (422, "invalid")
        assert doc["errors"][0]["pointer"] == "/after"
    run.finish()


def test_a_request_id_comes_back(stack):
    r, doc = problem(stack, "/api/v1/pipelines/run_x/stream",
                     dict(bearer(stack.token()), **{"X-Request-Id": "here-i-am"}))
    assert r.headers["X-Request-Id"] == doc["request_id"] == "here-i-am"


def test_a_plain_request_is_told_to_upgrade(stack, pen):
    run = pen.run()
    r = stack.get("/api/v1/pipelines/%s/stream" % run.id)
    assert r.status_code == 426
    assert r.headers["Content-Type"] == "application/problem+json"
    assert r.json()["code"] == "upgrade_required"
    run.finish()


def test_a_client_that_talks_is_shown_out(stack, pen):
    run = pen.run()
    ws = connect(stack, run.id)
    ws.send("x" * 300)
    assert closing(ws) == 1009
    ws = connect(stack, run.id)
    for _ in range(9):
        ws.send("hello")
    assert closing(ws) == 1008
    ws = connect(stack, run.id)
    ws.send("hello")
    run.finish()
    assert closing(ws) == 1000


def closing(ws):
    while True:
        code, data = ws.recv_data()
        if code == websocket.ABNF.OPCODE_CLOSE:
            return int.from_bytes(data[:2], "big")


def test_a_ping_is_answered(stack, pen):
    run = pen.run()
    ws = connect(stack, run.id)
    ws.ping("there?")
    while True:
        code, data = ws.recv_data(control_frame=True)
        if code == websocket.ABNF.OPCODE_PONG:
            assert data == b"there?"
            break
    run.finish()


def test_a_silent_stream_is_pinged(stack, pen):
    run = pen.run()
    ws = connect(stack, run.id)
    began = time.time()
    while True:
        code, _ = ws.recv_data(control_frame=True)
        if code == websocket.ABNF.OPCODE_PING:
            break
        assert time.time() - began < PATIENCE
    run.finish()
    assert closing(ws) == 1000


def test_what_the_server_counts_stands_among_the_metrics(stack, pen):
    run = pen.run()
    ws = connect(stack, run.id)
    until = time.time() + PATIENCE
    while time.time() < until:
        text = requests.get(stack.base + "/metrics", verify=stack.ca).text
        figures = dict(line.split() for line in text.splitlines() if line.startswith("modelwright_stream_"))
        if int(figures.get("modelwright_stream_clients", 0)) >= 1:
            break
        time.sleep(0.5)
    assert int(figures["modelwright_stream_clients"]) >= 1
    assert figures["modelwright_stream_database_up"] == "1"
    run.finish()
    assert closing(ws) == 1000
