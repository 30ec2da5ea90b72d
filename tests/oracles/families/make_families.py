#!/usr/bin/env python3
"""Tiny random models of every family as GGUF, and the logits that Hugging Face transformers computes for them.

  python3 -m venv venv && venv/bin/pip install torch==2.6.0 transformers==4.53.3 gguf==0.19.0
  venv/bin/python make_families.py            writes NAME.gguf, NAME.logits.f32 and families.json beside this file

Weights are rounded to F16 before transformers uses them in F32, so that both programs compute with the same numbers.
Tensor names, the order of q and k rows in the llama family and the factors of llama3 scaling are those that
llama.cpp's converter writes.
"""
import json, math, os
import gguf, numpy as np, torch
from transformers import (LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
                          Qwen3ForCausalLM)

HERE = os.path.dirname(os.path.abspath(__file__))
TOKENS = 48
SIZES = dict(vocab_size=96, hidden_size=48, intermediate_size=80, num_hidden_layers=2, num_attention_heads=4,
             num_key_value_heads=2, max_position_embeddings=4096, rms_norm_eps=1e-5, tie_word_embeddings=False)
LLAMA3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
              original_max_position_embeddings=64)
YARN = dict(rope_type="yarn", factor=4.0, original_max_position_embeddings=1024)

MODELS = [
    ("llama-linear-bias", "llama", LlamaForCausalLM,
     LlamaConfig(**SIZES | dict(tie_word_embeddings=True), head_dim=12, attention_bias=True,
                 rope_scaling=dict(rope_type="linear", factor=4.0))),
    ("llama-llama3", "llama", LlamaForCausalLM,
     LlamaConfig(**SIZES, head_dim=16, rope_theta=500000.0, rope_scaling=LLAMA3)),
    ("llama-yarn", "llama", LlamaForCausalLM, LlamaConfig(**SIZES, head_dim=16, rope_scaling=YARN)),
    ("qwen2", "qwen2", Qwen2ForCausalLM, Qwen2Config(**SIZES, rope_theta=1000000.0)),
    ("qwen2-yarn", "qwen2", Qwen2ForCausalLM,
     Qwen2Config(**SIZES | dict(tie_word_embeddings=True), rope_scaling=YARN)),
    ("qwen3", "qwen3", Qwen3ForCausalLM,
     Qwen3Config(**SIZES | dict(num_attention_heads=6, num_key_value_heads=2), head_dim=16, rope_theta=1000000.0)),
]

NAMES = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output",
         "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
         "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
         "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down"}


def gguf_name(name):
    stem, kind = name.rsplit(".", 1)
    if stem.startswith("model.layers."):
        _, _, layer, part = stem.split(".", 3)
        return f"blk.{layer}.{NAMES[part]}.{kind}"
    return f"{NAMES[stem]}.{kind}"


def randomize(model, seed):
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            noise = torch.randn(p.shape, generator=generator)
            if p.dim() > 1:
                noise *= 1.5 / math.sqrt(p.shape[1])
            elif name.endswith("bias"):
                noise *= 0.5
            else:
                noise = 1 + 0.3 * noise
            p.copy_(noise.half().float())


def interleave(w, heads):
    """Rows of q or k from halves (j, j + n/2) to pairs (2j, 2j + 1)."""
    return w.reshape(heads, 2, w.shape[0] // heads // 2, *w.shape[1:]).swapaxes(1, 2).reshape(w.shape)


def llama3_factors(config, dims):
    s = config.rope_scaling
    low, high = (s["original_max_position_embeddings"] / s[k] for k in ("low_freq_factor", "high_freq_factor"))
    factors = []
    for j in range(0, dims, 2):
        wavelength = 2 * math.pi * config.rope_theta ** (j / dims)
        if wavelength < high:
            factors.append(1.0)
        elif wavelength > low:
            factors.append(s["factor"])
        else:
            smooth = (s["original_max_position_embeddings"] / wavelength - s["low_freq_factor"]) / (
                s["high_freq_factor"] - s["low_freq_factor"])
            factors.append(1 / ((1 - smooth) / s["factor"] + smooth))
    return np.array(factors, np.float32)


def write(path, family, config, model):
    out = gguf.GGUFWriter(path, family)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    out.add_context_length(config.max_position_embeddings)
    out.add_embedding_length(config.hidden_size)
    out.add_block_count(config.num_hidden_layers)
    out.add_feed_forward_length(config.intermediate_size)
    out.add_head_count(config.num_attention_heads)
    out.add_head_count_kv(config.num_key_value_heads)
    out.add_layer_norm_rms_eps(config.rms_norm_eps)
    out.add_rope_freq_base(config.rope_theta)
    out.add_vocab_size(config.vocab_size)
    if head_dim * config.num_attention_heads != config.hidden_size:
        out.add_key_length(head_dim)
        out.add_value_length(head_dim)
    if family == "llama":
        out.add_rope_dimension_count(head_dim)
    scaling = config.rope_scaling or {}
    method = scaling.get("rope_type")
    if method == "linear":
        out.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        out.add_rope_scaling_factor(scaling["factor"])
    elif method == "yarn":
        out.add_rope_scaling_type(gguf.RopeScalingType.YARN)
        out.add_rope_scaling_factor(scaling["factor"])
        out.add_rope_scaling_orig_ctx_len(scaling["original_max_position_embeddings"])
    elif method == "llama3":
        out.add_tensor("rope_freqs.weight", llama3_factors(config, head_dim))
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list([chr(33 + i) for i in range(94)] + ["Ġ", "<|end|>"])
    out.add_token_types([1] * 95 + [3])
    out.add_eos_token_id(95)
    for name, p in model.named_parameters():
        w = p.detach().numpy()
        if family == "llama" and ("q_proj" in name or "k_proj" in name):
            w = interleave(w, config.num_attention_heads if "q_proj" in name else config.num_key_value_heads)
        out.add_tensor(gguf_name(name), w.astype(np.float16) if w.ndim > 1 else w)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main():
    tokens = [(7 * i * i + 3 * i + 5) % 96 for i in range(TOKENS)]
    index = []
    for seed, (name, family, cls, config) in enumerate(MODELS):
        config._attn_implementation = "eager"
        model = cls(config).float().eval()
        randomize(model, seed)
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].numpy().astype("<f4")
        write(f"{HERE}/{name}.gguf", family, config, model)
        logits.tofile(f"{HERE}/{name}.logits.f32")
        print(name, "logits from", logits.min(), "to", logits.max())
        index.append(dict(name=name, family=family))
    json.dump(dict(tokens=tokens, models=index), open(f"{HERE}/families.json", "w"), indent=1)


if __name__ == "__main__":
    main()
