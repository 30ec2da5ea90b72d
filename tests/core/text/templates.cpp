#include "templates.h"

#include <doctest/doctest.h>

namespace cutaway::test {

std::vector<PromptSegment> renderSegments(const std::string& source, const Json& data) {
  const auto parsed = ChatTemplate::parse(source);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  const auto segments = parsed->render(data, {.now = "2025-07-10T12:00:00Z"});
  REQUIRE_MESSAGE(segments.has_value(), segments.error().message);
  return *segments;
}

std::string rendered(const std::string& source, const Json& data) {
  return joinSegments(renderSegments(source, data));
}

std::string errorOf(const std::string& source, const Json& data, const RenderLimits& limits) {
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed) return parsed.error().message;
  const auto segments = parsed->render(data, {.now = "2025-07-10T12:00:00Z", .limits = limits});
  return segments ? "no error" : segments.error().message;
}

std::string marked(const std::vector<PromptSegment>& segments) {
  std::string out;
  for (const PromptSegment& segment : segments)
    out += segment.parseSpecial ? "[" + segment.text + "]" : segment.text;
  return out;
}

}  // namespace cutaway::test
