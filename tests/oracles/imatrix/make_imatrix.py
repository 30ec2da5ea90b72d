#!/usr/bin/env python3
"""Writes importance matrices in both of llama.cpp's formats, as tools/imatrix/imatrix.cpp there writes them.

  pip install gguf numpy
  python3 make_imatrix.py

small.gguf and small.dat hold the same: two weights of 4 and 6 columns, 1024 tokens in 2 chunks of 512; column k of the
first has the mean k + 0.5, of the second (k + 1) / 8.
"""
import pathlib
import struct

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
MEANS = {"blk.0.attn_q.weight": np.arange(4) + 0.5, "blk.0.ffn_down.weight": (np.arange(6) + 1) / 8}
TOKENS, CHUNKS, TEXT = 1024, 2, "wiki.train.raw"

writer = gguf.GGUFWriter(HERE / "small.gguf", "none")
writer.kv_data[0].clear()  # llama-imatrix writes no architecture
writer.add_type("imatrix")
writer.add_array("imatrix.datasets", [TEXT])
writer.add_uint32("imatrix.chunk_count", CHUNKS)
writer.add_uint32("imatrix.chunk_size", TOKENS // CHUNKS)
for name, means in MEANS.items():
    writer.add_tensor(name + ".in_sum2", (means * TOKENS).astype(np.float32).reshape(1, -1))
    writer.add_tensor(name + ".counts", np.array([[TOKENS]], np.float32))
writer.write_header_to_file()
writer.write_kv_data_to_file()
writer.write_tensors_to_file()
writer.close()

old = struct.pack("<i", len(MEANS))
for name, means in MEANS.items():
    old += struct.pack("<i", len(name)) + name.encode() + struct.pack("<ii", CHUNKS, len(means))
    old += (means * CHUNKS).astype("<f4").tobytes()
old += struct.pack("<ii", CHUNKS, len(TEXT)) + TEXT.encode()
(HERE / "small.dat").write_bytes(old)
