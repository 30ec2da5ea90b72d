#!/usr/bin/env python3
"""Norms, changes, cosines and principal components by numpy in float64; writes states.json and pca.json beside this file.

  make_states.py FOLDER-OF-llama_float64.py

The hidden states are the demo model's over the first tokens of the float64 oracle. Needs numpy.
"""
import json, os, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
TOKENS, COMPONENTS, SHOWN = 40, 3, 8


def digits(values, count=9):
    return [None if np.isnan(x) else float(f"{x:.{count}g}") for x in np.asarray(values).reshape(-1)]


def components(states, directions):
    """Variances, axes (largest entry positive), mean and total variance."""
    if directions:
        states = states / np.linalg.norm(states, axis=1, keepdims=True)
    mean = states.mean(0)
    _, singular, axes = np.linalg.svd(states - mean, full_matrices=False)
    axes = axes[:COMPONENTS]
    axes = axes * np.sign(np.take_along_axis(axes, np.abs(axes).argmax(1)[:, None], 1))
    variance = singular ** 2 / len(states)
    return variance[:COMPONENTS], axes, mean, variance.sum()


def hidden_states(folder):
    sys.path.insert(0, folder)
    from llama_float64 import Gguf, forward
    tokens = json.load(open(os.path.join(ROOT, "tests/oracles/float64/demo.json")))["tokens"][:TOKENS]
    values = forward(Gguf(os.path.join(ROOT, "resources/demo-model/demo-f16.gguf")), tokens)
    layers = sum(name.endswith("resid_post") for name in values)
    stream = np.stack([values["embed"]] + [values[f"blk.{i}.resid_post"] for i in range(layers)])
    norm = np.linalg.norm(stream, axis=-1)
    none = np.full((1, TOKENS), np.nan)

    def change(name):
        return np.concatenate([none, [np.linalg.norm(values[f"blk.{i}.{name}"], axis=-1) for i in range(layers)]])

    def cosine(a, b):
        return (a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)

    measures = {"norm": norm, "attention": change("attn.out"), "feed-forward": change("ffn.out"),
                "cosine-before": np.concatenate([none, cosine(stream[1:], stream[:-1])]),
                "cosine-last": cosine(stream, stream[-1:])}
    paths = []
    for directions in (False, True):
        states = stream.transpose(1, 0, 2).reshape(-1, stream.shape[-1])
        variance, axes, mean, total = components(states, directions)
        path = stream[:, 10]
        if directions:
            path = path / np.linalg.norm(path, axis=1, keepdims=True)
        paths.append(dict(directions=directions, variance=digits(variance), total=digits(total)[0], token=10,
                          path=digits((path - mean) @ axes.T)))
    return dict(tokens=tokens, rows=layers + 1, measures={k: digits(v) for k, v in measures.items()}, pca=paths)


def numbers(count, width):
    """As tests/core/inspect/pca_test.cpp makes them, to the bit."""
    state, values = 1, np.empty(count * width, np.float32)
    for i in range(values.size):
        state = (state * 1664525 + 1013904223) % 2 ** 32
        values[i] = np.float32(state >> 8) / np.float32(2 ** 24)
    scale = np.float32(1) / (np.arange(width, dtype=np.float32) + np.float32(1))
    return values.reshape(count, width) * scale


def pca_cases():
    for count, width, directions in ((300, 40, False), (300, 40, True), (30, 100, False), (300, 260, False)):
        variance, axes, mean, total = components(numbers(count, width).astype(np.float64), directions)
        yield dict(count=count, width=width, directions=directions, variance=digits(variance), total=digits(total)[0],
                   axes=[digits(axis[:SHOWN]) for axis in axes], mean=digits(mean[:SHOWN]))


def main(folder):
    for name, value in (("states", hidden_states(folder)), ("pca", list(pca_cases()))):
        with open(os.path.join(HERE, name + ".json"), "w") as f:
            f.write(json.dumps(value, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
