"""Events from their commit to a thousand sockets, and what idle ones weigh.

	MODELWRIGHT_DIR=./var bench/stream.py build/bench/stream

The clients come through nginx and TLS.  A time is that from the event's own
time stamp, taken inside its transaction, to the client's last byte of it; so
it holds the commit and the notification too.  Writes results/stream.json.
"""
import json
import os
import pathlib
import subprocess
import sys
import time

sys.path[0] = str(pathlib.Path(__file__).resolve().parents[1] / "tests")
from handmade import Pen, Stack  # noqa: E402

stack = Stack(os.environ["MODELWRIGHT_DIR"])
client = str(pathlib.Path(sys.argv[1]).resolve())
pen = Pen(stack)


def processes():
    """pid, parent, name and command line of everything."""
    for p in pathlib.Path("/proc").iterdir():
        try:
            line = (p / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            stat = (p / "stat").read_text().rsplit(")", 1)[1].split()
            yield int(p.name), int(stat[1]), line
        except (OSError, ValueError):
            continue


def pss(program):
    """MB of this stack's processes of a program, with their children."""
    everything = list(processes())
    own = {pid for pid, _, line in everything
           if program in line and str(stack.dir) in line and "keep.sh" not in line}
    own |= {pid for pid, parent, _ in everything if parent in own}
    total = 0
    for pid in own:
        try:
            total += next(int(x.split()[1]) for x in
                          pathlib.Path("/proc/%d/smaps_rollup" % pid).read_text().splitlines()
                          if x.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


def listeners(sockets, runs):
    p = subprocess.Popen([client, "localhost", stack.base.rsplit(":", 1)[1], stack.ca, stack.token(),
                          str(sockets), *[r.id for r in runs]],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert p.stdout.readline() == "ready\n", "the clients did not connect"
    return p


def result(p):
    p.stdin.close()
    return json.loads(p.stdout.readline())


def measure(sockets, nruns, events, per_second):
    runs = [pen.run() for _ in range(nruns)]
    p = listeners(sockets, runs)
    began = time.time()
    for i in range(events):
        runs[i % nruns].write(1)
        time.sleep(max(0, began + (i + 1) / per_second - time.time()))
    time.sleep(1)
    doc = result(p)
    for r in runs:
        r.finish()
    doc["events_a_second"] = per_second
    return doc


def idle(sockets):
    run = pen.run()
    before = {x: pss(x) for x in ("nginx", "modelwright-streamd")}
    p = listeners(sockets, [run])
    pen.beat()
    time.sleep(3)
    after = {x: pss(x) for x in before}
    pen.beat()
    result(p)
    run.finish()
    return {"sockets": sockets,
            "nginx_pss_mb": round(after["nginx"], 1), "nginx_pss_mb_before": round(before["nginx"], 1),
            "streamd_pss_mb": round(after["modelwright-streamd"], 1),
            "streamd_pss_mb_before": round(before["modelwright-streamd"], 1),
            "streamd_kb_a_socket": round((after["modelwright-streamd"] - before["modelwright-streamd"])
                                         * 1024 / sockets, 2)}


doc = {"what": "events over WebSocket, through nginx and TLS, one machine for all",
       "one_run_to_1000_sockets": measure(1000, 1, 200, 10),
       "100_runs_to_10_sockets_each": measure(1000, 100, 1000, 100),
       "idle": idle(3000)}
out = pathlib.Path(__file__).parent / "results" / "stream.json"
out.parent.mkdir(exist_ok=True)
out.write_text(json.dumps(doc, indent=1) + "\n")
print(json.dumps(doc, indent=1))
pen.close()
