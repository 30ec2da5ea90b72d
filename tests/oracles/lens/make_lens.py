#!/usr/bin/env python3
"""What three of the tiny models of ../families would say after every layer: final norm and output projection of Hugging Face
transformers on each hidden state, in float64; writes lens.json beside this file. Needs what ../inspect/make_inspect.py needs.

Per model: the tokens, and per row (the embedding, then every layer) and token the most likely token, its probability, the
entropy, KL(final || row) in nats, and the rank (from 1) and probability of the final row's most likely token.
"""
import json, os, sys
import torch

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, f"{HERE}/../families")
from make_families import MODELS, randomize

NAMES = ["llama-llama3", "qwen2", "qwen3"]
TOKENS = 12


def cells(model, tokens):
    states = {}
    hooks = [model.model.embed_tokens.register_forward_hook(lambda m, i, o: states.update(embed=o[0]))]
    for n, layer in enumerate(model.model.layers):
        keep = lambda m, i, o, n=n: states.update({n: (o[0] if isinstance(o, tuple) else o)[0]})
        hooks.append(layer.register_forward_hook(keep))
    with torch.no_grad():
        model(torch.tensor([tokens]))
        for hook in hooks:
            hook.remove()
        rows = [states["embed"]] + [states[n] for n in range(len(model.model.layers))]
        logits = torch.stack([model.lm_head(model.model.norm(x)) for x in rows])
    logp = torch.log_softmax(logits, -1)
    p, final = logp.exp(), logp[-1]
    top = p.max(-1)
    winner = final.argmax(-1)
    kept = logp[:, torch.arange(len(tokens)), winner]
    rank = (logp > kept[..., None]).sum(-1) + 1
    number = lambda x: [[float(f"{v:.9g}") for v in row] for row in x.tolist()]
    return dict(tokens=tokens, top=top.indices.tolist(), probability=number(top.values),
                entropy=number(-(p * logp).sum(-1)), kl=number((final.exp() * (final - logp)).sum(-1)),
                rank=rank.tolist(), winner=number(kept.exp()))


def main():
    found = {}
    for seed, (name, _, cls, config) in enumerate(MODELS):
        if name not in NAMES:
            continue
        config._attn_implementation = "eager"
        model = cls(config).double().eval()
        randomize(model, seed)
        generator = torch.Generator().manual_seed(seed)
        found[name] = cells(model, torch.randint(3, config.vocab_size, (TOKENS,), generator=generator).tolist())
    with open(f"{HERE}/lens.json", "w") as f:
        json.dump(found, f, separators=(",", ":"))


if __name__ == "__main__":
    main()
