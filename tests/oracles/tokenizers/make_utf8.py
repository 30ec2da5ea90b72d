#!/usr/bin/env python3
"""Broken and whole UTF-8, as Python decodes it.      python3 make_utf8.py

Writes utf8.json: pairs of bytes in hexadecimal and the text with U+FFFD for what is no character."""
import json
import pathlib
import random

EDGES = ["", "c3a9", "e282ac", "f09f9982", "80", "bf", "c0af", "c1bf", "c2", "e0", "e080af", "e0a0", "e0a080", "ed9fbf", "eda080", "edbfbf",
         "ee8080", "efbfbd", "f0808080", "f08fbfbf", "f0908080", "f48fbfbf", "f4908080", "f5808080", "ff", "fe", "f09f", "f09f99", "e28261", "f09f9941",
         "c3c3a9", "e2e282ac", "f0f09f9982", "61c3", "c361", "808080", "f888808080", "00", "7f", "efbbbf61", "cc81", "f09f998280", "e282ace2"]


def main():
    rng = random.Random(3)
    cases = [bytes.fromhex(e) for e in EDGES]
    whole = "aé€🙂日\u0301\u200d ".encode("utf-8")
    for _ in range(300):
        kind, n = rng.random(), rng.randint(1, 20)
        if kind < 0.4:
            cases.append(bytes(rng.choice([0x41, 0x80, 0xBF, 0xC2, 0xC3, 0xE0, 0xE2, 0xED, 0xEF, 0xF0, 0xF4, 0x9F, 0x90, 0x8F, 0xFF, 0xA0]) for _ in range(n)))
        elif kind < 0.6:
            cases.append(bytes(rng.randrange(256) for _ in range(n)))
        else:
            text = bytearray(whole * 2)
            for _ in range(rng.randint(0, 3)):
                at = rng.randrange(len(text))
                if rng.random() < 0.5:
                    del text[at]
                else:
                    text[at] = rng.randrange(256)
            cases.append(bytes(text))
    rows = [[c.hex(), c.decode("utf-8", "replace")] for c in cases]
    pathlib.Path(__file__).with_name("utf8.json").write_text(json.dumps(rows, indent=0, separators=(",", ":")))
    print(len(rows), "cases")


if __name__ == "__main__":
    main()
