"""Small templates that cover the language, each with its data. Written for this project."""

CHAT = {
    "messages": [
        {"role": "system", "content": " Be brief.\n"},
        {"role": "user", "content": "Grüße 👋 <b>"},
        {"role": "assistant", "content": "Hello!", "tool_calls": [{"function": {"name": "add", "arguments": {"a": 1, "b": [2.5, None, True]}}}]},
        {"role": "user", "content": "ok"},
    ],
    "bos_token": "<s>",
    "eos_token": "</s>",
    "add_generation_prompt": True,
}

W = {"words": ["pear", "Apple", "fig", "apple"], "n": 7, "x": 2.5, "t": "  a-b c\tD\n", "d": {"b": 1, "A": [1, "é\"\\\n"], "c": None},
     "rows": [{"k": "x", "v": 3, "in": {"z": 1}}, {"k": "Y", "v": 1, "in": {"z": 2}}, {"k": "x", "v": 2, "in": {"z": 0}}, {"v": 9, "k": ""}]}

SNIPPETS = [
    # Printing
    "{{ true }} {{ False }} {{ none }} {{ nothing }} {{ 1 }} {{ 1.0 }} {{ 1e16 }} {{ 1e-5 }} {{ 123456789.125 }} {{ 1e22 }} {{ 0.1 + 0.2 }} {{ -0.0 }}",
    "{{ [1, 'a', \"it's\", none, true, 2.0, {'k': ()}] }} {{ (1,) }} {{ (1, 'x') }} {{ {} }} {{ {'a': {'b': ['c\\n\\t\\x01']}} }}",
    "{{ words }} {{ d }} {{ rows[0] }} {{ t }}",
    "{{ 1, 2 }} {{ 'a' 'b' }} {{ \"\\u00e9\\x41\\n\\q\\101\" }}",
    # Arithmetic
    "{{ 7 // 2 }} {{ -7 // 2 }} {{ 7 % 3 }} {{ -7 % 3 }} {{ 7 % -3 }} {{ 7 / 2 }} {{ 6 / 2 }} {{ 2 ** 10 }} {{ 2 ** -1 }} {{ -7.5 // 2 }} {{ -7.5 % 2 }}",
    "{{ 1 + 2 * 3 - 4 }} {{ (1 + 2) * 3 }} {{ -n }} {{ +n }} {{ - -n }} {{ not n }} {{ 2 * 3 ~ (4 + 1) }} {{ true + 1 }}",
    "{{ 'ab' * 3 }} {{ 2 * 'x' }} {{ [1] * 2 }} {{ [1] + [2, 3] }} {{ 'a' + 'b' ~ 1 ~ none ~ true ~ 2.0 }} {{ 'x' * 0 }}|{{ 'x' * -1 }}",
    "{{ '%s is %d, %5.2f|%-4s|%04d|%x|%%' % ('a', 3, 2.345, 'b', 7, 255) }} {{ '%(k)s' % {'k': 'v'} }} {{ '%s' % 5 }} {{ '%r' % 'q' }} {{ '%+d' % 3 }}",
    # Comparison and logic
    "{{ 1 == 1.0 }} {{ 1 == true }} {{ '1' == 1 }} {{ [1, 2] == [1, 2] }} {{ {'a': 1} == {'a': 1.0} }} {{ none == none }} {{ nothing == none }} {{ 'a' != 'b' }}",
    "{{ 1 < 2 }} {{ 1 < 2 < 3 }} {{ 3 > 2 > 2 }} {{ 'a' < 'b' }} {{ [1, 2] < [1, 3] }} {{ 2 >= 2.0 }} {{ 1 <= 0 }} {{ 'Z' < 'a' }}",
    "{{ 0 or 'x' }} {{ 1 and 0 }} {{ '' or [] or 'end' }} {{ not '' }} {{ not not 3 }} {{ 1 and 2 and 3 }} {{ none or false }}",
    "{{ 'a' in 'cat' }} {{ 'x' not in 'cat' }} {{ 2 in [1, 2] }} {{ 'b' in d }} {{ 'z' in d }} {{ not 'a' in 'cat' }} {{ 'a' in nothing }} {{ '' in '' }}",
    "{{ 'y' if n > 5 else 'z' }} {{ 'y' if n > 9 }}| {{ 'a' if false else 'b' if false else 'c' }} {{ ('a' if n) ~ 'b' }}",
    # Access
    "{{ words[0] }} {{ words[-1] }} {{ words[9] }}| {{ 'héllo'[1] }} {{ 'héllo'[-1] }} {{ d.b }} {{ d['b'] }} {{ d.nope }}| {{ rows[0].k }} {{ rows.0.k }}",
    "{{ words[1:] }} {{ words[:-1] }} {{ words[::2] }} {{ words[::-1] }} {{ words[-2:] }} {{ words[5:] }} {{ words[3:0:-2] }} {{ words[:] }} {{ words[-9:9] }}",
    "{{ 'héllo👋x'[1:4] }} {{ 'héllo👋'[::-1] }} {{ 'abc'[5:] }}| {{ 'abcdef'[1:5:2] }} {{ 'abcdef'[-3:-1] }} {{ 'abcdef'[4:1:-1] }} {{ 'ab'[::-5] }}",
    "{{ d.get('b') }} {{ d.get('q') }} {{ d.get('q', 3) }} {{ d.items() | list }} {{ d.keys() | list }} {{ d.values() | list }} {{ d.copy() }}",
    "{{ [1, 2, 1].count(1) }} {{ [1, 2].index(2) }} {{ [3].copy() }} {% for k, v in d.items() %}{{ k }}={{ v }};{% endfor %}",
    # Methods of strings
    "{{ t.strip() }}|{{ t.lstrip() }}|{{ t.rstrip() }}|{{ 'xxaxx'.strip('x') }}|{{ 'xyaxy'.lstrip('yx') }}|{{ 'aé'.rstrip('é') }}|{{ '\\u00a0q\\u3000'.strip() }}",
    "{{ 'a,b,,c'.split(',') }} {{ ' a  b c '.split() }} {{ 'a b c'.split(' ', 1) }} {{ ' a  b  c '.split(None, 1) }} {{ 'abc'.split('x') }} {{ ''.split() }} {{ ''.split(',') }}",
    "{{ 'a,b,c'.rsplit(',', 1) }} {{ ' a  b  c '.rsplit(None, 1) }} {{ 'aaa'.rsplit('aa') }} {{ 'aaa'.split('aa') }} {{ 'a,b'.split(',', 0) }}",
    "{{ 'a\\nb\\r\\nc\\u2028d\\n'.splitlines() }} {{ 'a\\nb\\n'.splitlines(true) }} {{ ''.splitlines() }}",
    "{{ 'k=v=w'.partition('=') }} {{ 'k=v=w'.rpartition('=') }} {{ 'k'.partition('=') }} {{ 'k'.rpartition('=') }}",
    "{{ 'Hello'.startswith('He') }} {{ 'Hello'.endswith(('x', 'lo')) }} {{ 'Hello'.startswith('lo') }} {{ 'ab'.removeprefix('a') }} {{ 'ab'.removesuffix('x') }} {{ 'ab'.removesuffix('b') }}",
    "{{ 'aXbX'.replace('X', '--') }} {{ 'aaa'.replace('a', 'b', 2) }} {{ 'ab'.replace('', '.') }} {{ 'abc'.replace('b', '') }} {{ 'ab'.replace('', '.', 2) }}",
    "{{ 'hello wORLD it\\'s'.title() }} {{ 'hELLO wORLD'.capitalize() }} {{ 'straße ÄÖ'.upper() }} {{ 'ÀÉ ΑΩ ЖЯ ĀŽ ҐӁ'.lower() }} {{ 'àé αω жя āž ґ ÿ'.upper() }}",
    "{{ 'hello'.find('l') }} {{ 'hello'.rfind('l') }} {{ 'hello'.find('z') }} {{ 'ééa'.find('a') }} {{ 'hello'.index('o') }} {{ 'banana'.count('ana') }} {{ 'aaa'.rfind('aa') }}",
    "{{ ', '.join(words) }} {{ '{} and {}'.format('a', 2) }} {{ '{1}{0}{x}{{}}'.format('a', 'b', x='c') }} {{ '-'.join('abc') }}",
    "{{ '12'.isdigit() }} {{ 'ab1'.isalpha() }} {{ 'abé'.isalpha() }} {{ 'a1'.isalnum() }} {{ ' '.isspace() }} {{ ''.isspace() }} {{ 'ab'.islower() }} {{ 'AB1'.isupper() }} {{ '1'.isupper() }}",
    # Filters on text
    "{{ t | trim }}|{{ 'xxaxx' | trim('x') }}|{{ 'aBc' | upper }}{{ 'AbC' | lower }}{{ 'hELLO wORLD' | capitalize }}|{{ \"it's a (small wORLD)-wide\" | title }}",
    "{{ 'a<b>&\"c\\'' | escape }} {{ 'a<b' | e }} {{ 'a<b' | safe }} {{ 5 | string ~ 1 }} {{ 'aab' | replace('a', 'x') }} {{ 'aab' | replace('a', 'x', 1) }} {{ 'one two  three' | wordcount }}",
    "{{ words | join }} {{ words | join(', ') }} {{ [1, none, 2.5] | join('-') }} {{ rows | join(',', attribute='v') }} {{ 'abc' | join('.') }} {{ d | join(',') }}",
    "{{ 'a\\nb\\n\\nc' | indent }}|{{ 'a\\nb\\n\\nc\\n' | indent(2, true) }}|{{ 'a\\n\\nb' | indent(width=1, blank=true) }}|{{ 'a\\nb' | indent('>> ') }}",
    "{{ '%s=%s' | format('a', 1) }} {{ '%(a)s' | format(a='b') }} {{ 'abc' | reverse }} {{ 'héy' | length }} {{ 'abc' | list }} {{ 'abc' | first }}{{ 'abc' | last }}",
    # JSON
    "{{ d | tojson }} {{ words | tojson }} {{ 'é👋\\u0001\\x7f</x>' | tojson }} {{ none | tojson }} {{ 1.0 | tojson }} {{ 1e-7 | tojson }} {{ true | tojson }} {{ (1, 2) | tojson }}",
    "{{ d | tojson(indent=2) }} {{ {} | tojson(indent=2) }} {{ [[], {}] | tojson(indent=1) }} {{ rows[:2] | tojson(indent=4) }}",
    "{{ d | tojson(sort_keys=true) }} {{ d | tojson(separators=(',', ':')) }} {{ 'é👋' | tojson(ensure_ascii=true) }} {{ [1, 2] | tojson(indent=2, separators=(';', '=')) }}",
    # Filters on lists and mappings
    "{{ words | length }} {{ d | count }} {{ words | first }} {{ words | last }} {{ [] | first }}| {{ words | reverse | list }} {{ 'ab' | list }} {{ d | list }} {{ (1, 2) | list }}",
    "{{ words | sort }} {{ words | sort(case_sensitive=true) }} {{ words | sort(reverse=true) }} {{ rows | sort(attribute='v') | map(attribute='v') | list }} {{ [3, 1, 2.5] | sort }}",
    "{{ rows | map(attribute='k') | list }} {{ rows | map(attribute='in.z', default='-') | list }} {{ words | map('upper') | list }} {{ words | map('replace', 'p', 'q') | list }}",
    "{{ rows | selectattr('k') | list | length }} {{ rows | selectattr('k', 'equalto', 'x') | map(attribute='v') | list }} {{ rows | rejectattr('v', 'gt', 2) | map(attribute='v') | list }}",
    "{{ rows | selectattr('in', 'defined') | list | length }} {{ rows | rejectattr('in') | list | length }} {{ rows | selectattr('in.z', '==', 2) | map(attribute='k') | first }}",
    "{{ [0, 1, 2, '', 'a'] | select | list }} {{ [1, 2, 3] | select('odd') | list }} {{ [1, 2, 3] | reject('divisibleby', 3) | list }} {{ [1, none] | reject('none') | list }}",
    "{{ words | unique | list }} {{ [1, 1.0, 2] | unique | list }} {{ words | unique(case_sensitive=true) | list }} {{ rows | unique(attribute='k') | map(attribute='v') | list }}",
    "{{ {'b': 1, 'A': 3, 'c': 2} | dictsort }} {{ {'b': 1, 'A': 3} | dictsort(by='value') }} {{ {'b': 1, 'A': 3, 'c': 2} | dictsort(true) }} {{ {'b': 1, 'A': 3} | dictsort(reverse=true) }}",
    "{{ {'b': 1} | items | list }} {{ nothing | items | list }} {{ [1, 2, 3] | sum }} {{ rows | sum(attribute='v') }} {{ [1.5] | sum(start=1) }} {{ [3, 1] | min }} {{ ['b', 'A'] | max }} {{ [] | max }}|",
    "{{ [1, 2, 3] | batch(2) | list }} {{ [1, 2, 3] | batch(2, 0) | list }} {% for key, group in [{'k': 2}, {'k': 1}, {'k': 2}] | groupby('k') %}{{ key }}:{{ group | length }} {% endfor %}",
    # A text, or a mapping's keys, where a list is usual
    "{{ 'aba' | unique | list }} {{ 'abc' | select | join }} {{ 'abc' | reject('eq', 'b') | join }} {{ 'ab' | map('upper') | join }} {{ 'hello' | selectattr('nope') | list }} {{ 'abc' | rejectattr('x', 'defined') | list }}",
    "{{ 'bca' | sort | join }} {{ 'bca' | max }}{{ 'bca' | min }} {{ 'abc' | batch(2) | list }} {{ 'ab' | map(attribute='x', default='d') | list }} {{ dict(['ab', 'cd']) }} {{ namespace(['xy']).x }} {{ d | map('lower') | list }} {{ d | sort }} {{ d | unique | list }} {{ '' | sum }} {{ d | select('eq', 'b') | list }} {% for g, l in 'aba' | groupby(0) %}{{ g }}{{ l }}{% endfor %} {{ ',' .join(d) }} {{ 'ab' | first }} {% set p, q = 'rs' %}{{ p }}{{ q }}{{ dict(*['x' and [('k', 'v')]]) }}",
    # Filters on values
    "{{ nothing | default('x') }} {{ '' | default('x') }}| {{ '' | default('x', true) }} {{ none | d('x') }} {{ 0 | default(5, boolean=true) }} {{ nothing | default }}|{{ nothing.deep | default('u') if false }}",
    "{{ '42' | int }} {{ 'x' | int }} {{ 'x' | int(7) }} {{ '3.9' | int }} {{ -3.9 | int }} {{ 'ff' | int(0, 16) }} {{ '0xff' | int(base=16) }} {{ true | int }} {{ none | int(1) }} {{ ' 5 ' | int }}",
    "{{ '2.5' | float }} {{ 'x' | float }} {{ 'x' | float(1.5) }} {{ 3 | float }} {{ '1e3' | float }} {{ -3 | abs }} {{ 2.5 | abs }} {{ 2.5 | round }} {{ 3.5 | round }} {{ 2.345 | round(1) }} {{ 2.1 | round(method='ceil') }} {{ -2.1 | round(0, 'floor') }} {{ 42.55 | round(1, 'floor') }}",
    # Tests
    "{{ n is defined }} {{ nothing is defined }} {{ nothing is undefined }} {{ none is none }} {{ n is not none }} {{ nothing is none }} {{ true is boolean }} {{ 1 is boolean }} {{ true is true }} {{ 0 is false }} {{ false is false }}",
    "{{ 1 is integer }} {{ 1.0 is integer }} {{ true is integer }} {{ 1.5 is float }} {{ 1 is number }} {{ '1' is number }} {{ 'a' is string }} {{ d is mapping }} {{ words is mapping }} {{ words is sequence }} {{ 'a' is sequence }}",
    "{{ words is iterable }} {{ 'a' is iterable }} {{ 5 is iterable }} {{ d is iterable }} {{ range is callable }} {{ 5 is callable }} {{ 3 is odd }} {{ 3 is even }} {{ 9 is divisibleby 3 }} {{ 9 is divisibleby(2) }}",
    "{{ 'ab' is lower }} {{ 'AB' is upper }} {{ 'aB' is lower }} {{ 3 is eq 3 }} {{ 3 is equalto(4) }} {{ 3 is ne 4 }} {{ 1 is lt 2 }} {{ 1 is lessthan 1 }} {{ 2 is le 2 }} {{ 3 is gt 2 }} {{ 3 is greaterthan 3 }} {{ 3 is ge 3 }}",
    "{{ 2 is in [1, 2] }} {{ 'a' is in 'cat' }} {{ none is sameas none }} {{ 1 is sameas true }} {{ 'upper' is filter }} {{ 'nope' is filter }} {{ 'odd' is test }} {{ n is defined and n is odd }} {{ n is not odd or true }}",
    # Statements
    "{{ raise_exception('not here') if n > 9 else 'fine' }}",
    "{% if n > 9 %}a{% elif n > 5 %}b{% else %}c{% endif %}{% if nothing %}x{% endif %}{% if not nothing %}y{% endif %}",
    "{% for w in words %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}",
    "{% for w in [] %}x{% else %}none{% endfor %}{% for w in nothing %}x{% else %}u{% endfor %}{% for c in 'añ' %}[{{ c }}]{% endfor %}{% for k in d %}{{ k }}{% endfor %}",
    "{% for w in words if w | length > 3 %}{{ loop.index }}/{{ loop.length }}{{ w }} {% endfor %}{% for i in range(3) %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for a, b in [(1, 2), (3, 4)] %}{{ a + b }} {% endfor %}{% for a, (b, c) in [(1, (2, 3))] %}{{ a }}{{ b }}{{ c }}{% endfor %}{% for i in 1, 2 %}{{ i }}{% endfor %}",
    "{% for i in range(6) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 4 %}{% break %}{% endif %}{{ i }}{% endfor %}{{ range(5, 0, -2) | list }} {{ range(2, 4) | list }}",
    "{% for i in range(2) %}{% for j in range(2) %}{{ loop.index }}{{ i }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for item in [{'n': 1, 'c': [{'n': 2, 'c': []}]}] recursive %}{{ item.n }}@{{ loop.depth }}{{ loop.depth0 }}{% if item.c %}({{ loop(item.c) }}){% endif %}{% endfor %}",
    "{% set a = 1 %}{% for i in [1, 2] %}{% set a = a + i %}{{ a }}{% endfor %}{{ a }}{% if true %}{% set a = 9 %}{% endif %}{{ a }}",
    "{% set ns = namespace(n=0, s='') %}{% for i in [1, 2] %}{% set ns.n = ns.n + i %}{% set ns.s = ns.s ~ i %}{% endfor %}{{ ns.n }}{{ ns.s }}{{ ns.nope is defined }}",
    "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{{ dict(a=1, b=[2]) }}{{ dict({'x': 1}, y=2) }}{{ dict([('k', 'v')]) }}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}{% set t2 = a, b %}{{ t2 }}{% set block %}<{{ a }}>{% endset %}{{ block }}{% set up | upper %}ab{% endset %}{{ up }}",
    "{% macro m(a, b=2, c='x') %}[{{ a }}{{ b }}{{ c }}]{% endmacro %}{{ m(1) }}{{ m(1, c='z') }}{{ m(b=5, a=4) }}{{ m() }}{{ m(*[7, 8]) }}{{ m(**{'a': 0}) }}",
    "{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, k=3) }}{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% set g = 1 %}{% macro m() %}{{ g }}{% set g = 5 %}{{ g }}{% endmacro %}{{ m() }}{{ g }}{% set g = 2 %}{{ m() }}",
    "{% macro outer(t) %}<{{ caller(t, 'y') }}>{% endmacro %}{% call(a, b) outer('x') %}{{ a }}{{ b }}{{ n }}{% endcall %}",
    "{% filter upper | replace('A', '4') %}banana {{ n }}{% endfilter %}{% with a = 1, b = n %}{{ a }}{{ b }}{% endwith %}{{ a }}",
    "{% raw %}{{ not }} {% this %}{% endraw %}{# a comment #}x{%- raw -%}  y  {%- endraw -%} z",
    "{% set name = 'x' %}{% for name in ['y'] %}{{ name }}{% endfor %}{{ name }}{% set messages = words[1:] %}{{ messages | length }}",
    # White space
    "a\n{% if true %}\nb\n{% endif %}\nc\n",
    "a\n   {% if true %}   \n  b\n   {%- endif %}\n   c {# x #}\n d\n",
    "  {% set a = 1 %}  {{ a }}\n  {#- c -#}\n  b {{- ' x ' -}}  c\n\n",
    "{%+ if true %} a{%+ endif +%}\n b\n   {%+ if true +%}\n c{% endif %}",
    "x  {%- if true -%}  \n\n y \n {%- endif -%}\n z\r\nw\r\n",
    "a {% if true %} b {% endif %} c\n\t{% if true %}\n\td\n\t{% endif %}\n\n\n",
    "{% generation %}text {{ n }}{% endgeneration %}\n{%- generation -%}\n  y\n{%- endgeneration -%}\n z",
    # Chat-shaped
    "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m['content'] | trim + '<|im_end|>' }}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "{{ bos_token }}{% for m in messages %}{% if m.tool_calls is defined %}{% for c in m.tool_calls %}{{ c.function.name }}({% for k, v in c.function.arguments.items() %}{{ k }}={{ v | tojson }}{{ ', ' if not loop.last }}{% endfor %}){% endfor %}{% else %}[{{ m.content }}]{% endif %}{% endfor %}{{ eos_token }}",
    "{%- if messages[0].role == 'system' -%}\n  {%- set system = messages[0].content | trim -%}\n  {%- set rest = messages[1:] -%}\n{%- else -%}\n  {%- set rest = messages -%}\n{%- endif -%}\n{%- for m in rest -%}\n  {{- '[' ~ m.role[:1] | upper ~ '] ' ~ (system ~ ' // ' if loop.first and system is defined else '') ~ m.content ~ '\\n' -}}\n{%- endfor -%}",
    "{% set ns = namespace(last=-1) %}{% for m in messages %}{% if m.role == 'user' %}{% set ns.last = loop.index0 %}{% endif %}{% endfor %}{{ messages[ns.last].content }} {{ strftime_now('%Y-%m-%d %d %b %Y %B %H:%M:%S %A %a %j %-d %I%p %y %%') }}",
]

CASES = [{"template": s, "data": {**W, **CHAT}} for s in SNIPPETS]
