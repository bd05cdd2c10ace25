"""A stack that is up, seen by those who mean it no good.

MODELWRIGHT_DIR points at a stack (./quickstart up).  Clients and tables are
those of tests/api.
"""
import os
import pathlib
import random
import sys
import time

import pytest

TESTS = pathlib.Path(__file__).resolve().parents[1]
# The folder's own conftest.py has the name that tests/api's has.
sys.path.insert(0, str(TESTS))
import importlib.util  # noqa: E402

_spec = importlib.util.spec_from_file_location("api_conftest", TESTS / "api" / "conftest.py")
api = importlib.util.module_from_spec(_spec)
sys.modules["api_conftest"] = api
_spec.loader.exec_module(api)
from handmade import stack  # noqa: E402,F401

access, viewer, operator, admin, nobody, name = (
    api.access, api.viewer, api.operator, api.admin, api.nobody, api.name)

OVER = ("succeeded", "failed", "cancelled", "crashed")


def table(rows=300, seed=None):
    """Applicants; no two tables are the same."""
    r = random.Random(seed)
    lines = ["age,income,sex,target"]
    for _ in range(rows):
        age, income = r.randint(18, 75), r.randint(500, 6000)
        good = age / 40 + income / 3000 + r.gauss(0, 0.6) > 2
        lines.append("%d,%d,%s,%s" % (age, income, r.choice("mf"), "yn"[not good]))
    return "\n".join(lines) + "\n"


def wait(client, run, seconds=60):
    """The run at its end."""
    for _ in range(seconds * 5):
        r = client.get("/api/v1/pipelines/" + run).json()
        if r["state"] in OVER:
            return r
        time.sleep(0.2)
    pytest.fail("the run does not end")


def start(client, dataset, **more):
    r = api.start(client, dataset, **more)
    assert r.status_code == 202, r.text
    return r.json()["run_id"]


def object_of(digest):
    """Where the stack keeps the bytes with this digest."""
    return pathlib.Path(os.environ["MODELWRIGHT_DIR"]) / "data" / "objects" / digest[:2] / digest[2:]


@pytest.fixture
def touch():
    """touch(path, bytes): other bytes in a file's place, until the test ends."""
    if os.getuid() != 0:
        pytest.skip("only root can reach into the stack's data directory")
    kept = {}

    def change(path, new):
        if path not in kept:
            kept[path] = path.read_bytes()
        if new is None:
            path.unlink()
        else:
            put(path, new)

    def put(path, new):
        """By another name: a map of the old file stays what it was."""
        side = path.with_name(path.name + ".new")
        side.write_bytes(new)
        os.chmod(side, 0o644)
        os.replace(side, path)

    yield change
    for path, old in kept.items():
        put(path, old)
