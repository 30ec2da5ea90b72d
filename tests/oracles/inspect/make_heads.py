#!/usr/bin/env python3
"""Head scores of random attention patterns by numpy in float64; writes heads.json beside this file. Needs numpy.

Previous token, duplicate token, induction, sink, self and local, as core/inspect/head_scores.h says them.
"""
import json, os
import numpy as np

T, HEADS, LOCAL = 24, 3, 8


def scores(pattern, tokens):
    t = np.arange(T)
    same = (tokens[:, None] == tokens[None, :]) & (t[None, :] < t[:, None])
    after = np.zeros_like(same)
    after[:, 1:] = same[:, :-1]
    after &= t[None, :] < t[:, None]
    near = (t[None, :] >= t[:, None] - LOCAL) & (t[None, :] < t[:, None])

    def mean(mask, rows):
        return float((pattern * mask).sum(1)[rows].mean()) if rows.any() else 0.0

    return [mean(np.eye(T, k=-1), t > 0), mean(same, same.any(1)), mean(after, after.any(1)),
            mean(t[None, :] == 0, t > 0), mean(np.eye(T), t > 0), mean(near, t > LOCAL)]


def main():
    rng = np.random.default_rng(7)
    tokens = rng.integers(0, 9, T)
    logits = rng.normal(0, 2, (HEADS, T, T))
    logits[:, np.triu_indices(T, 1)[0], np.triu_indices(T, 1)[1]] = -np.inf
    weights = np.exp(logits)
    patterns = np.round(weights / weights.sum(-1, keepdims=True), 7)
    heads = [dict(pattern=[float(x) for x in p.reshape(-1)], scores=scores(p, tokens)) for p in patterns]
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "heads.json"), "w") as f:
        json.dump(dict(tokens=[int(x) for x in tokens], heads=heads), f, separators=(",", ":"))


if __name__ == "__main__":
    main()
