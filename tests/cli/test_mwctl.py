"""mwctl against a stack that is up, as people and scripts use it."""
import hashlib
import json
import os
import pathlib
import pty
import signal
import subprocess
import sys
import time
import uuid

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handmade import pen, stack  # noqa: E402,F401

USAGE, DATA, NO_INPUT, SOFTWARE, CONFLICT, TEMPORARY, NO_PERMISSION = 64, 65, 66, 70, 73, 75, 77


class Ctl:
    def __init__(self, stack, home):
        self.stack, self.home = stack, home
        self.program = str(stack.dir / "inst/bin/mwctl")
        self.env = {"PATH": "/usr/bin:/bin", "HOME": str(home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def __call__(self, *args, ok=True, stdin="", **kw):
        p = subprocess.run([self.program, *args], input=stdin, capture_output=True, text=True,
                           env=self.env, timeout=120, **kw)
        if ok:
            assert p.returncode == 0, p.stderr
            return p.stdout
        return p

    def json(self, *args, **kw):
        return json.loads(self("--json", *args, **kw))

    def start(self, *args, **kw):
        return subprocess.Popen([self.program, *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True, env=self.env, **kw)

    def login(self, user):
        username, password = self.stack.user(user)
        self("login", "--url", self.stack.base, "--ca", self.stack.ca, "--user", username,
             "--password-stdin", stdin=password + "\n")
        return self


@pytest.fixture(scope="module")
def operator(stack, tmp_path_factory):
    return Ctl(stack, tmp_path_factory.mktemp("operator")).login("operator")


@pytest.fixture(scope="module")
def viewer(stack, tmp_path_factory):
    return Ctl(stack, tmp_path_factory.mktemp("viewer")).login("viewer")


@pytest.fixture
def nobody(stack, tmp_path):
    return Ctl(stack, tmp_path)


@pytest.fixture(scope="module")
def dataset(operator, tmp_path_factory):
    """300 rows that are easy to learn, but not so easy that the column that
    says all looks like a leak."""
    name = "cli-" + uuid.uuid4().hex[:8]
    path = tmp_path_factory.mktemp("data") / (name + ".csv")
    rows = ["height,stadt,tall"]
    for i in range(300):
        height, luck = 150 + (i * 37) % 50, (i * 53) % 41 - 20
        rows.append("%d,%s,%s" % (height, ["Köln", "東京", "Oslo"][i % 3],
                                  "yes" if height + luck > 172 else "no"))
    path.write_text("\n".join(rows) + "\n")
    operator("datasets", "add", str(path))
    return name


@pytest.fixture(scope="module")
def finished(operator, dataset):
    """A run that was started, followed and succeeded: its id and what was printed."""
    out = operator("runs", "start", "--template", "binary_classification", "--dataset", dataset,
                   "--target", "tall", "--positive", "yes", "--trials", "2", "--follow")
    return out.split()[1], out


# ---- the command line itself ----

@pytest.mark.parametrize("args", [
    ["nonsense"], ["runs"], ["runs", "nonsense"], ["runs", "show"], ["runs", "show", "a", "b"],
    ["runs", "list", "--nonsense"], ["runs", "list", "--limit"], ["runs", "start"],
    ["whoami", "--json=yes"], ["-x"]])
def test_a_wrong_command_line_says_what_is_wrong_and_where_help_is(nobody, args):
    p = nobody(*args, ok=False)
    assert p.returncode == USAGE
    assert p.stdout == ""
    assert "--help" in p.stderr


def test_help_lists_every_command_and_each_has_its_own(nobody):
    text = nobody("--help")
    words = nobody("--words").splitlines()
    assert len(words) > 10
    for line in words:
        name, *options = line.split("\t")
        assert "  %s" % name in text
        own = nobody(*name.split(), "--help")
        assert own.startswith("usage: mwctl %s" % name)
        for option in options:
            assert option.rstrip("=") in own


def test_version_and_no_server(nobody):
    assert nobody("--version").startswith("mwctl ")
    p = nobody("whoami", ok=False)
    assert p.returncode == DATA and "mwctl login" in p.stderr


def test_a_server_that_is_away_is_a_temporary_failure(nobody):
    p = nobody("whoami", "--url", "https://127.0.0.1:9", ok=False)
    assert p.returncode == TEMPORARY and "cannot reach" in p.stderr


def test_only_https_is_spoken(nobody):
    p = nobody("whoami", "--url", "http://127.0.0.1:9", ok=False)
    assert p.returncode == DATA and "https" in p.stderr


def test_a_certificate_that_is_not_trusted_is_refused(nobody, stack):
    nobody.env["MODELWRIGHT_TOKEN"] = "x"
    p = nobody("whoami", "--url", stack.base, ok=False)
    assert p.returncode == NO_PERMISSION and "--ca" in p.stderr


# ---- logging in ----

def test_login_keeps_the_token_for_its_owner_alone(viewer):
    kept = viewer.home / ".config/modelwright/login.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700
    assert "password" not in kept.read_text()
    assert viewer("whoami").startswith("viewer (viewer) at https://")
    assert viewer.json("whoami")["role"] == "viewer"


def test_a_wrong_password_is_no_permission(nobody, stack):
    p = nobody("login", "--url", stack.base, "--ca", stack.ca, "--user", "viewer", "--password-stdin",
               ok=False, stdin="wrong password\n")
    assert p.returncode == NO_PERMISSION and "wrong" in p.stderr
    assert not (nobody.home / ".config/modelwright/login.json").exists()


def test_without_a_terminal_no_password_is_asked_for(nobody, stack):
    p = nobody("login", "--url", stack.base, "--user", "viewer", ok=False, start_new_session=True)
    assert p.returncode == DATA and "--password-stdin" in p.stderr


def test_logout_ends_the_session(nobody, stack):
    nobody.login("viewer")
    token = json.loads((nobody.home / ".config/modelwright/login.json").read_text())["access_token"]
    nobody("logout")
    p = nobody("whoami", "--url", stack.base, "--ca", stack.ca, ok=False)
    assert p.returncode == NO_PERMISSION and "mwctl login" in p.stderr
    nobody.env["MODELWRIGHT_TOKEN"] = token
    deadline = time.time() + 10
    while (p := nobody("whoami", "--url", stack.base, "--ca", stack.ca, ok=False)).returncode == 0:
        assert time.time() < deadline
        time.sleep(0.1)
    assert p.returncode == NO_PERMISSION


def test_a_token_is_not_shown_to_another_server(viewer):
    p = viewer("whoami", "--url", "https://127.0.0.1:9", ok=False)
    assert p.returncode == TEMPORARY  # and not for want of a connection alone:
    kept = json.loads((viewer.home / ".config/modelwright/login.json").read_text())
    assert kept["url"] != "https://127.0.0.1:9"


def test_a_viewer_cannot_start_a_run(viewer, dataset):
    p = viewer("runs", "start", "-t", "binary_classification", "-d", dataset, "--target", "tall", ok=False)
    assert p.returncode == NO_PERMISSION and "operator" in p.stderr


# ---- data sets ----

def test_a_data_set_is_listed_shown_and_profiled(viewer, dataset):
    assert dataset in viewer("datasets", "list")
    assert dataset in [d["name"] for d in viewer.json("datasets", "list")]
    assert viewer.json("datasets", "show", dataset)["rows"] == 300
    text = viewer("datasets", "profile", dataset)
    assert "300 rows" in text and "東京" in text
    profile = viewer.json("datasets", "profile", dataset)
    assert "height" in json.dumps(profile)


def test_columns_line_up_whatever_the_script(viewer, dataset):
    lines = viewer("datasets", "profile", dataset).splitlines()
    head = next(i for i, line in enumerate(lines) if line.startswith("COLUMN"))
    at = lines[head].index("TYPE")
    for line in lines[head + 1:head + 4]:
        assert line[at - 1] == " " and line[at] != " "


def test_a_data_set_that_is_none_is_refused_with_its_place(operator, tmp_path):
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n3\n")
    p = operator("datasets", "add", str(bad), "--name", "cli-" + uuid.uuid4().hex[:8], ok=False)
    assert p.returncode == DATA and "line 3" in p.stderr


def test_a_file_of_unknown_format_must_be_named(operator, tmp_path):
    p = operator("datasets", "add", str(tmp_path / "x.parquet"), ok=False)
    assert p.returncode == DATA and "--format" in p.stderr
    p = operator("datasets", "add", str(tmp_path / "missing.csv"), ok=False)
    assert p.returncode == NO_INPUT


# ---- runs ----

def test_a_run_is_followed_to_its_end(finished):
    run_id, out = finished
    assert run_id.startswith("run_")
    for word in ("run_created", "phase_started", "trial_finished", "holdout_scored", "succeeded"):
        assert word in out
    assert "\033" not in out and "\r" not in out  # not a terminal


def test_what_a_run_made_is_listed_and_fetched_whole(operator, finished, tmp_path):
    run_id, _ = finished
    listed = {a["name"]: a for a in operator.json("runs", "artifacts", run_id)}
    assert {"metrics.json", "report.pdf", "model/scorer.mws"} <= listed.keys()
    out = tmp_path / "report.pdf"
    operator("runs", "get", run_id, "report.pdf", "--output", str(out))
    assert hashlib.sha256(out.read_bytes()).hexdigest() == listed["report.pdf"]["sha256"]
    assert not (tmp_path / "report.pdf.part").exists()
    operator("runs", "get", run_id, "model/scorer.mws", cwd=tmp_path)
    assert (tmp_path / "scorer.mws").stat().st_size == listed["model/scorer.mws"]["bytes"]
    doc = json.loads(operator("runs", "get", run_id, "metrics.json", "-o", "-"))
    assert "holdout" in doc
    text = operator("runs", "metrics", run_id)
    assert "roc_auc" in text and " to " in text
    p = operator("runs", "get", run_id, "no-such-thing", ok=False)
    assert p.returncode == NO_INPUT and "runs artifacts" in p.stderr


def test_a_run_is_shown_and_listed(operator, finished, dataset):
    run_id, _ = finished
    text = operator("runs", "show", run_id)
    assert "succeeded" in text and dataset in text
    assert operator.json("runs", "show", run_id)["state"] == "succeeded"
    assert run_id in operator("runs", "list", "--dataset", dataset)
    items = operator.json("runs", "list", "--dataset", dataset, "--limit", "1", "--all")["items"]
    assert run_id in [r["run_id"] for r in items]
    assert operator.json("runs", "list", "--dataset", dataset, "--state", "failed")["items"] == []


def test_a_finished_run_cannot_be_cancelled(operator, finished):
    p = operator("runs", "cancel", finished[0], ok=False)
    assert p.returncode == CONFLICT and "succeeded" in p.stderr


def test_unknown_things_are_no_input(operator):
    unknown = "run_00000000-0000-7000-8000-000000000000"
    for args in (["runs", "show", unknown], ["runs", "watch", unknown], ["runs", "events", unknown],
                 ["runs", "artifacts", unknown], ["runs", "cancel", unknown],
                 ["datasets", "profile", "no-such-data"], ["datasets", "show", "no-such-data"],
                 ["predict", "no-such-model", "a=1"]):
        assert operator(*args, ok=False).returncode == NO_INPUT, args


def test_every_mistake_in_a_start_is_named(operator, dataset):
    p = operator("runs", "start", "-t", "no_such_template", "-d", dataset, "--target", "nonsense", ok=False)
    assert p.returncode == DATA and "template" in p.stderr and "regression" in p.stderr
    p = operator("runs", "start", "-t", "binary_classification", "-d", dataset, "--target", "tall",
                 "--seed", "many", ok=False)
    assert p.returncode == DATA and "--seed" in p.stderr


def test_events_are_filtered_and_one_a_line_for_scripts(operator, finished):
    run_id, _ = finished
    events = [json.loads(line) for line in operator("runs", "events", run_id, "--json").splitlines()]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    trials = operator("runs", "events", run_id, "--type", "trial_finished", "--json").splitlines()
    assert 1 <= len(trials) <= 2
    rest = operator("runs", "events", run_id, "--after", str(len(events) - 1), "--json").splitlines()
    assert json.loads(rest[0])["type"] == "run_finished"
    assert "run_finished" in operator("runs", "events", run_id)


# ---- watching ----

def test_a_stream_for_scripts_is_every_event_once(viewer, pen):
    run = pen.run()
    p = viewer.start("--json", "runs", "watch", run.id)
    for n in (1, 150, 2):
        run.write(n)
    run.finish()
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    assert [json.loads(line)["seq"] for line in out.splitlines()] == list(range(1, run.seq + 1))


def test_a_watch_goes_on_where_it_was_when_the_stream_server_is_killed(viewer, stack, pen):
    if not stack.pids("modelwright-streamd"):
        pytest.skip("the stream server is not this user's to kill")
    run = pen.run()
    p = viewer.start("--json", "runs", "watch", run.id)
    for _ in range(3):
        run.write(20)
        for pid in stack.pids("modelwright-streamd"):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        run.write(20)
    run.finish()
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    assert [json.loads(line)["seq"] for line in out.splitlines()] == list(range(1, run.seq + 1))


@pytest.mark.parametrize("state,error,code", [
    ("succeeded", "NULL", 0),
    ("cancelled", "NULL", TEMPORARY),
    ("failed", "'{\"code\": \"invalid\", \"detail\": \"the target has one class\"}'", DATA),
    ("failed", "'{\"code\": \"internal\", \"detail\": \"out of luck\"}'", SOFTWARE)])
def test_how_a_run_ended_is_the_exit_status(viewer, pen, state, error, code):
    run = pen.run()
    p = viewer.start("runs", "watch", run.id)
    run.finish(state, error)
    out, err = p.communicate(timeout=60)
    assert p.returncode == code
    assert state in out
    if state == "failed":
        assert json.loads(error.strip("'"))["detail"] in err
    # And once more, when it is long over.
    assert viewer("runs", "watch", run.id, ok=False).returncode == code


def test_ctrl_c_leaves_the_run_running_and_says_how_to_come_back(viewer, pen):
    run = pen.run()
    run.write(3)
    p = viewer.start("runs", "watch", run.id)
    assert "run_created" in p.stdout.readline()
    time.sleep(0.3)
    p.send_signal(signal.SIGINT)
    _, err = p.communicate(timeout=10)
    assert p.returncode == 130
    assert "mwctl runs watch %s --after 5" % run.id in err
    assert viewer.json("runs", "show", run.id)["state"] == "running"
    run.finish()


def test_a_terminal_gets_a_line_that_moves_and_no_colour_if_so_wished(viewer, pen):
    for no_color in (False, True):
        run = pen.run()
        master, slave = pty.openpty()
        env = dict(viewer.env, TERM="xterm", **({"NO_COLOR": "1"} if no_color else {}))
        p = subprocess.Popen([viewer.program, "runs", "watch", run.id], stdin=slave, stdout=slave,
                             stderr=slave, env=env)
        os.close(slave)
        time.sleep(0.5)
        run.finish()
        seen = b""
        try:
            while chunk := os.read(master, 65536):
                seen += chunk
        except OSError:
            pass  # the terminal's other side is closed
        os.close(master)
        assert p.wait(10) == 0
        assert "░".encode() in seen and b"\r\033[K" in seen
        assert (b"\033[0m" in seen) == (not no_color)


def test_the_last_words_stand_on_a_line_of_their_own(viewer, pen):
    run = pen.run()
    master, slave = pty.openpty()
    p = subprocess.Popen([viewer.program, "runs", "watch", run.id], stdin=slave, stdout=slave,
                         stderr=slave, env=dict(viewer.env, TERM="xterm"))
    os.close(slave)
    seen = b""
    while "░".encode() not in seen:
        seen += os.read(master, 65536)
    p.send_signal(signal.SIGINT)
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:
        pass
    os.close(master)
    assert p.wait(10) == 130
    assert b"goes on" in seen[seen.rindex(b"\r\033[K"):]
    run.finish()


def test_control_characters_of_others_do_no_harm(viewer, pen):
    run = pen.run()
    pen.sql("""SELECT seq FROM run_step_commit(%s, %s, '%s', '', '', NULL, jsonb_build_array(jsonb_build_object(
        'type', 'message', 'payload', jsonb_build_object('text', E'red \\u001b[31m alert \\u0007'))), NULL, NULL)"""
            % (run.job, run.token, run.id))
    run.finish()
    out = viewer("runs", "events", run.id)
    assert "alert" in out and "\033" not in out and "\007" not in out


# ---- predictions ----

@pytest.fixture(scope="module")
def model(stack, finished):
    name = "cli-" + uuid.uuid4().hex[:8]
    subprocess.run(stack.as_owner(["env", "MODELWRIGHT_CONF=%s" % (stack.dir / "etc/modelwright.conf"),
                                   str(stack.dir / "inst/sbin/modelwright-admin"), "serve", finished[0],
                                   "--as", name]), check=True, capture_output=True, cwd="/")
    return name


def test_a_prediction_from_words_json_file_and_stdin_is_the_same(operator, model, tmp_path):
    row = {"height": 190, "stadt": "Köln"}
    text = json.dumps(row)
    (tmp_path / "row.json").write_text(text)
    (tmp_path / "body.json").write_text(json.dumps({"features": row}))
    answers = [operator.json("predict", model, *args, stdin=stdin) for args, stdin in (
        (["height=190", "stadt=Köln"], ""), ([text], ""), ([str(tmp_path / "row.json")], ""),
        ([str(tmp_path / "body.json")], ""), (["-"], text), ([], text))]
    for a in answers:
        a.pop("request_id")
    assert all(a == answers[0] for a in answers)
    assert answers[0]["prediction"] == "yes" and answers[0]["probability"] > 0.5


def test_a_prediction_for_people_has_reasons_and_warnings(operator, model):
    text = operator("predict", model, "height=150", "shoes=red", "--explain")
    assert text.startswith("no") and "height" in text
    assert "warning: shoes" in text and "warning: stadt" in text


def test_a_row_that_is_none_is_refused(operator, model, tmp_path):
    for args in (["{"], ["[1]"], ["height"], ["height=1", "nonsense"]):
        p = operator("predict", model, *args, ok=False)
        assert p.returncode in (DATA, NO_INPUT) and p.stdout == ""
