"""modelwright-admin against a stack that is up."""
import json
import os
import pathlib
import subprocess
import sys
import time
import uuid

import pytest
import requests

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from handmade import pen, stack  # noqa: E402,F401

USAGE, DATA, NO_INPUT, CONFLICT, TEMPORARY = 64, 65, 66, 73, 75


@pytest.fixture(scope="module")
def admin(stack):
    program = str(stack.dir / "inst/sbin/modelwright-admin")

    def run(*args, ok=True, stdin="", conf=stack.dir / "etc/modelwright.conf", **kw):
        p = subprocess.run(
            stack.as_owner(["env", "MODELWRIGHT_CONF=%s" % conf, program, *args]), input=stdin,
            capture_output=True, text=True, timeout=60, cwd="/", start_new_session=True, **kw)
        if ok:
            assert p.returncode == 0, p.stderr
            return p.stdout
        return p
    return run


def alone(stack, *args, **env):
    """The program as whoever runs the tests, with no database."""
    return subprocess.run([str(stack.dir / "inst/sbin/modelwright-admin"), *args], capture_output=True,
                          text=True, timeout=60, env=dict(os.environ, **env))


def login(stack, username, password):
    return requests.post(stack.base + "/api/v1/auth/login", verify=stack.ca,
                         json={"username": username, "password": password})


@pytest.fixture
def user(stack, admin):
    name, password = "cli-" + uuid.uuid4().hex[:8], uuid.uuid4().hex
    admin("user", "add", name, "--role", "viewer", "--password-stdin", stdin=password + "\n")
    yield name, password
    admin("user", "set", name, "--disable")


def test_a_user_that_was_added_can_log_in_in_his_role(stack, admin, user):
    r = login(stack, *user)
    assert r.status_code == 200
    who = requests.get(stack.base + "/api/v1/auth/whoami", verify=stack.ca, headers={
        "Authorization": "Bearer " + r.json()["access_token"]}).json()
    assert who["role"] == "viewer"
    assert user[0] in admin("user", "list")


def test_adding_a_user_twice_is_a_conflict_that_says_what_to_do(admin, user):
    p = admin("user", "add", user[0], "--role", "admin", "--password-stdin", ok=False, stdin="something else\n")
    assert p.returncode == CONFLICT and "user set" in p.stderr


def test_a_user_is_changed_disabled_and_let_in_again(stack, admin, user):
    name, old = user
    admin("user", "set", name, "--role", "operator", "--password-stdin", stdin="an altogether new one\n")
    assert login(stack, name, old).status_code == 401
    assert login(stack, name, "an altogether new one").status_code == 200
    admin("user", "set", name, "--disable")
    assert login(stack, name, "an altogether new one").status_code == 401
    admin("user", "set", name, "--enable")
    assert login(stack, name, "an altogether new one").status_code == 200


def test_what_an_administrator_did_is_written_down_under_his_account(stack, user):
    who = stack.psql("SELECT who FROM audit WHERE what = 'addUser' AND thing = '%s'" % user[0])
    assert who.endswith("(on the host)") or who.startswith("root")


def test_a_password_stands_in_no_table(stack, user):
    row = stack.psql("SELECT row_to_json(u) FROM app_user u WHERE username = '%s'" % user[0])
    assert user[1] not in row
    assert json.loads(row)["password_hash"].startswith("$y$")


@pytest.mark.parametrize("name", ["", ".dot", "a b", "a/b", "x" * 129, "a\nb", "naïve"])
def test_a_name_that_is_none_is_refused(admin, name):
    p = admin("user", "add", name, "--role", "viewer", "--password-stdin", ok=False, stdin="long enough it is\n")
    assert p.returncode == DATA


@pytest.mark.parametrize("password", ["", "short", "x" * 600])
def test_a_password_that_is_too_short_or_too_long_is_refused(admin, password):
    p = admin("user", "add", "nobody-" + uuid.uuid4().hex[:6], "--role", "viewer", "--password-stdin",
              ok=False, stdin=password + "\n")
    assert p.returncode == DATA and "password" in p.stderr


def test_a_password_is_never_taken_from_the_command_line(admin):
    p = admin("user", "add", "nobody", "--role", "viewer", "--password", "secret", ok=False)
    assert p.returncode == USAGE
    p = admin("user", "add", "nobody", "--role", "viewer", ok=False)  # no terminal either
    assert p.returncode == DATA and "--password-stdin" in p.stderr


def test_a_role_that_is_none_and_an_unknown_user_are_refused(admin):
    p = admin("user", "add", "nobody", "--role", "king", "--password-stdin", ok=False, stdin="long enough it is\n")
    assert p.returncode == DATA and "viewer, operator or admin" in p.stderr
    assert admin("user", "set", "no-such-user", "--disable", ok=False).returncode == NO_INPUT
    assert admin("user", "set", "no-such-user", ok=False).returncode == DATA


