#!/usr/bin/env python3
"""What rounding the inputs of matrices to 8 bits does: a small tensor in float32, and the demo model in float64.

  make_int8_activations.py FOLDER-OF-llama_float64.py ../../../resources/demo-model/demo-f16.gguf ../demo-llama.cpp.json demo.json

"rows": dynamic (one scale per row) and static (one for all, range 1.5) of the same numbers. The model reads the tokens of the
llama.cpp oracle: as it is, with dynamic scales, with dynamic scales before the output matrix too, and with static ones whose
ranges it reached itself on these tokens. Rounding is not smooth: a number near the edge of two levels goes to the one or the other
by its last bit, and what follows moves by a level. "noise" is what float64 itself makes of it: the mean change of a log-probability
when every weight is off by so much of itself, the largest of three times. Needs numpy.
"""
import json, sys
import numpy as np

PER_POSITION = 12
READ_BY = dict(attn_q="attn.norm", attn_k="attn.norm", attn_v="attn.norm", attn_output="attn.z", ffn_gate="ffn.norm",
               ffn_up="ffn.norm", ffn_down="ffn.act")


def rounded(x, largest=None):
    """Rows to INT8 and back; `largest`: of a static scale."""
    scale = (np.abs(x).max(-1, keepdims=True) if largest is None else x.dtype.type(largest)) / x.dtype.type(127)
    safe = np.where(scale > 0, scale, 1)
    return np.where(scale > 0, np.clip(np.rint(x / safe), -127, 127) * safe, x)


class Rounding:
    """A matrix that rounds what is multiplied with it."""
    __array_ufunc__ = None

    def __init__(self, matrix, largest):
        self.matrix, self.largest = matrix, largest

    @property
    def T(self):
        return self

    def __rmatmul__(self, x):
        return rounded(x, self.largest) @ self.matrix.T

    def __getitem__(self, tokens):  # a tied embedding
        return self.matrix[tokens]


def with_rounding(model, ranges, everything):
    tensors = dict(model.t)
    for name, matrix in model.t.items():
        parts = name.split(".")
        if parts[0] == "blk" and parts[2] in READ_BY:
            value = f"blk.{parts[1]}.{READ_BY[parts[2]]}"
            tensors[name] = Rounding(matrix, None if ranges is None else ranges[value])
    if everything:
        last = "output.weight" if "output.weight" in tensors else "token_embd.weight"
        tensors[last] = Rounding(model.t[last], None if ranges is None else ranges["final_norm"])
    return tensors


def noise(forward, logprobs, model, tokens, expected, listed, rounding, size):
    tensors, most = model.t, 0.0
    for seed in range(3):
        rng = np.random.default_rng(seed)
        model.t = {name: t * (1 + size * rng.standard_normal(t.shape)) for name, t in tensors.items()}
        if rounding:
            model.t = with_rounding(model, *rounding)
        found = np.take_along_axis(logprobs(forward(model, tokens)["logits"]), listed, -1)
        most = max(most, float(np.abs(found - expected).mean()))
    model.t = tensors
    return most


def main(folder, path, oracle, out):
    sys.path.insert(0, folder)
    from llama_float64 import Gguf, forward, logprobs
    rng = np.random.default_rng(8)
    x = rng.standard_normal((4, 9)).astype(np.float32)
    x[0, 3] = 40  # an outlier costs its row
    x[2] = 0
    x[3] = np.float32(127) * x[3] / np.abs(x[3]).max()  # levels of 1: ties
    x[3, :2] = [2.5, -3.5]
    rows = dict(x=x.tolist(), dynamic=rounded(x).tolist(), static=rounded(x, 1.5).tolist())

    tokens = json.load(open(oracle))["tokens"]
    model = Gguf(path)
    plain = forward(model, tokens)
    ranges = {name: float(np.abs(v).max()) for name, v in plain.items() if np.isfinite(v).all()}
    tensors = model.t
    modes, roundings = {"plain": plain["logits"]}, {"plain": None}
    for name, chosen, everything in (("dynamic", None, False), ("dynamic:all", None, True), ("static", ranges, False)):
        roundings[name] = (chosen, everything)
        model.t = with_rounding(model, chosen, everything)
        modes[name] = forward(model, tokens)["logits"]
        model.t = tensors
    best = np.argsort(-plain["logits"], -1)[:, :PER_POSITION // 2]
    other = rng.integers(0, plain["logits"].shape[-1], best.shape)
    listed = np.concatenate([best, other], 1)
    picked = {name: np.take_along_axis(logprobs(z), listed, -1) for name, z in modes.items()}
    result = dict(rows=rows, tokens=tokens, listed=listed.tolist(),
                  ranges={k: float(f"{v:.9g}") for k, v in ranges.items() if k == "final_norm" or k.split(".", 2)[-1] in READ_BY.values()},
                  modes={name: dict(loss=float(-np.take_along_axis(logprobs(z)[:-1], np.array(tokens[1:])[:, None], -1).mean()),
                                    logprobs=[[float(f"{v:.7g}") for v in row] for row in picked[name]],
                                    noise={str(size): noise(forward, logprobs, model, tokens, picked[name], listed, roundings[name], size)
                                           for size in (1e-7, 1e-6)})
                         for name, z in modes.items()})
    with open(out, "w") as f:
        f.write(json.dumps(result, separators=(",", ":")).replace('},"', '},\n"') + "\n")
    for name, mode in result["modes"].items():
        moved = np.abs(np.array(mode["logprobs"]) - np.array(result["modes"]["plain"]["logprobs"])).mean()
        print(name, "loss", mode["loss"], "log-probabilities moved by", moved, "noise", mode["noise"])


if __name__ == "__main__":
    main(*sys.argv[1:])
