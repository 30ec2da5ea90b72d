#!/usr/bin/env python3
"""Write a GGUF model of random weights in a real model's shape: speed does not depend on what the weights say.

  tests/bench/make_model.py OUT.gguf --shape llama-3.1-8b --type q4_k_m

Needs Python alone. Types: f16, q8_0, q4_0, and q4_k_m, the mix people download: Q4_K, with Q6_K for the output, half of the
value and half of the down projections; rows that are no multiple of 256 get Q5_0 and Q8_0 instead, as llama.cpp does it.
"""
import argparse
import random
import struct

SHAPES = {  # layers, width, heads, key-value heads, feed-forward, vocabulary, context, head width, tied output
    "tiny": (2, 256, 4, 2, 512, 512, 512, 64, True),
    "smollm2-135m": (30, 576, 9, 3, 1536, 49152, 8192, 64, True),
    "llama-3.2-1b": (16, 2048, 32, 8, 8192, 128256, 131072, 64, True),
    "llama-3.1-8b": (32, 4096, 32, 8, 14336, 128256, 131072, 128, False),
}
UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY = 4, 5, 6, 7, 8, 9
ALIGNMENT = 32
rng = random.Random(1)


def half(value):
    return struct.pack("<e", value)


def f16_block():
    """One weight around 2^-6, of either sign."""
    return struct.pack("<H", rng.getrandbits(1) << 15 | 9 << 10 | rng.getrandbits(10))


# number of the type in the file, weights per block, bytes per block, one random block
FORMATS = {
    "F32": (0, 1, 4, lambda: struct.pack("<f", 1.0)),
    "F16": (1, 1, 2, f16_block),
    "Q4_0": (2, 32, 18, lambda: half(0.004) + rng.randbytes(16)),
    "Q5_0": (6, 32, 22, lambda: half(0.002) + rng.randbytes(20)),
    "Q8_0": (8, 32, 34, lambda: half(0.0003) + rng.randbytes(32)),
    "Q4_K": (12, 256, 144, lambda: half(0.0001) + half(0.00075) + rng.randbytes(140)),
    "Q6_K": (14, 256, 210, lambda: rng.randbytes(208) + half(0.00001)),
}
FALLBACK = {"Q4_K": "Q5_0", "Q6_K": "Q8_0"}
PLAIN = {"f16": "F16", "q8_0": "Q8_0", "q4_0": "Q4_0"}


def mixed_format(name, layer, layers):
    """As llama.cpp's Q4_K_M: better precision where it was found to matter, and in every third layer between."""
    if name in ("token_embd.weight", "output.weight"):
        return "Q6_K"
    better = layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
    return "Q6_K" if better and name.endswith(("attn_v.weight", "ffn_down.weight")) else "Q4_K"


def format_of(name, columns, kind, layer, layers):
    if "norm" in name:
        return "F32"
    wanted = PLAIN.get(kind) or mixed_format(name, layer, layers)
    return FALLBACK.get(wanted, wanted) if columns % FORMATS[wanted][1] != 0 else wanted


def tensors(shape, kind):
    """(name, rows or None, columns, format) in the file's order."""
    layers, width, heads, kv_heads, ffn, vocabulary, _, head_width, tied = shape
    named = [("token_embd.weight", vocabulary, width, None), ("output_norm.weight", None, width, None)]
    if not tied:
        named.append(("output.weight", vocabulary, width, None))
    for i in range(layers):
        named += [
            (f"blk.{i}.attn_norm.weight", None, width, i),
            (f"blk.{i}.attn_q.weight", heads * head_width, width, i),
            (f"blk.{i}.attn_k.weight", kv_heads * head_width, width, i),
            (f"blk.{i}.attn_v.weight", kv_heads * head_width, width, i),
            (f"blk.{i}.attn_output.weight", width, heads * head_width, i),
            (f"blk.{i}.ffn_norm.weight", None, width, i),
            (f"blk.{i}.ffn_gate.weight", ffn, width, i),
            (f"blk.{i}.ffn_up.weight", ffn, width, i),
            (f"blk.{i}.ffn_down.weight", width, ffn, i),
        ]
    return [(name, rows, columns, format_of(name, columns, kind, layer or 0, layers)) for name, rows, columns, layer in named]


