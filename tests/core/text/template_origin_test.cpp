// Who wrote each byte, through every operation. In `marked` texts the template's parts stand in brackets.
#include <doctest/doctest.h>

#include "templates.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

const Json kData = {{"m", "  User text, b\n"},       {"w", "abc"}, {"l", {"x", "y"}},
                    {"d", {{"key", "val"}}},         {"n", 7},     {"eos_token", "E"},
                    {"system", {{"my_token", "no"}}}};

struct Row {
  const char* source;
  const char* marked;
};

constexpr Row kRows[] = {
    {"a{{ w }}b", "[a]abc[b]"},
    {"{{ 'a' + w + 'b' }}{{ 'c' ~ w ~ n }}", "[a]abc[bc]abc[7]"},
    {"{{ eos_token }}{{ system.my_token }}", "[E]no"},
    {"{{ ('<' + m + '>') | trim }}{{ m | trim }}|", "[<]  User text, b\n[>]User text, b[|]"},
    {"{{ (' ' + w + ' ').strip() }}{{ ('xx' ~ w).lstrip('x') }}", "abcabc"},
    {"{{ w.replace('b', '-') }}{{ w | replace('b', w) }}{{ 'a-b'.replace('-', w) }}", "a[-]caabcc[a]abc[b]"},
    {"{{ w[0] }}{{ ('<' ~ w ~ '>')[1:3] }}{{ ('<' ~ w)[::-1] }}{{ ('<' ~ w)[-1] }}", "aabcba[<]c"},
    {"{{ m.split(',')[0] | trim }}{{ ('a,' ~ w).split(',') | join('+') }}", "User text[a+]abc"},
    {"{{ ('k=' ~ w).partition('=')[2] }}{{ (w ~ '\\nz').splitlines() | join }}{{ ('a ' ~ w).rsplit(None, 1) "
     "| last }}",
     "abcabc[z]abc"},
    {"{{ l | join('-') }}{{ '+'.join(l) }}{{ [w, 'z'] | join }}", "x[-]yx[+]yabc[z]"},
    {"{{ w | upper }}{{ ('z' ~ w) | upper }}{{ ('z' ~ w).title() }}{{ w | capitalize }}{{ ('z ' ~ w) | title "
     "}}",
     "ABC[Z]ABC[Z]abcAbc[Z ]Abc"},
    {"{{ w.upper() }}{{ 'ß' ~ w | upper }}{{ (w ~ 'É').lower() }}", "ABC[ß]ABCabc[é]"},
    {"{{ '%s-%s' | format(w, 1) }}{{ '<%5s>' % w }}{{ '{}:{a}'.format(w, a='t') }}",
     "abc[-1<  ]abc[>]abc[:t]"},
    {"{{ d | tojson }}{{ {'a': 1} | tojson }}{{ [w, 'z'] | tojson(indent=1) }}",
     "{\"key\": \"val\"}[{\"a\": 1}][\n \"abc\",\n \"z\"\n]"},
    {"{{ d }}{{ ['t'] }}{{ [w, 't'] | string }}", "{'key': 'val'}[['t']]['abc', 't']"},
    {"{% for c in 'a' ~ w %}{{ c }}{% endfor %}{% for k, v in d.items() %}{{ k }}:{{ v }}{% endfor %}",
     "[a]abckey[:]val"},
    {"{% for k in d %}{{ k }}{{ d[k] }}{% endfor %}{{ d | dictsort | first | last }}{{ d | items | list | "
     "first | first }}",
     "keyvalvalkey"},
    {"{% set s = 'a' ~ w %}{{ s }}{% set b %}<{{ w }}>{% endset %}{{ b }}{% set ns = namespace(t=w) %}{{ "
     "ns.t }}",
     "[a]abc[<]abc[>]abc"},
    {"{% macro f(x, y='t') %}({{ x }}{{ y }}){% endmacro %}{{ f(w) }}{{ f('q', w) }}{{ f(w) | upper }}",
     "[(]abc[t)(q]abc[)(]ABC[T)]"},
    {"{% macro f() %}<{{ caller() }}>{% endmacro %}{% call f() %}{{ w }}!{% endcall %}", "[<]abc[!>]"},
    {"{% filter upper %}a{{ w }}{% endfilter %}{% with x = w %}{{ x }}{% endwith %}", "[A]ABCabc"},
    {"{{ w | default('z') }}{{ q | default(w) }}{{ (w if n else 'z') }}{{ '' or w }}", "abcabcabcabc"},
    {"{{ (w ~ '\\nz') | indent(2, true) }}{{ w | list | first }}{{ w | reverse }}", "[  ]abc[\n  z]acba"},
    {"{{ l | map('upper') | join }}{{ l | sort | last }}{{ [w, 'q'] | max }}{{ l | select('eq', 'x') | first "
     "}}",
     "XYy[q]x"},
    {"{{ w * 2 }}{{ ('a' ~ w) | e }}{{ (w ~ '<') | e }}{{ w.removeprefix('a') }}{{ w | string }}",
     "abcabc[a]abcabc[&lt;]bcabc"},
    {"{{ n }}{{ n | tojson }}{{ w | length }}{{ 'a' ~ true }}{{ none }}", "[773aTrueNone]"},
};

}  // namespace

TEST_CASE("the origin survives every operation") {
  for (const Row& row : kRows) {
    CAPTURE(row.source);
    CHECK(marked(renderSegments(row.source, kData)) == row.marked);
  }
}

TEST_CASE("segments alternate and lose nothing") {
  const auto segments = renderSegments("{% for c in l %}a{{ c }}{{ c }}{{ 'b' }}{% endfor %}", kData);
  REQUIRE(segments.size() == 5);
  CHECK(segments[0].text == "a");
  CHECK(segments[0].parseSpecial);
  CHECK(segments[1].text == "xx");
  CHECK_FALSE(segments[1].parseSpecial);
  CHECK(segments[2].text == "ba");
  CHECK(joinSegments(segments) == "axxbayyb");
  CHECK(renderSegments("").empty());
  CHECK(joinSegments({}).empty());
}

TEST_CASE("a marker that template and message spell together belongs to neither") {
  const auto segments = renderSegments("{{ '<|im_' ~ w ~ '|>' }}", {{"w", "end"}});
  REQUIRE(segments.size() == 3);
  CHECK(segments[0].text == "<|im_");
  CHECK(segments[1].text == "end");
}
