"""Makes divergence.json: pairs of rows of logits, and what numpy makes of them, row by row and over all.

    python3 make_divergence.py > divergence.json        (needs numpy)

Everything is computed in extended precision from the very F32 numbers that the file holds.
"""
import json

import numpy as np

ROWS, VOCABULARY = 160, 19  # a vocabulary that is no multiple of a vector's length
EDGES = [0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 1.0]


def logprobs(row):
    row = row.astype(np.longdouble)
    top = row.max()
    return row - top - np.log(np.exp(row - top).sum())


def one(a, b, chosen):
    p, q = logprobs(a), logprobs(b)
    weights = np.exp(p)
    kl = float((weights * np.where(weights > 0, p - q, 0)).sum())
    entropy = [float(-(np.exp(r) * np.where(np.exp(r) > 0, r, 0)).sum()) for r in (p, q)]
    top_a, top_b = int(a.argmax()), int(b.argmax())
    return dict(kl=kl, entropy_a=entropy[0], entropy_b=entropy[1], confidence=float(weights.max()), top_a=top_a,
                top_b=top_b, top_rank=1 + int((b > b[top_a]).sum()), chosen=chosen, logprob_a=float(p[chosen]),
                logprob_b=float(q[chosen]), rank_a=1 + int((a > a[chosen]).sum()), rank_b=1 + int((b > b[chosen]).sum()))


def mean_error(values):
    return [float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))]


def over_all(rows):
    get = lambda name: np.array([r[name] for r in rows])
    kl, conf = get("kl"), get("confidence")
    same = get("top_a") == get("top_b")
    change = np.exp(get("logprob_b")) - np.exp(get("logprob_a"))
    nll_a, nll_b = -get("logprob_a"), -get("logprob_b")
    ppl = [float(np.exp(n.mean())) for n in (nll_a, nll_b)]
    errors = [p * mean_error(n)[1] for p, n in zip(ppl, (nll_a, nll_b))]
    covariance = np.cov(nll_a, nll_b)
    gradient = np.array([-ppl[0], ppl[1]])
    buckets = []
    for low, high in zip(EDGES, EDGES[1:]):
        inside = (conf >= low) & ((conf < high) | (high == 1.0))
        some = kl[inside]
        buckets.append(dict(places=int(inside.sum()), mean=float(some.mean()), median=float(np.median(some)),
                            p90=float(np.quantile(some, 0.9)), share=float(some.sum() / kl.sum()),
                            same_top=float(same[inside].mean())))
    return dict(
        mean=mean_error(kl), quantiles=[float(np.quantile(kl, q)) for q in (0.5, 0.9, 0.99, 0.999)], max=float(kl.max()),
        same_top=[float(same.mean()), float(np.sqrt(same.mean() * (1 - same.mean()) / (len(rows) - 1)))],
        change=mean_error(change), rms=float(np.sqrt((change ** 2).mean())),
        change_quantiles=[float(np.quantile(change, q)) for q in (0.001, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999)],
        ppl=ppl, ppl_error=errors, log_ratio=mean_error(nll_b - nll_a),
        difference=[ppl[1] - ppl[0], float(np.sqrt(gradient @ covariance @ gradient / len(rows)))],
        correlation=float(np.corrcoef(nll_a, nll_b)[0, 1]), buckets=buckets)


def main():
    rng = np.random.default_rng(5)
    rows = []
    for i in range(ROWS):
        a = rng.normal(size=VOCABULARY) * rng.choice([0.05, 0.5, 1.5, 4.0, 8.0])
        b = a + rng.normal(size=VOCABULARY) * rng.choice([1e-3, 0.05, 0.3, 1.0])
        if i == 0:
            b = a.copy()
        if i == 1:
            b = a + 1000  # the same distribution
        if i == 2:
            a, b = a - 500, b + 500
        if i == 3:
            a[4:7] = b[4:7] = -1e9  # excluded
        if i == 4:
            a[:] = b[:] = 0.0
            b[3] = 1e-4  # nearly equal
        chosen = int(a.argmax()) if rng.random() < 0.5 else int(rng.integers(VOCABULARY))
        if i == 3:
            chosen = 0
        a, b = (np.array([float(f"{x:.4f}") for x in r], dtype=np.float32) for r in (a, b))
        rows.append(dict(a=[float(f"{x:.4f}") for x in a], b=[float(f"{x:.4f}") for x in b], **one(a, b, chosen)))
    print("{\"all\":", json.dumps(over_all(rows)), ",\n\"rows\":[")
    print(",\n".join(json.dumps(row) for row in rows), "]}")


main()
