"""The same prediction in FastAPI: one JSON row in, one JSON answer out.

MODEL is the bundle's directory.  The preparation is the bundle's own, read once
and applied with a dict look-up a feature, so that both sides score the same
numbers; /pandas makes a DataFrame of the row first, as tutorials do.
"""

import json
import os

import numpy as np
import pandas as pd
import xgboost as xgb
from fastapi import FastAPI
from pydantic import BaseModel

where = os.environ["MODEL"]
model = json.load(open(f"{where}/model.json"))
booster = xgb.Booster()
booster.load_model(f"{where}/booster.ubj")
booster.set_param({"nthread": 1})
prep = model["preparation"]
levels = {f["name"]: {v: i for i, v in enumerate(f.get("levels", []))} for f in prep["fields"]}
threshold = model.get("threshold") or 0.5
steps = []
for f in prep["features"]:
    missing = f.get("missing")
    steps.append((f["op"], f["field"], f.get("shift", 0), f.get("scale", 1),
                  np.nan if missing is None else missing, f.get("unknown"), f.get("table")))
app = FastAPI()


class Row(BaseModel):
    features: dict


def prepare(row):
    x = np.empty((1, len(steps)), dtype=np.float32)
    for i, (op, name, shift, scale, missing, unknown, table) in enumerate(steps):
        v = row.get(name)
        if v is None:
            x[0, i] = missing
        elif op == "number":
            x[0, i] = (v - shift) * scale
        elif op == "lookup":
            at = levels[name].get(str(v))
            x[0, i] = table[at] if at is not None else (np.nan if unknown is None else unknown)
        else:
            raise ValueError(op)
    return x


def answer(p):
    return {"prediction": bool(p >= threshold), "probability": float(p), "threshold": threshold}


@app.post("/sync")
def predict_sync(row: Row):
    return answer(booster.inplace_predict(prepare(row.features), validate_features=False)[0])


@app.post("/async")
async def predict_async(row: Row):
    return answer(booster.inplace_predict(prepare(row.features), validate_features=False)[0])


@app.post("/pandas")
def predict_pandas(row: Row):
    frame = pd.DataFrame([row.features])
    columns = {}
    for i, (op, name, shift, scale, missing, unknown, table) in enumerate(steps):
        if op == "number":
            columns[f"{i}"] = ((frame[name].astype(float) - shift) * scale).fillna(missing)
        else:
            columns[f"{i}"] = frame[name].astype(str).map(levels[name]).map(
                lambda at: table[int(at)] if at == at else np.nan)
    data = xgb.DMatrix(pd.DataFrame(columns).astype("float32").values)
    return answer(booster.predict(data, validate_features=False)[0])
