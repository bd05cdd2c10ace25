#!/usr/bin/python3
"""The README's table of figures, from bench/results/*.json.

	bench/table.py		print it
	bench/table.py --write	put it into README.md, between its two marks

A figure stands beside what was aimed at, reached or not.
"""
import json
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- bench/table.py -->", "<!-- end -->"


def result(name):
    try:
        return json.loads((TOP / "bench/results" / f"{name}.json").read_text())
    except FileNotFoundError:
        return None


def rows():
    if d := result("http"):
        r, m = d["ratios"], d["median"]["modelwright"]
        yield ("one prediction over HTTP, 16 clients", f"{m['rps']:,.0f} a second, p50 {m['p50_ms']:.2f} ms")
        yield ("- beside the best FastAPI + python3-xgboost", f"{r['to_best_fastapi']:.1f} ×", "≥ 5 ×")
        if "to_best_fastapi_with_uvloop" in r:
            yield ("- beside it with uvloop and httptools, which Debian's uvicorn does without", f"{r['to_best_fastapi_with_uvloop']:.1f} ×", "≥ 5 ×")
        yield ("- beside the same with pandas in the handler", f"{r['to_pandas']:.0f} ×", "≥ 50 ×")
        yield ("- beside a FastCGI \"hello\"", f"{r['to_hello']:.2f} ×", "≥ 0.85 ×")
        yield ("- p99 to p50", f"{r['p99_to_p50']:.1f} ×", "≤ 4 ×")
    if d := result("scorer"):
        want = {"100 trees, depth 6": "≥ 20 ×", "500 trees, depth 8": "≥ 6 ×"}
        for m in d["models"]:
            one = m["single_row"]
            yield (f"packed scorer, one row, {m['model']}",
                   f"{one['packed_ns']:,} ns, {one['ratio']:.0f} × libxgboost; "
                   f"{m['differences']} of {m['rows_compared']:,} rows differ",
                   want.get(m["model"], "0 differ"))
            yield ("- its SHAP values", f"{m['contributions']['ratio']:.1f} × libxgboost", "≥ 5 ×")
    if d := result("queue"):
        for name, r in d["ratios"].items():
            aim = f"≥ {r['at_least']}" if "at_least" in r else f"≤ {r['at_most']}"
            yield ("queue: " + name, f"{r['value']:.3g}", aim)
    if d := result("profile"):
        t, ours = d["times_faster"], d["runs"]["modelwright"]
        yield ("profile of 10⁶ × 20 CSV", f"{ours['wall_s']:.2f} s, {ours['anonymous_mb']:.0f} MB beside the file")
        yield ("- beside pandas", f"{t['pandas']:.1f} ×", "≥ 8 ×")
        yield ("- beside DuckDB SUMMARIZE, 2 threads", f"{t['duckdb_2_threads']:.1f} ×", "≥ 4 ×")
    if d := result("pipeline"):
        a, b, r = d["modelwright"], d["python"], d["ratios"]
        yield ("whole pipeline on Adult, beside scikit-learn + XGBoost",
               f"{r['wall']:.1f} × faster, {r['peak_memory']:.1f} × less memory")
        yield ("- AUC on the published test part", f"{a['auc']:.4f} beside {b['auc']:.4f}", "≥ Python's")
    if d := result("stream"):
        for c in d.get("cases", []):
            yield ("stream: " + c["what"], f"p50 {c['p50_ms']:.1f} ms, p99 {c['p99_ms']:.1f} ms")
    if d := result("rest"):
        yield ("the stack at rest, without PostgreSQL", f"{d['total_pss_mb']:.0f} MB (PSS)", "≤ 60 MB")


def table():
    lines = ["| what | measured | aim |", "|---|---|---|"]
    for row in rows():
        what, figure, aim = (row + ("",))[:3]
        lines.append(f"| {what} | {figure} | {aim} |")
    return "\n".join(lines)


if "--write" in sys.argv:
    readme = TOP / "README.md"
    text = readme.read_text()
    readme.write_text(re.sub(f"{re.escape(BEGIN)}.*?{re.escape(END)}",
                             lambda _: f"{BEGIN}\n{table()}\n{END}", text, flags=re.S))
else:
    print(table())
