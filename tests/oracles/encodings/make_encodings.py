#!/usr/bin/env python3
"""Writes what others make of the same weights.

  pip install gguf numpy
  python3 make_encodings.py /path/to/libggml-base.so     # of any llama.cpp build, such as node-llama-cpp's (npm)

source.f32: 24 rows of 256 weights, and importance.f32: 256 of them. NAME.blocks: the blocks of the gguf package, for the
types that it quantizes. errors.json: for every type the sums of squared errors that ggml's own quantizer leaves, plain and
with importance, unweighted and weighted by importance, and those of rounding to nearest in the same layout.
"""
import ctypes
import json
import pathlib
import sys

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
T = gguf.GGMLQuantizationType
PACKAGE = [T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1]
K_TYPES = [T.Q2_K, T.Q3_K, T.Q4_K, T.Q5_K, T.Q6_K]
COLUMNS = 256


def source(rng):
    rows = [rng.normal(0, 0.05, COLUMNS) for _ in range(6)]
    rows += [rng.standard_t(3, COLUMNS) * 0.02 for _ in range(4)]  # outliers
    rows += [rng.normal(0.1, 0.02, COLUMNS), rng.normal(-0.1, 0.02, COLUMNS), rng.uniform(-1, 1, COLUMNS)]
    rows += [rng.normal(0, 1, COLUMNS) * np.geomspace(1e-3, 10, COLUMNS) for _ in range(2)]  # groups of unlike size
    rows += [np.zeros(COLUMNS), np.full(COLUMNS, 0.25), np.full(COLUMNS, -3.0), np.arange(COLUMNS) - 128.0]
    rows += [np.where(np.arange(COLUMNS) % 40 == 7, rng.normal(0, 1, COLUMNS), 0)]  # mostly zeros
    rows += [rng.normal(0, 300, COLUMNS), rng.normal(0, 1e-4, COLUMNS)]
    rows += [np.where(rng.random(COLUMNS) < 0.5, -0.5, 0.5), rng.integers(-8, 8, COLUMNS) * 0.125]  # ties
    return np.stack(rows).astype("<f4")


def ggml_blocks(library, kind, x, importance):
    size = x.size // gguf.GGML_QUANT_SIZES[kind][0] * gguf.GGML_QUANT_SIZES[kind][1]
    out = np.zeros(size, np.uint8)
    pointer = ctypes.POINTER(ctypes.c_float)
    weights = importance.ctypes.data_as(pointer) if importance is not None else None
    library.ggml_quantize_chunk(int(kind), x.ctypes.data_as(pointer), out.ctypes.data_as(ctypes.c_void_p),
                                ctypes.c_int64(0), ctypes.c_int64(x.shape[0]), ctypes.c_int64(x.shape[1]), weights)
    return out


def nearest(kind, x):
    """Rounding to nearest in the layout of a K type: scales from the range of each group, rounded to their few bits."""
    groups = 8 if kind in (T.Q4_K, T.Q5_K) else 16
    g = x.reshape(-1, groups, COLUMNS // groups).astype(np.float64)
    half = lambda v: v.astype(np.float16).astype(np.float64)
    if kind in (T.Q2_K, T.Q4_K, T.Q5_K):
        levels, most = {T.Q2_K: (3, 15), T.Q4_K: (15, 63), T.Q5_K: (31, 63)}[kind]
        low = np.minimum(g.min(-1, keepdims=True), 0)
        scale = (g.max(-1, keepdims=True) - low) / levels
        d, m = half(scale.max(1, keepdims=True) / most), half((-low).max(1, keepdims=True) / most)
        s = d * np.rint(scale / np.where(d > 0, d, 1))
        o = m * np.rint(-low / np.where(m > 0, m, 1))
        q = np.clip(np.rint((g + o) / np.where(s > 0, s, 1)), 0, levels)
        return (s * q - o).reshape(x.shape)
    levels, most = {T.Q3_K: (4, 32), T.Q6_K: (32, 128)}[kind]
    scale = np.abs(g).max(-1, keepdims=True) / (levels - 1)
    d = half(scale.max(1, keepdims=True) / (most - 1))
    s = d * np.rint(scale / np.where(d > 0, d, 1))
    q = np.clip(np.rint(g / np.where(s > 0, s, 1)), -levels, levels - 1)
    return (s * q).reshape(x.shape)


def main():
    rng = np.random.default_rng(11)
    x = source(rng)
    importance = (rng.chisquare(1, COLUMNS) + 0.01).astype("<f4")
    (HERE / "source.f32").write_bytes(x.tobytes())
    (HERE / "importance.f32").write_bytes(importance.tobytes())
    for kind in PACKAGE:
        (HERE / f"{kind.name}.blocks").write_bytes(gguf.quants.quantize(x, kind).tobytes())
    library = ctypes.CDLL(sys.argv[1])
    library.ggml_quantize_chunk.restype = ctypes.c_size_t

    def errors(y):
        """Per row: plain and weighted."""
        e = (y.astype(np.float64) - x) ** 2
        return {"plain": e.sum(-1).tolist(), "weighted": (e * importance).sum(-1).tolist()}

    decoded = lambda kind, blocks: gguf.quants.dequantize(blocks.reshape(x.shape[0], -1), kind)
    found = {}
    for kind in PACKAGE[2:] + K_TYPES:
        found[kind.name] = {"ggml": errors(decoded(kind, ggml_blocks(library, kind, x, None))),
                            "ggml_importance": errors(decoded(kind, ggml_blocks(library, kind, x, importance)))}
        if kind in K_TYPES:
            found[kind.name]["nearest"] = errors(nearest(kind, x))
        else:  # the package and ggml agree
            same = gguf.quants.quantize(x, kind).tobytes() == ggml_blocks(library, kind, x, None).tobytes()
            print(kind.name, "gguf and ggml agree" if same else "gguf and ggml DIFFER")
    text = json.dumps(found).replace('{"', '{\n"')
    (HERE / "errors.json").write_text(text + "\n")


main()
