// Templates that are broken, hostile or beyond us: a clear error each, no crash, no hang.
#include <doctest/doctest.h>

#include "templates.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

struct Row {
  const char* source;
  const char* error;  ///< after "chat template line "
};

constexpr Row kErrors[] = {
    {"a\n  {{ x | foo }}", "2, column 10: unknown filter 'foo'"},
    {"{{ x is foo }}", "1, column 9: unknown test 'foo'"},
    {"{{ foo(1) }}", "1, column 7: unknown function 'foo'"},
    {"{% foo %}", "1, column 4: unknown statement 'foo'"},
    {"{% include 'a' %}", "1, column 4: 'include' is not supported: a chat template stands alone"},
    {"{% import 'a' as b %}", "1, column 4: 'import' is not supported: a chat template stands alone"},
    {"{% extends 'a' %}", "1, column 4: 'extends' is not supported: a chat template stands alone"},
    {"{% if x %}", "1, column 11: the block that begins here has no 'endif'"},
    {"{% for x in y %}\n{% endif %}", "2, column 4: expected 'endfor', found 'endif'"},
    {"{% endif %}", "1, column 4: 'endif' closes nothing that is open"},
    {"{{ }}", "1, column 4: expected an expression before the end of the tag"},
    {"{{ 1 + }}", "1, column 8: expected an expression before the end of the tag"},
    {"{{ (1 }}", "1, column 1: the tag does not end with '}}'"},
    {"{{ 1 2 }}", "1, column 6: expected '}}', found '2'"},
    {"{{ 'a }}", "1, column 4: the string does not end"},
    {"{{ a ; b }}", "1, column 6: unexpected character ';'"},
    {"x {# y", "1, column 3: the comment does not end with '#}'"},
    {"{% raw %} {{", "1, column 1: 'raw' has no 'endraw'"},
    {"{% break %}", "1, column 4: there is no loop around this"},
    {"{% set 5 = 1 %}", "1, column 8: expected a variable, found '5'"},
    {"{% set a.b = 1 %}", "1, column 4: 'a' is no namespace, so 'a.b' cannot be set"},
    {"{% for a, b in [1] %}{% endfor %}", "1, column 4: an integer has no items to go through"},
    {"{% for a, b in [[1]] %}{% endfor %}", "1, column 4: expected 2 values to unpack, found 1"},
    {"{{ 1 + 'a' }}", "1, column 6: cannot compute an integer + a string"},
    {"{{ 'a' + q }}", "1, column 8: cannot compute a string + undefined ('q')"},
    {"{{ 1 // 0 }}", "1, column 6: division by zero"},
    {"{{ 9223372036854775807 + 1 }}", "1, column 24: the number does not fit into 64 bits"},
    {"{{ 99999999999999999999 }}", "1, column 4: the number does not fit into 64 bits"},
    {"{{ 10 ** 99 }}", "1, column 7: the number does not fit into 64 bits"},
    {"{{ 1 < 'a' }}", "1, column 6: cannot order an integer and a string"},
    {"{{ [1, 'a'] | sort }}", "1, column 15: cannot order a string and an integer"},
    {"{{ 5 | length }}", "1, column 8: 'length': an integer has no length"},
    {"{{ 'a'.foo() }}", "1, column 11: a string has no method 'foo'"},
    {"{{ [1].append(2) }}", "1, column 14: a list has no method 'append'"},
    {"{{ 'a' | indent('b', 1, 2, 3) }}", "1, column 10: 'indent' takes at most 3 arguments, not 4"},
    {"{{ 'a' | indent(depth=3) }}",
     "1, column 10: 'indent' was given a named argument that it does not know"},
    {"{{ 'a' | indent(none, width=3) }}", "1, column 10: 'indent' got 'width' twice"},
    {"{{ 'a' | replace('b') }}", "1, column 10: 'replace' needs the argument 'new'"},
    {"{{ 'a' | tojson(indent=[]) }}", "1, column 10: 'tojson' needs an integer for 'indent', not a list"},
    {"{{ range(1, 2, 0) }}", "1, column 9: 'range' needs a step other than 0 for 'step', not an integer"},
    {"{{ [1][::0] }}", "1, column 7: the step of a slice must not be 0"},
    {"{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}",
     "1, column 35: macro 'm' takes at most 1 arguments, not 2"},
    {"{% macro m(a) %}{% endmacro %}{{ m(b=2) }}", "1, column 35: macro 'm' knows no argument 'b'"},
    {"{{ strftime_now('%Q') }}", "1, column 16: unknown time code '%Q'"},
    {"{{ raise_exception('Roles must alternate!') }}", "1, column 19: Roles must alternate!"},
    {"{% macro m() %}\n{{ raise_exception('x') }}{% endmacro %}{{ m() }}", "2, column 19: x"},
    {"é {{ 'é' ~ 1 // 0 }}", "1, column 14: division by zero"},
    {"{{ raise_exception | tojson }}", "1, column 22: cannot write a function as JSON"},
    {"{{ '%d' % 'a' }}", "1, column 9: '%d' needs a number, not a string"},
    {"{{ '%s %s' % 'a' }}", "1, column 12: the format needs more values than the 1 given"},
    {"{{ '{0.a}'.format(1) }}", "1, column 18: the format's '{0.a}' is not supported"},
    {"{{ {[]: 1} }}", "1, column 5: a list cannot be a key"},
    {"{{ ''.split('') }}", "1, column 12: 'split' needs a separator that is not empty"},
};

