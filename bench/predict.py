#!/usr/bin/python3
"""Predictions a second through nginx, beside FastAPI and beside "hello".

	bench/predict.py [--csv FILE --target COLUMN --positive LABEL] [--seconds N] [--out FILE]

Needs a stack that is up (MODELWRIGHT_DIR), Debian's wrk, python3-fastapi,
python3-uvicorn, python3-uvloop, python3-httptools, python3-xgboost and
python3-pandas, and bench/hello.  All variants answer over plain HTTP on
loopback, the same rows from the same model, in turns; what is compared are
ratios of one run.  nginx is the stack's own configuration without TLS, and stands before
FastAPI, too, with connections kept open.  uvicorn runs as Debian installs it
(asyncio and h11); _uvloop is the same with python3-uvloop and
python3-httptools, which Debian does not even suggest.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "api"))
from conftest import Client, administer, credit, stack_dir  # noqa: E402

CLIENTS = 16


def train(client, args):
    """A served model of gradient-boosted trees; (name, bundle's directory, rows)."""
    text = open(args.csv).read() if args.csv else credit(4000)
    name = f"bench-{int(time.time())}"
    r = client.upload(name, text.encode())
    assert r.status_code == 201, r.text
    body = {"template": "binary_classification", "dataset": name, "target": args.target,
            "budget": {"trials": 2, "seconds": 300}, "params": {"learners": ["xgboost"], "calibration": "none"}}
    if args.positive:
        body["positive"] = args.positive
    r = client.post("/api/v1/pipelines", json=body)
    assert r.status_code == 202, r.text
    at = r.headers["Location"]
    while (run := client.get(at).json())["state"] not in ("succeeded", "failed", "crashed", "cancelled"):
        time.sleep(1)
    assert run["state"] == "succeeded", run["error"]
    administer("serve", run["run_id"], "--as", name)
    where = pathlib.Path(tempfile.mkdtemp(prefix="bench-model-"))
    for a in client.get(at + "/artifacts").json()["items"]:
        if a["name"].startswith("model/"):
            (where / a["name"].split("/")[1]).write_bytes(client.get(a["href"]).content)
    rows = list(csv.DictReader(text.splitlines()))
    model = json.load(open(where / "model.json"))
    numbers = {f["name"] for f in model["preparation"]["fields"] if f["kind"] == "number"}
    fields = [f["name"] for f in model["preparation"]["fields"]]
    picked = [{k: (float(r[k]) if k in numbers else r[k].strip()) for k in fields if r[k].strip() not in ("", "?")}
              for r in random.Random(1).sample(rows, 200)]
    return name, where, picked, model


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def nginx_conf(where, port, hello, ports):
    text = (ROOT / "nginx" / "modelwright.conf.in").read_text()
    for key, value in {"DIR": where, "LOG_DIR": where, "RUN_DIR": where, "DATA_DIR": stack_dir() / "data", "PORT": port}.items():
        text = text.replace(f"@{key}@", str(value))
    text = text.replace(" ssl http2", "")
    text = re.sub(r"\n\s*ssl_certificate(_key)? .*", "", text)
    text = text.replace("\t\tlocation / {", f"\t\tlocation = /hello {{\n\t\t\tfastcgi_pass unix:{hello};\n\t\t}}\n\n\t\tlocation / {{", 1)
    peers, locations = "", ""
    for n, peer in enumerate(ports):
        peers += f"\tupstream peer{n} {{\n\t\tserver 127.0.0.1:{peer};\n\t\tkeepalive {CLIENTS};\n\t}}\n"
        locations += (f"\t\tlocation /peer{n}/ {{\n\t\t\tproxy_pass http://peer{n}/;\n"
                      "\t\t\tproxy_http_version 1.1;\n\t\t\tproxy_set_header Connection '';\n\t\t}\n")
    text = text.replace("\tserver {\n", peers + "\n\tserver {\n", 1)
    text = text.replace("\t\tlocation / {", locations + "\n\t\tlocation / {", 1)
    (where / "nginx.conf").write_text(text)
    (where / "tmp").mkdir()


def api_conf(where):
    """The stack's settings, but sockets of our own."""
    text = (stack_dir() / "etc" / "modelwright.conf").read_text()
    (where / "modelwright.conf").write_text(re.sub(r"(?m)^run_dir = .*$", f"run_dir = {where}", text))
    return where / "modelwright.conf"


def start(command, **more):
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)


