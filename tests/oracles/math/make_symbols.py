"""Writes symbols.json: what pylatexenc (PyPI) makes of each symbol's command.

python3 -m venv venv && venv/bin/pip install pylatexenc && venv/bin/python make_symbols.py ../../../ui/chat/math_symbols.cpp
"""
import json
import pathlib
import re
import sys

from pylatexenc.latex2text import LatexNodes2Text

names = re.findall(r'\{"([A-Za-z]+)", u"', pathlib.Path(sys.argv[1]).read_text())
symbols = {}
for name in sorted(names):
    text = LatexNodes2Text(math_mode="text").latex_to_text(f"$\\{name}$").strip()
    if text:
        symbols[name] = text
target = pathlib.Path(__file__).with_name("symbols.json")
target.write_text(json.dumps(symbols, ensure_ascii=False, indent=1) + "\n")
print(len(names), "names,", len(symbols), "known")
