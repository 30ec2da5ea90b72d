// Any template on one conversation, in which every text holds a mark that a template cannot write by
// accident.
#include <nlohmann/json.hpp>

#include "check.h"
#include "core/text/chat_template.h"

using namespace cutaway;

namespace {

constexpr const char* kData =
    R"({"messages":[{"role":"system","content":" QZJX be\n"},{"role":"user","content":"héQZJX"},
{"role":"assistant","content":"<think>QZJX</think>a","tool_calls":[{"function":{"name":"QZJX","arguments":{"a":[1,2.5,null,true]}}}]},
{"role":"tool","content":"QZJX\u0001\"\\"}],"tools":[{"type":"function","function":{"name":"QZJX","parameters":{}}}],
"bos_token":"<s>","eos_token":"</s>","add_generation_prompt":true,"n":3,"text":"QZJX, a\n b"})";

/// Whether the template could spell the mark itself.
bool canSpell(std::string_view source) { return source.find_first_of("qQ\\%") != std::string_view::npos; }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const auto data = nlohmann::ordered_json::parse(kData);
  const std::string source(reinterpret_cast<const char*>(bytes), size);
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed) {
    FUZZ_CHECK(parsed.error().message.find("chat template") != std::string::npos);
    return 0;
  }
  FUZZ_CHECK(parsed->source() == source);
  const RenderOptions options = {.now = "2025-07-10T12:00:00Z",
                                 .limits = {.steps = 20'000, .bytes = 1 << 20, .depth = 100}};
  const auto segments = parsed->render(data, options);
  if (!segments) {
    FUZZ_CHECK(segments.error().message.starts_with("chat template "));
    return 0;
  }
  FUZZ_CHECK(joinSegments(*segments).size() <= options.limits.bytes);
  for (std::size_t i = 0; i < segments->size(); ++i) {
    const PromptSegment& segment = (*segments)[i];
    FUZZ_CHECK(!segment.text.empty());
    FUZZ_CHECK(i == 0 || segment.parseSpecial != (*segments)[i - 1].parseSpecial);
    FUZZ_CHECK(!segment.parseSpecial || canSpell(source) || segment.text.find("QZJX") == std::string::npos);
  }
  return 0;
}
