#!/usr/bin/env python3
"""Samples of what a float64 forward pass gives for a model: probabilities, and entries of every named value.

  make_float64.py FOLDER-OF-llama_float64.py MODEL.gguf ../NAME-llama.cpp.json NAME.json

The tokens are those of the llama.cpp oracle. Masked scores are null. Needs numpy.
"""
import json, sys
import numpy as np

PER_VALUE = 24
PER_POSITION = 12


def sample(values, rng):
    flat = values.reshape(-1)
    index = rng.choice(flat.size, min(PER_VALUE, flat.size), replace=False)
    finite = np.abs(flat[np.isfinite(flat)])
    index[0] = np.argmax(np.where(np.isfinite(flat), np.abs(flat), -1))
    entries = [None if np.isinf(flat[i]) else float(f"{flat[i]:.9g}") for i in index]
    return dict(shape=values.shape, largest=float(f"{finite.max():.9g}"), index=[int(i) for i in index],
                value=entries)


def main(folder, model, oracle, out):
    sys.path.insert(0, folder)
    from llama_float64 import Gguf, forward, logprobs
    tokens = json.load(open(oracle))["tokens"]
    values = forward(Gguf(model), tokens)
    rng = np.random.default_rng(0)
    p = np.exp(logprobs(values["logits"]))
    positions = []
    for row in p:
        best = np.argsort(-row)[:PER_POSITION // 2]
        other = rng.choice(row.size, PER_POSITION // 2, replace=False)
        positions.append([[int(i), float(f"{row[i]:.9g}")] for i in [*best, *other]])
    entropy = -(p * np.log(np.maximum(p, 1e-300))).sum(-1)
    result = dict(tokens=tokens, probabilities=positions, entropy=[float(f"{e:.9g}") for e in entropy],
                  values={name: sample(v, rng) for name, v in values.items()})
    with open(out, "w") as f:
        f.write(json.dumps(result, separators=(",", ":")).replace('},"', '},\n"') + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
