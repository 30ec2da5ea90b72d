#!/usr/bin/env python3
"""The command line's contract: one JSON object, one sentence per error, exit codes, the oracles' figures.

Run by ctest, which says where the program and the sources are."""
import json
import math
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

CLI = os.environ["CUTAWAY_CLI"]
SOURCE = Path(os.environ["CUTAWAY_SOURCE"])
SHARED = Path(os.environ.get("CUTAWAY_SHARED", SOURCE.parent / "shared"))
DEMO = SOURCE / "resources/demo-model/demo-f16.gguf"
VERBS = ["devices", "info", "graph", "tokenize", "template", "generate", "chat", "score", "bench", "perplexity"]


def run(*args, stdin=None):
    return subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=300, input=stdin)


def devices():
    return json.loads(run("devices", "--json").stdout)["devices"]


DEVICES = ["cpu"] + [str(d["index"]) for d in devices() if d["kind"] != "cpu"][:1]


class CliTest(unittest.TestCase):
    def json(self, *args):
        done = run(*args)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")  # Vulkan validation would print here
        self.assertEqual(len(done.stdout.splitlines()), 1)
        return json.loads(done.stdout)

    def refuses(self, code, *args, words=()):
        done = run(*args)
        self.assertEqual(done.returncode, code, f"{args}: {done.stdout}{done.stderr}")
        self.assertEqual(done.stdout, "")
        for word in words:
            self.assertIn(word, done.stderr)
        return done.stderr

    def oracle(self, name):
        return json.loads((SOURCE / f"tests/oracles/{name}-llama.cpp.json").read_text())

    def test_help_names_every_verb_and_readme_too(self):
        text = run("--help").stdout
        readme = (SOURCE / "README.md").read_text()
        for verb in VERBS:
            self.assertIn(f"  {verb} ", text)
            self.assertIn(f"cutaway-cli {verb}", readme)
            self.assertEqual(run(verb, "--help").returncode, 0)

    def test_usage_errors_exit_with_2(self):
        self.refuses(2)
        self.refuses(2, "no-such-verb")
        self.refuses(2, "generate")
        self.refuses(2, "generate", "--prompt", "a", "--tokens", "1")
        self.refuses(2, "generate", "--prompt", "a", "--device", "no-such-device", words=["no-such-device", "cpu"])
        self.refuses(2, "score", "--tokens", "1,x", "--device", "cpu", words=["1,x".split(",")[1]])

    def test_bad_files_exit_with_1_and_are_named(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "notes.gguf"
            text.write_text("This is no model.\n" * 50)
            empty = Path(folder) / "empty.gguf"
            empty.write_bytes(b"")
            short = Path(folder) / "short.gguf"
            short.write_bytes(DEMO.read_bytes()[:100000])
            for path in (text, empty, short, Path(folder), Path(folder) / "absent.gguf"):
                for verb in ("info", "graph"):
                    message = self.refuses(1, verb, path, words=[str(path)])
                    self.assertEqual(len(message.splitlines()), 1, message)
            (Path(folder) / "config.json").write_text("{}")
            self.refuses(1, "info", folder, words=["not yet"])

    def test_info(self):
        info = self.json("info", "demo", "--json")
        self.assertEqual((info["layers"], info["width"], info["heads"], info["kv_heads"]), (6, 256, 8, 4))
        self.assertEqual(info["parameters"], 5246208)
        self.assertEqual(info["container"], "GGUF v3")
        self.assertEqual(self.json("info", DEMO, "--json")["tensors"], info["tensors"])

    def test_graph_lists_the_values_of_the_design(self):
        names = {v["name"]: v for v in self.json("graph", "demo", "--json")["values"]}
        for i in range(6):
            for part in ("attn.norm attn.q attn.k attn.v attn.scores attn.pattern attn.z attn.out resid_mid "
                         "ffn.norm ffn.gate ffn.up ffn.act ffn.out resid_post").split():
                self.assertIn(f"blk.{i}.{part}", names)
        self.assertIn("logits", names)
        self.assertEqual(names["blk.5.attn.pattern"]["shape"], "(8, T, N)")
        self.assertIn("blk.0.attn.q", run("graph").stdout)

    def test_tokenize(self):
        oracle = self.oracle("demo")
        result = self.json("tokenize", "demo", "--text", oracle["text"])
        self.assertEqual(result["tokens"], oracle["tokens"])
        plain = self.json("tokenize", "demo", "--text", "<|im_end|>", "--plain")
        self.assertGreater(len(plain["tokens"]), 1)
        self.assertEqual("".join(plain["pieces"]), "<|im_end|>")

    def test_template(self):
        with tempfile.TemporaryDirectory() as folder:
            messages = Path(folder) / "messages.json"
            messages.write_text(json.dumps({"messages": [{"role": "user", "content": "Hi"}],
                                            "add_generation_prompt": True}))
            prompt = self.json("template", "demo", "--messages", messages)["prompt"]
            self.assertTrue(prompt.endswith("<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"), prompt)
            broken = Path(folder) / "broken.jinja"
            broken.write_text("line one\n{{ messages | no_such_filter }}\n")
            self.refuses(1, "template", "--template", broken, "--messages", messages, words=["line 2", "no_such_filter"])
            messages.write_text("{")
            self.refuses(1, "template", "demo", "--messages", messages, words=[str(messages), "JSON"])

    def test_typed_markers_stay_text(self):
        with tempfile.TemporaryDirectory() as folder:
            messages = Path(folder) / "messages.json"
            messages.write_text(json.dumps({"messages": [{"role": "user", "content": "a<|im_end|>b"}],
                                            "add_generation_prompt": True}))
            tokens = self.json("tokenize", "demo", "--messages", messages)["tokens"]
            self.assertEqual(tokens.count(2046), 2 if "system" in self.json("tokenize", "demo", "--messages", messages)["pieces"] else 1)

    def test_generate_follows_the_oracle(self):
        oracle = self.oracle("demo")
        tokens = ",".join(map(str, oracle["tokens"]))
        for device in DEVICES:
            result = self.json("generate", "demo", "--device", device, "--kv", "f32", "--tokens", tokens,
                               "--max-tokens", 12, "--ignore-eos", "--json")
            self.assertEqual(result["prompt_tokens"], oracle["tokens"])
            self.assertEqual(result["tokens"], oracle["greedy"][:12])
            self.assertEqual(result["stop"], "length")
            self.assertGreater(result["timing"]["generate_tps"], 0)

    def test_generate_stops(self):
        chat = ["--prompt", "<|im_start|>user\nWhat is 12 + 7?<|im_end|>\n<|im_start|>assistant\n"]
        whole = self.json("generate", "demo", *chat, "--device", "cpu", "--json")
        self.assertEqual(whole["stop"], "eos")
        self.assertEqual(whole["text"], "12 + 7 = 19.")
        self.assertEqual(whole["tokens"][-1], 2046)
        cut = self.json("generate", "demo", *chat, "--device", "cpu", "--stop", "= 1", "--json")
        self.assertEqual((cut["stop"], cut["text"]), ("stop", "12 + 7 "))

    def test_sampling_is_reproducible(self):
        args = ["generate", "demo", "--prompt", "Once upon a time,", "--temperature", "1", "--seed", "7",
                "--max-tokens", "20", "--device", "cpu", "--json"]
        first, second = self.json(*args), self.json(*args)
        self.assertEqual(first["tokens"], second["tokens"])
        args[7] = "8"
        self.assertNotEqual(first["tokens"], self.json(*args)["tokens"])
        self.refuses(2, "generate", "demo", "--prompt", "a", "--temperature", "-1", words=["temperature"])

    def test_score(self):
        oracle = self.oracle("demo")
        for device, tolerance in zip(DEVICES, (5e-3, 5e-3)):
            result = self.json("score", "demo", "--device", device, "--text", oracle["text"], "--top", 5, "--json")
            self.assertEqual(result["tokens"], oracle["tokens"])
            for ours, theirs in zip(result["positions"], oracle["positions"]):
                probabilities = dict(map(tuple, ours["top"]))
                for token, probability in theirs["top"]:
                    if token in probabilities:
                        self.assertLess(abs(probabilities[token] - probability), tolerance)
                    else:
                        self.assertLess(probability, min(probabilities.values()) + tolerance)
            self.assertLess(abs(math.log(result["ppl"] / oracle["ppl"])), 0.05)

    def test_context_full_is_said_with_counts(self):
        message = self.refuses(1, "generate", "demo", "--prompt", "word " * 600, "--context", 64, "--device", "cpu")
        self.assertIn("64", message)

    def test_perplexity(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text.txt"
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:6000])
            result = self.json("perplexity", "demo", "--file", text, "--context", 256, "--device", "cpu", "--json")
            self.assertGreater(result["ppl"], 1.0)
            self.assertLess(result["ppl"], 4.0)
            self.assertGreater(result["tokens"], 1000)

    def test_bench(self):
        for device in DEVICES:
            result = self.json("bench", "demo", "--device", device, "--prompt", 16, "--generate", 4, "--repeat", 1, "--json")
            for key in ("prompt_tps", "generate_tps", "host_mib", "device_mib"):
                self.assertGreater(result[key], 0, key)
            self.assertGreaterEqual(result["load_s"], 0)  # the CPU reads the weights where they lie

    def test_bench_ops(self):
        for device in DEVICES:
            result = self.json("bench", "demo", "--device", device, "--prompt", 16, "--generate", 4, "--repeat", 1, "--ops", "--json")
            for part, tokens in (("prompt", 16), ("generate", 1)):
                step = result["ops"][part]
                self.assertEqual(step["tokens"], tokens)
                self.assertEqual(step["launches"], sum(op["launches"] for op in step["ops"]))
                self.assertGreaterEqual(step["ms"], 0.9 * step["device_ms"])
                self.assertTrue(any("logits" in op["op"] for op in step["ops"]))

    def test_chat_goes_on_after_every_command(self):
        done = run("chat", "demo", "--device", "cpu", "--temperature", "0",
                   stdin="Hi, my name is Nora.\nWhat is my name?\n/nonsense\n/retry\n/new\n/help\n/quit\n")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Your name is Nora.", done.stdout)
        self.assertIn("prompt tokens reused", done.stdout)
        self.assertIn("no command", done.stdout)

    @unittest.skipUnless((SHARED / "models/stories260K-f32.gguf").exists(), "../shared/models is not there")
    def test_stories260k_greedy(self):
        oracle = self.oracle("stories260K")
        for device in DEVICES:
            result = self.json("generate", SHARED / "models/stories260K-f32.gguf", "--device", device, "--kv", "f32",
                               "--prompt", oracle["text"], "--max-tokens", 40, "--ignore-eos", "--json")
            self.assertEqual(result["prompt_tokens"], oracle["tokens"])
            self.assertEqual(result["tokens"], oracle["greedy"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
