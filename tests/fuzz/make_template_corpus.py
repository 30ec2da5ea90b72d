#!/usr/bin/env python3
"""Writes the seeds of the chat template fuzzer from the language oracle and the built-in templates.

  python3 make_template_corpus.py
"""
import json
import pathlib
import re

HERE = pathlib.Path(__file__).parent
OUT = HERE / "corpus" / "template"
BROKEN = ["{{", "{%", "{#", "{% raw %}{{", "{{ 'a", "{{ (((( }}", "{% if %}{% endif %}", "{% for a in %}", "{{ a.b.c[1:2:3](*d, **e) is not f }}",
          "{% set a.b %}x{% endset %}", "{{ 'x' * 999999999 }}", "{{ range(99999999) }}", "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}"]

OUT.mkdir(parents=True, exist_ok=True)
oracle = json.loads((HERE / "../oracles/templates/expected.json").read_text())
snippets = [case["template"] for case in oracle["cases"] if "template" in case]
source = (HERE / "../../core/text/builtin_templates.cpp").read_text()
built_in = re.findall(r'constexpr const char\* \w+ = R"\((.*?)\)";', source, re.S)
for kind, templates in {"snippet": snippets, "built-in": built_in, "broken": BROKEN}.items():
    for i, template in enumerate(templates):
        (OUT / f"{kind}-{i:03}").write_text(template)
