#!/usr/bin/python3
"""A job that keeps to the contract of modelwright-job and does nothing: steps,
each with one event, at a pace and with the mishaps that the run's params ask
for.  Copied to libexec as modelwright-job by the tests."""
import ctypes
import json
import os
import signal
import sys
import time

import psycopg2

arg = dict(zip(sys.argv[1::2], sys.argv[2::2]))
job, token = arg["--job"], arg["--token"]
told = {"stop": False}
signal.signal(signal.SIGTERM, lambda *_: told.update(stop=True))
signal.signal(signal.SIGUSR1, lambda *_: told.update(look=True))

db = psycopg2.connect(os.environ["FAKE_DB"])
db.autocommit = True
sql = db.cursor()


def one(text, *args):
    sql.execute(text, args)
    return sql.fetchone()


run = one("SELECT run_begin(%s, %s)", job, token)[0]
p = run["params"]
sql.execute("SELECT step_key FROM run_steps(%s)", (run["run_id"],))
finished = {r[0] for r in sql.fetchall()}


def finish(state):
    one("SELECT run_finish(%s, %s, %s, %s)", job, token, run["run_id"], state)
    sys.exit(0)


def mishap(what):
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "exit 0":
        sys.exit(0)
    elif what == "exit 3":
        sys.exit(3)
    elif what == "memory":
        hog = bytearray(p["mb"] << 20)
        hog[::4096] = b"x" * len(hog[::4096])
    elif what == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(1000)
    elif what == "grandchild":
        if os.fork() == 0:
            time.sleep(1000)
            os._exit(0)
        os.kill(os.getpid(), signal.SIGKILL)


def confinement():
    """What the process finds when it tries to get out."""
    libc = ctypes.CDLL(None, use_errno=True)
    status = dict(line.rstrip("\n").split(":\t", 1) for line in open("/proc/self/status") if ":\t" in line)
    import resource
    return {
        "unshare": libc.unshare(0x10000000) == 0, "ptrace": libc.ptrace(0, 0, 0, 0) == 0,
        "no_new_privs": status["NoNewPrivs"].strip(), "seccomp": status["Seccomp"].strip(),
        "core": resource.getrlimit(resource.RLIMIT_CORE)[1], "own_group": os.getpgid(0) == os.getpid(),
        "fds": sorted(int(f) for f in os.listdir("/proc/self/fd"))[:3], "stdin": os.readlink("/proc/self/fd/0"),
        "sigmask": status["SigBlk"].strip("0"),
    }


for i in range(p.get("steps", 5)):
    key = f"s{i}"
    if key in finished:
        continue
    if told["stop"]:
        sys.exit(75)
    mark = f"{os.environ['FAKE_DIR']}/{run['run_id']}.{i}"
    if i == p.get("at") and (p.get("always") or not os.path.exists(mark)):
        open(mark, "w").close()
        mishap(p["mishap"])
    payload = confinement() if p.get("look") else {"pid": os.getpid(), "parent": os.getppid()}
    cancel, pause = one("SELECT cancel, pause FROM run_step_commit(%s, %s, %s, %s, 'trial', '{}', %s, NULL, NULL)",
                        job, token, run["run_id"], key,
                        json.dumps([{"type": "trial_finished", "payload": payload}]))
    if cancel:
        finish("cancelled")
    if pause:
        finish("paused")
    end = time.monotonic() + p.get("sleep", 0.02)
    while time.monotonic() < end and not told["stop"] and not told.pop("look", None):
        time.sleep(0.01)
finish("succeeded")
