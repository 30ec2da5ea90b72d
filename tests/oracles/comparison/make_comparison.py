"""Makes comparison.json: the demo model in F16 beside itself in Q4_0 over two texts, by a float64 forward pass.

    python3 make_comparison.py PATH/TO/shared Q4_0.gguf > comparison.json        (needs numpy and gguf)

shared holds tools/reference/llama_float64.py and data/wikitext-2-test.txt, which this project does not contain. The Q4_0
file (every matrix, quantized by the gguf package) is written where the second argument says.
"""
import importlib.util
import json
import os
import sys

import gguf
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
DEMO = os.path.join(HERE, "../../../resources/demo-model")
TOKENS, CONTEXT = 384, 96


def module(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    return loaded


def quantize(source, target):
    reader = gguf.GGUFReader(source)
    architecture = str(bytes(reader.fields["general.architecture"].parts[-1]), "utf-8")
    writer = gguf.GGUFWriter(target, architecture)
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name == "general.architecture":
            continue
        kind = field.types[0]
        sub = field.types[-1] if kind == gguf.GGUFValueType.ARRAY else None
        writer.add_key_value(field.name, field.contents(), kind, sub)
    for tensor in reader.tensors:
        data = np.array(tensor.data)
        if data.ndim == 2:
            packed = gguf.quants.quantize(data.astype(np.float32), gguf.GGMLQuantizationType.Q4_0)
            writer.add_tensor(tensor.name, packed, raw_dtype=gguf.GGMLQuantizationType.Q4_0)
        else:
            writer.add_tensor(tensor.name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def compare(reference, a, b, tokens):
    layers = a.kv["llama.block_count"]
    kl, same, change, nll, cosine, signal, noise = [], [], [], [[], []], [], [], []
    for begin in range(0, len(tokens), CONTEXT):
        window = np.array(tokens[begin:begin + CONTEXT])
        values = [reference.forward(m, window) for m in (a, b)]
        p, q = (reference.logprobs(v["logits"])[:-1] for v in values)
        kl += list((np.exp(p) * (p - q)).sum(-1))
        same += list(p.argmax(-1) == q.argmax(-1))
        place = np.arange(len(window) - 1), window[1:]
        change += list(np.exp(q[place]) - np.exp(p[place]))
        nll[0] += list(-p[place])
        nll[1] += list(-q[place])
        x, y = (np.stack([v[f"blk.{i}.resid_post"][:-1] for i in range(layers)]) for v in values)
        cosine.append((x * y).sum(-1) / np.linalg.norm(x, axis=-1) / np.linalg.norm(y, axis=-1))
        signal.append((x * x).sum((1, 2)))
        noise.append(((x - y) ** 2).sum((1, 2)))
    kl = np.array(kl)
    return dict(
        tokens=[int(t) for t in tokens], ppl_a=float(np.exp(np.mean(nll[0]))), ppl_b=float(np.exp(np.mean(nll[1]))),
        kld=dict(mean=float(kl.mean()), median=float(np.median(kl)), p90=float(np.quantile(kl, 0.9)),
                 p99=float(np.quantile(kl, 0.99)), p999=float(np.quantile(kl, 0.999)), max=float(kl.max())),
        same_top=float(np.mean(same)), rms_dp=float(np.sqrt(np.mean(np.square(change)))),
        cosine=[float(c) for c in np.concatenate(cosine, axis=1).mean(-1)],
        snr_db=[float(s) for s in 10 * np.log10(sum(signal) / sum(noise))])


def lens(reference, a, b, tokens):
    """Where the two part inside, over one window: means over its tokens."""
    layers, heads = a.kv["llama.block_count"], a.kv["llama.attention.head_count"]
    x, y = (reference.forward(m, np.array(tokens)) for m in (a, b))
    names = ["embed"] + [f"blk.{i}.{part}" for i in range(layers) for part in ("resid_mid", "resid_post")]
    norm = lambda v: np.linalg.norm(v, axis=-1)
    relative = [float((norm(x[n] - y[n]) / norm(x[n])).mean()) for n in names]
    cosine = [float(((x[n] * y[n]).sum(-1) / norm(x[n]) / norm(y[n])).mean()) for n in names]
    shift = [[float(np.abs(x[f"blk.{i}.attn.pattern"][h] - y[f"blk.{i}.attn.pattern"][h]).sum(-1).mean() / 2)
              for h in range(heads)] for i in range(layers)]

    def says(model, stream):
        eps = model.kv["llama.attention.layer_norm_rms_epsilon"]
        h = reference.rms(stream, model.t["output_norm.weight"], eps)
        return reference.logprobs(h @ model.t.get("output.weight", model.t["token_embd.weight"]).T)

    kl = []
    for n in ["embed"] + [f"blk.{i}.resid_post" for i in range(layers)]:
        p, q = says(a, x[n]), says(b, y[n])
        kl.append(float((np.exp(p) * (p - q)).sum(-1).mean()))
    return dict(count=len(tokens), relative_error=relative, cosine=cosine, attention=shift, lens_kl=kl)


def main():
    shared, target = sys.argv[1:]
    reference = module("reference", os.path.join(shared, "tools/reference/llama_float64.py"))
    tokenizer = module("demo_tokenizer", os.path.join(DEMO, "tokenizer.py")).Tokenizer(os.path.join(DEMO, "tokenizer.json"))
    source = os.path.join(DEMO, "demo-f16.gguf")
    quantize(source, target)
    a, b = reference.Gguf(source), reference.Gguf(target)
    texts = dict(held_out=os.path.join(DEMO, "demo-eval.txt"), wikitext=os.path.join(shared, "data/wikitext-2-test.txt"))
    result = dict(context=CONTEXT)
    for name, path in texts.items():
        with open(path, encoding="utf-8") as file:
            text = file.read(8000)
        result[name] = compare(reference, a, b, tokenizer.encode(text)[:TOKENS])
        if name == "wikitext":
            del result[name]["tokens"]  # the text is not ours: its reader encodes it
            result[name]["count"] = TOKENS
    result["lens"] = lens(reference, a, b, result["held_out"]["tokens"][:64])
    print(json.dumps(result))


main()
