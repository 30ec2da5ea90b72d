// Chat templates: the Jinja that models ship, run in a small sandbox whose strings remember where they came
// from.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/text/tokenizer.h"

namespace cutaway {

struct RenderLimits {
  std::size_t steps = 2'000'000;  ///< evaluated nodes; searching 64 bytes of text counts as one
  std::size_t bytes = 64 << 20;   ///< built strings and lists, in total, the data's copy included
  std::size_t depth = 200;        ///< nesting of calls, loops, expressions and values
};

struct RenderOptions {
  std::string now;  ///< ISO 8601 for strftime_now, taken as it is whatever its zone; empty: the local clock
  RenderLimits limits = {};
};

/// A parsed template. Copies share the tree; rendering is const and can run on any thread.
class ChatTemplate {
 public:
  /// Fails with the line and column of what it cannot run. Trims blocks as transformers does.
  static Result<ChatTemplate> parse(std::string source);

  /// Runs the template on {"messages":[..], "add_generation_prompt":true, "bos_token":"..", "tools":..}. Text
  /// that comes from `data` gives segments without the right to special tokens, except "bos_token",
  /// "eos_token" and the other *_token strings, which belong to the model; the origin survives trim, replace,
  /// slices and +. The data keeps its order, since templates print tools as JSON. Adjacent segments differ in
  /// their right. Fails with line and column where the template raises an exception, does what Jinja refuses,
  /// or passes a limit.
  Result<std::vector<PromptSegment>> render(const nlohmann::ordered_json& data,
                                            const RenderOptions& options = {}) const;

  const std::string& source() const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> m_impl;
};

/// A template the user may choose when the model has none or one that cannot run.
struct BuiltInTemplate {
  const char* name;   ///< "chatml"
  const char* title;  ///< "ChatML (Qwen, SmolLM)"
  const char* source;
};
std::span<const BuiltInTemplate> builtInTemplates();

/// The text of all segments.
std::string joinSegments(const std::vector<PromptSegment>& segments);

}  // namespace cutaway
