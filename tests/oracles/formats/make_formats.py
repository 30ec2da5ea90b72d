#!/usr/bin/env python3
"""Writes the expected values of decoding, as the gguf package (PyPI) computes them.

  pip install gguf numpy
  python3 make_formats.py

For each number format NAME: NAME.blocks holds encoded blocks, NAME.f32 what they decode to. The
first blocks hold the extremes of scale and quants, the rest are random bits. half.bin holds pairs
(F32 bits, F16 bits) as numpy rounds them.
"""
import pathlib

import gguf
import numpy as np

HERE = pathlib.Path(__file__).parent
T = gguf.GGMLQuantizationType

# Places of F16 numbers in a block; the other bytes are free, every value of them means something.
HALVES = {T.Q8_0: [0], T.Q4_0: [0], T.Q4_1: [0, 2], T.Q5_0: [0], T.Q5_1: [0, 2],
          T.Q4_K: [0, 2], T.Q5_K: [0, 2], T.Q6_K: [208],
          T.Q2_K: [80, 82], T.Q3_K: [108]}
LATER = {T.Q2_K, T.Q3_K}  # with random bits of their own, so that the others' stay

# Zero, minus zero, smallest and largest subnormal, smallest normal, ordinary, negative, largest.
SCALES = [0x0000, 0x8000, 0x0001, 0x83FF, 0x0400, 0x2C66, 0xBC01, 0x7BFF, 0xFBFF]
FILLS = [0x00, 0xFF, 0x0F, 0xF0, 0x80, 0x7F]


def quantized(kind, rng):
    size, count = gguf.GGML_QUANT_SIZES[kind][1], 0
    blocks = []
    for i, scale in enumerate(SCALES):
        for fill in FILLS + [None]:
            block = rng.integers(0, 256, size, np.uint8) if fill is None else np.full(size, fill, np.uint8)
            for k, place in enumerate(HALVES[kind]):
                half = scale if k == 0 else SCALES[(i + 3) % len(SCALES)]
                block[place:place + 2] = [half & 255, half >> 8]
            blocks.append(block)
    return np.stack(blocks)


def plain(kind, rng):
    if kind == T.F32:
        bits = rng.integers(0, 1 << 32, 64, np.uint32)
        bits[:6] = [0, 1 << 31, 1, 0x007FFFFF, 0x7F7FFFFF, 0xFF800000]
        return bits.view(np.uint8)
    bits = rng.integers(0, 1 << 16, 256).astype(np.uint16)
    bits[:12] = SCALES + [0x7C00, 0xFC00, 0x3C00]
    # NaN is left to a test of its own: which bits it keeps is nobody's contract.
    exponent = 0x7C00 if kind == T.F16 else 0x7F80
    isNan = ((bits & exponent) == exponent) & ((bits & ~np.uint16(exponent | 0x8000)) != 0)
    bits[isNan] = 0x3C00
    return bits.view(np.uint8)


def zero_points():
    """Q4_Z, which gguf does not know: scale (F16), zero point, an unused byte, 16 bytes of nibbles."""
    rng, blocks, values = np.random.default_rng(99), [], []
    for scale in SCALES:
        for zero in (0, 1, 7, 8, 15, 255, None):
            block = rng.integers(0, 256, 20, np.uint8)
            block[:2] = [scale & 255, scale >> 8]
            block[2] = block[2] if zero is None else zero
            codes = np.concatenate([block[4:] & 15, block[4:] >> 4]).astype(np.float32)
            blocks.append(block)
            values.append(block[:2].view(np.float16).astype(np.float32) * (codes - np.float32(block[2])))
    (HERE / "Q4_Z.blocks").write_bytes(np.stack(blocks).tobytes())
    (HERE / "Q4_Z.f32").write_bytes(np.stack(values).astype("<f4").tobytes())


def main():
    rng = np.random.default_rng(7)
    for kind in [T.F32, T.F16, T.BF16, *HALVES]:
        own = np.random.default_rng(int(kind)) if kind in LATER else rng
        blocks = quantized(kind, own) if kind in HALVES else plain(kind, rng)
        with np.errstate(over="ignore", invalid="ignore"):
            values = gguf.quants.dequantize(blocks, kind)
        if kind == T.F32:
            values = np.where(np.isnan(values), np.float32(1), values)
            blocks = values.view(np.uint8)
        (HERE / f"{kind.name}.blocks").write_bytes(blocks.tobytes())
        (HERE / f"{kind.name}.f32").write_bytes(values.astype("<f4").tobytes())

    bits = rng.integers(0, 1 << 32, 2000, np.uint32)
    bits[1000:] = rng.integers(0x33000000, 0x47900000, 1000)  # where halves live
    edges = [0, 1, 0x33000000, 0x33000001, 0x33800000, 0x33C00000, 0x387FC000, 0x387FE000, 0x387FFFFF, 0x38800000,
             0x477FE000, 0x477FEFFF, 0x477FF000, 0x47800000, 0x7F7FFFFF, 0x7F800000]
    bits[:2 * len(edges)] = edges + [e | 1 << 31 for e in edges]
    bits = bits[(bits & 0x7FFFFFFF) <= 0x7F800000]
    with np.errstate(over="ignore"):
        halves = bits.view(np.float32).astype(np.float16).view(np.uint16)
    (HERE / "half.bin").write_bytes(np.stack([bits, halves.astype(np.uint32)], 1).astype("<u4").tobytes())


main()
zero_points()