def wait_port(port):
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on port {port}")


def lua(where, rows, token):
    bodies = ",\n".join("[[%s]]" % json.dumps({"features": r}) for r in rows)
    path = where / "post.lua"
    path.write_text(f"""local bodies = {{ {bodies} }}
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer {token}"
request = function()
	n = n % #bodies + 1
	return wrk.format(nil, nil, nil, bodies[n])
end
""")
    return path


UNIT = {"us": 1e-3, "ms": 1, "s": 1e3, "m": 6e4}


def wrk(url, script, seconds):
    out = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{seconds}s", "--latency", "-s", script, url],
                         capture_output=True, text=True, check=True).stdout
    pick = {p: float(v) * UNIT[u] for p, v, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)", out)}
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: .*", out)
    return {"rps": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), "p50_ms": pick["50"], "p99_ms": pick["99"],
            "bad": int(bad[1]) if bad else 0, "errors": errors[0] if errors else None}


def pss_mb(pids):
    total = 0
    for p in pids:
        try:
            total += int(re.search(r"Pss:\s+(\d+)", open(f"/proc/{p}/smaps_rollup").read())[1])
        except OSError:
            pass
    return round(total / 1024, 1)


def tree(pid):
    out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True).stdout.split()
    return [pid] + [q for p in out for q in tree(int(p))]


def same_numbers(client, model, url, rows):
    import requests
    worst = 0.0
    for r in rows[:50]:
        ours = client.post(f"/api/v1/inference/{model}", json={"features": r}).json()["probability"]
        theirs = requests.post(url, json={"features": r}).json()["probability"]
        worst = max(worst, abs(ours - theirs))
    return worst


