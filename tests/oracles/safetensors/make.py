#!/usr/bin/env python3
"""Makes small.safetensors with the `safetensors` package (PyPI, with numpy): what our reader must read as it is.

  python3 tests/oracles/safetensors/make.py
"""
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

save_file(
    {
        "blk.0.resid_post": (np.arange(6, dtype=np.float32) / 4 - 0.5).reshape(2, 3),
        "half": np.array([1.0, -2.5, 65504.0], dtype=np.float16),
        "tokens": np.array([1, 50000, -1], dtype=np.int32),
        "wide": np.array([[2**40], [-3]], dtype=np.int64),
        "empty": np.zeros((0, 4), dtype=np.float32),
        "scalar": np.array(0.25, dtype=np.float32),
    },
    Path(__file__).with_name("small.safetensors"),
    metadata={"model": "none", "note": "ä \"quoted\""},
)
