"""Makes sampler.json: logits, settings and history, and which tokens a straightforward sampler draws from them.

    python3 make_sampler.py > sampler.json        (needs numpy)

Each stage is a few lines of numpy over whole arrays. The 64-bit Mersenne Twister is written out from Matsumoto and
Nishimura's recurrence and checked against the value that the C++ standard gives for its 10,000th output.
"""
import json

import numpy as np


class Mt19937_64:
    N, M, MASK = 312, 156, (1 << 64) - 1

    def __init__(self, seed):
        self.state = [seed]
        for i in range(1, self.N):
            last = self.state[-1]
            self.state.append((6364136223846793005 * (last ^ (last >> 62)) + i) & self.MASK)
        self.index = self.N

    def next(self):
        if self.index == self.N:
            self.twist()
        x = self.state[self.index]
        self.index += 1
        x ^= (x >> 29) & 0x5555555555555555
        x ^= (x << 17) & 0x71D67FFFEDA60000
        x ^= (x << 37) & 0xFFF7EEE000000000
        return (x ^ (x >> 43)) & self.MASK

    def twist(self):
        s = self.state
        for i in range(self.N):
            y = (s[i] & 0xFFFFFFFF80000000) | (s[(i + 1) % self.N] & 0x7FFFFFFF)
            s[i] = s[(i + self.M) % self.N] ^ (y >> 1) ^ (0xB5026F5AA96619E9 if y & 1 else 0)
        self.index = 0


DEFAULTS = dict(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, repetition=1.0, frequency=0.0, presence=0.0,
                window=64, seed=0)


def distribution(logits, history, s):
    """Tokens that may be drawn, most likely first, and their probabilities."""
    x = logits.astype(np.float64)
    recent = history[len(history) - min(s["window"], len(history)):]
    counts = np.bincount(np.array(recent, dtype=np.int64), minlength=len(x))
    seen = counts > 0
    x = np.where(seen, np.where(x > 0, x / s["repetition"], x * s["repetition"]), x)
    x = x - s["frequency"] * counts - s["presence"] * seen
    order = np.lexsort((np.arange(len(x)), -x))
    if s["temperature"] == 0:
        return order[:1], np.ones(1)
    if s["top_k"] > 0:
        order = order[:s["top_k"]]
    z = x[order] / s["temperature"]
    p = np.exp(z - z.max())
    p /= p.sum()
    if s["top_p"] < 1:
        reached = np.nonzero(np.cumsum(p) >= s["top_p"])[0]
        count = reached[0] + 1 if len(reached) else len(p)
        order, p = order[:count], p[:count]
    keep = p >= s["min_p"] * p.max()
    order, p = order[keep], p[keep]
    return order, p / p.sum()


def draw(random, p):
    u = (random.next() >> 11) * 2.0 ** -53
    return int(min(np.searchsorted(np.cumsum(p), u, side="right"), len(p) - 1))


CASES = [
    dict(temperature=0),
    dict(),
    dict(seed=12345678901234567890),
    dict(temperature=0.5),
    dict(temperature=3.0),
    dict(top_k=1),
    dict(top_k=7),
    dict(top_k=500),
    dict(top_p=0.5),
    dict(top_p=0.95),
    dict(top_p=0.001),
    dict(min_p=0.1),
    dict(min_p=1.0),
    dict(repetition=1.3),
    dict(repetition=0.7, temperature=0),
    dict(repetition=1.5, temperature=0),
    dict(repetition=1.3, window=3),
    dict(repetition=1.3, window=0),
    dict(frequency=0.6),
    dict(presence=1.1),
    dict(frequency=-0.5, presence=-0.5, temperature=0.8),
    dict(temperature=0.7, top_k=40, top_p=0.95, min_p=0.05),
    dict(temperature=1.4, top_k=12, top_p=0.8, min_p=0.02, repetition=1.1, frequency=0.2, presence=0.3, window=16,
         seed=7),
]


def main():
    check = Mt19937_64(5489)
    assert [check.next() for _ in range(10000)][-1] == 9981545732273789042
    rng = np.random.default_rng(3)
    logits = (rng.standard_normal(100) * 3).astype(np.float32)
    logits[17] = logits[40]  # a tie
    history = [int(t) for t in rng.integers(0, 100, 30)] + [int(np.argmax(logits))] * 3
    cases = []
    for change in CASES:
        s = DEFAULTS | change
        order, p = distribution(logits, history, s)
        random = Mt19937_64(s["seed"])
        drawn = [draw(random, p) for _ in range(200)]
        cases.append(dict(settings=s, tokens=[int(order[i]) for i in drawn],
                          probabilities={str(int(t)): float(q) for t, q in zip(order, p)}))
    print(json.dumps(dict(logits=[float(x) for x in logits], history=history, cases=cases)))


main()