def test_migrating_again_changes_nothing(admin):
    assert "0 migrations applied" in admin("migrate")
    assert " applied, 0 not" in admin("status")


def test_a_signing_key_is_made_once_and_read_by_its_owner_alone(stack, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("keys_dir = %s\n" % (tmp_path / "keys"))
    first = alone(stack, "keys", "init", "-c", str(conf))
    assert first.returncode == 0, first.stderr
    (key,) = (tmp_path / "keys").iterdir()
    assert key.suffix == ".pem" and key.stat().st_mode & 0o777 == 0o600
    text = subprocess.run(["openssl", "pkey", "-in", str(key), "-noout", "-text"], capture_output=True, text=True)
    assert "prime256v1" in text.stdout
    again = alone(stack, "keys", "init", "-c", str(conf))
    assert again.returncode == 0 and "already" in again.stdout
    assert list((tmp_path / "keys").iterdir()) == [key]


def test_settings_are_shown_with_their_origin(stack, admin, tmp_path):
    out = admin("config", "show", "--origin")
    assert "modelwright.conf:" in out and "# default" in out
    conf = tmp_path / "conf"
    conf.write_text("# ours\n\napi_workers = 7\n")
    out = alone(stack, "config", "show", "--origin", "-c", str(conf)).stdout
    assert "api_workers = 7\t# %s:3" % conf in out
    assert "api_workers = 4\n" in alone(stack, "config", "explain", "api_workers").stdout


@pytest.mark.parametrize("line,words", [
    ("api_workers = 0", ["api_workers", "1 to 256"]), ("api_workers = many", ["1 to 256"]),
    ("no_such_setting = 1", ["no_such_setting"]), ("nonsense", ["name = value"])])
def test_a_wrong_setting_is_named_with_its_line_and_what_is_allowed(stack, tmp_path, line, words):
    conf = tmp_path / "conf"
    conf.write_text("log_level = 6\n%s\n" % line)
    p = alone(stack, "config", "show", "-c", str(conf))
    assert p.returncode == DATA
    assert "%s:2" % conf in p.stderr
    for word in words:
        assert word in p.stderr


def test_a_database_that_is_away_is_a_temporary_failure(stack, tmp_path):
    conf = tmp_path / "conf"
    conf.write_text("database = host=%s dbname=modelwright\n" % tmp_path)
    assert alone(stack, "status", "-c", str(conf)).returncode == TEMPORARY


def test_the_journal_proves_itself_and_so_does_its_export(admin, pen):
    run = pen.run()
    run.write(1500)  # more than a page
    run.finish()
    assert "%d events of 1 run hold" % run.seq in admin("verify-journal", run.id)
    lines = admin("export-journal", run.id).splitlines()
    assert len(lines) == run.seq
    text = "\n".join(lines) + "\n"
    assert "hold" in admin("verify-journal", "--file", "-", stdin=text)


@pytest.mark.parametrize("damage", ["drop", "change", "swap", "forge", "cut"])
def test_an_export_that_was_touched_is_found_out(admin, pen, damage):
    run = pen.run()
    run.write(10)
    run.finish()
    lines = admin("export-journal", run.id).splitlines()
    if damage == "drop":
        del lines[5]
    elif damage == "change":
        assert "number 3" in lines[4]
        lines[4] = lines[4].replace("number 3", "number 4")
    elif damage == "swap":
        lines[4], lines[5] = lines[5], lines[4]
    elif damage == "forge":
        doc = json.loads(lines[4])
        doc["hash"] = "0" * 64
        lines[4] = json.dumps(doc)
    else:
        lines[4] = lines[4][:-30]
    p = admin("verify-journal", "--file", "-", ok=False, stdin="\n".join(lines) + "\n")
    assert p.returncode == DATA and "line" in p.stderr


def test_a_journal_that_lost_its_end_is_found_out(stack, admin, pen):
    run = pen.run()
    run.write(3)
    run.finish()
    # What only a superuser can do, past the trigger that forbids it.
    stack.psql("SET session_replication_role = replica; "
               "DELETE FROM run_event WHERE run_id = '%s' AND seq > 4" % run.id)
    p = admin("verify-journal", run.id, ok=False)
    assert p.returncode == CONFLICT and "ends at event 4" in p.stderr
    stack.psql("UPDATE run SET next_seq = 1, last_hash = decode(repeat('0', 64), 'hex') WHERE run_id = '%s'; "
               "SET session_replication_role = replica; DELETE FROM run_event WHERE run_id = '%s'" % (run.id, run.id))


def test_only_a_run_that_succeeded_can_be_served(admin, pen):
    run = pen.run()
    p = admin("serve", run.id, "--as", "cli-model", ok=False)
    assert p.returncode == CONFLICT and "running" in p.stderr
    run.finish()
    p = admin("serve", run.id, "--as", "cli-model", ok=False)
    assert p.returncode == CONFLICT and "scorer" in p.stderr
    assert admin("serve", "run_x", "--as", "cli-model", ok=False).returncode == NO_INPUT
