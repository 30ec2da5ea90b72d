#!/usr/bin/env python3
"""Token ids by the reference programs.      python3 make_ids.py SHARED

Needs PyPI tokenizers, sentencepiece and protobuf. SHARED holds data/smollm2-tokenizer.json, data/llama2-tokenizer.model
and data/wikitext-2-test.txt, none of which is part of this repository. Writes smollm2.json and llama2.json.

The long texts are not repeated in the fixtures: of their ids stand there the count and a 64-bit FNV-1a hash of the
little-endian 32-bit ids."""
import json
import pathlib
import sys

import sentencepiece
from sentencepiece import sentencepiece_model_pb2 as model_pb2
from tokenizers import Tokenizer

from texts import TEXTS

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]
LONG_WORDS = {"a x 10000": "a" * 10000, "pseudo-random x 10000": "".join(chr(97 + i * i * 7919 // 13 % 26) for i in range(10000)),
              "signs x 10000": "=-" * 5000, "ideographs x 3000": "".join(chr(0x4E00 + i * 37 % 20000) for i in range(3000))}


def digest(ids):
    h = 0xCBF29CE484222325
    for i in ids:
        for b in i.to_bytes(4, "little"):
            h = (h ^ b) * 0x100000001B3 & (1 << 64) - 1
    return {"count": len(ids), "fnv1a": f"{h:016x}"}


def long_texts(shared):
    def text(path):
        return path.read_bytes().decode("utf-8")
    return {"resources/demo-model/demo-eval.txt": text(ROOT / "resources/demo-model/demo-eval.txt"),
            "resources/demo-model/corpus.py": text(ROOT / "resources/demo-model/corpus.py"),
            "shared:data/wikitext-2-test.txt": text(shared / "data/wikitext-2-test.txt")}


def write(name, encode, shared, **more):
    out = {"cases": [{"name": n, "text": t, "ids": encode(t)} for n, t in TEXTS.items()],
           "words": [{"name": n, "text": t, **digest(encode(t))} for n, t in LONG_WORDS.items()],
           "files": [{"name": n, **digest(encode(t))} for n, t in long_texts(shared).items()], **more}
    with open(HERE / name, "w", encoding="utf-8") as f:
        json.dump(out, f, ensure_ascii=True, indent=0, separators=(",", ":"))
    print(name, len(out["cases"]), "cases")


def variants(model):
    """The same pieces with other options: what GGUF calls remove_extra_whitespaces, add_space_prefix and unused."""
    def changed(change):
        proto = model_pb2.ModelProto()
        proto.ParseFromString(model)
        change(proto)
        sp = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
        cases = [{"name": n, "text": t, "ids": sp.encode(t)} for n, t in TEXTS.items()]
        return cases

    def no_prefix(proto):
        proto.normalizer_spec.add_dummy_prefix = False

    def remove_extra(proto):
        proto.normalizer_spec.remove_extra_whitespaces = True

    def unused(proto):  # every third id, of ordinary pieces longer than one character
        kinds = model_pb2.ModelProto.SentencePiece
        for p in proto.pieces[::3]:
            if p.type == kinds.NORMAL and len(p.piece) > 1:
                p.type = kinds.UNUSED

    return {"no_space_prefix": changed(no_prefix), "remove_extra_whitespaces": changed(remove_extra), "every_third_unused": changed(unused)}


def main():
    shared = pathlib.Path(sys.argv[1])
    hf = Tokenizer.from_file(str(shared / "data/smollm2-tokenizer.json"))
    special = {t.content for t in hf.get_added_tokens_decoder().values()}
    plain_texts = [t for t in TEXTS.values() if any(s in t for s in special)]
    # Hugging Face always parses special tokens; without the added tokens it reads the same text as plain.
    raw = json.loads((shared / "data/smollm2-tokenizer.json").read_text(encoding="utf-8"))
    raw["added_tokens"] = []
    plain = Tokenizer.from_str(json.dumps(raw))
    write("smollm2.json", lambda t: plain.encode(t, add_special_tokens=False).ids, shared,
          special=[{"text": t, "ids": hf.encode(t, add_special_tokens=False).ids} for t in plain_texts])
    path = shared / "data/llama2-tokenizer.model"
    sp = sentencepiece.SentencePieceProcessor(model_file=str(path))
    write("llama2.json", sp.encode, shared, variants=variants(path.read_bytes()))


if __name__ == "__main__":
    main()
