#!/usr/bin/env python3
"""Reads a GPTQ or AWQ directory that cutaway-cli wrote, unpacks it as the libraries do, and compares with the weights that cutaway-cli
reads from it.

  python3 -m venv venv && venv/bin/pip install numpy safetensors gguf
  venv/bin/python check_directory.py path/to/cutaway-cli DIRECTORY

Unpacking follows GPTQModel (torch backend) and AutoAWQ (awq/utils/packing_utils.py): shifts along the packed axis, zero points plus one
for "gptq" checkpoints, AWQ's order undone. Ours are written out as F16 in GGUF, where llama's query and key rows lie in pairs.
"""
import json, os, subprocess, sys, tempfile

import gguf
import numpy as np
from safetensors.numpy import load_file

CLI, DIRECTORY = sys.argv[1:3]
NAMES = {"self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output",
         "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def along_first(words, bits):
    if bits in (2, 4, 8):
        shifts = np.arange(0, 32, bits, dtype=np.uint32)
        codes = (words.view(np.uint32)[:, None, :] >> shifts[None, :, None]) & (2 ** bits - 1)
        return codes.reshape(-1, words.shape[1])
    w = words.view(np.uint32).reshape(-1, 3, words.shape[1]).astype(np.uint64)  # 3 bits: 32 codes in 96 bits
    low, high = w[:, 0] | w[:, 1] << np.uint64(32), w[:, 1] >> np.uint64(0) | w[:, 2] << np.uint64(32)
    codes = [(low >> np.uint64(3 * i)) & np.uint64(7) if 3 * i < 61 else (high >> np.uint64(3 * i - 32)) & np.uint64(7) for i in range(32)]
    return np.stack(codes, 1).reshape(-1, words.shape[1])


def awq_codes(words):
    shifts = np.array([0, 4, 1, 5, 2, 6, 3, 7], np.uint32) * 4  # output i of eight lies in this nibble
    return ((words.view(np.uint32)[:, :, None] >> shifts) & 15).reshape(words.shape[0], -1)


def main():
    config = json.load(open(DIRECTORY + "/config.json"))
    quantization, arrays = config["quantization_config"], load_file(DIRECTORY + "/model.safetensors")
    bits, awq = quantization["bits"], quantization["quant_method"] == "awq"
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "ours.gguf")
        subprocess.run([CLI, "quantize", DIRECTORY, out, "--type", "F16", "--json"], check=True, capture_output=True)
        ours = {t.name: np.array(t.data) for t in gguf.GGUFReader(out).tensors}
    compared = 0
    for key in [k for k in arrays if k.endswith(".qweight")]:
        module = key[:-len(".qweight")]
        scales = arrays[module + ".scales"].astype(np.float32)
        if awq:
            codes, zeros = awq_codes(arrays[key]), awq_codes(arrays[module + ".qzeros"])
            group = np.arange(len(codes)) // (len(codes) // len(zeros))
        else:
            codes = along_first(arrays[key], bits)
            zeros = along_first(np.ascontiguousarray(arrays[module + ".qzeros"].T), bits).T + 1
            group = arrays[module + ".g_idx"]
        weights = (scales[group] * (codes.astype(np.float32) - zeros[group].astype(np.float32))).T
        _, _, layer, part = module.split(".", 3)
        if config["model_type"] in ("llama", "mistral") and part in ("self_attn.q_proj", "self_attn.k_proj"):
            heads = config["num_attention_heads" if "q_proj" in part else "num_key_value_heads"]
            weights = weights.reshape(heads, 2, weights.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(weights.shape)
        found = ours[f"blk.{layer}.{NAMES[part]}.weight"]
        assert np.array_equal(found.astype(np.float32), weights.astype(np.float16).astype(np.float32)), module
        compared += 1
    print(f"{DIRECTORY}: {compared} matrices of {bits} bits ({quantization['quant_method']}) are equal")


if __name__ == "__main__":
    main()
