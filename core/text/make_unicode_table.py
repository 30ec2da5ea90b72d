#!/usr/bin/env python3
"""Writes unicode_table.inc from Python's unicodedata.      python3 core/text/make_unicode_table.py

One number per run of code points of one class: first code point << 3 | class, ascending. The classes are those of
CharClass in unicode.h."""
import pathlib
import unicodedata

OTHER, LETTER, MARK, NUMBER, PUNCTUATION, SYMBOL, SPACE = range(7)
BY_MAJOR = {"L": LETTER, "M": MARK, "N": NUMBER, "P": PUNCTUATION, "S": SYMBOL, "Z": SPACE, "C": OTHER}
# The property White_Space is the categories Z* and these controls.
CONTROL_SPACES = {0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x85}


def char_class(code):
    return SPACE if code in CONTROL_SPACES else BY_MAJOR[unicodedata.category(chr(code))[0]]


def runs():
    last = None
    for code in range(0x110000):
        now = char_class(code)
        if now != last:
            yield code << 3 | now
        last = now


def main():
    numbers = [f"0x{n:06x}" for n in runs()]
    lines = [", ".join(numbers[i:i + 11]) for i in range(0, len(numbers), 11)]
    out = pathlib.Path(__file__).with_name("unicode_table.inc")
    out.write_text(f"// Unicode {unicodedata.unidata_version}, made by make_unicode_table.py\n" + ",\n".join(lines) + "\n")
    print(len(numbers), "runs")


if __name__ == "__main__":
    main()
