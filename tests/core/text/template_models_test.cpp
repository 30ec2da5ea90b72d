// The templates of real models: exact prompts, and markers in messages that must stay text.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "core/text/chat_template.h"
#include "support/paths.h"

using namespace cutaway;
using Json = nlohmann::ordered_json;

namespace {

std::optional<Json> modelTemplates() {
  const auto path = test::sharedFile("data/chat-templates.json");
  return path ? std::optional(Json::parse(test::readFile(*path))) : std::nullopt;
}

std::vector<PromptSegment> render(const std::string& source, const Json& data) {
  const auto parsed = ChatTemplate::parse(source);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  const auto segments = parsed->render(data, {.now = "2025-07-10T12:00:00Z"});
  REQUIRE_MESSAGE(segments.has_value(), segments.error().message);
  return *segments;
}

/// All strings below a value, keys left alone.
void collectStrings(Json& value, std::vector<std::string*>& strings) {
  if (value.is_string()) strings.push_back(value.get_ptr<std::string*>());
  if (value.is_structured())
    for (auto& item : value) collectStrings(item, strings);
}

}  // namespace

TEST_CASE("templates of real models give the exact prompt") {
  const auto cases = modelTemplates();
  if (!cases) return;
  CHECK(cases->size() == 27);
  for (const Json& one : *cases) {
    CAPTURE(one["name"].get<std::string>());
    const auto segments = render(one["template"], one["data"]);
    CHECK(joinSegments(segments) == one["expected"].get<std::string>());
    for (std::size_t i = 1; i < segments.size(); ++i) CHECK(segments[i].parseSpecial != segments[i - 1].parseSpecial);
  }
}
