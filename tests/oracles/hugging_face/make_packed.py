#!/usr/bin/env python3
"""Tiny models packed in the GPTQ and AWQ layouts, and the logits of the weights that transformers, GPTQModel and AutoAWQ get of them.

  python3 -m venv venv && venv/bin/pip install torch==2.6.0 transformers==4.53.3
  venv/bin/python make_packed.py                  writes packed/NAME/ and packed/NAME.logits.f32 beside this file

Packing is written out bit by bit from the layouts' descriptions, not taken from a library: qweight holds 32 / bits codes of one output
per word along the inputs (3 bits: a stream of 96 bits in three words), qzeros the zero points less one along the outputs; AWQ packs
along the outputs in the order 0 2 4 6 1 3 5 7.
"""
import json, os, shutil, sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + "/../families")
sys.path.insert(0, HERE)
import numpy as np
import torch
from make_directories import IDS, tiny_tokenizer
from make_families import randomize
from safetensors.numpy import save_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

SIZES = dict(vocab_size=96, hidden_size=64, intermediate_size=96, num_hidden_layers=1, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=4096, rms_norm_eps=1e-5, tie_word_embeddings=True)
VARIANTS = [  # name, layout, bits, group, symmetric, desc_act, class, config
    ("gptq-4", "gptq", 4, 32, False, False, LlamaForCausalLM, LlamaConfig),
    ("gptq-4-sym", "gptq", 4, -1, True, False, LlamaForCausalLM, LlamaConfig),
    ("gptq-3", "gptq", 3, 32, False, False, Qwen2ForCausalLM, Qwen2Config),
    ("gptq-2-sym", "gptq", 2, 32, True, False, LlamaForCausalLM, LlamaConfig),
    ("gptq-8-sym", "gptq", 8, 32, True, False, LlamaForCausalLM, LlamaConfig),
    ("gptq-4-desc", "gptq", 4, 32, False, True, LlamaForCausalLM, LlamaConfig),
    ("awq-4", "awq", 4, 32, False, False, Qwen2ForCausalLM, Qwen2Config),
]


def stream(codes, bits):
    """(n, m) codes to words along the first axis: code i's bits lie at i * bits of its column's stream."""
    n, m = codes.shape
    words = np.zeros((n * bits // 32, m), np.uint64)
    for i in range(n):
        for b in range(bits):
            place = i * bits + b
            words[place // 32] |= ((codes[i].astype(np.uint64) >> np.uint64(b)) & np.uint64(1)) << np.uint64(place % 32)
    return words.astype(np.uint32).view(np.int32)


def awq_words(codes):
    """(n, m) codes to words along the second axis, eight to a word."""
    n, m = codes.shape
    words = np.zeros((n, m // 8), np.uint32)
    for place, source in enumerate([0, 2, 4, 6, 1, 3, 5, 7]):
        words |= codes[:, source::8].astype(np.uint32) << np.uint32(4 * place)
    return words.view(np.int32)


def quantize(w, bits, group, symmetric, g_idx):
    """w (out, in) to codes (in, out), zeros and scales (groups, out), and the weights that they stand for."""
    most, groups = 2 ** bits - 1, int(g_idx.max()) + 1
    codes, zeros, scales = np.zeros(w.T.shape, np.uint8), np.zeros((groups, len(w)), np.uint8), np.zeros((groups, len(w)), np.float16)
    for g in range(groups):
        part = w[:, g_idx == g]
        low, high = np.minimum(part.min(1), 0), np.maximum(part.max(1), 0)
        scale = 2 * np.maximum(-low, high) / most if symmetric else (high - low) / most
        scales[g] = scale.astype(np.float16)
        s = scales[g].astype(np.float32)
        zeros[g] = 2 ** (bits - 1) if symmetric else np.clip(np.round(-low / s), 1, most)
        codes[g_idx == g] = np.clip(np.round(part / s[:, None]) + zeros[g][:, None], 0, most).T
    value = scales[g_idx].astype(np.float32) * (codes.astype(np.float32) - zeros[g_idx].astype(np.float32))
    return codes, zeros, scales, value.T.copy()


def make(seed, name, layout, bits, group, symmetric, desc_act, cls, config_class):
    config = config_class(**SIZES)
    config._attn_implementation = "eager"
    model = cls(config).float().eval()
    randomize(model, seed)
    rng, arrays = np.random.default_rng(seed), {}
    for key, p in model.named_parameters():
        w = p.detach().numpy()
        if "_proj.weight" not in key:
            arrays[key] = w.astype(np.float16)
            continue
        module, columns = key[:-len(".weight")], w.shape[1]
        size = columns if group == -1 else group
        g_idx = np.arange(columns) // size
        if desc_act:
            g_idx = g_idx[rng.permutation(columns)]
        codes, zeros, scales, value = quantize(w, bits, group, symmetric, g_idx)
        if desc_act:
            value = value.astype(np.float16).astype(np.float32)  # as dequantized in half precision
        with torch.no_grad():
            p.copy_(torch.from_numpy(value))
        arrays[module + ".scales"] = scales
        if layout == "awq":
            arrays[module + ".qweight"], arrays[module + ".qzeros"] = awq_words(codes), awq_words(zeros)
        else:
            arrays[module + ".qweight"] = stream(codes, bits)
            arrays[module + ".qzeros"] = stream((zeros - 1).T, bits).T.copy()
            arrays[module + ".g_idx"] = g_idx.astype(np.int32)
            if config_class is LlamaConfig:
                arrays[module + ".bias"] = np.zeros(len(w), np.float16)  # as AutoGPTQ does
    path = f"{HERE}/packed/{name}"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    save_file(arrays, path + "/model.safetensors", metadata={"format": "pt"})
    os.chmod(path + "/model.safetensors", 0o644)
    config.save_pretrained(path)
    described = json.load(open(path + "/config.json"))
    described["quantization_config"] = (
        dict(quant_method="awq", bits=4, group_size=group, zero_point=True, version="gemm") if layout == "awq" else
        dict(quant_method="gptq", bits=bits, group_size=group, sym=symmetric, desc_act=desc_act, checkpoint_format="gptq"))
    json.dump(described, open(path + "/config.json", "w"), indent=1)
    tiny_tokenizer().save(path + "/tokenizer.json")
    with torch.no_grad():
        model(torch.tensor([IDS])).logits[0].numpy().astype("<f4").tofile(f"{HERE}/packed/{name}.logits.f32")


if __name__ == "__main__":
    for number, variant in enumerate(VARIANTS):
        make(200 + number, *variant)
