#!/usr/bin/env python3
"""Writes the seeds of the GGUF fuzzer: small files, each with one thing in it or one thing wrong.

  python3 make_gguf_corpus.py
"""
import pathlib
import struct

OUT = pathlib.Path(__file__).parent / "corpus" / "gguf"
U8, I8, U16, I16, U32, I32, F32, BOOL, STRING, ARRAY, U64, I64, F64 = range(13)
CODES = {U8: "B", I8: "b", U16: "H", I16: "h", U32: "I", I32: "i", F32: "f", BOOL: "B", U64: "Q", I64: "q", F64: "d"}
FORMATS = {0: (1, 4), 1: (1, 2), 30: (1, 2), 2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34),
           12: (256, 144), 13: (256, 176), 14: (256, 210)}


def text(s):
    s = s if isinstance(s, bytes) else s.encode()
    return struct.pack("<Q", len(s)) + s


def value(kind, v):
    if kind == ARRAY:
        element, items = v
        return struct.pack("<IQ", element, len(items)) + b"".join(value(element, i) for i in items)
    return text(v) if kind == STRING else struct.pack("<" + CODES[kind], v)


def entry(key, kind, v):
    return text(key) + struct.pack("<I", kind) + value(kind, v)


def tensor(name, dims, kind, offset):
    return text(name) + struct.pack(f"<I{len(dims)}QIQ", len(dims), *dims, kind, offset)


def write(name, entries=(), tensors=(), data=b"", version=3, counts=None, alignment=32):
    n_tensors, n_entries = counts or (len(tensors), len(entries))
    out = b"GGUF" + struct.pack("<IQQ", version, n_tensors, n_entries) + b"".join(entries) + b"".join(tensors)
    out += b"\0" * (-len(out) % alignment) if tensors else b""
    (OUT / name).write_bytes(out + data)


OUT.mkdir(parents=True, exist_ok=True)
write("empty")
write("version-2", [entry("a", U32, 1)], version=2)
write("version-1", version=1)
write("big-endian", version=3 << 24)
for kind in CODES:
    write(f"value-{kind}", [entry("k", kind, 1), entry("list", ARRAY, (kind, [0, 1, 1]))])
write("value-strings", [entry("k", STRING, "gr\u00fc\u00dfe"), entry("list", ARRAY, (STRING, ["", "a", b"\xff"]))])
write("array-of-arrays", [entry("k", ARRAY, (ARRAY, [(U8, [1])]))])
write("array-2-63", [text("k") + struct.pack("<IIQ", ARRAY, U8, 1 << 63)])
write("counts-2-63", counts=(1 << 63, 1 << 63))
write("duplicate-key", [entry("k", U8, 1), entry("k", U8, 2)])
write("split", [entry("split.count", U16, 2)])
for kind, (block, size) in FORMATS.items():
    write(f"tensor-{kind}", [], [tensor("t", [block, 2], kind, 0)], bytes(range(256))[:size] * 2)
write("tensor-q2k", [], [tensor("t", [256], 10, 0)], b"\0" * 84)
write("alignment-64", [entry("general.alignment", U32, 64)],
      [tensor("a", [4], 0, 0), tensor("b", [4, 1, 2, 1], 1, 64)], b"\x3c" * 80, alignment=64)
write("overlap", [], [tensor("a", [16], 0, 0), tensor("b", [8], 0, 32)], b"\0" * 64)
write("past-end", [], [tensor("a", [1 << 40], 0, 0)], b"\0" * 64)
write("huge-shape", [], [tensor("a", [1 << 32, 1 << 32], 0, 0)], b"\0" * 64)
write("zero-dimension", [], [tensor("a", [0], 0, 0)], b"\0" * 64)
write("name-not-utf8", [], [tensor(b"\xff", [8], 0, 0)], b"\0" * 32)
(OUT / "text").write_bytes(b"not a model\n")
(OUT / "safetensors").write_bytes(struct.pack("<Q", 2) + b"{}")
