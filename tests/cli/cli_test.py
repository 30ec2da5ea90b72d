#!/usr/bin/env python3
"""The command line's contract: one JSON object, one sentence per error, exit codes, the oracles' figures.

Run by ctest, which says where the program and the sources are."""
import json
import math
import os
import resource
import struct
import subprocess
import tempfile
import unittest
from pathlib import Path

CLI = os.environ["CUTAWAY_CLI"]
SOURCE = Path(os.environ["CUTAWAY_SOURCE"])
SHARED = Path(os.environ.get("CUTAWAY_SHARED", SOURCE.parent / "shared"))
DEMO = SOURCE / "resources/demo-model/demo-f16.gguf"
VERBS = [
    "devices",
    "info",
    "graph",
    "tokenize",
    "template",
    "generate",
    "chat",
    "score",
    "inspect",
    "states",
    "next",
    "lens",
    "heads",
    "attention",
    "tensor",
    "attribute",
    "importance",
    "sweep",
    "intervene",
    "neurons",
    "probe",
    "why",
    "bench",
    "perplexity",
    "activations",
    "compare",
    "table",
    "drift",
    "restore",
    "quantize",
    "imatrix",
]


def run(*args, stdin=None):
    return subprocess.run([CLI, *map(str, args)], capture_output=True, text=True, timeout=300, input=stdin)


def devices():
    return json.loads(run("devices", "--json").stdout)["devices"]


def read_safetensors(path):
    """{name: (dtype, shape, numbers)} and the metadata."""
    data = Path(path).read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    arrays = {}
    for name, info in header.items():
        begin, end = info["data_offsets"]
        code = {"F32": "f", "F16": "e", "I32": "i"}[info["dtype"]]
        numbers = struct.unpack(f"<{(end - begin) // struct.calcsize(code)}{code}", data[8 + size + begin:8 + size + end])
        arrays[name] = (info["dtype"], info["shape"], numbers)
    return arrays, metadata