std::string repeat(const std::string& part, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += part;
  return out;
}

bool refused(const std::string& source, const std::string& reason, const Json& data = Json::object()) {
  const std::string error = errorOf(source, data);
  INFO(error);
  return error.find(reason) != std::string::npos && error.find("chat template") == 0;
}

constexpr const char* kSteps = "needs more than 2000000 steps";
constexpr const char* kBytes = "builds more than 67108864 bytes";
constexpr const char* kDepth = "deeper than 200";
constexpr const char* kNesting = "nest deeper than 100";

}  // namespace

TEST_CASE("errors name line, column and what is wrong") {
  for (const Row& row : kErrors) {
    CAPTURE(row.source);
    CHECK(errorOf(row.source) == std::string("chat template line ") + row.error);
  }
}

TEST_CASE("work is bounded") {
  CHECK(refused("{% set r = range(9999) %}{% for a in r %}{% for b in r %}{% endfor %}{% endfor %}", kSteps));
  CHECK(refused("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", kBytes));
  CHECK(refused("{% for a in range(9999) %}{% for b in range(9999) %}{{ a * b }}{% endfor %}{% endfor %}",
                "more than"));
  CHECK(refused("{{ 'a' * 10 ** 9 }}", kBytes));
  CHECK(refused("{{ [1] * 10 ** 9 }}", kBytes));
  CHECK(refused("{{ range(10 ** 12) }}", kBytes));
  CHECK(refused("{{ range(-9 * 10 ** 18, 9 * 10 ** 18, 10 ** 12) }}", kBytes));
  CHECK(refused("{{ 'a' | indent(10 ** 15) }}", kBytes));
  CHECK(refused("{{ [1] | tojson(indent=10 ** 15) }}", kBytes));
  CHECK(refused("{{ [1] | batch(10 ** 15, 0) }}", kBytes));
  CHECK(refused("{{ '%999999999d' % 1 }}", "above 1000"));
  const std::string doubling = "{% set ns = namespace(s='aaaaaaaa', l=[1]) %}{% for i in range(60) %}";
  CHECK(refused(doubling + "{% set ns.s = ns.s + ns.s %}{% endfor %}", kBytes));
  CHECK(refused(doubling + "{% set ns.s = ns.s.replace('a', 'aa') %}{% endfor %}", kBytes));
  CHECK(refused(doubling + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}", kSteps));
  CHECK(refused(doubling + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l | tojson }}", kSteps));
  CHECK(refused(doubling + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == ns.l }}", kSteps));
}

TEST_CASE("searching a long text again and again is bounded") {
  const Json data = {{"s", std::string(4 << 20, 'a') + 'b'}, {"p", std::string(2 << 20, 'a') + 'c'}};
  CHECK(errorOf("{{ p in s }}{{ s.find(p) }}{{ s.count('b') }}", data) == "no error");
  for (const char* use :
       {"p in s", "s == s ~ ''", "s | length", "s.split('b')", "s | wordcount", "s.isalpha()"}) {
    CAPTURE(use);
    const std::string error =
        errorOf(std::string("{% for i in range(9999) %}{% set x = ") + use + " %}{% endfor %}", data);
    CHECK(error.find("more than") != std::string::npos);
  }
}

TEST_CASE("nesting is bounded in source, in calls and in values") {
  constexpr std::pair<const char*, const char*> kBrackets[] = {
      {"(", ")"},        {"[", "]"},    {"{1:", "}"}, {"f(", ")"},     {"x[", "]"},
      {"x.y(", ")"},     {"-", ""},     {"not ", ""}, {"1 if (", ")"}, {"1|int(", ")"},
      {"1 is eq(", ")"}, {"f(a=", ")"}, {"x[1:", "]"}};
  for (const std::size_t depth : {101u, 5000u, 40000u}) {
    CAPTURE(depth);
    for (const auto& [open, close] : kBrackets) {
      CAPTURE(std::string(open));
      const std::string error = errorOf("{{ " + repeat(open, depth) + "1" + repeat(close, depth) + " }}");
      CHECK(error.find(kNesting) != std::string::npos);
      CHECK(errorOf("{{ " + repeat(open, depth) + "1 }}") != "no error");
    }
    CHECK(refused(repeat("{% if 1 %}", depth) + repeat("{% endif %}", depth), kNesting));
    CHECK(refused("{{ 1" + repeat(" if 1 else 1", depth) + " }}", kNesting));
    CHECK(refused("{{ x" + repeat(".y", depth) + " }}", "in a row"));
    CHECK(refused("{{ x" + repeat("|trim", depth) + " }}", "in a row"));
    CHECK(refused("{% set " + repeat("(", depth) + "a" + repeat(")", depth) + " = 1 %}", kNesting));
  }
  CHECK(refused("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", kDepth));
  CHECK(refused("{% macro f(x) %}{% call f(x) %}{% endcall %}{% endmacro %}{{ f(1) }}", kDepth));
  CHECK(refused("{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", kDepth));
  CHECK(refused("{% set ns = namespace(l=[]) %}{% for i in range(999) %}{% set ns.l = [ns.l] %}{% endfor %}",
                kDepth));
  CHECK(refused(
      "{% set ns = namespace(l={}) %}{% for i in range(999) %}{% set ns.l = {'f': ns.l}.get %}{% endfor %}",
      kDepth));
  CHECK(refused(
      "{% set ns = namespace(l=1) %}{% for i in range(999) %}{% for j in [ns.l] %}{% set ns.l = loop %}"
      "{% endfor %}{% endfor %}",
      kDepth));
}

TEST_CASE("long chains that do not nest are fine") {
  CHECK(rendered("{{ 0" + repeat(" + 1", 20000) + " }}") == "20000");
  CHECK(rendered("{{ ''" + repeat(" ~ 'x'", 2000) + " }}").size() == 2000);
  CHECK(rendered("{% if 0 %}" + repeat("{% elif 0 %}", 5000) + "{% else %}y{% endif %}") == "y");
  CHECK(rendered("{{ 1" + repeat(" and 1", 5000) + " }}") == "1");
  CHECK(rendered("{{ 1" + repeat(" <= 1", 5000) + " }}") == "True");
}

TEST_CASE("namespaces may hold each other") {
  CHECK(rendered("{% set a = namespace() %}{% set b = namespace(a=a) %}{% set a.b = b %}{% set a.self = a %}"
                 "{{ a.b.a.self == a }}{{ a == b }}{{ a }}") == "TrueFalse<a namespace>");
  CHECK(
      rendered("{% set ns = namespace(n=none) %}{% for i in range(9999) %}{% set ns.n = namespace(n=ns.n) %}"
               "{% endfor %}x") == "x");
}

TEST_CASE("what a macro or a call block remembers stays alive") {
  CHECK(rendered("{% set ns = namespace() %}{% for i in range(3) %}{% macro m() %}{{ i }}{% endmacro %}"
                 "{% if i == 1 %}{% set ns.m = m %}{% endif %}{% endfor %}{{ ns.m() }}") == "1");
  CHECK(rendered("{% set ns = namespace() %}{% macro keep() %}{% set ns.c = caller %}{% endmacro %}"
                 "{% for i in [7] %}{% call keep() %}{{ i }}{% endcall %}{% endfor %}{{ ns.c() }}") == "7");
  CHECK(rendered(
            "{% set ns = namespace() %}{% for i in [5, 6] %}{% set ns.l = loop %}{% endfor %}{{ ns.l.index }}"
            "{{ ns.l.previtem }}") == "25");
}

TEST_CASE("limits can be chosen, and count the data") {
  CHECK(errorOf("{{ 'abc' * 1000 }}", Json::object(), {.bytes = 2000}) ==
        "chat template line 1, column 10: the template "
        "builds more than 2000 bytes of text and lists");
  CHECK(errorOf("x", {{"s", std::string(3000, 'a')}}, {.bytes = 3000}).find("chat template data: ") == 0);
  CHECK(errorOf("{{ [[[[1]]]] }}", Json::object(), {.depth = 4}).find("deeper than 4") != std::string::npos);
  CHECK(errorOf("{{ 1 }}", Json::object(), {.steps = 0}).find("more than 0 steps") != std::string::npos);
}

TEST_CASE("data that is no object, or too deep, is refused") {
  CHECK(errorOf("x", Json::array()) == "chat template data: expected an object, found array");
  Json deep = 1;
  for (int i = 0; i < 300; ++i) deep = Json::array({deep});
  CHECK(errorOf("x", {{"deep", deep}}).find(kDepth) != std::string::npos);
}

TEST_CASE("a source of more than a mebibyte is refused") {
  CHECK(errorOf(std::string((1 << 20) + 1, 'a')).find("1048577 bytes") != std::string::npos);
}
