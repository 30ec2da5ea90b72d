#!/usr/bin/env python3
"""What markdown-it-py (PyPI: markdown-it-py, mdit-py-plugins, linkify-it-py) makes of some answers.

Usage: make_markdown.py > markdown.json
       make_markdown.py FILE.json   where the file is a list of Markdown texts: the same for those, to standard output

Each case is {"source", "blocks"}; a block is {"kind", "in", "text"}: the containers around it from the outermost
("quote", "item", "item 3", "done item"), and its pieces [style letters, text, address]: b bold, i italic, s struck,
c code, l link. A single line break breaks the line, HTML is text save <br>, images are links: as the chat shows them.
"""
import json
import re
import sys

from markdown_it import MarkdownIt
from mdit_py_plugins.tasklists import tasklists_plugin

SAMPLES = [
    "",
    "Plain text.",
    "Two\nlines.\n\nTwo paragraphs.",
    "# One\n## Two ##\n### Three\n#### Four\n##### Five\n###### Six\n####### not seven\n#not a heading",
    "Heading\n===\n\nSmaller\n---\n\nText\nof two lines\n---\n",
    "- a\n- b\n  - c\n    - d\n  - e\n- f",
    "* a\n\n* b\n\n  second paragraph of b\n\n* c",
    "1. one\n2. two\n3. three\n\n   more of three\n4. four",
    "3. three\n3. four\n1. five",
    "1) a\n2) b\n\n1. other list\n- third list\n+ fourth list",
    "Steps:\n1. first\n2. second",
    "The year\n1984. That is no list.",
    "- [ ] open\n- [x] done\n- [X] done too\n- [y] neither",
    "- a\n\n      code in item\n- ```py\n  x = 1\n  ```\n- # heading in item",
    "- one\n- \n- three",
    "-\n  text after an empty marker\n\n- next",
    "- a\n   - b\n\n\n- c\nlazy c\n\nout",
    "10. ten\n    - nested under ten\n11. eleven",
    "> quote\n> goes on\nlazily\n\n> other\n>\n> > inner\n> back lazily",
    "> - item in quote\n>   more\n> - two\n\n- > quote in item",
    "> ```\n> code in quote\n> ```\nafter",
    "```python\ndef f(x):\n    return x\n\n\nprint(f(1))\n```\nafter",
    "```\nunclosed\n  kept\n",
    "~~~~ c++ extra words\n```\n~~~\n~~~~\ntext",
    "   ```\n   indented fence\n  less\n     more\n   ```",
    "```js inline``` is code in text",
    "    indented code\n\n      deeper\n\ntext\n    not code",
    "\ttab code\n\n- a\n\n\ttab in item",
    "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 |\n\nafter",
    "a | b\n:--|--:\n`x\\|y` | **z**\nlast row\n> quote ends it",
    "before the table\n| h |\n| - |\n| c |\n# heading ends it",
    "| a | b |\n| - |\nno table: counts differ",
    "| a |\n\n| b |",
    "***\n\n---\n___\n* * *\ntext\n***",
    "*i* **b** ***bi*** _i_ __b__ ~~s~~ `c` **b *bi* b** *i **bi** i*",
    "snake_case_name and 2*3*4 and a * b * c and __init__ and *a*b",
    "**unclosed and *nested* and ~~half",
    "*(**a**)* **bold**text *a **b* c** ** no **",
    "`` a ` b `` ` `` ` `unclosed and `a  b` ` x ` `a\nb`",
    "[text](https://a.b) [t **b**](<x y> \"title\") [no](bad address) [open](https://a.b ![alt *i*](img.png)",
    "[a [b](u1) c](u2) [nested (paren)](u(v)w) [empty]() [ref] [x]: y",
    "<https://a.b/c?d=e> <me@host.org> <b>html</b> <br> a<br/>b",
    "https://example.org/path_(x). And www.example.org, or http://a.b?c=d&e_f_g!",
    "\\*not\\* \\# \\a \\\\ a\\\nb end\\",
    "&amp; &lt;b&gt; &copy; &#65; &#x42; &nosuch; &amp &#0; AT&T",
    "hard  \nbreak and soft\nbreak   \n  indented",
    "émphasis *é* **日本**語 *日本*語 🙂 *🙂*",
    "para\n- list\n\n1. a\n\n   > q\n   > - z\n\n   end",
    "# Title\n\nIntro with `code`.\n\n1. **First**: do\n   ```bash\n   ls -l\n   ```\n2. Second\n\n| x | y |\n|--|--|\n| a | "
    "b |\n\n> Note: *done*.\n",
    "a\r\nb\r\n\r\n- c\r\n- d\r\n",
    "- a\n  > b\n  ```\n  c\n  ```\n- d",
    "- - - a\n    - b\n1. - x\n   - y",
    "text\n\n\n\n# h\n\n\n- a\n\n\n\n- b",
    "**a**b**c** *x*y_z_ _a_b",
    "| `a` | [l](u) | ~~s~~ |\n|:--|---|--:|\n| *i* | **b** | a\\|b |",
    "Wait...\n\n...what?\n-5 is a number\n-  five spaces\n+1",
]


