#include "core/text/jinja/text_builder.h"

#include "core/text/jinja/print.h"

namespace cutaway::jinja {

bool TextBuilder::failWith(Error error) {
  if (!m_error) m_error = std::move(error);
  return false;
}

bool TextBuilder::pay(std::size_t bytes) {
  if (m_error) return false;
  if (auto paid = m_budget.build(bytes); !paid) return failWith(std::move(paid).error());
  return true;
}

bool TextBuilder::append(std::string_view bytes, Origin origin) {
  if (!pay(bytes.size())) return false;
  m_text.append(bytes, origin);
  return true;
}

bool TextBuilder::appendRange(const Text& text, std::size_t begin, std::size_t end) {
  if (end < begin) end = begin;
  const std::size_t runs = m_text.runs().size();
  if (!pay(end - begin)) return false;
  m_text.appendRange(text, begin, end);
  return pay((m_text.runs().size() - runs) * sizeof(Text::Run));
}

bool TextBuilder::appendValue(const Value& value) { return m_error ? false : print(*this, value); }

Result<Text> TextBuilder::takeText() {
  if (m_error) return std::unexpected(*m_error);
  return std::move(m_text);
}

Result<Value> TextBuilder::take() {
  pay(sizeof(Text));
  return Value(TRY(takeText()));
}

}  // namespace cutaway::jinja
