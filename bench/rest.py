"""The stack at rest: resident memory of everything but PostgreSQL.

	MODELWRIGHT_DIR=./var bench/rest.py

Proportional set size (PSS, smaps_rollup) of each process whose environment or
command line names the stack's directory, after a minute of nothing to do.
"""
import json
import os
import pathlib
import sys
import time

base = pathlib.Path(os.environ["MODELWRIGHT_DIR"]).resolve()
out = pathlib.Path(__file__).parent / "results" / "rest.json"
time.sleep(float(os.environ.get("REST_SECONDS", "60")))

rows = {}
for p in pathlib.Path("/proc").iterdir():
    if not p.name.isdigit() or int(p.name) == os.getpid():
        continue
    try:
        comm = (p / "comm").read_text().strip()
        where = (p / "environ").read_bytes() + (p / "cmdline").read_bytes()
        if str(base).encode() not in where or comm.startswith("postgres"):
            continue
        pss = next(int(line.split()[1])
                   for line in (p / "smaps_rollup").read_text().splitlines()
                   if line.startswith("Pss:"))
    except (OSError, StopIteration):
        continue
    name = "keepers" if comm == "sh" else comm
    if name in ("python3", "bash"):
        continue
    row = rows.setdefault(name, {"processes": 0, "pss_mb": 0.0})
    row["processes"] += 1
    row["pss_mb"] += pss / 1024
total = sum(r["pss_mb"] for r in rows.values())
doc = {"what": "the stack at rest, without PostgreSQL",
       "total_pss_mb": round(total, 1), "limit_mb": 60,
       "processes": {k: {**v, "pss_mb": round(v["pss_mb"], 2)}
                     for k, v in sorted(rows.items())}}
out.write_text(json.dumps(doc, indent=1) + "\n")
json.dump(doc, sys.stdout, indent=1)
print()