def parser():
    md = MarkdownIt("commonmark", {"breaks": True, "html": False, "linkify": True})
    return md.enable(["table", "strikethrough", "linkify"]).use(tasklists_plugin)


BREAK = re.compile(r"<br ?/?>", re.I)


def pieces(inline):
    out, style, links = [], [], []

    def add(text, extra=""):
        letters = "".join(sorted(set(style) | set(extra) | ({"l"} if links else set())))
        address = links[-1] if links else ""
        if not text:
            return
        if out and out[-1][0] == letters and out[-1][2] == address:
            out[-1][1] += text
        else:
            out.append([letters, text, address])

    def walk(tokens):
        for t in tokens:
            if t.type == "text":
                add(BREAK.sub("\n", t.content))
            elif t.type == "code_inline":
                add(t.content, "c")
            elif t.type in ("softbreak", "hardbreak"):
                add("\n")
            elif t.type == "html_inline":
                continue  # the task plugin's check box
            elif t.type == "link_open":
                links.append(t.attrs["href"])
            elif t.type == "link_close":
                links.pop()
            elif t.type == "image":
                links.append(t.attrs["src"])
                walk(t.children or [])
                links.pop()
            elif t.type in ("strong_open", "em_open", "s_open"):
                style.append({"strong_open": "b", "em_open": "i", "s_open": "s"}[t.type])
            elif t.type in ("strong_close", "em_close", "s_close"):
                style.remove({"strong_close": "b", "em_close": "i", "s_close": "s"}[t.type])
            else:
                raise ValueError(t.type)

    walk(inline.children or [])
    return out


def blocks(source):
    md = parser()
    md.normalizeLink = lambda url: url
    md.normalizeLinkText = lambda url: url
    out, around, numbers = [], [], []
    kind = cells = empty = None
    for t in md.parse(source):
        if t.type == "blockquote_open":
            around.append("quote")
        elif t.type in ("bullet_list_open", "ordered_list_open"):
            numbers.append(t.attrs.get("start", 1) if t.type[0] == "o" else None)
        elif t.type in ("bullet_list_close", "ordered_list_close"):
            numbers.pop()
        elif t.type == "list_item_open":
            around.append("item" if numbers[-1] is None else f"item {numbers[-1]}")
            if numbers[-1] is not None:
                numbers[-1] += 1
            empty = len(out)
        elif t.type == "list_item_close":
            if empty == len(out):
                out.append({"kind": "paragraph", "in": list(around), "text": []})
            around.pop()
        elif t.type == "blockquote_close":
            around.pop()
        elif t.type in ("paragraph_open", "heading_open"):
            kind = "paragraph" if t.type[0] == "p" else "heading " + t.tag[1]
        elif t.type == "table_open":
            cells = []
        elif t.type == "tr_open":
            cells.append([])
        elif t.type == "table_close":
            out.append({"kind": "table", "in": list(around), "cells": cells})
            cells = None
        elif t.type == "inline":
            text = pieces(t)
            if cells is not None:
                cells[-1].append(text)
                continue
            box = next((c for c in t.children if c.type == "html_inline" and "checkbox" in c.content), None)
            if box is not None:
                around[-1] = ("done " if "checked" in box.content else "open ") + around[-1]
                text[0][1] = text[0][1].lstrip(" ")
            out.append({"kind": kind, "in": list(around), "text": text})
        elif t.type == "fence":
            words = t.info.split()
            out.append({"kind": "code " + (words[0] if words else ""), "in": list(around), "text": t.content})
        elif t.type == "code_block":
            out.append({"kind": "code ", "in": list(around), "text": t.content})
        elif t.type == "hr":
            out.append({"kind": "rule", "in": list(around)})
    return out


def main():
    texts = json.load(open(sys.argv[1])) if len(sys.argv) > 1 else SAMPLES
    cases = [{"source": text, "blocks": blocks(text)} for text in texts]
    print("[\n" + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]")


if __name__ == "__main__":
    main()