def write_safetensors(path, arrays):
    """{name: (shape, floats)} as F32."""
    header, data = {}, b""
    for name, (shape, numbers) in arrays.items():
        part = struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + len(part)]}
        data += part
    text = json.dumps(header).encode()
    Path(path).write_bytes(struct.pack("<Q", len(text)) + text + data)


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
            self.refuses(1, "info", folder, words=["config.json", "model_type"])

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

    def test_inspect_writes_what_was_selected(self):
        with tempfile.TemporaryDirectory() as folder:
            for device in DEVICES:
                out = Path(folder) / "out.safetensors"
                result = self.json("inspect", "demo", "--device", device, "--prompt", "Once upon a time", "--max-tokens", 3,
                                   "--capture", "blk.*.attn.pattern,blk.3.attn.scores[head=2,3;token=-1]",
                                   "--capture", "blk.1,2.ffn.act[neuron=5,7;token=0:3],logits", "--out", out, "--json")
                greedy = self.json("generate", "demo", "--device", device, "--kv", "f32", "--prompt", "Once upon a time",
                                   "--max-tokens", 3, "--ignore-eos", "--json")
                arrays, metadata = read_safetensors(out)
                tokens = list(arrays.pop("tokens")[2])
                self.assertEqual(tokens, greedy["prompt_tokens"] + greedy["tokens"])
                self.assertEqual(result["tokens"], tokens)
                prompt, count = len(greedy["prompt_tokens"]), len(tokens)
                self.assertEqual(metadata["prompt_tokens"], str(prompt))
                self.assertEqual(set(arrays), {f"blk.{i}.attn.pattern" for i in range(6)} | {
                    "blk.3.attn.scores", "blk.1.ffn.act", "blk.2.ffn.act", "logits"})
                self.assertEqual({v["name"]: v["shape"] for v in result["values"]}, {n: a[1] for n, a in arrays.items()})
                dtype, shape, pattern = arrays["blk.0.attn.pattern"]
                self.assertEqual((dtype, shape), ("F32", [8, count, count]))
                for row in range(8 * count):
                    numbers = pattern[row * count:(row + 1) * count]
                    self.assertAlmostEqual(sum(numbers), 1, places=4)
                    self.assertFalse(any(numbers[row % count + 1:]))
                self.assertEqual(arrays["blk.3.attn.scores"][1], [2, 1, count])
                self.assertEqual([x == -math.inf for x in arrays["blk.3.attn.scores"][2]],
                                 2 * [i >= prompt for i in range(count)])
                self.assertEqual(arrays["blk.2.ffn.act"][1], [3, 2])
                rows = [arrays["logits"][2][i * 2048:(i + 1) * 2048] for i in range(count)]
                self.assertEqual([max(range(2048), key=row.__getitem__) for row in rows[prompt - 1:-1]], greedy["tokens"])

    def test_lens(self):
        result = self.json("lens", "demo", "--prompt", "Once upon a time, a clever fox", "--last", 2, "--json")
        self.assertEqual(result["rows"], ["embed", "0", "1", "2", "3", "4", "5"])
        self.assertEqual(len(result["positions"]), 2)
        scored = self.json("score", "demo", "--text", "Once upon a time, a clever fox", "--top", 1, "--json")
        self.assertEqual(scored["tokens"], result["tokens"])
        last = result["positions"][-1]["rows"][-1]
        self.assertEqual(last["top"][0][0], scored["positions"][-1]["top"][0][0])
        self.assertAlmostEqual(last["top"][0][1], scored["positions"][-1]["top"][0][1], places=4)
        self.assertEqual((last["rank"], last["kl"]), (1, 0))
        self.assertIn("would say", run("lens", "demo", "--prompt", "Once upon a time").stdout)

    def test_why(self):
        with tempfile.TemporaryDirectory() as directory:
            page = Path(directory) / "why.html"
            options = ["demo", "--prompt", "My name is Nora. What is my name? My name is"]
            result = self.json("why", *options, "--against", " Tim", "--out", page, "--json")
            self.assertEqual(result["decided_at"], "1")
            text = page.read_text(encoding="utf-8")
            for words in ("<h1>Why “␣Nora”?", "against that of “␣Tim”", "<svg", "Which words it depended on"):
                self.assertIn(words, text)
            self.refuses(1, "why", *options, "--out", Path(directory) / "no" / "why.md", words=["cannot be written"])

    def test_next(self):
        options = ["demo", "--prompt", "Once upon a time, a clever fox", "--top-k", 5, "--top-p", 1, "--min-p", 0, "--temperature", 2]
        result = self.json("next", *options, "--word", " named", "--json")
        self.assertEqual([stage["name"] for stage in result["stages"]], ["model", "top-k", "temperature"])
        self.assertEqual([stage["tokens"] for stage in result["stages"]][1:], [5, 5])
        model, kept, warm = ([p for _, p in stage["top"][:5]] for stage in result["stages"])
        scored = self.json("score", "demo", "--text", "Once upon a time, a clever fox", "--top", 5, "--json")
        for mine, (_, theirs) in zip(model, scored["positions"][-1]["top"]):
            self.assertAlmostEqual(mine, theirs, places=4)
        self.assertAlmostEqual(sum(kept), 1, places=4)
        roots = [p ** 0.5 for p in kept]
        for mine, root in zip(warm, roots):
            self.assertAlmostEqual(mine, root / sum(roots), places=3)  # p is rounded
        self.assertEqual(result["words"][0]["rank"], 1)
        self.assertIn("rank 1", run("next", *options, "--word", " named").stdout)
        self.refuses(2, "next", *options, "--word", "", words=["--word"])

    def test_heads(self):
        result = self.json("heads", "demo", "--sort", "induction", "--json")
        self.assertEqual(len(result["heads"]), 6 * 8)
        first = result["heads"][:4]
        self.assertEqual({(head["layer"], head["head"], head["name"]) for head in first},
                         {(1, head, "induction") for head in (0, 2, 4, 6)})
        self.assertEqual(result["text_tokens"], 0)
        text = run("heads", "demo", "--text", "one two three one two three").stdout
        self.assertIn("tokens of the text", text)
        self.assertIn("seeded before training", text)
        self.refuses(2, "heads", "demo", "--sort", "nothing", words=["--sort"])

    def test_states(self):
        for device in DEVICES:
            options = ["demo", "--device", device, "--text", "Once upon a time, there was"]
            result = self.json("states", *options, "--token", "2,-1", "--components", 2, "--json")
            count = len(result["tokens"])
            self.assertEqual(result["rows"], ["embed", "0", "1", "2", "3", "4", "5"])
            for name in ("norm", "attention", "feed-forward", "cosine-before", "cosine-last"):
                self.assertEqual([len(row) for row in result["measures"][name]], 7 * [count])
            self.assertEqual([round(x, 5) for x in result["measures"]["cosine-last"][6]], count * [1])
            self.assertEqual([path["token"] for path in result["pca"]["paths"]], [2, count - 1])
            self.assertEqual([len(place) for place in result["pca"]["paths"][0]["places"]], 7 * [2])
            text = run("states", *options).stdout
            self.assertIn("feed-forward", text)
            self.assertEqual(text.count("token "), 1)
            self.refuses(2, "states", *options, "--token", count, words=[f"{count} tokens"])

    def test_tensor(self):
        tensors = self.json("tensor", "demo", "--json")["tensors"]
        self.assertEqual({t["name"]: t["shape"] for t in tensors}["blk.2.ffn_down.weight"], [256, 768])
        self.assertIn("blk.2.ffn_down.weight", run("tensor", DEMO).stdout)
        result = self.json("tensor", DEMO, "blk.2.ffn_down.weight", "--json")
        self.assertEqual((result["count"], len(result["singular"]["values"])), (256 * 768, 256))
        self.assertEqual(sum(result["histogram"]["counts"]), result["count"] - result["histogram"]["below"] - result["histogram"]["above"])
        squares = sum(x * x for x in result["singular"]["values"])
        self.assertAlmostEqual(squares, result["count"] * (result["deviation"] ** 2 + result["mean"] ** 2), delta=1e-4 * squares)
        self.assertIn("outliers", run("tensor", "demo", "token_embd.weight").stdout)
        self.refuses(1, "tensor", "demo", "blk.2.ffn_dwn.weight", words=["blk.2.ffn_down.weight"])

    def test_attention(self):
        with tempfile.TemporaryDirectory() as folder:
            for device in DEVICES:
                options = ["attention", "demo", "--device", device, "--text", "Once upon a time, there was a fox", "--layer", 1]
                maps = {}
                for replay in ([], ["--replay"]):
                    out = Path(folder) / "map.csv"
                    result = self.json(*options, *replay, "--head", 2, "--out", out, "--json")
                    count = len(result["heads"])
                    self.assertEqual(result["source"], "replay" if replay else "archive")
                    self.assertEqual((result["height"], count), (result["tokens"], 1))
                    lines = [line.split(",") for line in out.read_text().splitlines()]
                    self.assertEqual(len(lines), result["tokens"] + 1)
                    maps[bool(replay)] = [[float(x) for x in line[1:]] for line in lines[1:]]
                for i, (archived, exact) in enumerate(zip(maps[False], maps[True])):
                    self.assertAlmostEqual(sum(exact), 1, places=4)
                    self.assertEqual(exact[i + 1:], [0] * (len(exact) - i - 1))
                    for a, b in zip(archived, exact):
                        self.assertAlmostEqual(a, b, delta=2e-3)
                picture = Path(folder) / "map.pgm"
                self.json(*options, "--head", "mean", "--size", 4, "--out", picture, "--json")
                self.assertTrue(picture.read_bytes().startswith(b"P5\n4 4\n65535\n"))
                self.assertIn("head largest", run(*options, "--head", "largest").stdout)
                self.refuses(2, *options, "--out", picture, words=["one --layer and one --head", ".safetensors"])
                self.refuses(1, *options, "--head", 99, words=["no head 99", "0 to 7"])

    def test_inspect_edits(self):
        with tempfile.TemporaryDirectory() as folder:
            other, out, vector = (Path(folder) / name for name in ("other.st", "out.st", "vector.st"))
            write_safetensors(vector, {"up": ([256], [0.5] * 256)})
            common = ["--device", "cpu", "--json"]
            self.json("inspect", "demo", "--tokens", "9,8,7,6", "--capture", "blk.2.resid_post", "--out", other, *common)
            def inspect(*edits, tokens="5,6,7,8"):
                self.json("inspect", "demo", "--tokens", tokens, "--capture", "blk.2.attn.z,blk.2.resid_post,logits",
                          *(word for edit in edits for word in ("--edit", edit)), "--out", out, *common)
                return {name: array[2] for name, array in read_safetensors(out)[0].items()}
            plain = inspect()
            zeroed = inspect("blk.2.attn.z[head=2;token=1:3]=zero")
            for i, (a, b) in enumerate(zip(plain["blk.2.attn.z"], zeroed["blk.2.attn.z"])):
                self.assertEqual(b, 0 if i // 256 in (1, 2) and i // 32 % 8 == 2 else a)
            self.assertEqual(inspect("blk.*.attn.z=scale:1"), plain)
            patched = inspect(f"blk.2.resid_post[token=3]=replace:{other}:blk.2.resid_post")
            self.assertEqual(patched["blk.2.resid_post"][768:], read_safetensors(other)[0]["blk.2.resid_post"][2][768:])
            self.assertEqual(patched["blk.2.resid_post"][:768], plain["blk.2.resid_post"][:768])
            self.assertNotEqual(patched["logits"][-2048:], plain["logits"][-2048:])
            steered = inspect(f"blk.2.resid_post[token=0]=add:{vector}:up*-2", "logits[token=-1]=zero")
            for a, b in zip(plain["blk.2.resid_post"][:256], steered["blk.2.resid_post"]):
                self.assertAlmostEqual(a - 1, b, places=5)
            self.assertEqual(set(steered["logits"][-2048:]), {0.0})
            refuses = lambda *args, words: self.refuses(1, "inspect", "demo", "--tokens", "5,6,7", "--capture", "logits", "--out",
                                                        out, "--device", "cpu", "--edit", *args, words=words)
            refuses(f"blk.2.resid_post=replace:{other}", words=["4 tokens", "the prompt has 3"])
            refuses(f"blk.2.ffn.act=add:{vector}:up", words=["256", "768"])
            refuses("blk.2.attn.zz=zero", words=["blk.2.attn.z"])
            refuses("blk.2.attn.pattern=zero", words=["cannot be edited"])

    def test_inspect_refuses_what_is_not_there(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "out.safetensors"
            args = ["inspect", "demo", "--device", "cpu", "--tokens", "1,2,3", "--out", out, "--capture"]
            self.refuses(1, *args, "blk.3.attn.patern", words=["blk.3.attn.pattern"])
            self.refuses(1, *args, "blk.3.attn.z[head=8]", words=["blk.3.attn.z", "8, 0 to 7"])
            self.refuses(1, *args, "blk.3.attn.z[token=2:5]", words=["token 5", "there are 3"])
            self.refuses(1, *args, "logits", "--max-tokens", 5000, "--context", 64, words=["5000", "64"])
            self.refuses(2, *args, "logits[token", words=["bracket"])
            self.assertFalse(out.exists())
            self.refuses(1, *args[:-2], Path(folder) / "no-such-folder" / "x.st", "--capture", "logits", words=["no-such-folder"])

    def test_attribute(self):
        text = "When Mary and John went to the store, John gave a drink to"
        score = self.json("score", "demo", "--device", "cpu", "--text", text, "--top", 2048)
        for device in DEVICES:
            result = self.json("attribute", "demo", "--device", device, "--prompt", text, "--token", " Mary", "--against",
                               " John", "--json")
            self.assertEqual(result["piece"], " Mary")
            self.assertEqual(len(result["parts"]), 13)
            self.assertLess(abs(result["sum"] - result["logit"]), 1e-3)
            p = dict(map(tuple, score["positions"][-1]["top"]))
            lead = math.log(p[result["token"]] / p[result["against"]])
            self.assertLess(abs(result["logit"] - lead), 2e-2)
            z = next(part for part in result["parts"] if part["value"] == "blk.3.attn.out")
            self.assertLess(abs(sum(z["heads"]) - z["push"]), 1e-3)
        done = run("attribute", "demo", "--device", "cpu", "--prompt", text)
        self.assertIn("blk.1.attn.z[head=0] ", done.stdout)
        self.assertIn('logit of " Mary":', done.stdout.splitlines()[-1])
        self.assertIn("is 7 tokens", self.refuses(1, "attribute", "demo", "--prompt", text, "--token", "Mississippi"))
        self.assertIn("2047", self.refuses(1, "attribute", "demo", "--prompt", text, "--token", "2048"))

    JOHN_GAVE = "When Mary and John went to the store, John gave a drink to"

    def test_importance(self):
        batched = self.json("importance", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--json")
        single = self.json("importance", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--one-by-one", "--json")
        self.assertEqual(batched["piece"], " Mary")
        names = [method["name"] for method in batched["methods"]]
        self.assertEqual(names, ["rollout", "moved vectors", "leave one out", "spans"])
        for ours, theirs in zip(batched["methods"], single["methods"]):
            self.assertEqual(len(ours["scores"]), len(batched["tokens"]))
            for a, b in zip(ours["scores"], theirs["scores"]):
                self.assertLess(abs(a - b), 1e-3)
        self.assertEqual(len(batched["agreement"]), 6)
        self.assertEqual(len(batched["random_losses"]), 16)
        text = run("importance", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--no-leave-one-out", "--span", 3)
        self.assertIn('" Mary" has a probability of 0.99', text.stdout)
        self.assertNotIn("leave one out", text.stdout)
        self.assertIn("two or more", self.refuses(1, "importance", "demo", "--tokens", "5"))

    def test_sweep(self):
        corrupted = self.JOHN_GAVE.replace(", John", ", Mary")
        args = ("sweep", "demo", "--device", "cpu", "--prompt", corrupted, "--token", " Mary", "--against", " John",
                "--change", "patch", "--clean")
        result = self.json(*args, self.JOHN_GAVE, "--json")
        self.assertEqual([row["value"] for row in result["rows"]],
                         ["embed"] + [f"blk.{i}.resid_post" for i in range(6)])
        whole = result["clean"] - result["base"]
        self.assertLess(abs(result["rows"][0]["effects"][9] - whole), 1e-2)
        self.assertLess(abs(result["rows"][6]["effects"][14] - whole), 1e-2)
        self.assertIn("as many", self.refuses(1, *args, self.JOHN_GAVE + " the"))
        self.refuses(2, *args[:-1])
        heads = run("sweep", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--part", "heads", "--positions", "9:")
        self.assertEqual(len(heads.stdout.splitlines()), 8)
        self.assertIn('log-probability of " Mary"', heads.stdout)

    def test_neurons(self):
        result = self.json("neurons", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--count", 9, "--json")
        self.assertEqual(result["piece"], " Mary")
        strengths = [neuron["strength"] for neuron in result["neurons"]]
        self.assertEqual(strengths, sorted(strengths, reverse=True))
        self.assertEqual(len(strengths), 9)
        attributed = self.json("attribute", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--json")
        everything = self.json("neurons", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE, "--count", 1000, "--json")
        self.assertEqual(everything["token"], attributed["token"])
        text = run("neurons", "demo", "--device", "cpu", "--prompt", self.JOHN_GAVE).stdout
        self.assertIn(".ffn.act[neuron=", text)

    def test_probe(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = Path(folder) / "with.txt", Path(folder) / "without.txt"
            names = ("Mary", "John", "Anna", "Paul", "Nora")
            paths[0].write_text("\n".join(f"{name} has the ball." for name in names) + "\n\n")
            paths[1].write_text("\n".join(f"When {name} went to the" for name in names))
            out = Path(folder) / "steer.safetensors"
            args = ("probe", "demo", "--device", "cpu", "--with", paths[0], "--without", paths[1])
            result = self.json(*args, "--out", out, "--json")
            self.assertEqual(len(result["layers"]), 6)
            self.assertEqual(result["layers"][result["best"]]["accuracy"], 1)
            arrays, _ = read_safetensors(out)
            self.assertEqual(sorted(arrays), [f"blk.{i}.resid_post" for i in range(6)])
            self.assertIn("100 %", run(*args).stdout)
            steer = ("generate", "demo", "--device", "cpu", "--prompt", "When Mary went to the", "--max-tokens", 8, "--temperature",
                     0, "--json")
            plain = self.json(*steer)
            steered = self.json(*steer, "--edit", f"blk.3.resid_post=add:{out}:blk.3.resid_post*3")
            self.assertNotEqual(plain["tokens"], steered["tokens"])
            paths[1].write_text("one\n")
            self.assertIn("without.txt", self.refuses(1, *args))

    def test_intervene(self):
        args = ("--device", "cpu", "--prompt", self.JOHN_GAVE, "--max-tokens", 6, "--edit")
        edit = "blk.1.attn.z=zero"
        result = self.json("intervene", "demo", *args, edit, "--json")
        self.assertEqual("".join(token["piece"] for token in result["original"][:2]), " Mary.")
        self.assertEqual(result["first_difference"], 0)
        self.assertGreater(result["mean_kl"], 0.1)
        generated = self.json("generate", "demo", *args, edit, "--kv", "f32", "--temperature", 0, "--json")
        self.assertEqual(generated["tokens"], result["edited_tokens"])
        score = self.json("score", "demo", "--device", "cpu", "--tokens", ",".join(map(str, result["prompt_tokens"])), "--edit",
                          edit, "--top", 1)
        self.assertEqual(score["positions"][-1]["top"][0][0], result["edited_tokens"][0])
        self.assertIn("first difference at token 0", run("intervene", "demo", *args, edit).stdout)
        self.assertIn("no difference", run("intervene", "demo", *args, "blk.1.attn.z=scale:1").stdout)
        self.refuses(2, "generate", "demo", *args, "blk.1.attn.z=double")
        chat = run("chat", "demo", "--device", "cpu", "--temperature", 0, "--edit", "blk.*.attn.z=zero", stdin="Hello!\n")
        self.assertIn("edits are on", chat.stdout)
        self.assertNotIn("How can I help you?", chat.stdout)

    def test_activations(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text.txt"
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:1200])
            result = self.json("activations", "demo", "--file", text, "--device", "cpu", "--json")
            self.assertEqual(len(result["values"]), 24)
            self.assertAlmostEqual(result["dynamic"]["loss"], result["plain"]["loss"], delta=0.05)
            self.assertGreater(result["values"][0]["error_static"], result["values"][0]["error_dynamic"])

    def test_perplexity(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text.txt"
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:6000])
            result = self.json("perplexity", "demo", "--file", text, "--context", 256, "--device", "cpu", "--json")
            self.assertGreater(result["ppl"], 1.0)
            self.assertLess(result["ppl"], 4.0)
            self.assertGreater(result["tokens"], 1000)

    def test_quantize(self):
        with tempfile.TemporaryDirectory() as folder:
            folder = Path(folder)
            out, text, matrix = folder / "q.gguf", folder / "text.txt", folder / "imatrix.gguf"
            before = DEMO.read_bytes()
            result = self.json("quantize", DEMO, out, "--type", "q4_k_m", "--json")
            self.assertEqual((result["type"], result["method"], result["fallbacks"]), ("Q4_K_M", "rtn", 0))
            self.assertEqual(result["bytes"], out.stat().st_size)
            by_name = {t["name"]: t for t in result["tensors"]}
            self.assertEqual(by_name["blk.1.attn_q.weight"]["to"], "Q4_K")
            self.assertEqual(by_name["token_embd.weight"]["to"], "Q6_K")
            self.assertEqual(by_name["output_norm.weight"]["snr_db"], None)
            self.assertTrue(15 < by_name["blk.1.attn_q.weight"]["snr_db"] < 30)
            self.assertEqual(len(by_name["blk.1.attn_q.weight"]["worst_rows"]), 3)
            info = self.json("info", out, "--json")
            self.assertEqual({t["name"]: t["format"] for t in info["tensors"]}, {n: t["to"] for n, t in by_name.items()})
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:2000])
            made = self.json("imatrix", DEMO, "--file", text, "--out", matrix, "--chunk", 128, "--device", "cpu", "--json")
            self.assertEqual((made["weights"], made["chunks"]), (42, made["tokens"] // 128))
            ppl = {}
            for name, options in (("plain", ()), ("weighted", ("--imatrix", matrix))):
                self.json("quantize", DEMO, out, "--type", "Q2_K", "--pure", *options, "--json")
                ppl[name] = self.json("perplexity", out, "--file", text, "--context", 256, "--device", "cpu", "--json")["ppl"]
            self.assertLess(ppl["weighted"], ppl["plain"])
            self.assertIn("blk.0.attn_q.weight  256 x 256  F16 -> Q8_0  error 0.", run("quantize", DEMO, out, "--type", "Q8_0").stdout)
            self.assertEqual(DEMO.read_bytes(), before)
            self.refuses(2, "quantize", DEMO, out, "--type", "Q4", words=["Q4_K_M"])
            calibration = SOURCE / "tests/oracles/gptq/calibration.txt"
            calibrated = ("--calibration", calibration, "--chunks", 1, "--chunk-tokens", 256, "--device", "cpu")
            gptq = folder / "gptq"
            result = self.json("quantize", "demo", gptq, "--method", "gptq", "--bits", 3, *calibrated, "--json")
            self.assertEqual((result["layout"], result["bits"], result["group"]), ("gptq", 3, 128))
            self.assertEqual(self.json("info", gptq, "--json")["container"], "Hugging Face directory, GPTQ, 3 bits")
            self.refuses(1, "quantize", "demo", gptq, "--method", "gptq", *calibrated, words=["is there already"])
            self.refuses(2, "quantize", "demo", out, "--method", "awq", words=["--calibration"])
            self.refuses(2, "quantize", "demo", out, "--method", "gptq", "--type", "Q4_0", words=["--bits"])
            self.refuses(2, "quantize", "demo", out, words=["--type"])
            self.refuses(2, "quantize", DEMO, out, "--type", "Q8_0", "--method", "guess", words=["rtn"])
            self.refuses(1, "quantize", DEMO, DEMO, "--type", "Q8_0", words=["the source itself"])
            self.refuses(1, "quantize", DEMO, folder / "no/such/folder.gguf", "--type", "Q8_0")
            self.refuses(1, "quantize", DEMO, out, "--type", "Q8_0", "--imatrix", text, words=["no importance matrix"])
            self.refuses(1, "imatrix", DEMO, "--text", "short", "--out", matrix, "--device", "cpu", words=["too few"])

    def test_a_full_disk_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "q.gguf"
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
            done = subprocess.run([CLI, "quantize", str(DEMO), str(out), "--type", "Q8_0"], capture_output=True, text=True, timeout=300,
                                  preexec_fn=limit)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("cannot be written", done.stderr)
            self.assertEqual(os.listdir(folder), [])

    def test_quantize_goes_on_where_it_was_killed(self):
        with tempfile.TemporaryDirectory() as folder:
            text = SOURCE / "tests/oracles/gptq/calibration.txt"
            whole, killed = Path(folder) / "whole.gguf", Path(folder) / "killed.gguf"
            options = ("--method", "gptq", "--calibration", text, "--chunks", 2, "--chunk-tokens", 256, "--device", "cpu")
            self.json("quantize", "demo", whole, *options, "--json")
            process = subprocess.Popen([CLI, *map(str, ("quantize", "demo", killed, *options))], stdout=subprocess.DEVNULL)
            log = Path(folder) / "killed.gguf.unfinished.log"
            while process.poll() is None and not (log.exists() and "blk.1.ffn_down" in log.read_text()):
                pass
            process.kill()  # SIGKILL
            process.wait()
            self.assertEqual(sorted(os.listdir(folder)), ["killed.gguf.unfinished", "killed.gguf.unfinished.log", "whole.gguf"])
            self.refuses(1, "quantize", "demo", killed, *options, "--bits", 8, words=["bits was 4 then and is 8 now", "--restart"])
            done = run("quantize", "demo", killed, *options, "--json")
            self.assertIn("killed.gguf: goes on with a run that was not finished, behind ", done.stderr)
            self.assertGreater(json.loads(done.stdout)["resumed_tensors"], 10)
            self.assertEqual(killed.read_bytes(), whole.read_bytes())
            self.assertEqual(sorted(os.listdir(folder)), ["killed.gguf", "whole.gguf"])

    def test_a_full_disk_keeps_what_is_done_where_it_is_asked_to(self):
        with tempfile.TemporaryDirectory() as folder:
            whole, out = Path(folder) / "whole.gguf", Path(folder) / "q.gguf"
            command = [CLI, "quantize", str(DEMO), str(out), "--type", "Q8_0", "--keep"]
            limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, 3 << 20))
            done = subprocess.run(command, capture_output=True, text=True, timeout=300, preexec_fn=limit)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertEqual(sorted(os.listdir(folder)), ["q.gguf.unfinished", "q.gguf.unfinished.log"])
            self.json("quantize", DEMO, whole, "--type", "Q8_0", "--json")
            again = subprocess.run(command, capture_output=True, text=True, timeout=300)
            self.assertIn("goes on with a run that was not finished", again.stderr)
            self.assertEqual(out.read_bytes(), whole.read_bytes())
            self.assertEqual(sorted(os.listdir(folder)), ["q.gguf", "whole.gguf"])

    def test_simulated_precision(self):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder) / "text.txt"
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:1500])
            args = ("perplexity", "demo", "--file", text, "--context", 256, "--device", "cpu", "--json")
            ppl = [self.json(*args, "--simulate", f"int{bits}:g32")["ppl"] for bits in (16, 8, 3, 2)]
            self.assertAlmostEqual(ppl[0], self.json(*args)["ppl"], delta=1e-3)
            self.assertEqual(ppl, sorted(ppl))
            info = self.json("info", "demo", "--simulate", "nf4:dq:all", "--json")["simulated"]
            self.assertEqual(info["scheme"], "nf4:b64:dq:all")
            self.assertAlmostEqual(info["bits_per_weight"], 4.127, delta=1e-3)
            self.assertTrue(18 < info["snr_db"] < 24)
            self.assertIn("4-bit integers, groups of 64 (int4:g64)", run("info", "demo", "--simulate", "int4:g64").stdout)
            self.assertIsNone(self.json("info", "demo", "--json")["simulated"])
            self.refuses(2, "info", "demo", "--simulate", "int99", words=["int99", "nf4"])
            # The same codes as a file and as a simulation.
            made = Path(folder) / "q.gguf"
            self.json("quantize", "demo", made, "--type", "Q5_0", "--pure", "--json")
            result = self.json("compare", made, "demo", "--simulate", "q5_0:all", "--text", "The cat sat on the mat and slept.", "--device",
                               "cpu", "--json")
            self.assertLess(result["kld"]["max"], 1e-6)

    def test_rounded_activations(self):
        with tempfile.TemporaryDirectory() as folder:
            text, calibration = Path(folder) / "text.txt", Path(folder) / "calibration.txt"
            source = (SOURCE / "resources/demo-model/demo-eval.txt").read_text()
            text.write_text(source[:1500])
            calibration.write_text(source[3000:5000])
            args = ("perplexity", "demo", "--file", text, "--context", 256, "--device", "cpu", "--json")
            plain, dynamic = self.json(*args)["ppl"], self.json(*args, "--activations", "int8")["ppl"]
            static = self.json(*args, "--activations", f"int8:all:static={calibration}")["ppl"]
            self.assertEqual(len({plain, dynamic, static}), 3)
            self.assertAlmostEqual(dynamic / plain, 1, delta=0.05)
            self.assertAlmostEqual(static / plain, 1, delta=0.3)
            both = self.json("compare", "demo", "demo", "--activations", "int8", "--file", text, "--context", 256, "--device", "cpu",
                             "--noise-floor", 0, "--json")
            self.assertTrue(0 < both["kld"]["mean"] < 0.05)
            self.assertEqual(self.json("info", "demo", "--activations", "int8:all", "--json")["activations"], "int8:all")
            self.assertIsNone(self.json("info", "demo", "--json")["activations"])
            self.assertIn("one scale per token", run("info", "demo", "--activations", "int8").stdout)
            self.refuses(2, "info", "demo", "--activations", "int9", words=["int9", "int8:static=FILE"])
            self.refuses(1, "info", "demo", "--activations", "int8:static=" + str(Path(folder) / "none.txt"), words=["none.txt"])

    def compared(self, folder):
        """The demo model with an eighth of its bytes, in the middle of its weights, coarser: each F16 loses its last bits."""
        data = bytearray(DEMO.read_bytes())
        begin = len(data) // 2 // 2 * 2
        for at in range(begin, begin + len(data) // 16 * 2, 2):
            data[at] = 0
        path = Path(folder) / "coarse.gguf"
        path.write_bytes(data)
        return path

    def test_compare(self):
        with tempfile.TemporaryDirectory() as folder:
            coarse, text, dump = self.compared(folder), Path(folder) / "text.txt", Path(folder) / "dump.safetensors"
            text.write_text((SOURCE / "resources/demo-model/demo-eval.txt").read_text()[:300])
            args = ("compare", "demo", coarse, "--file", text, "--context", 64, "--device", "cpu")
            result = self.json(*args, "--dump-logits", dump, "--json")
            arrays, _ = read_safetensors(dump)
            vocabulary, places = arrays["logits_a"][1][1], arrays["logits_a"][1][0]
            self.assertEqual(result["tokens"], places)
            rows = [[arrays[name][2][i * vocabulary:(i + 1) * vocabulary] for i in range(places)] for name in ("logits_a", "logits_b")]

            def logprobs(row):
                total = math.log(sum(math.exp(x - max(row)) for x in row)) + max(row)
                return [x - total for x in row]

            kl, change, surprise = [], [], [0, 0]
            for a, b, token in zip(*rows, arrays["next"][2]):
                p, q = logprobs(a), logprobs(b)
                kl.append(sum(math.exp(x) * (x - y) for x, y in zip(p, q)))
                change.append(math.exp(q[token]) - math.exp(p[token]))
                surprise[0] -= p[token] / places
                surprise[1] -= q[token] / places
            self.assertGreater(sum(kl), 0)
            self.assertAlmostEqual(result["kld"]["mean"], sum(kl) / places, delta=1e-6)
            self.assertAlmostEqual(result["kld"]["max"], max(kl), delta=1e-6)
            self.assertAlmostEqual(result["rms_dp"], math.sqrt(sum(c * c for c in change) / places), delta=1e-6)
            self.assertAlmostEqual(result["ppl_a"], math.exp(surprise[0]), delta=1e-4)
            self.assertAlmostEqual(result["ppl_b"], math.exp(surprise[1]), delta=1e-4)
            self.assertEqual([layer["layer"] for layer in result["layers"]], list(range(6)))
            self.assertLess(result["noise_floor"]["kld"]["mean"], result["kld"]["mean"])
            alone = self.json("perplexity", "demo", "--file", text, "--context", 64, "--device", "cpu", "--json")
            self.assertAlmostEqual(result["ppl_a"], alone["ppl"], delta=1e-4)
            shown = run(*args).stdout
            for words in ("KL(A || B)", "same most likely token", "by A's confidence", "residual stream", "noise floor"):
                self.assertIn(words, shown)
            across = self.json(*args[:-2], "--device", "cpu", "--device-b", DEVICES[-1], "--noise-floor", 0, "--json")
            self.assertAlmostEqual(across["kld"]["mean"], result["kld"]["mean"], delta=0.02 * result["kld"]["mean"] + 2e-4)
            self.assertNotIn("noise_floor", across)
            same = self.json("compare", "demo", "demo", "--file", text, "--device", "cpu", "--json")
            self.assertEqual(same["kld"]["max"], 0)
            self.assertIsNone(same["layers"][0]["snr_db"])
        named = [self.json("compare", "demo", *second, "--tokens", "1,2,3,4,5,6,7,8", "--device", "cpu", "--json")["kld"]["mean"]
                 for second in (["demo@int4:g64"], ["demo", "--simulate", "int4:g64"])]
        self.assertEqual(named[0], named[1])
        self.assertGreater(named[0], 0)
        self.refuses(1, "compare", "demo", "demo", "--tokens", "5")
        self.refuses(1, "compare", "demo", SOURCE / "tests/oracles/families/qwen2.gguf", "--tokens", "1,2,3")
        self.refuses(2, "compare", "demo")

    def test_restore(self):
        with tempfile.TemporaryDirectory() as folder:
            coarse, out = self.compared(folder), Path(folder) / "mix.gguf"
            args = ("restore", "demo", coarse, "--file", SOURCE / "resources/demo-model/demo-eval.txt", "--limit", 40, "--device", "cpu")
            ranked = self.json(*args, "--json")
            self.assertEqual(ranked["places"], 39)
            alone = {part["name"]: part for part in ranked["tensors"]}
            self.assertTrue(all(part["kld"] >= 0 for part in ranked["classes"] + ranked["layers"]))
            name = max(alone, key=lambda n: alone[n]["gain"])
            restored = self.json(*args, "--part", name, "--json")
            self.assertAlmostEqual(restored["kld"], alone[name]["kld"], delta=1e-6)
            self.assertAlmostEqual(restored["kld_before"], ranked["kld"], delta=1e-6)
            for device in DEVICES[1:]:
                again = self.json(*args[:-1], device, "--part", name, "--json")
                self.assertAlmostEqual(again["kld"], restored["kld"], delta=0.02 * restored["kld"] + 2e-4)
            self.assertIn("tensors, restored alone", run(*args, "--rank").stdout)
            solved = self.json(*args, "--budget", 20, "--out", out, "--json")
            self.assertLess(solved["proposals"][0]["kld_measured"], ranked["kld"])
            self.assertTrue(run("info", out).stdout)
            self.assertIn("nearest names", self.refuses(2, *args, "--part", "blk.1.ffn_dawn"))
            self.refuses(1, *args, "--budget", 1)
            self.refuses(2, *args, "--budget", 20, "--part", name)
            self.refuses(2, *args, "--out", out)
        self.refuses(1, "restore", "demo", "demo", "--tokens", "1,2,3")

    def test_drift(self):
        with tempfile.TemporaryDirectory() as folder:
            args = ("drift", "demo", self.compared(folder), "--text", "Once upon a time, a clever fox", "--device", "cpu")
            result = self.json(*args, "--json")
            count = len(result["tokens"])
            self.assertEqual(result["rows"][:3], ["embed", "blk.0.resid_mid", "blk.0.resid_post"])
            self.assertEqual([len(row) for row in result["relative_error"]], [count] * 13)
            self.assertEqual([len(head) for layer in result["attention_shift"] for head in layer], [count] * 48)
            self.assertEqual(len(result["lens_kl"]), 7)
            self.assertGreater(result["relative_error"][-1][-1], 0)
            self.assertIn("worst head", run(*args).stdout)
            self.assertNotIn("lens_kl", self.json(*args, "--no-lens", "--json"))

    def test_table(self):
        with tempfile.TemporaryDirectory() as folder:
            coarse, page, sheet = self.compared(folder), Path(folder) / "t.html", Path(folder) / "t.csv"
            result = self.json("table", "demo", coarse, "demo@int4:g64", "--text", "Once upon a time, a clever fox lived in a wood.",
                               "--device", "cpu", "--html", page, "--csv", sheet, "--json")
            first, second, third = result["models"]
            self.assertLess(first["kld"]["mean"], second["kld"]["mean"])
            self.assertLess(first["kld"]["mean"], third["kld"]["mean"])
            self.assertLess(third["file_bytes"], first["file_bytes"] / 2)
            self.assertTrue(second["sample"])
            self.assertIn("<svg", page.read_text())
            self.assertEqual(len(sheet.read_text().strip().splitlines()), 4)
        self.refuses(2, "table")

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

    def test_bench_capture(self):
        for device in DEVICES:
            args = ("bench", "demo", "--device", device, "--prompt", 16, "--generate", 4, "--repeat", 1)
            result = self.json(*args, "--capture", "blk.*.resid_post", "--capture", "blk.1.attn.pattern[head=0,1]", "--json")["capture"]
            self.assertEqual(result["values"], 7)
            self.assertEqual(result["bytes_per_token"], 4 * (6 * 256 + 2 * 20))  # the last token looks at 20
            for key in ("plain_tps", "captured_tps", "ratio"):
                self.assertGreater(result[key], 0, key)
            self.refuses(1, *args, "--capture", "blk.9.resid_post", words=["blk.9.resid_post"])

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
