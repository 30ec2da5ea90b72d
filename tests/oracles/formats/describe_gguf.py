#!/usr/bin/env python3
"""Prints what the gguf package (PyPI) reads of a GGUF file, as JSON.

  pip install gguf numpy
  python3 describe_gguf.py ../../../resources/demo-model/demo-f16.gguf > demo.json
  python3 describe_gguf.py all-types.gguf > all-types.json

Metadata: key -> [type, value], of arrays ["array", element type, count, CRC-32 of the items as the
file holds them]. Tensors: name -> [type, shape outermost first, offset, bytes, CRC-32 of the bytes].
Given a file that Cutaway wrote, it shows that others can read it.
"""
import json
import sys
import zlib

import gguf

NAMES = ["u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "string", "array", "u64", "i64", "f64"]


def describe(field):
    if field.types[0] != gguf.GGUFValueType.ARRAY:
        return [NAMES[field.types[0]], field.contents()]
    strings = field.types[1] == gguf.GGUFValueType.STRING
    # A string has two parts, its length and its bytes; `data` names the second.
    parts = [field.parts[i - 1].tobytes() + field.parts[i].tobytes() if strings else field.parts[i].tobytes()
             for i in field.data]
    return ["array", NAMES[field.types[1]], len(parts), zlib.crc32(b"".join(parts))]


def lines(items):
    return ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in items.items())


reader = gguf.GGUFReader(sys.argv[1])
metadata = {k: describe(f) for k, f in reader.fields.items() if not k.startswith("GGUF.")}
tensors = {t.name: [t.tensor_type.name, [int(n) for n in reversed(t.shape)], int(t.data_offset), int(t.n_bytes),
                    zlib.crc32(t.data.tobytes())] for t in reader.tensors}
print(f'{{"metadata": {{\n{lines(metadata)}\n}},\n"tensors": {{\n{lines(tensors)}\n}}}}')
