#include "core/text/chat_template.h"

#include <nlohmann/json.hpp>

#include "core/text/jinja/machine.h"
#include "core/text/jinja/parser.h"

namespace cutaway {
namespace {

constexpr std::size_t kMaxSource = 1 << 20;

}  // namespace

struct ChatTemplate::Impl {
  std::string source;
  jinja::Block body;
};

Result<ChatTemplate> ChatTemplate::parse(std::string source) {
  if (source.size() > kMaxSource)
    return fail(ErrorKind::badInput, "the chat template has ", source.size(), " bytes; more than ",
                kMaxSource, " are not read");
  jinja::Parser parser(TRY(jinja::tokenize(source)));
  auto impl = std::make_shared<Impl>();
  impl->body = TRY(parser.parse());
  impl->source = std::move(source);
  ChatTemplate parsed;
  parsed.m_impl = std::move(impl);
  return parsed;
}

Result<std::vector<PromptSegment>> ChatTemplate::render(const nlohmann::ordered_json& data,
                                                        const RenderOptions& options) const {
  return jinja::Machine(options).render(m_impl->body, data);
}

const std::string& ChatTemplate::source() const { return m_impl->source; }

std::string joinSegments(const std::vector<PromptSegment>& segments) {
  std::string text;
  for (const PromptSegment& segment : segments) text += segment.text;
  return text;
}

}  // namespace cutaway
