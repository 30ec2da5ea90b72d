#!/usr/bin/env python3
"""Seeds for hugging_face_fuzz: files of ../oracles/hugging_face, and damaged ones."""
import json, pathlib

HERE = pathlib.Path(__file__).parent
OUT = HERE / "corpus/hugging_face"
ORACLES = HERE / "../oracles/hugging_face"

OUT.mkdir(parents=True, exist_ok=True)
config = json.loads((ORACLES / "models/llama-llama3/config.json").read_text())
tokenizer = json.loads((ORACLES / "models/qwen2/tokenizer.json").read_text())
llama = json.loads((ORACLES / "tokenizers/sentencepiece.json").read_text())
(OUT / "whole").write_text(json.dumps(config | tokenizer | {"eos_token": "<|end|>", "chat_template": [{"name": "default", "template": "x"}]}))
(OUT / "sentencepiece").write_text(json.dumps(config | llama))
(OUT / "yarn").write_text((ORACLES / "models/qwen2-yarn/config.json").read_text())
(OUT / "wrong-types").write_text(json.dumps({k: [1, {"a": None}] for k in list(config) + list(tokenizer)}))
(OUT / "huge-id").write_text(json.dumps({"model": {"type": "BPE", "vocab": {"a": 2**63}, "merges": []}}))
(OUT / "heads").write_text(json.dumps(config | {"num_attention_heads": 2**40, "hidden_size": 1}))
header = json.dumps({"a": {"dtype": "F16", "shape": [2, 2], "data_offsets": [0, 8]}}).encode()
(OUT / "arrays").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
(OUT / "arrays-short").write_bytes(len(header).to_bytes(8, "little") + header + bytes(7))
header = json.dumps({"a": {"dtype": "I32", "shape": [2**40, 2**40], "data_offsets": [0, 8]}}).encode()
(OUT / "arrays-overflow").write_bytes(len(header).to_bytes(8, "little") + header + bytes(8))
