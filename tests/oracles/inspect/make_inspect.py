#!/usr/bin/env python3
"""Hidden states, attention matrices and logits after edits, from Hugging Face transformers with eager attention, for
three of the tiny models of ../families.

  python3 -m venv venv && venv/bin/pip install torch==2.6.0 transformers==4.53.3 gguf==0.19.0 safetensors==0.8.0
  venv/bin/python make_inspect.py             writes NAME.safetensors beside this file

Each file holds, under Cutaway's names of values, what a greedy continuation of a prompt computed (`tokens`, the prompt's
length in the metadata); `other`, resid_post of layer 0 for another prompt; `vector`, something to add; and the logits of the
same tokens after each edit of EDITS, made with forward hooks.
"""
import os, sys
import torch
from safetensors.torch import save_file

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../families")
from make_families import MODELS, randomize

NAMES = ["llama-llama3", "qwen2", "qwen3"]
PROMPT, TOKENS = 10, 16


def hooked(model, hooks, tokens):
    handles = [add() for add in hooks]
    with torch.no_grad():
        out = model(torch.tensor([tokens]), output_attentions=True)
    for handle in handles:
        handle.remove()
    return out


def on_output(module, change):
    def hook(_, __, output):
        if isinstance(output, tuple):
            return (change(output[0]),) + tuple(output[1:])
        return change(output)
    return lambda: module.register_forward_hook(hook)


def on_input(module, change):
    return lambda: module.register_forward_pre_hook(lambda _, args: (change(args[0]),) + tuple(args[1:]))


def at(tokens, columns, function):
    """A change of a part of (1, T, columns)."""
    def change(x):
        x = x.clone()
        x[:, tokens, columns] = function(x[:, tokens, columns])
        return x
    return change


def recorded(model, tokens):
    """Everything by name, for one pass."""
    found = {}
    def keep(name):
        def change(x):
            found[name] = x[0].clone()
            return x
        return change
    hooks = [on_output(model.model.embed_tokens, keep("embed")), on_output(model.model.norm, keep("final_norm"))]
    for i, layer in enumerate(model.model.layers):
        hooks += [on_output(layer, keep(f"blk.{i}.resid_post")),
                  on_input(layer.self_attn.o_proj, keep(f"blk.{i}.attn.z")),
                  on_input(layer.post_attention_layernorm, keep(f"blk.{i}.resid_mid"))]
    out = hooked(model, hooks, tokens)
    for i, pattern in enumerate(out.attentions):
        found[f"blk.{i}.attn.pattern"] = pattern[0]
    found["logits"] = out.logits[0]
    return found


def main():
    for seed, (name, _, cls, config) in enumerate(MODELS):
        if name not in NAMES:
            continue
        config._attn_implementation = "eager"
        model = cls(config).float().eval()
        randomize(model, seed)
        tokens = [(5 * i * i + 11 * i + 3) % 96 for i in range(PROMPT)]
        while len(tokens) < TOKENS:
            tokens.append(int(hooked(model, [], tokens).logits[0, -1].argmax()))
        values = recorded(model, tokens)
        other = recorded(model, [(3 * i * i + 7 * i + 40) % 96 for i in range(TOKENS)])["blk.0.resid_post"]
        vector = torch.linspace(-1, 1, config.hidden_size)
        width = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        values["blk.0.attn.z"] = values["blk.0.attn.z"].reshape(TOKENS, -1, width)
        values["blk.1.attn.z"] = values["blk.1.attn.z"].reshape(TOKENS, -1, width)

        layers = model.model.layers
        every, head = slice(None), slice(2 * width, 3 * width)
        edits = {
            "zero": on_input(layers[0].self_attn.o_proj, at(every, head, lambda x: 0 * x)),
            "scale": on_input(layers[1].mlp.down_proj, at(slice(4, 9), slice(5, 7), lambda x: -1.5 * x)),
            "add": on_output(layers[0], at(slice(3, 6), every, lambda x: x + 2.5 * vector)),
            "replace": on_output(layers[0], at(slice(5, 6), every, lambda x: other[5])),
            "mean": on_output(layers[0], at(slice(7, 16), every, lambda x: other.mean(0))),
            "final": on_output(model.model.norm, at(slice(12, 13), slice(0, 4), lambda x: 0 * x)),
            "embed": on_output(model.model.embed_tokens, at(slice(0, 1), every, lambda x: 2 * x)),
        }
        for edit, hook in edits.items():
            changed = hooked(model, [hook], tokens).logits[0]
            print(name, edit, "moves the logits by", float((changed - values["logits"]).abs().max()))
            values["logits after " + edit] = changed
        values |= {"other": other, "vector": vector, "tokens": torch.tensor(tokens, dtype=torch.int32)}
        save_file({k: v.contiguous() for k, v in values.items()}, f"{HERE}/{name}.safetensors",
                  metadata={"prompt_tokens": str(PROMPT)})
        os.chmod(f"{HERE}/{name}.safetensors", 0o644)


if __name__ == "__main__":
    main()
