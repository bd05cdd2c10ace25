#!/usr/bin/python3
"""Print tests/unit/ml_metric.h: predictions, and what scikit-learn makes of them.

    /usr/bin/python3 tests/unit/ml_metric.py > tests/unit/ml_metric.h
"""
import numpy as np
from sklearn import metrics as m

rng = np.random.default_rng(7)


def rows(name, values):
    text = ", ".join(repr(float(v)) for v in np.ravel(values))
    print(f"static const double {name}[] = {{ {text} }};")


def wanted(name, values):
    body = "\n".join(f"\t{{ METRIC_{k}, {float(v)!r} }}," for k, v in values.items())
    print(f"static const struct wanted {name}[] = {{\n{body}\n}};")


def ks(y, p):
    fpr, tpr, _ = m.roc_curve(y, p, drop_intermediate=False)
    return np.max(np.abs(tpr - fpr))


def binary(name, y, p, threshold):
    label = (p >= threshold).astype(int)
    rows(f"{name}_y", y)
    rows(f"{name}_p", p)
    wanted(f"{name}_wanted", {
        "ROC_AUC": m.roc_auc_score(y, p),
        "PR_AUC": m.average_precision_score(y, p),
        "LOG_LOSS": m.log_loss(y, p),
        "BRIER": m.brier_score_loss(y, p),
        "ACCURACY": m.accuracy_score(y, label),
        "F1": m.f1_score(y, label),
        "MCC": m.matthews_corrcoef(y, label),
        "KS": ks(y, p),
        "GINI": 2 * m.roc_auc_score(y, p) - 1,
        "BALANCED_ACCURACY": m.balanced_accuracy_score(y, label),
        "MACRO_F1": m.f1_score(y, label, average="macro"),
    })


print("/* Made by tests/unit/ml_metric.py with scikit-learn; do not edit. */")
print("/* clang-format off */")
y = rng.integers(0, 2, 60)
# Two digits make many ties, and some certain predictions that are wrong.
p = np.clip(np.round(0.35 * y + rng.uniform(0, 0.7, 60), 2), 0, 1)
p[3], p[7] = 0, 1
binary("tied", y, p, 0.5)
y = (rng.uniform(size=80) < 0.15).astype(int)
binary("rare", y, rng.beta(2, 5, 80) * (1 + 0.8 * y) / 2, 0.31)
binary("never", y, np.full(80, 0.15), 0.5)

y = rng.integers(0, 4, 70)
p = rng.dirichlet([1, 1, 1, 1], 70)
p[np.arange(70), y] += 0.5
p[:10] = np.round(p[:10], 1) + 1e-3
p /= p.sum(axis=1, keepdims=True)
label = p.argmax(axis=1)
one = np.eye(4)[y]
rows("multi_y", y)
rows("multi_p", p)
wanted("multi_wanted", {
    "ROC_AUC": m.roc_auc_score(y, p, multi_class="ovr", average="macro"),
    "PR_AUC": m.average_precision_score(one, p, average="macro"),
    "LOG_LOSS": m.log_loss(y, p),
    "BRIER": np.mean(np.sum((p - one) ** 2, axis=1)),
    "ACCURACY": m.accuracy_score(y, label),
    "F1": m.f1_score(y, label, average="weighted"),
    "MCC": m.matthews_corrcoef(y, label),
    "BALANCED_ACCURACY": m.balanced_accuracy_score(y, label),
    "MACRO_F1": m.f1_score(y, label, average="macro"),
})

y = np.round(rng.normal(10, 30, 50), 1)
y[4] = 0
p = y + rng.normal(0, 8, 50)
rows("value_y", y)
rows("value_p", p)
wanted("value_wanted", {
    "RMSE": m.mean_squared_error(y, p, squared=False),
    "MAE": m.mean_absolute_error(y, p),
    "R2": m.r2_score(y, p),
    "MAPE": m.mean_absolute_percentage_error(y, p),
})
print("/* clang-format on */")