def ratios(of, stock, tuned):
    ours = of["modelwright"]
    return {
        "to_best_fastapi": round(ours["rps"] / max(of[n]["rps"] for n in stock), 2),
        "to_best_fastapi_with_uvloop": round(ours["rps"] / max(of[n]["rps"] for n in tuned), 2),
        "to_pandas": round(ours["rps"] / of["fastapi_1_pandas"]["rps"], 1),
        "to_hello": round(ours["rps"] / of["hello"]["rps"], 3),
        "p99_to_p50": round(ours["p99_ms"] / ours["p50_ms"], 2),
    }


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--csv")
    p.add_argument("--target", default="target")
    p.add_argument("--positive")
    p.add_argument("--seconds", type=int, default=4)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--only", help="variants, with commas; then nothing is written")
    p.add_argument("--hello", default=str(ROOT / "build" / "bench" / "hello"))
    p.add_argument("--out", default=str(ROOT / "bench" / "results" / "http.json"))
    args = p.parse_args()
    access = json.loads((stack_dir() / "access.json").read_text())
    client = Client(access, "operator")
    model, bundle, rows, about = train(client, args)
    owner = (stack_dir() / "data").stat().st_uid if os.getuid() == 0 else None
    where = pathlib.Path(tempfile.mkdtemp(prefix="bench-http-"))
    if owner is not None:
        os.chown(where, owner, -1)
    started, results = [], {}
    try:
        port, *ports = (free_port() for _ in range(5))
        nginx_conf(where, port, where / "hello.sock", ports)
        api_conf(where)
        subprocess.run(["chown", "-R", str(owner or os.getuid()), where], check=True)
        hello = start([args.hello, where / "hello.sock", "4"], user=owner)
        started.append(hello)
        # A process of the stack would be scheduled apart from all the others.
        api = start([stack_dir() / "inst" / "sbin" / "modelwright-api", "-c", where / "modelwright.conf"], user=owner)
        started.append(api)
        started.append(start(["nginx", "-c", where / "nginx.conf", "-e", where / "nginx.log"], user=owner))
        env = {**os.environ, "MODEL": str(bundle), "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT / "bench" / "peers")}
        uvicorn = ["/usr/bin/python3", "-m", "uvicorn", "--no-access-log", "--log-level", "warning", "fastapi_app:app"]
        plain, fast = ["--loop", "asyncio", "--http", "h11"], ["--loop", "uvloop", "--http", "httptools"]
        peers = [start([*uvicorn, *how, "--port", str(q), "--workers", str(n)], env=env)
                 for (n, how), q in zip(((1, plain), (2, plain), (1, fast), (2, fast)), ports)]
        started += peers
        for q in (port, *ports):
            wait_port(q)
        difference = same_numbers(client, model, f"http://127.0.0.1:{ports[0]}/async", rows)
        script = lua(where, rows, client.token)
        variants = {
            "modelwright": f"http://127.0.0.1:{port}/api/v1/inference/{model}",
            "hello": f"http://127.0.0.1:{port}/hello",
            "modelwright_tls": access["base_url"] + f"/api/v1/inference/{model}",
            **{f"fastapi_{n}_{how}": f"http://127.0.0.1:{port}/peer{n - 1}/{how}"
               for n in (1, 2) for how in ("async", "sync")},
            **{f"fastapi_{n}_async_uvloop": f"http://127.0.0.1:{port}/peer{n + 1}/async" for n in (1, 2)},
            "fastapi_1_pandas": f"http://127.0.0.1:{port}/peer0/pandas",
        }
        variants = {n: u for n, u in variants.items() if not args.only or n in args.only.split(",")}
        for url in variants.values():
            wrk(url, script, 1)
        for _ in range(args.rounds):
            for name, url in variants.items():
                results.setdefault(name, []).append(wrk(url, script, args.seconds))
        memory = {"fastapi_1": pss_mb(tree(peers[0].pid)), "fastapi_2": pss_mb(tree(peers[1].pid)),
                  "hello": pss_mb(tree(hello.pid)),
                  "modelwright_api": pss_mb(tree(api.pid))}
    finally:
        for s in reversed(started):
            s.terminate()
    middle = {n: {k: statistics.median(r[k] for r in rs) for k in ("rps", "p50_ms", "p99_ms")} for n, rs in results.items()}
    if args.only:
        print(json.dumps(middle, indent=1))
        return
    # Other work on the machine only ever slows a round down: the best round of
    # each says most about what it costs.
    top = {n: max(rs, key=lambda r: r["rps"]) for n, rs in results.items()}
    stock = [n for n in middle if re.fullmatch(r"fastapi_\d_(a?sync)", n)]
    tuned = [n for n in middle if n.endswith("_uvloop")]
    doc = {
        "what": "one prediction: JSON in, JSON out", "clients": CLIENTS, "seconds": args.seconds, "rounds": args.rounds,
        "cores": os.cpu_count(), "load_before": os.getloadavg()[0],
        "table": args.csv and pathlib.Path(args.csv).name or "synthetic, 4000 rows",
        "model": {"learner": about["learner"], "rounds": about["rounds"],
                  "features": len(about["preparation"]["features"])},
        "largest_difference_of_a_probability": difference,
        "median": middle, "pss_mb": memory, "all": results,
        "ratios": ratios(middle, stock, tuned),
        "ratios_of_best_rounds": ratios(top, stock, tuned),
    }
    pathlib.Path(args.out).parent.mkdir(parents=True, exist_ok=True)
    pathlib.Path(args.out).write_text(json.dumps(doc, indent=1) + "\n")
    print(json.dumps({k: doc[k] for k in ("median", "ratios", "ratios_of_best_rounds", "pss_mb", "model",
                                          "largest_difference_of_a_probability")}, indent=1))


if __name__ == "__main__":
    main()
