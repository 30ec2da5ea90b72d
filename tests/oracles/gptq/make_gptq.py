#!/usr/bin/env python3
"""GPTQ (Frantar et al. 2022, algorithm 1) and AWQ's scale search, straight from the papers in numpy: no blocks, no tricks.

  python3 -m venv venv && venv/bin/pip install numpy && venv/bin/python make_gptq.py

layer.f32 holds weights (48, 256) and inputs (400, 256) of a random linear layer; gptq.json the squared error of the outputs
that each setting leaves, beside that of rounding alone.
"""
import json, os
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROWS, COLUMNS, TOKENS = 48, 256, 400


def layer():
    rng = np.random.default_rng(7)
    mix = rng.normal(size=(COLUMNS, COLUMNS)) * 0.15 + np.eye(COLUMNS)
    x = rng.normal(size=(TOKENS, COLUMNS)) @ mix * np.exp(rng.normal(size=COLUMNS))
    x[:, 17] = 0  # an input that is never there
    w = rng.normal(size=(ROWS, COLUMNS)) * 0.05
    return w.astype(np.float32), x.astype(np.float32)


def fit(w, bits, symmetric):
    """Scale (F16) and zero point per row of w."""
    most = 2 ** bits - 1
    low, high = np.minimum(w.min(1), 0), np.maximum(w.max(1), 0)
    if symmetric:
        return np.float16(2 * np.maximum(-low, high) / most).astype(np.float64), np.full(len(w), 2.0 ** (bits - 1))
    scale = np.float16((high - low) / most).astype(np.float64)
    return scale, np.clip(np.round(-low / scale), 1, most)


def rounded(w, scale, zero, bits):
    return scale * (np.clip(np.round(w / scale) + zero, 0, 2 ** bits - 1) - zero)


def plain(w, bits, group, symmetric):
    q = np.empty_like(w)
    for g in range(0, w.shape[1], group):
        part = slice(g, g + group)
        scale, zero = fit(w[:, part], bits, symmetric)
        q[:, part] = rounded(w[:, part], scale[:, None], zero[:, None], bits)
    return q


def gptq(w, x, bits, group, symmetric, by_importance, damping=0.01):
    w, x = w.astype(np.float64).copy(), x.astype(np.float64)
    h = x.T @ x
    dead = np.diag(h) == 0
    mean = np.mean(np.diag(h))
    h[dead, dead] = 1
    w[:, dead] = 0
    h += damping * mean * np.eye(len(h))
    order = np.argsort(-np.diag(x.T @ x), kind="stable") if by_importance else np.arange(len(h))
    w, h = w[:, order], h[order][:, order]
    u = np.linalg.cholesky(np.linalg.inv(h)).T  # upper, u^T u = h^-1
    q = np.zeros_like(w)
    for i in range(w.shape[1]):
        if i % group == 0:
            scale, zero = fit(w[:, i:i + group], bits, symmetric)
        q[:, i] = rounded(w[:, i], scale, zero, bits)
        w[:, i:] -= np.outer((w[:, i] - q[:, i]) / u[i, i], u[i, i:])
    result = np.empty_like(q)
    result[:, order] = q
    return result


def awq(w, x, bits, group, symmetric, steps=20):
    magnitude, best = np.abs(x).mean(0), None
    for step in range(steps):
        s = np.maximum(magnitude ** (step / steps), 1e-4)
        s = s / np.sqrt(s.min() * s.max())
        e = error(w, plain(w * s, bits, group, symmetric) / s, x)
        if best is None or e < best[0]:
            best = (e, step / steps)
    return best


def error(w, q, x):
    return float((((q - w) @ x.T.astype(np.float64)) ** 2).sum())


def main():
    w, x = layer()
    np.concatenate([w.ravel(), x.ravel()]).astype("<f4").tofile(HERE + "/layer.f32")
    cases = []
    w64, x64 = w.astype(np.float64), x.astype(np.float64)
    for bits in (2, 3, 4, 8):
        for group in (32, 128, COLUMNS):
            for symmetric in (True, False):
                row = dict(bits=bits, group=0 if group == COLUMNS else group, symmetric=symmetric,
                           plain=error(w64, plain(w64, bits, group, symmetric), x64))
                for by_importance in (False, True):
                    q = gptq(w, x, bits, group, symmetric, by_importance)
                    row["gptq_ordered" if by_importance else "gptq"] = error(w64, q, x64)
                row["awq"], row["awq_exponent"] = awq(w64, x64, bits, group, symmetric)
                cases.append(row)
                print(row)
    json.dump(dict(rows=ROWS, columns=COLUMNS, tokens=TOKENS, cases=cases), open(HERE + "/gptq.json", "w"), indent=0)


if __name__ == "__main__":
    main()
