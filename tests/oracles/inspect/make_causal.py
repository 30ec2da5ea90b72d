#!/usr/bin/env python3
"""Logit attribution, from Hugging Face transformers with eager attention and numpy in float64, for three of the tiny
models of ../families.

  python3 -m venv venv && venv/bin/pip install torch==2.6.0 transformers==4.53.3 gguf==0.19.0 safetensors==0.8.0
  venv/bin/python make_causal.py              writes causal-NAME.json beside this file
"""
import json
import numpy as np, torch
from make_inspect import HERE, MODELS, NAMES, hooked, on_input, on_output, randomize

TEXT = [(7 * i * i + 5 * i + 2) % 96 for i in range(14)]


def head_width(config):
    return getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads


def attribution(model, config, token, against):
    """Every term of the residual stream at the last token, along the logit's direction behind the frozen norm."""
    found = {}

    def keep(name):
        def change(x):
            found[name] = x[0, -1].double().numpy()
            return x
        return change
    layers = model.model.layers
    hooks = [on_output(model.model.embed_tokens, keep("embed")), on_input(model.model.norm, keep("last"))]
    for i, layer in enumerate(layers):
        hooks += [on_input(layer.self_attn.o_proj, keep(f"z{i}")), on_output(layer.self_attn.o_proj, keep(f"attn{i}")),
                  on_output(layer.mlp, keep(f"ffn{i}"))]
    logits = hooked(model, hooks, TEXT).logits[0, -1].double().numpy()
    number = lambda p: p.detach().double().numpy()
    direction = number(model.lm_head.weight)[token] - (number(model.lm_head.weight)[against] if against >= 0 else 0)
    direction = direction * number(model.model.norm.weight)
    direction /= np.sqrt((found["last"] ** 2).mean() + config.rms_norm_eps)
    width = head_width(config)
    parts = []
    for i, layer in enumerate(layers):
        pulled = number(layer.self_attn.o_proj.weight).T @ direction
        heads = (pulled * found[f"z{i}"]).reshape(-1, width).sum(1)
        parts.append(dict(heads=heads.tolist(), attn=float(found[f"attn{i}"] @ direction),
                          ffn=float(found[f"ffn{i}"] @ direction)))
    logit = logits[token] - (logits[against] if against >= 0 else 0)
    embed = float(found["embed"] @ direction)
    total = embed + sum(p["attn"] + p["ffn"] for p in parts)
    assert abs(total - logit) < 1e-4, (total, logit)
    return dict(token=token, against=against, logit=float(logit), embed=embed, layers=parts)


def main():
    for seed, (name, _, cls, config) in enumerate(MODELS):
        if name not in NAMES:
            continue
        config._attn_implementation = "eager"
        model = cls(config).float().eval()
        randomize(model, seed)
        oracle = dict(tokens=TEXT, attribution=[attribution(model, config, 11, -1), attribution(model, config, 40, 7)])
        with open(f"{HERE}/causal-{name}.json", "w") as f:
            json.dump(oracle, f, separators=(",", ":"))
            f.write("\n")


if __name__ == "__main__":
    main()
