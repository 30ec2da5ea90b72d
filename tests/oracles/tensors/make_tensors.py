#!/usr/bin/env python3
"""Range, histogram, outliers, picture and singular values of weights by numpy; writes tensors.json beside this file.

Weights of the demo model and of ../formats/all-types.gguf as the gguf package (PyPI) decodes them, and one made of numbers
that tests/core/inspect/tensor_stats_test.cpp makes too. Needs numpy and gguf.
"""
import json, os
import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
BINS, SIDE, LARGEST, OUTLIER = 96, 192, 24, 6
DEMO, TYPES = "resources/demo-model/demo-f16.gguf", "tests/oracles/formats/all-types.gguf"
FILES = {DEMO: ["token_embd.weight", "blk.0.attn_norm.weight", "blk.2.ffn_down.weight", "blk.5.attn_k.weight"],
         TYPES: ["tensor.F16", "tensor.Q8_0", "tensor.Q4_K", "tensor.Q4_1"]}


def digits(values, count=8):
    return [float(f"{x:.{count}g}") for x in np.asarray(values).reshape(-1)]


def numbers(count, width):
    state, values = 1, np.empty(count * width, np.float32)
    for i in range(values.size):
        state = (state * 1664525 + 1013904223) % 2 ** 32
        values[i] = np.float32(state >> 8) / np.float32(2 ** 24)
    return values.reshape(count, width) / (np.arange(width, dtype=np.float32) + np.float32(1))


def picture(w):
    rows, columns = w.shape
    high, wide = min(rows, SIDE), min(columns, SIDE)
    row, column = np.arange(rows) * high // rows, np.arange(columns) * wide // columns
    finite = np.where(np.isfinite(w), w, 0)
    strongest, sums, counts = np.zeros((high, wide)), np.zeros((high, wide)), np.zeros((high, wide))
    cells = (row[:, None] * wide + column[None, :]).reshape(-1)
    np.add.at(sums.reshape(-1), cells, finite.reshape(-1))
    np.add.at(counts.reshape(-1), cells, np.isfinite(w).reshape(-1))
    np.maximum.at(strongest.reshape(-1), cells, np.abs(finite).reshape(-1))
    place = np.random.default_rng(3).choice(high * wide, min(12, high * wide), replace=False)
    mean = sums / np.maximum(counts, 1)
    return dict(rows=high, columns=wide, place=[int(p) for p in place],
                strongest=digits(strongest.reshape(-1)[place]), mean=digits(mean.reshape(-1)[place]))


def describe(w):
    w = w.astype(np.float64)
    all_of = w.reshape(-1)
    x = all_of[np.isfinite(all_of)]
    mean, deviation = x.mean(), x.std()
    low, high = max(x.min(), mean - OUTLIER * deviation), min(x.max(), mean + OUTLIER * deviation)
    order = np.lexsort((np.arange(all_of.size), -np.abs(np.where(np.isfinite(all_of), all_of, 0))))[:LARGEST]
    singular = np.linalg.svd(np.where(np.isfinite(w), w, 0), compute_uv=False)
    return dict(count=x.size, not_finite=all_of.size - x.size, zeros=int((x == 0).sum()),
                range=digits([x.min(), x.max()]), mean=digits(mean)[0], deviation=digits(deviation)[0],
                squares=digits((x * x).sum())[0], histogram_range=digits([low, high]),
                histogram=[int(n) for n in np.histogram(x, BINS, (low, high))[0]] if high > low else None,
                outliers=int((np.abs(x - mean) > OUTLIER * deviation).sum()),
                largest=[[int(i // w.shape[1]), int(i % w.shape[1]), float(f"{all_of[i]:.8g}")] for i in order],
                singular=digits(singular[:32]), smallest=digits(singular[-1])[0], image=picture(w))


def main():
    result = {}
    for path, names in FILES.items():
        tensors = {t.name: t for t in gguf.GGUFReader(os.path.join(ROOT, path)).tensors}
        for name in names:
            t = tensors[name]
            with np.errstate(all="ignore"):
                w = gguf.quants.dequantize(t.data, t.tensor_type)
            result[name] = dict(file=path, **describe(w.reshape(-1, int(t.shape[0]))))
    made = numbers(300, 260)
    made[3, 7], made[200, 12], made[5, 5], made[9, 0] = 40, -55, np.nan, np.inf
    result["made"] = describe(made)
    with open(os.path.join(HERE, "tensors.json"), "w") as f:
        f.write(json.dumps(result, separators=(",", ":")).replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main()
