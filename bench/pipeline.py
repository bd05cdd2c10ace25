#!/usr/bin/python3
"""The whole pipeline from a CSV file to a model, beside the same in Python.

    bench/pipeline.py TRAIN.csv TEST.csv TARGET [-n TRIALS] [-b BUILDDIR] [-o OUT.json]

Both read the table, seal a fifth of it, search (the constant, logistic
regression, gradient-boosted trees and a random forest with their defaults on
five folds; then random configurations on two folds, of which the better quarter
goes on to all five; trees stop early by their own loss), and fit the best on
all development rows.  Ours also calibrates, chooses a threshold, bootstraps
every metric 1,000 times, explains, and writes the bundle; the Python script
does none of that.  Each is a process of its own, one after the other; wall
time, CPU time and peak resident memory are the process's.
"""
import argparse
import json
import os
import subprocess
import sys
import time

LEARNERS = ["baseline", "logistic", "xgboost", "random_forest"]


def peer(train, test, target, trials):
    import numpy as np
    import pandas as pd
    import xgboost as xgb
    from sklearn.compose import ColumnTransformer
    from sklearn.dummy import DummyClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    rng = np.random.default_rng(1)
    frame = pd.read_csv(train, na_values="?", skipinitialspace=True)
    y = (frame[target] == frame[target].value_counts().index[-1]).astype(int)
    x = frame.drop(columns=target)
    dev, _, y_dev, _ = train_test_split(x, y, test_size=0.2, stratify=y, random_state=1)
    y_dev = y_dev.to_numpy()
    numbers = dev.select_dtypes("number").columns
    texts = dev.columns.difference(numbers)
    one_hot = OneHotEncoder(handle_unknown="ignore", sparse_output=False)

    def preparation(learner):
        if learner in ("xgboost", "random_forest"):
            return ColumnTransformer([("n", "passthrough", numbers), ("t", one_hot, texts)])
        return ColumnTransformer([
            ("n", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
            ("t", one_hot, texts)])

    def boost(params, data, label, valid=None, valid_label=None, rounds=400):
        params = dict(params, objective="binary:logistic", tree_method="hist", nthread=2,
                      seed=1, base_score=float(label.mean()), eval_metric="logloss")
        forest = params.pop("trees", None)
        if forest:
            params.update(eta=1, num_parallel_tree=forest)
            rounds = 1
        d = xgb.DMatrix(data, label)
        if valid is None:
            return xgb.train(params, d, rounds), rounds
        patience = int(min(60, max(15, 3 / params["eta"])))
        b = xgb.train(params, d, rounds, evals=[(xgb.DMatrix(valid, valid_label), "v")],
                      early_stopping_rounds=patience, verbose_eval=False)
        return b, b.best_iteration + 1

    def fit(learner, params, data, label, valid=None, valid_label=None, rounds=400):
        if learner in ("xgboost", "random_forest"):
            b, rounds = boost(params, data, label, valid, valid_label, rounds)
            return (lambda z: b.predict(xgb.DMatrix(z), iteration_range=(0, rounds))), rounds
        if learner == "baseline":
            m = DummyClassifier(strategy="prior").fit(data, label)
        else:
            m = LogisticRegression(C=params["c"], penalty="l1" if params["l1"] else "l2",
                                   solver="liblinear", intercept_scaling=10).fit(data, label)
        return (lambda z: m.predict_proba(z)[:, 1]), 0

    folds = list(StratifiedKFold(5, shuffle=True, random_state=1).split(dev, y_dev))
    prepared = {}

    def fold(learner, i):
        kind = learner in ("xgboost", "random_forest")
        if (kind, i) not in prepared:
            a, b = folds[i]
            p = preparation(learner)
            prepared[kind, i] = (p.fit_transform(dev.iloc[a]), y_dev[a],
                                 p.transform(dev.iloc[b]), y_dev[b])
        return prepared[kind, i]

    def trial(learner, params, which):
        scores, rounds = [], []
        for i in which:
            xt, yt, xv, yv = fold(learner, i)
            predict, r = fit(learner, params, xt, yt, xv, yv)
            scores.append(roc_auc_score(yv, predict(xv)))
            rounds.append(r)
        return float(np.mean(scores)), learner, params, round(float(np.mean(rounds)))

    def log(a, b):
        return float(np.exp(rng.uniform(np.log(a), np.log(b))))

    def draw():
        learner = rng.choice(["xgboost", "logistic", "random_forest"], p=[12 / 17, 3 / 17, 2 / 17])
        if learner == "logistic":
            return learner, {"c": log(1e-3, 10), "l1": int(rng.integers(0, 2))}
        if learner == "random_forest":
            return learner, {"trees": int(rng.integers(50, 201)), "max_depth": int(rng.integers(5, 15)),
                             "min_child_weight": log(0.5, 10), "subsample": rng.uniform(0.5, 0.9),
                             "colsample_bynode": rng.uniform(0.1, 0.8), "lambda": log(0.01, 1)}
        return learner, {"eta": log(0.04, 0.3), "max_depth": int(rng.integers(2, 8)),
                         "min_child_weight": log(0.5, 20), "subsample": rng.uniform(0.5, 1),
                         "colsample_bytree": rng.uniform(0.3, 1), "lambda": log(0.1, 20),
                         "alpha": log(1e-3, 5), "gamma": log(1e-3, 2)}

    fixed = [("baseline", {}), ("logistic", {"c": 0.3, "l1": 0}),
             ("xgboost", {"eta": 0.1, "max_depth": 4, "subsample": 0.8, "colsample_bytree": 0.8}),
             ("random_forest", {"trees": 100, "max_depth": 10, "min_child_weight": 2,
                                "subsample": 0.632, "colsample_bynode": 0.4, "lambda": 0.1})]
    left = trials - len(fixed)
    raised = left // 4
    whole = [trial(*f, range(5)) for f in fixed]
    drawn = sorted((trial(*draw(), range(2)) for _ in range(left - raised)),
                   key=lambda t: -t[0])
    whole += [trial(t[1], t[2], range(5)) for t in drawn[:raised]]
    best = max(whole, key=lambda t: t[0])
    p = preparation(best[1])
    predict, _ = fit(best[1], best[2], p.fit_transform(dev), y_dev, rounds=max(1, best[3]))
    table = pd.read_csv(test, na_values="?", skipinitialspace=True)
    truth = (table[target] == frame[target].value_counts().index[-1]).astype(int)
    print(json.dumps({"auc": roc_auc_score(truth, predict(p.transform(table.drop(columns=target)))),
                      "validated": best[0], "best": best[1], "params": best[2], "rounds": best[3]}))


def measure(argv):
    begin = time.monotonic()
    # Both wait without spinning, as the platform starts its jobs.
    p = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True,
                         env=dict(os.environ, OMP_WAIT_POLICY="passive"))
    out = p.stdout.read()
    _, status, usage = os.wait4(p.pid, 0)
    wall = time.monotonic() - begin
    if status != 0:
        sys.exit(f"{argv[0]} ended with status {status}")
    return json.loads(out), {"wall_s": round(wall, 2),
                             "cpu_s": round(usage.ru_utime + usage.ru_stime, 2),
                             "peak_mib": round(usage.ru_maxrss / 1024, 1)}


