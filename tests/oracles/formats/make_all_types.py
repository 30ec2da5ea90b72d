#!/usr/bin/env python3
"""Writes all-types.gguf with the gguf package (PyPI): every type of metadata value, arrays of each, every number
format, one to four dimensions, an alignment of 64. Needs the *.blocks that make_formats.py writes.

  pip install gguf numpy
  python3 make_all_types.py && python3 describe_gguf.py all-types.gguf > all-types.json
"""
import pathlib

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
T, V = gguf.GGMLQuantizationType, gguf.GGUFValueType

writer = gguf.GGUFWriter(HERE / "all-types.gguf", "none")
writer.add_custom_alignment(64)
EXTREMES = {
    V.UINT8: [0, 255], V.INT8: [-128, 127], V.UINT16: [0, 65535], V.INT16: [-32768, 32767],
    V.UINT32: [0, 2**32 - 1], V.INT32: [-2**31, 2**31 - 1], V.UINT64: [0, 2**64 - 1],
    V.INT64: [-2**63, 2**63 - 1], V.FLOAT32: [-0.5, 3.4028234663852886e38], V.FLOAT64: [0.1, -1e300],
    V.BOOL: [False, True], V.STRING: ["", "gr\u00fc\u00dfe \u4f60\u597d"],
}
for kind, values in EXTREMES.items():
    name = kind.name.lower()
    for i, value in enumerate(values):
        writer.add_key_value(f"value.{name}.{i}", value, kind)
    writer.add_key_value(f"array.{name}", values + values[:1], V.ARRAY, sub_type=kind)

SHAPES = [(3, 256), (2, 1, 1, 512), (2, 2, 256), (512,)]
for i, kind in enumerate([T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1, T.Q4_K, T.Q5_K, T.Q6_K]):
    shape = SHAPES[i % len(SHAPES)]
    block, size = gguf.GGML_QUANT_SIZES[kind]
    count = int(np.prod(shape)) // block * size
    source = (HERE / f"{kind.name}.blocks").read_bytes()
    data = np.frombuffer((source * (count // len(source) + 1))[:count], np.uint8)
    writer.add_tensor(f"tensor.{kind.name}", data.reshape(*shape[:-1], shape[-1] // block * size), raw_dtype=kind)
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()
