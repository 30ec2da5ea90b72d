"""Makes perplexity.json: perplexity of the demo model's held-out text in several kinds of windows.

    python3 make_perplexity.py PATH/TO/llama_float64.py > perplexity.json        (needs numpy)

llama_float64.py is the float64 forward pass of the shared reference tools, which this project does not contain. Every
window is one plain pass; which positions count is written out here, apart from our own code.
"""
import importlib.util
import json
import math
import os
import sys

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "../../../resources/demo-model")
TOKENS, CONTEXT = 400, 96


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def result(surprises):
    s = np.array(surprises)
    ppl = math.exp(s.mean())
    return dict(ppl=ppl, stderr=ppl * s.std(ddof=1) / math.sqrt(len(s)), tokens=len(s))


def main():
    reference = module("reference", sys.argv[1])
    tokenizer = module("demo_tokenizer", os.path.join(DEMO, "tokenizer.py")).Tokenizer(os.path.join(DEMO, "tokenizer.json"))
    model = reference.Gguf(os.path.join(DEMO, "demo-f16.gguf"))
    text = open(os.path.join(DEMO, "demo-eval.txt"), encoding="utf-8").read()
    tokens = tokenizer.encode(text)[:TOKENS]
    end_of_text = tokenizer.id["<|endoftext|>"]
    line_break = tokenizer.encode("\n")
    assert len(line_break) == 1

    def surprises(window):
        """-log p of every token of the window but the first."""
        logp = reference.logprobs(reference.forward(model, np.array(window))["logits"])
        return [-logp[i, window[i + 1]] for i in range(len(window) - 1)]

    def documents():
        out, current = [], []
        for t in tokens:
            if not current and out and t == line_break[0]:
                continue
            current.append(t)
            if t == end_of_text:
                out.append(current)
                current = []
        return out + ([current] if current else [])

    plain = [s for b in range(0, TOKENS, CONTEXT) for s in surprises(tokens[b:b + CONTEXT])]
    stride, overlapping, last = 40, [], 0
    for b in range(0, TOKENS, stride):
        window = tokens[b:b + CONTEXT]
        overlapping += [s for i, s in enumerate(surprises(window)) if b + i + 1 >= last]
        last = max(last, b + len(window))
    half = [s for b in range(0, TOKENS - CONTEXT + 1, CONTEXT) for s in surprises(tokens[b:b + CONTEXT])[CONTEXT // 2:]]
    docs = [s for d in documents() for b in range(0, len(d), CONTEXT) for s in surprises(d[b:b + CONTEXT])]
    print(json.dumps(dict(tokens=tokens, context=CONTEXT, stride=stride, documents_found=len(documents()),
                          plain=result(plain), overlapping=result(overlapping), second_half=result(half),
                          documents=result(docs))))


main()