def main():
    a = argparse.ArgumentParser()
    a.add_argument("train")
    a.add_argument("test")
    a.add_argument("target")
    a.add_argument("-n", "--trials", type=int, default=16)
    a.add_argument("-b", "--build", default="build")
    a.add_argument("-o", "--out", default="bench/results/pipeline.json")
    a.add_argument("--peer", action="store_true", help="only the Python side")
    o = a.parse_args()
    if o.peer:
        return peer(o.train, o.test, o.target, o.trials)
    mine, ours = measure([f"{o.build}/bench/train_one", "-n", str(o.trials), "-s", "100000", "-j", "2",
                          "-x", json.dumps({"learners": LEARNERS, "rounds_max": 400}),
                          "-t", o.test, o.train, o.target])
    ours.update(auc=mine["test"]["roc_auc"]["value"], best=mine["best"],
                search_s=round(mine["search_s"], 2))
    his, python = measure([sys.executable, "-P", __file__, "--peer", "-n", str(o.trials),
                           o.train, o.test, o.target])
    python.update(auc=his["auc"], best={"learner": his["best"], "params": his["params"]})
    result = {"what": "whole pipeline, table to model", "train": os.path.basename(o.train),
              "trials": o.trials, "modelwright": ours, "python": python,
              "ratios": {"wall": round(python["wall_s"] / ours["wall_s"], 2),
                         "cpu": round(python["cpu_s"] / ours["cpu_s"], 2),
                         "peak_memory": round(python["peak_mib"] / ours["peak_mib"], 2),
                         "auc_difference": round(ours["auc"] - python["auc"], 5)}}
    os.makedirs(os.path.dirname(o.out) or ".", exist_ok=True)
    with open(o.out, "w") as f:
        json.dump(result, f, indent=1)
        f.write("\n")
    json.dump(result, sys.stdout, indent=1)
    print()


if __name__ == "__main__":
    main()
