#!/usr/bin/env python3
"""Hidden states, attention matrices and logits of stories260K, converted to a Hugging Face transformers Llama with eager
attention; writes stories260K.safetensors beside this file, without any weight of the model.

  venv/bin/python make_stories.py ../../../../shared/models/stories260K-f32.gguf     needs what make_inspect.py needs
"""
import os, sys
import numpy as np
import torch
from gguf import GGUFReader
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from make_inspect import hooked, recorded

PROMPT = [1, 403, 407, 261, 378, 417, 429, 432]
TOKENS = 20


def config_of(reader):
    read = lambda key: reader.fields[f"llama.{key}"].contents()
    return LlamaConfig(
        vocab_size=int(read("vocab_size")), hidden_size=int(read("embedding_length")),
        intermediate_size=int(read("feed_forward_length")), num_hidden_layers=int(read("block_count")),
        num_attention_heads=int(read("attention.head_count")), num_key_value_heads=int(read("attention.head_count_kv")),
        rms_norm_eps=float(read("attention.layer_norm_rms_epsilon")), rope_theta=float(read("rope.freq_base")),
        max_position_embeddings=int(read("context_length")), tie_word_embeddings=True, attn_implementation="eager")


def halves(weight, heads):
    """Rotated pairs side by side, as GGUF has them, to half and half, as transformers has them."""
    rows, columns = weight.shape
    return weight.reshape(heads, rows // heads // 2, 2, columns).swapaxes(1, 2).reshape(rows, columns)


def model_of(reader):
    config = config_of(reader)
    tensors = {t.name: np.array(t.data) for t in reader.tensors}
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    names = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
             "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
             "ffn_down": "mlp.down_proj", "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}
    state = {"model.embed_tokens.weight": tensors["token_embd.weight"], "model.norm.weight": tensors["output_norm.weight"]}
    state["lm_head.weight"] = tensors.get("output.weight", tensors["token_embd.weight"])
    for layer in range(config.num_hidden_layers):
        for ours, theirs in names.items():
            weight = tensors[f"blk.{layer}.{ours}.weight"]
            state[f"model.layers.{layer}.{theirs}.weight"] = halves(weight, heads[ours]) if ours in heads else weight
    config.tie_word_embeddings = "output.weight" not in tensors
    model = LlamaForCausalLM(config).float().eval()
    model.load_state_dict({k: torch.from_numpy(np.ascontiguousarray(v)) for k, v in state.items()})
    return model


def main():
    model = model_of(GGUFReader(sys.argv[1]))
    tokens = list(PROMPT)
    while len(tokens) < TOKENS:
        tokens.append(int(hooked(model, [], tokens).logits[0, -1].argmax()))
    values = recorded(model, tokens)
    for layer in range(model.config.num_hidden_layers):
        name = f"blk.{layer}.attn.z"
        values[name] = values[name].reshape(TOKENS, model.config.num_attention_heads, -1)
    values["tokens"] = torch.tensor(tokens, dtype=torch.int32)
    path = f"{HERE}/stories260K.safetensors"
    save_file({k: v.contiguous() for k, v in values.items()}, path, metadata={"prompt_tokens": str(len(PROMPT))})
    os.chmod(path, 0o644)


if __name__ == "__main__":
    main()
