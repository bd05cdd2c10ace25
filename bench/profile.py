#!/usr/bin/python3
"""Profile a CSV of 10^6 rows and 20 columns: ours, pandas and DuckDB.

usage: bench/profile.py BUILD_DIR [ROWS]

Needs Debian's python3-pandas, and npm for @duckdb/node-api, which goes into a
temporary directory.  Each runs as a process of its own, in turns, REPEAT times;
the best wall time counts.  Writes bench/results/profile.json.
"""
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

REPEAT = 3
DUCKDB = "@duckdb/node-api@1.5.6-r.1"

PEERS = ("pandas", "duckdb_2_threads", "duckdb_1_thread")

DUCK_JS = """
const {DuckDBInstance} = require('@duckdb/node-api');
(async () => {
  const db = await DuckDBInstance.create(':memory:', {threads: process.argv[3]});
  const c = await db.connect();
  const r = await c.runAndReadAll(
    "SUMMARIZE SELECT * FROM read_csv('" + process.argv[2] + "')");
  if (r.getRows().length !== 20) process.exit(1);
})();
"""

PANDAS_PY = """
import sys, pandas
d = pandas.read_csv(sys.argv[1])
d.describe(include='all'); d.isna().sum(); d.nunique()
"""


def generate(path, rows):
    import numpy as np
    rng = np.random.default_rng(7)
    city = np.array(["Berlin", "Hamburg", "München", "Köln", "Stuttgart",
                     "Frankfurt am Main", "Düsseldorf", "Leipzig", "Dortmund",
                     "Essen", "Bremen", "Dresden"])
    segment = np.array(["retail", "private", "business", "corporate"])
    channel = np.array(["web", "branch", "phone", "partner", "app"])
    product = np.array(["product_%04d" % i for i in range(2000)])
    names = ("id age income balance score rate latitude longitude visits "
             "clicks duration city segment channel product code signup active "
             "amount target").split()

    def fmt(f, x):
        return np.char.mod(f, x)

    with open(path, "w") as out:
        out.write(",".join(names) + "\n")
        for first in range(0, rows, 50000):
            m = min(50000, rows - first)
            seconds = rng.integers(0, 86400 * 3650, m)
            columns = [
                np.arange(first, first + m).astype(str),
                rng.integers(18, 90, m).astype(str),
                fmt("%.2f", rng.lognormal(10, .6, m)),
                fmt("%.2f", rng.normal(1500, 4000, m)),
                fmt("%.9f", rng.normal(0, 1, m)),
                fmt("%.4f", rng.gamma(2, .02, m)),
                fmt("%.7f", rng.uniform(47, 55, m)),
                fmt("%.7f", rng.uniform(6, 15, m)),
                rng.poisson(3, m).astype(str),
                rng.integers(0, 100000, m).astype(str),
                fmt("%.3f", rng.exponential(300, m)),
                city[rng.integers(0, len(city), m)],
                segment[rng.integers(0, len(segment), m)],
                channel[rng.integers(0, len(channel), m)],
                product[np.minimum(rng.zipf(1.3, m) - 1, 1999)],
                fmt("%012x", rng.integers(0, 2**47, m)),
                np.datetime_as_string(
                    np.datetime64("2015-01-01T00:00:00") + seconds),
                np.where(rng.random(m) < .7, "true", "false"),
                np.where(rng.random(m) < .1, "",
                         fmt("%.2f", rng.pareto(3, m) * 100)),
                rng.integers(0, 2, m).astype(str),
            ]
            out.write("\n".join(map(",".join, zip(*columns))) + "\n")


def run(argv):
    """Wall seconds, peak resident MB, and peak MB apart from mapped files."""
    anon = [0]
    start = time.monotonic()
    child = subprocess.Popen(argv, stdout=subprocess.DEVNULL)

    def watch():
        while True:
            try:
                with open("/proc/%d/status" % child.pid) as f:
                    for line in f:
                        if line.startswith("RssAnon"):
                            anon[0] = max(anon[0], int(line.split()[1]))
            except (OSError, ProcessLookupError):
                return
            time.sleep(0.005)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    watcher.join(1)
    if child.returncode != 0:
        sys.exit("%s failed" % argv[0])
    return {"wall_s": round(wall, 3),
            "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
            "resident_mb": round(usage.ru_maxrss / 1024, 1),
            "anonymous_mb": round(anon[0] / 1024, 1)}


def best(a, b):
    return b if a is None or b["wall_s"] < a["wall_s"] else a


def main():
    build = os.path.abspath(sys.argv[1])
    rows = int(sys.argv[2]) if len(sys.argv) > 2 else 1000000
    top = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    ours = build + "/bench/profile_one"
    with tempfile.TemporaryDirectory() as tmp:
        big, small = tmp + "/big.csv", tmp + "/small.csv"
        generate(big, rows)
        generate(small, rows // 10)
        subprocess.run(["npm", "install", "--silent", "--prefix", tmp, DUCKDB],
                       check=True, stdout=subprocess.DEVNULL)
        with open(tmp + "/duck.js", "w") as f:
            f.write(DUCK_JS)
        duck = ["node", tmp + "/duck.js", big]
        # Reading the file and nothing else: the limit.
        programs = {
            "modelwright": [ours, big],
            "modelwright_with_target": [ours, big, "target"],
            "duckdb_2_threads": duck + ["2"],
            "duckdb_1_thread": duck + ["1"],
            "pandas": ["/usr/bin/python3", "-c", PANDAS_PY, big],
            "read": ["cat", big],
        }
        result = {name: None for name in programs}
        for _ in range(REPEAT):
            for name, argv in programs.items():
                result[name] = best(result[name], run(argv))
        result["modelwright_tenth_of_the_rows"] = run([ours, small])
        me = result["modelwright"]["wall_s"]
        out = {
            "rows": rows,
            "columns": 20,
            "file_mb": round(os.path.getsize(big) / 1e6, 1),
            "processors": os.cpu_count(),
            "load_before": os.getloadavg()[1],
            "runs": result,
            "times_faster": {
                name: round(result[name]["wall_s"] / me, 2)
                for name in PEERS},
            # What a loaded machine disturbs less than the wall clock.
            "times_less_processor_time": {
                name: round(result[name]["cpu_s"] /
                            result["modelwright"]["cpu_s"], 2)
                for name in PEERS},
        }
    os.makedirs(top + "/bench/results", exist_ok=True)
    with open(top + "/bench/results/profile.json", "w") as f:
        json.dump(out, f, indent=1)
        f.write("\n")
    json.dump(out, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