def string(text):
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def array(element, items, pack):
    return struct.pack("<IQ", element, len(items)) + b"".join(pack(item) for item in items)


def metadata(shape, name):
    layers, width, heads, kv_heads, ffn, vocabulary, context, head_width, _ = shape
    tokens = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    tokens += [f"\u2581w{i}" for i in range(vocabulary - len(tokens))]
    kinds = [2, 3, 3] + [6] * 256 + [1] * (vocabulary - 259)
    u32 = lambda value: struct.pack("<II", UINT32, value)
    return {
        "general.architecture": struct.pack("<I", STRING) + string("llama"),
        "general.name": struct.pack("<I", STRING) + string(name),
        "llama.block_count": u32(layers),
        "llama.context_length": u32(context),
        "llama.embedding_length": u32(width),
        "llama.feed_forward_length": u32(ffn),
        "llama.attention.head_count": u32(heads),
        "llama.attention.head_count_kv": u32(kv_heads),
        "llama.attention.key_length": u32(head_width),
        "llama.attention.value_length": u32(head_width),
        "llama.rope.dimension_count": u32(head_width),
        "llama.rope.freq_base": struct.pack("<If", FLOAT32, 500000.0),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", FLOAT32, 1e-5),
        "llama.vocab_size": u32(vocabulary),
        "tokenizer.ggml.model": struct.pack("<I", STRING) + string("llama"),
        "tokenizer.ggml.tokens": struct.pack("<I", ARRAY) + array(STRING, tokens, string),
        "tokenizer.ggml.scores": struct.pack("<I", ARRAY)
        + array(FLOAT32, range(vocabulary), lambda i: struct.pack("<f", -i)),
        "tokenizer.ggml.token_type": struct.pack("<I", ARRAY) + array(INT32, kinds, lambda kind: struct.pack("<i", kind)),
        "tokenizer.ggml.bos_token_id": u32(1),
        "tokenizer.ggml.eos_token_id": u32(2),
        "tokenizer.ggml.add_bos_token": struct.pack("<I?", BOOL, False),
    }


def padding(size):
    return -size % ALIGNMENT


def write_model(path, shape_name, kind):
    shape = SHAPES[shape_name]
    listed = tensors(shape, kind)
    entries = metadata(shape, f"random {shape_name} {kind}")
    header = b"GGUF" + struct.pack("<IQQ", 3, len(listed), len(entries))
    header += b"".join(string(key) + value for key, value in entries.items())
    sizes, offset = [], 0
    for name, rows, columns, form in listed:
        number, weights, block, _ = FORMATS[form]
        size = (rows or 1) * columns // weights * block
        dimensions = [columns] + ([rows] if rows else [])
        header += string(name) + struct.pack(f"<I{len(dimensions)}QIQ", len(dimensions), *dimensions, number, offset)
        sizes.append(size)
        offset += size + padding(size)
    samples = {form: b"".join(make() for _ in range(4099)) for form, (_, _, _, make) in FORMATS.items()}
    with open(path, "wb") as out:
        out.write(header + bytes(padding(len(header))))
        for (_, _, _, form), size in zip(listed, sizes):
            write_repeated(out, samples[form], size)
            out.write(bytes(padding(size)))


def write_repeated(out, sample, size):
    piece = sample * max(1, (16 << 20) // len(sample))
    while size > 0:
        size -= out.write(piece[:size])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--shape", choices=SHAPES, required=True)
    parser.add_argument("--type", choices=[*PLAIN, "q4_k_m"], required=True)
    args = parser.parse_args()
    write_model(args.out, args.shape, args.type)


if __name__ == "__main__":
    main()
