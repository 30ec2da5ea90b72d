#!/usr/bin/env python3
"""Writes the seeds of the tokenizer fuzzer; the encoding is described in tokenizer_fuzz.cpp.

  python3 make_tokenizer_corpus.py
"""
import pathlib

OUT = pathlib.Path(__file__).parent / "corpus" / "tokenizer"
TEXT = "Hello w\u00f6rld 123,\n  it's <|im_end|> \u4f60\u597d \U0001f600\t</s>"


def byte_alphabet():
    """GPT-2's characters for the 256 bytes."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    shifted = (chr(256 + i) for i in range(256))
    return [chr(b) if b in keep else next(shifted) for b in range(256)]


def write(name, entries, text=TEXT):
    lines = ["\t".join(map(str, e)) for e in entries]
    (OUT / name).write_bytes(("\n".join(lines) + "\n\n" + text).encode())


OUT.mkdir(parents=True, exist_ok=True)
letters = byte_alphabet()
special = ["<|im_start|>", "<|im_end|>"]
merges = ["H e", "l l", "ll o", "He llo", "\u0120 w", "1 2", "< |"]
bpe = letters + ["".join(m.split()) for m in merges] + special
kinds = [1] * (len(bpe) - 2) + [3, 3]
for pre in ["gpt-2", "llama-bpe", "qwen2", "smollm", "default", "nobody-knows"]:
    write(f"bpe-{pre}", [
        ("model", "string", "gpt2"), ("pre", "string", pre), ("tokens", "strings", *bpe),
        ("token_type", "i32s", *kinds), ("merges", "strings", *merges),
        ("bos_token_id", "u32", len(bpe) - 2), ("eos_token_id", "u32", len(bpe) - 1), ("add_bos_token", "bool", 1)])
write("bpe-few", [("model", "string", "gpt2"), ("tokens", "strings", "a", "b", "ab"), ("merges", "strings", "a b")],
      "abba")
write("bpe-bad-merge", [("model", "string", "gpt2"), ("tokens", "strings", "a", "b"),
                        ("merges", "strings", "a b", "c", " ", "a b c")], "ab")
# A merge whose outcome is a marker: what is typed must not become it.
write("bpe-forged", [("model", "string", "gpt2"), ("tokens", "strings", "a", "b", "ab"),
                     ("token_type", "i32s", 1, 1, 3), ("merges", "strings", "a b")], "ab")

pieces = ["<unk>", "<s>", "</s>", *(f"<0x{b:02X}>" for b in range(256)), "\u2581", "h", "e", "l", "o", "he", "ll",
          "hell", "hello", "\u2581hello", "\u2581w", "\u00f6"]
kinds = [2, 3, 3] + [6] * 256 + [1] * (len(pieces) - 259)
scores = [0] * 259 + [-i for i in range(len(pieces) - 259)]
for name, extra in {"spm": [], "spm-no-prefix": [("add_space_prefix", "bool", 0)],
                    "spm-trim": [("remove_extra_whitespaces", "bool", 1)]}.items():
    write(name, [("model", "string", "llama"), ("tokens", "strings", *pieces), ("scores", "f32s", *scores),
                 ("token_type", "i32s", *kinds), ("bos_token_id", "u32", 1), ("eos_token_id", "u32", 2),
                 ("unknown_token_id", "u32", 0), *extra], "hello  hello w\u00f6 \U0001f600</s>")
write("spm-no-bytes", [("model", "string", "llama"), ("tokens", "strings", "<unk>", "a", "aa"),
                       ("scores", "f32s", 0, -1, -2), ("token_type", "i32s", 2, 1, 1)], "aaab")
write("spm-forged", [("model", "string", "llama"), ("tokens", "strings", "<unk>", "a", "b", "ab"),
                     ("scores", "f32s", 0, -1, -1, 5), ("token_type", "i32s", 2, 1, 1, 3)], "ab ab")
# Without byte tokens, the first token would be the unknown one; text must not become an end marker.
write("spm-unknown-is-end", [("model", "string", "llama"), ("tokens", "strings", "<EOT>"), ("scores", "f32s", 5)], ">")
write("wrong-counts", [("model", "string", "llama"), ("tokens", "strings", "a", "b"), ("scores", "f32s", 0)])
write("wrong-types", [("model", "u32", 1), ("tokens", "i32s", 1, 2)])
write("wrong-ids", [("model", "string", "gpt2"), ("tokens", "strings", "a"), ("merges", "strings"),
                    ("bos_token_id", "u32", 99), ("eos_token_id", "i64", -5)])
write("duplicates", [("model", "string", "gpt2"), ("tokens", "strings", "a", "a", "", "")])
write("no-tokens", [("model", "string", "gpt2"), ("tokens", "strings")])
write("no-model", [])
write("unknown-model", [("model", "string", "rwkv"), ("tokens", "strings", "a")])
(OUT / "bytes").write_bytes((OUT / "spm").read_bytes()[:-20] + bytes(range(256)))
