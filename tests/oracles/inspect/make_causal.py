#!/usr/bin/env python3
"""Logit attribution, token importance, sweeps of edits, an edited answer, neurons and probes, from Hugging Face transformers with eager
attention and forward hooks, and numpy in float64, for three of the tiny models of ../families.

  python3 -m venv venv
  venv/bin/pip install torch==2.6.0 transformers==4.53.3 gguf==0.19.0 safetensors==0.8.0 scipy==1.17.1 scikit-learn==1.9.1
  venv/bin/python make_causal.py              writes causal-NAME.json beside this file
"""
import json
import numpy as np, scipy.stats, torch
from sklearn.linear_model import RidgeClassifier
from make_inspect import HERE, MODELS, NAMES, at, hooked, on_input, on_output, randomize

TEXT = [(7 * i * i + 5 * i + 2) % 96 for i in range(14)]
CLEAN = [(3 * i * i + 8 * i + 5) % 96 for i in range(14)]
WORD, AGAINST, REPLACEMENT, SPAN, PROMPT = 11, 7, 50, 4, 9
EVERY = slice(None)


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


def log_probs(model, tokens, hooks=()):
    """(T, V) in float64."""
    return torch.log_softmax(hooked(model, hooks, tokens).logits[0].double(), -1).numpy()


