#!/usr/bin/env python3
"""What llama.cpp makes of the files that `cutaway-cli quantize` writes: llama.cpp.json.

  npm install node-llama-cpp && export PEER_DIR=$PWD
  python3 make_quantized.py cutaway-cli llama_score.mjs

llama_score.mjs prints token ids, probabilities of the likeliest next tokens at every position and the perplexity of a text,
as node-llama-cpp (npm) computes them on the CPU with an F32 key-value cache. llama.cpp rounds activations to 8 bits where
weights are quantized, so that its probabilities differ from exact ones in the second decimal place.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

CLI, SCORE = sys.argv[1:3]
HERE = pathlib.Path(__file__).parent
TEXT = ("<|im_start|>user\nMy name is Nora. The rope is in the room. The pen is in the tent. What is in the tent?<|im_end|>\n"
        "<|im_start|>assistant\nThe pen is in the tent.<|im_end|>\n<|im_start|>user\nCount from 59 to 66.<|im_end|>\n"
        "<|im_start|>assistant\n59, 60, 61, 62, 63, 64, 65, 66<|im_end|>\n")
MIXES = ["F16", "BF16", "Q8_0", "Q6_K", "Q5_K_M", "Q5_K_S", "Q5_1", "Q5_0", "Q4_K_M", "Q4_K_S", "Q4_1", "Q4_0", "Q3_K_L",
         "Q3_K_M", "Q3_K_S", "Q2_K"]

found = {}
with tempfile.TemporaryDirectory() as folder:
    for mix in MIXES:
        out = f"{folder}/{mix}.gguf"
        subprocess.run([CLI, "quantize", "demo", out, "--type", mix], check=True, stdout=subprocess.DEVNULL)
        score = json.loads(subprocess.run(["node", SCORE, out, "--text", TEXT, "--top", "3"], check=True, text=True,
                                          stdout=subprocess.PIPE).stdout)
        found[mix] = {"tokens": score["tokens"], "ppl": score["ppl"],
                      "positions": [{"top": [[t, round(p, 5)] for t, p in row["top"]]} for row in score["positions"]]}
        print(mix, score["ppl"])
(HERE / "llama.cpp.json").write_text(json.dumps(found).replace('}, "', '},\n"') + "\n")
