#!/usr/bin/env python3
"""Where each split rule cuts, by PyPI `regex` and by Hugging Face `tokenizers`.      python3 make_splits.py

The patterns are those that the models publish in tokenizer.json (GPT-2, Llama 3, Qwen 2, SmolLM); `default` is what
llama.cpp does for files that name no rule. The two programs have to agree, except on `default`, which only `regex` runs. Writes splits.json: texts, and for
each rule the length in bytes of every piece."""
import json
import pathlib
import random
import unicodedata

import regex
from tokenizers import Regex, pre_tokenizers

from texts import TEXTS

HERE = pathlib.Path(__file__).parent
GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
MODERN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}%s| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
LLAMA3, QWEN2 = MODERN % "{1,3}", MODERN % ""
RULES = {  # passes; what another pass splits further, gaps included
    "gpt-2": [GPT2],
    "llama-bpe": [LLAMA3],
    "qwen2": [QWEN2],
    "smollm": [r"\p{N}", GPT2],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
}
split = lambda pattern: pre_tokenizers.Split(Regex(pattern), "isolated")
HUGGING_FACE = {
    "gpt-2": pre_tokenizers.ByteLevel(add_prefix_space=False),
    "llama-bpe": split(LLAMA3),
    "qwen2": split(QWEN2),
    "smollm": pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]),
}


def one_pass(pattern, piece):
    at = 0
    for m in regex.finditer(pattern, piece):
        if m.start() > at:
            yield piece[at:m.start()]
        yield m.group()
        at = m.end()
    if at < len(piece):
        yield piece[at:]


def pieces(rule, text):
    out = [text] if text else []
    for pattern in RULES[rule]:
        out = [p for piece in out for p in one_pass(pattern, piece)]
    return out


def classes():
    """Code points by category, those that all versions of Unicode in use put into the same one."""
    out = {}
    for code in range(0x110000):
        c = chr(code)
        category = unicodedata.category(c)
        if category in ("Cs", "Cn") or not regex.match(r"\p{%s}" % category, c):
            continue
        out.setdefault(category, []).append(c)
    return out


def mixtures(count, seed):
    rng = random.Random(seed)
    by_category = classes()
    common = [" ", " ", "\n", "\r\n", "\t", "  ", "'s", "'LL", "'re", "'", "\u2019t", "a", "Zz", "the", "1", "42", "2024", ".", ",", "!?", "-", "_",
              "$", "+", "=", "^", "|", "<", "`", "é", "e\u0301", "ß", "日本", "한", "🙂", "👩\u200d💻", "\u3000", "\u00a0", "\u0085", "ſ", "²", "Ⅷ"]
    for _ in range(count):
        weight = rng.random()
        parts = [rng.choice(common) if rng.random() < weight else rng.choice(by_category[rng.choice(list(by_category))]) for _ in range(rng.randint(1, 24))]
        yield "".join(parts)


def main():
    folded = ["it'ſa 'ſtop 'LLama 'rEx 'Veto 'Dog", "'\u212a 'ſ\u0301"]  # what (?i:) takes for an s, with letters behind it
    texts = list(TEXTS.values()) + folded + list(mixtures(700, 1))
    rules = {}
    for rule in RULES:
        rules[rule] = []
        for text in texts:
            found = pieces(rule, text)
            assert "".join(found) == text
            if rule in HUGGING_FACE:
                bounds = [b for _, (_, b) in HUGGING_FACE[rule].pre_tokenize_str(text)]
                mine = [len("".join(found[:i + 1])) for i in range(len(found))]
                assert bounds == mine, (rule, text, found, bounds)
            rules[rule].append([len(p.encode("utf-8")) for p in found])
    with open(HERE / "splits.json", "w") as f:
        json.dump({"texts": texts, "rules": rules}, f, separators=(",", ":"))
    print(len(texts), "texts")


if __name__ == "__main__":
    main()