def flow(model, config):
    """Rollout and the norms of what all heads moved to the last token, each (T)."""
    patterns, values = [], []
    keep = lambda into: lambda x: (into.append(x[0].double().numpy()), x)[1]
    layers = model.model.layers
    out = hooked(model, [on_output(layer.self_attn.v_proj, keep(values)) for layer in layers], TEXT)
    size, width = len(TEXT), head_width(config)
    rollout, moved = np.eye(size), np.zeros(size)
    for layer, pattern, v in zip(layers, out.attentions, values):
        pattern = pattern[0].double().numpy()
        rollout = (0.5 * pattern.mean(0) + 0.5 * np.eye(size)) @ rollout
        v = np.repeat(v.reshape(size, -1, width), config.num_attention_heads // config.num_key_value_heads, 1)
        mixed = (pattern[:, -1, :].T[:, :, None] * v).reshape(size, -1)
        norms = np.linalg.norm(mixed @ layer.self_attn.o_proj.weight.detach().double().numpy().T, axis=1)
        moved += norms / norms.sum() / len(layers)
    return rollout[-1], moved


def importance(model, config):
    base = log_probs(model, TEXT)[-1, WORD]
    loss = lambda tokens: float(base - log_probs(model, tokens)[-1, WORD])
    size = len(TEXT)
    rollout, moved = flow(model, config)
    dropped = [loss(TEXT[:i] + TEXT[i + 1:]) for i in range(size)]
    replaced = [loss(TEXT[:i] + [REPLACEMENT] + TEXT[i + 1:]) for i in range(size)]
    starts = sorted({min(i, size - SPAN) for i in range(0, size, SPAN // 2)})
    spans = {i: loss(TEXT[:i] + TEXT[i + SPAN:]) for i in starts}
    spanned = [np.mean([spans[i] for i in starts if i <= t < i + SPAN]) for t in range(size)]
    top = int(np.argmax(dropped))
    a, b = np.abs(dropped), np.abs(spanned)
    return dict(logprob=float(base), rollout=rollout.tolist(), moved=moved.tolist(), dropped=dropped, replaced=replaced,
                spanned=spanned, top_loss=dropped[top], spearman=float(scipy.stats.spearmanr(a, b)[0]),
                kendall=float(scipy.stats.kendalltau(a, b)[0]))


def sweeps(model, config):
    """Effects on log p(WORD), rows of values by columns of positions or heads."""
    layers, width, size = model.model.layers, head_width(config), len(TEXT)
    where = {"embed": lambda f: on_output(model.model.embed_tokens, f)}
    for i, layer in enumerate(layers):
        where[f"resid{i}"] = lambda f, m=layer: on_output(m, f)
        where[f"attn{i}"] = lambda f, m=layer: on_output(m.self_attn.o_proj, f)
        where[f"ffn{i}"] = lambda f, m=layer: on_output(m.mlp, f)
        where[f"z{i}"] = lambda f, m=layer: on_input(m.self_attn.o_proj, f)
    def record(tokens):
        found = {}
        def keep(name):
            def change(x):
                found[name] = x[0].clone()
                return x
            return change
        hooked(model, [where[name](keep(name)) for name in where], tokens)
        return found
    own, clean = record(TEXT), record(CLEAN)
    base = log_probs(model, TEXT)[-1]
    def effect(name, positions, columns, function, lead=False):
        row = log_probs(model, TEXT, [where[name](at(positions, columns, function))])[-1]
        change = row - base
        return float(change[WORD] - (change[AGAINST] if lead else 0))
    def one(p):
        return slice(p, p + 1)
    def head(h):
        return slice(h * width, (h + 1) * width)
    count = len(layers)
    residual = ["embed"] + [f"resid{i}" for i in range(count)]
    heads = range(config.num_attention_heads)
    return {
        "residual patch": [[effect(n, one(p), EVERY, lambda x: clean[n][p]) for p in range(size)] for n in residual],
        "residual patch lead": [[effect(n, one(p), EVERY, lambda x: clean[n][p], True) for p in range(size)]
                                for n in residual],
        "feed-forward mean": [[effect(f"ffn{i}", one(p), EVERY, lambda x: own[f"ffn{i}"].mean(0)) for p in range(size)]
                              for i in range(count)],
        "attention zero": [[effect(f"attn{i}", one(p), EVERY, lambda x: 0 * x) for p in range(size)]
                           for i in range(count)],
        "heads zero": [[effect(f"z{i}", EVERY, head(h), lambda x: 0 * x) for h in heads] for i in range(count)],
        "heads mean": [[effect(f"z{i}", EVERY, head(h), lambda x: own[f"z{i}"][:, head(h)].mean(0)) for h in heads]
                       for i in range(count)],
        "heads patch": [[effect(f"z{i}", slice(9, 13), head(h), lambda x: clean[f"z{i}"][9:13, head(h)]) for h in heads]
                        for i in range(count)],
        "clean": float(log_probs(model, CLEAN)[-1, WORD]),
        "clean lead": float(log_probs(model, CLEAN)[-1, WORD] - log_probs(model, CLEAN)[-1, AGAINST]),
    }


def edited_answer(model, config):
    """The text behind PROMPT as an answer, with head 1 of layer 0 switched off from position 4 on."""
    width = head_width(config)
    hook = on_input(model.model.layers[0].self_attn.o_proj,
                    at(slice(4, None), slice(width, 2 * width), lambda x: 0 * x))
    plain, edited = log_probs(model, TEXT), log_probs(model, TEXT, [hook])
    rows = range(PROMPT - 1, len(TEXT) - 1)
    kl = [float((np.exp(plain[t]) * (plain[t] - edited[t])).sum()) for t in rows]
    def greedy(hooks):
        tokens = list(TEXT[:PROMPT])
        while len(tokens) < PROMPT + 8:
            tokens.append(int(log_probs(model, tokens, hooks)[-1].argmax()))
        return tokens[PROMPT:]
    return dict(prompt_tokens=PROMPT, kl=kl, plain=[float(plain[t, TEXT[t + 1]]) for t in rows],
                edited=[float(edited[t, TEXT[t + 1]]) for t in rows], greedy=greedy([]), greedy_edited=greedy([hook]))


def last_values(model, tokens):
    """States behind each layer, neurons of each layer and the last residual, at the last token."""
    states, neurons, last = [], [], []
    keep = lambda into: lambda x: (into.append(x[0, -1].double().numpy()), x)[1]
    layers = model.model.layers
    hooked(model, [on_output(layer, keep(states)) for layer in layers] +
           [on_input(layer.mlp.down_proj, keep(neurons)) for layer in layers] + [on_input(model.model.norm, keep(last))],
           tokens)
    return states, neurons, last[0]


def strongest_neurons(model, config):
    _, acts, last = last_values(model, TEXT)
    number = lambda p: p.detach().double().numpy()
    scale = number(model.model.norm.weight) / np.sqrt((last ** 2).mean() + config.rms_norm_eps)
    output = number(model.lm_head.weight)
    found = []
    for i, layer in enumerate(model.model.layers):
        down = number(layer.mlp.down_proj.weight)
        for j, act in enumerate(acts[i]):
            written = act * down[:, j] * scale
            raised = output @ written
            found.append(dict(layer=i, index=j, activation=float(act),
                              strength=float(abs(act) * np.linalg.norm(down[:, j])), push=float(raised[WORD]),
                              words=[int(w) for w in np.argsort(-raised)[:3]], raised=float(raised.max())))
    return sorted(found, key=lambda neuron: -neuron["strength"])[:8]


def concept(model):
    """Two sets of texts; a ridge probe per layer, by scikit-learn."""
    text = lambda i, last: [(7 * i + 3) % 96, (5 * i * i + 1) % 96, (11 * i + 40) % 96, last]
    sets = {"with": [text(i, (13 * i) % 40) for i in range(9)], "without": [text(i + 20, 30 + (17 * i) % 50) for i in range(8)]}
    values = {name: [last_values(model, t) for t in texts] for name, texts in sets.items()}
    folds = np.array([i % 4 for i in range(9)] + [i % 4 for i in range(8)])
    labels = np.array([1] * 9 + [-1] * 8)
    accuracy, spread, steering = [], [], []
    for layer in range(len(model.model.layers)):
        states = {name: np.array([v[0][layer] for v in values[name]]) for name in sets}
        rows, right, shares = np.concatenate([states["with"], states["without"]]), 0, []
        for fold in range(4):
            fit = folds != fold
            centred = rows[fit] - rows[fit].mean(0)
            probe = RidgeClassifier(alpha=0.1 * (centred ** 2).sum(1).mean(), solver="cholesky").fit(rows[fit], labels[fit])
            correct = probe.predict(rows[~fit]) == labels[~fit]
            right += int(correct.sum())
            shares.append(correct.mean())
        spread.append(float(np.std(shares)))
        accuracy.append(right / len(labels))
        steering.append((states["with"].mean(0) - states["without"].mean(0)).tolist())
    neurons = []
    for layer in range(len(model.model.layers)):
        a, b = (np.array([v[1][layer] for v in values[name]]) for name in ("with", "without"))
        separation = (a.mean(0) - b.mean(0)) / np.sqrt((a.var(0) + b.var(0)) / 2)
        neurons += [dict(layer=layer, index=j, separation=float(s)) for j, s in enumerate(separation)]
    neurons.sort(key=lambda neuron: -abs(neuron["separation"]))
    return dict(folds=4, accuracy=accuracy, spread=spread, steering=steering, neurons=neurons[:6], **sets)


def main():
    for seed, (name, _, cls, config) in enumerate(MODELS):
        if name not in NAMES:
            continue
        config._attn_implementation = "eager"
        model = cls(config).float().eval()
        randomize(model, seed)
        oracle = dict(tokens=TEXT, clean=CLEAN, word=WORD, against=AGAINST, replacement=REPLACEMENT, span=SPAN,
                      attribution=[attribution(model, config, 11, -1), attribution(model, config, 40, 7)],
                      importance=importance(model, config), sweeps=sweeps(model, config),
                      edited_answer=edited_answer(model, config),
                      neurons=strongest_neurons(model, config), concept=concept(model))
        with open(f"{HERE}/causal-{name}.json", "w") as f:
            json.dump(oracle, f, separators=(",", ":"))
            f.write("\n")


if __name__ == "__main__":
    main()
