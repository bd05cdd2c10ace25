"""The disk of the data directory is full.

What is done                    what it gets
------------------------------  ---------------------------------------------
an upload larger than the rest  503 storage_full, Retry-After; nothing is left
an upload that fits             201, as ever
a run                           crashed after its attempts, error storage_full
that run resumed, with room     goes on where it was, succeeds
a read, a prediction            as ever
"""
import os
import pathlib
import shutil
import subprocess

import pytest

from conftest import start, table, wait


@pytest.fixture
def disk(stack):
    """A small disk over the data directory, for a while."""
    where = stack.dir / "data"
    if os.getuid() != 0:
        pytest.skip("only root can mount")
    u = where.stat()
    p = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m,mode=750,uid=%d,gid=%d" % (u.st_uid, u.st_gid),
                        "tmpfs", where], capture_output=True, text=True)
    if p.returncode != 0:
        pytest.skip("cannot mount: " + p.stderr)
    yield where
    subprocess.run(["umount", "-l", where], check=True)


def files(where):
    return sorted(p for p in pathlib.Path(where).rglob("*") if p.is_file())


def test_an_upload_fails_cleanly_and_leaves_nothing(operator, viewer, name, disk):
    before = files(disk)
    r = operator.upload(name, table(400000, seed=3))
    assert r.status_code == 503 and r.json()["code"] == "storage_full", r.text
    assert "full" in r.json()["detail"] and int(r.headers["Retry-After"]) > 0
    assert str(disk) not in r.text
    assert viewer.get("/api/v1/datasets/%s/profile" % name).status_code == 404
    assert files(disk) == before
    # The name is free, and the server goes on.
    assert operator.upload(name, table(seed=3)).status_code == 201


@pytest.mark.parametrize("room", [8 << 10, 200 << 10])
def test_a_run_says_why_it_crashed_and_goes_on_when_there_is_room(operator, name, disk, room):
    assert operator.upload(name, table()).status_code == 201
    pad = disk / "pad"
    pad.write_bytes(bytes(shutil.disk_usage(disk).free - room))
    run = start(operator, name)
    r = wait(operator, run)
    assert r["state"] == "crashed" and r["error"]["code"] == "storage_full", r["error"]
    assert "full" in r["error"]["detail"]
    path = "/api/v1/pipelines/" + run
    events = operator.get(path + "/events?limit=500").json()["items"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert str(disk) not in str(events)
    assert files(disk / "tmp") == []
    assert operator.get(path + "/artifacts").status_code == 200

    pad.unlink()
    assert operator.post(path + "/resume").status_code == 202
    assert wait(operator, run)["state"] == "succeeded"
    for a in operator.get(path + "/artifacts?limit=500").json()["items"]:
        assert operator.get(a["href"]).headers["Content-Length"] == str(a["bytes"])
