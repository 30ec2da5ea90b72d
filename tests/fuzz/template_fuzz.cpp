// Any text as a chat template, run on a small conversation within tight limits; and what it must never do:
// turn what the user typed into text with the right to special tokens.
#include <nlohmann/json.hpp>

#include "check.h"
#include "core/text/chat_template.h"

using namespace cutaway;

namespace {

/// A word that no template and no other part of the data contains.
constexpr const char* kTyped = "\u2603typed\u2603";

const nlohmann::ordered_json& conversation() {
  static const auto kData = nlohmann::ordered_json::parse(std::string(R"({
    "messages": [
      {"role": "system", "content": "Be brief."},
      {"role": "user", "content": "  )") + kTyped + R"(\n"},
      {"role": "assistant", "content": "Hi", "tool_calls": [{"type": "function",
        "function": {"name": "add", "arguments": {"a": 1, "b": [2.5, null, true]}}}]},
      {"role": "tool", "name": "add", "content": "3"},
      {"role": "user", "content": [{"type": "text", "text": "ok"}]}
    ],
    "tools": [{"type": "function", "function": {"name": "add", "description": "adds",
      "parameters": {"type": "object", "properties": {"a": {"type": "number"}}, "required": ["a"]}}}],
    "add_generation_prompt": true, "enable_thinking": false, "bos_token": "<s>", "eos_token": "</s>"})");
  return kData;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string source(reinterpret_cast<const char*>(data), size);
  const auto parsed = ChatTemplate::parse(source);
  if (!parsed) {
    FUZZ_CHECK(!parsed.error().message.empty());
    return 0;
  }
  FUZZ_CHECK(parsed->source() == source);
  RenderOptions options;
  options.now = "2025-07-10T12:00:00Z";
  options.limits = {20'000, 1 << 20, 50};
  const auto segments = parsed->render(conversation(), options);
  if (!segments) {
    FUZZ_CHECK(!segments.error().message.empty());
    return 0;
  }
  const bool spelled = source.find(kTyped) != std::string::npos;  // a template may say the word itself
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < segments->size(); ++i) {
    const PromptSegment& segment = (*segments)[i];
    bytes += segment.text.size();
    FUZZ_CHECK(!segment.parseSpecial || spelled || segment.text.find(kTyped) == std::string::npos);
    FUZZ_CHECK(i == 0 || (*segments)[i - 1].parseSpecial != segment.parseSpecial);
  }
  FUZZ_CHECK(bytes <= options.limits.bytes);
  FUZZ_CHECK(joinSegments(*segments).size() == bytes);
  return 0;
}
