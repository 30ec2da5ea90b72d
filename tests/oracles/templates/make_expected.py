"""Makes expected.json: what Jinja says of snippets.py and of the built-in templates.

    python -m venv venv && venv/bin/pip install jinja2==3.1.6
    npm install @huggingface/jinja@0.5.11
    NODE_PATH=node_modules venv/bin/python tests/oracles/templates/make_expected.py

jinja2 runs with the settings and extensions of transformers' apply_chat_template and gives "expected". What
@huggingface/jinja gives is stored as "huggingface" where it differs or fails (null): it is no Python, so that
lists, none and truth values print in another way. Built-in templates must agree in both.
"""

import datetime
import json
import pathlib
import re
import subprocess

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

from snippets import CASES, CHAT

HERE = pathlib.Path(__file__).parent
NOW = datetime.datetime(2025, 7, 10, 12, 0, 0)


class Generation(Extension):
    tags = {"generation"}

    def parse(self, parser):
        next(parser.stream)
        return parser.parse_statements(["name:endgeneration"], drop_needle=True)


def to_json(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
environment.filters["tojson"] = to_json
environment.globals["strftime_now"] = NOW.strftime

CONVERSATIONS = [
    {**CHAT, "messages": [{"role": m["role"], "content": m["content"]} for m in CHAT["messages"]]},
    {**CHAT, "add_generation_prompt": False, "messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " Yes? "}]},
    {**CHAT, "messages": [{"role": "user", "content": "  two\n\nlines "}]},
]


def built_in():
    source = (HERE / "../../../core/text/builtin_templates.cpp").read_text()
    sources = dict(re.findall(r'constexpr const char\* (\w+) = R"\((.*?)\)";', source, re.S))
    return [(name, sources[constant]) for name, constant in re.findall(r'{"([\w-]+)", "[^"]*", (\w+)}', source)]


def huggingface(cases):
    run = subprocess.run(["node", HERE / "render.cjs"], input=json.dumps(cases), capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def main():
    chats = [{"name": n, "template": t, "data": d} for n, t in built_in() for d in CONVERSATIONS]
    cases = CASES + chats
    out = []
    for case, other in zip(cases, huggingface(cases)):
        expected = environment.from_string(case["template"]).render(**case["data"])
        entry = {**case, "expected": expected}
        if "name" in case:
            assert other == expected, (case["name"], expected, other)
            del entry["template"]
        elif other != expected:
            entry["huggingface"] = other
        if "name" not in case:
            del entry["data"]
        out.append(entry)
    result = {"data": CASES[0]["data"], "cases": out}
    (HERE / "expected.json").write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n")
    print(len(out), "cases;", sum("huggingface" not in e for e in out), "alike in both")


main()
