"""Compares what `cutaway-cli compare A B --dump-logits F.safetensors --json` printed with what numpy makes of the logits
in F.safetensors: largest differences, and "ok" where all are below 1e-4.

    cutaway-cli compare demo demo-q4_0.gguf --file TEXT --dump-logits F.safetensors --json > printed.json
    python3 check_dump.py F.safetensors printed.json        (needs numpy)
"""
import json
import struct
import sys

import numpy as np


def read(path):
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    kinds = {"F32": np.float32, "I32": np.int32}
    return {name: np.frombuffer(data[8 + size:][slice(*e["data_offsets"])], kinds[e["dtype"]]).reshape(e["shape"])
            for name, e in header.items() if name != "__metadata__"}


def logprobs(rows):
    rows = rows.astype(np.float64)
    top = rows.max(-1, keepdims=True)
    return rows - top - np.log(np.exp(rows - top).sum(-1, keepdims=True))


def main():
    arrays, printed = read(sys.argv[1]), json.load(open(sys.argv[2]))
    p, q = logprobs(arrays["logits_a"]), logprobs(arrays["logits_b"])
    place = np.arange(len(p)), arrays["next"]
    kl = (np.exp(p) * (p - q)).sum(-1)
    change = np.exp(q[place]) - np.exp(p[place])
    expected = dict(ppl_a=np.exp(-p[place].mean()), ppl_b=np.exp(-q[place].mean()), same_top=(p.argmax(-1) == q.argmax(-1)).mean(),
                    rms_dp=np.sqrt((change ** 2).mean()), mean_dp=change.mean(), entropy_a=-(np.exp(p) * p).sum(-1).mean())
    quantiles = dict(median=0.5, p90=0.9, p99=0.99, p999=0.999)
    found = {name: printed[name] for name in expected} | printed["kld"]
    expected |= dict(mean=kl.mean(), max=kl.max(), **{name: np.quantile(kl, q) for name, q in quantiles.items()})
    worst = 0.0
    for name, value in expected.items():
        difference = abs(found[name] - value) / max(1.0, abs(value))
        worst = max(worst, difference)
        print(f"{name:10} {found[name]:.9g} numpy {value:.9g} differs by {difference:.2g}")
    print("ok" if worst < 1e-4 else "DIFFERS")


main()
