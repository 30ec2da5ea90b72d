// The language against Jinja itself (tests/oracles/templates), and what only we decide.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/text/chat_template.h"
#include "core/text/jinja/builtins.h"
#include "support/paths.h"
#include "templates.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

Json oracle() { return Json::parse(readFile(projectFile("tests/oracles/templates/expected.json"))); }

std::string builtInSource(const std::string& name) {
  for (const BuiltInTemplate& row : builtInTemplates())
    if (row.name == name) return row.source;
  return "no such template";
}

}  // namespace

TEST_CASE("snippets render as Jinja renders them") {
  const Json all = oracle();
  for (const Json& one : all["cases"]) {
    if (one.contains("name")) continue;
    CAPTURE(one["template"].get<std::string>());
    CHECK(rendered(one["template"], all["data"]) == one["expected"].get<std::string>());
  }
}

TEST_CASE("built-in templates render as Jinja renders them") {
  std::size_t covered = 0;
  const Json all = oracle();
  for (const Json& one : all["cases"]) {
    if (!one.contains("name")) continue;
    CAPTURE(one["name"].get<std::string>());
    CHECK(rendered(builtInSource(one["name"]), one["data"]) == one["expected"].get<std::string>());
    ++covered;
  }
  CHECK(covered == 3 * builtInTemplates().size());
}

TEST_CASE("every filter, test, function and method occurs in a snippet") {
  std::string sources;
  const Json all = oracle();
  for (const Json& one : all["cases"])
    if (!one.contains("name")) sources += one["template"].get<std::string>() + "\n";
  const auto check = [&](const jinja::BuiltinTable& table, const char* before) {
    for (const auto& rows : table)
      for (const jinja::Builtin& row : rows) {
        CAPTURE(row.name);
        const bool sign = row.name.find_first_of("=<>!") != std::string_view::npos;
        const std::string use = sign ? std::string(row.name) : before + std::string(row.name);
        CHECK(sources.find(use) != std::string::npos);
      }
  };
  check(jinja::filterTable(), "| ");
  check(jinja::testTable(), "is ");
  check(jinja::functionTable(), "");
  for (const auto& value : {jinja::Value(jinja::Text()), jinja::Value(std::make_shared<const jinja::List>()),
                            jinja::Value(std::make_shared<const jinja::Dict>())})
    check(jinja::methodTable(value), ".");
}

TEST_CASE("a member of something undefined is undefined, an item of it is an error") {
  CHECK(rendered("[{{ a.b.c }}{{ a.b is defined }}]") == "[False]");
  CHECK(errorOf("\n {{ a[0] }}") == "chat template line 2, column 6: undefined ('a') has no items");
  CHECK(errorOf("{{ a.b() }}") == "chat template line 1, column 7: undefined ('a') has no method 'b'");
}

TEST_CASE("an entry does not hide the method of its name where it is called") {
  const Json data = {{"d", {{"items", 5}, {"get", "x"}}}};
  CHECK(rendered("{{ d.items }} {{ d['get'] }} {{ d.items() | length }} {{ d.get('get') }}", data) ==
        "5 x 2 x");
}

TEST_CASE("the data keeps its order, whatever its keys") {
  CHECK(
      rendered("{{ d | tojson }}", Json::parse(R"({"d":{"z":1,"a":{"y":2.0,"b":18446744073709551615}}})")) ==
      R"({"z": 1, "a": {"y": 2.0, "b": 1.8446744073709552e+19}})");
}

TEST_CASE("the clock can be set, in English whatever the locale") {
  const auto parsed = ChatTemplate::parse("{{ strftime_now('%d %b %Y %H:%M:%S %A %j') }}");
  REQUIRE(parsed.has_value());
  const auto at = [&](const std::string& now) {
    const auto out = parsed->render(Json::object(), {.now = now});
    return out ? joinSegments(*out) : out.error().message;
  };
  CHECK(at("2024-02-29T23:05:09Z") == "29 Feb 2024 23:05:09 Thursday 060");
  CHECK(at("2024-12-31") == "31 Dec 2024 00:00:00 Tuesday 366");
  CHECK(at("2023-02-29").find("is no ISO 8601 time") != std::string::npos);
  CHECK(at("soon").find("is no ISO 8601 time") != std::string::npos);
  CHECK(at("").size() > 20);
}

TEST_CASE("bytes that are no UTF-8 pass through") {
  const Json data = {{"s", "a\xff\xc3z"}};
  CHECK(rendered("{{ s | upper }}{{ s | length }}{{ s[1] }}{{ s[::-1] }}{{ s | trim | title }}", data) ==
        "A\xff\xc3Z4\xffz\xc3\xff"
        "aA\xff\xc3z");
}
