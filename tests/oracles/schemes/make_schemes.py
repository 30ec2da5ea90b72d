#!/usr/bin/env python3
"""Writes what bitsandbytes' own code books and blocks leave of weights.

  pip install bitsandbytes torch numpy
  python3 make_schemes.py

source.f32: 30 x 128 weights. nf4.f32, nf4-dq.f32, fp4.f32, fp4-dq.f32: the same
quantized to blocks of 64 and read back, by bitsandbytes' CPU backend. books.json: its code books.
"""
import json
import pathlib

import bitsandbytes.functional as F
import numpy as np
import torch

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(5)
x = rng.normal(0, 0.05, (30, 128)).astype("<f4")
x[3] *= 30
x[7] = 0
x[8, ::7] = 1.5
(HERE / "source.f32").write_bytes(x.tobytes())
w = torch.from_numpy(x)
for kind in ["nf4", "fp4"]:
    for nested in [False, True]:
        packed, state = F.quantize_4bit(w, blocksize=64, compress_statistics=nested, quant_type=kind)
        back = F.dequantize_4bit(packed, state)
        (HERE / f"{kind}{'-dq' if nested else ''}.f32").write_bytes(back.float().numpy().astype("<f4").tobytes())
books = {kind: sorted(F.get_4bit_type(kind, device="cpu").tolist()) for kind in ["nf4", "fp4"]}
books["dynamic"] = F.create_dynamic_map().tolist()
(HERE / "books.json").write_text(json.dumps(books) + "\n")
