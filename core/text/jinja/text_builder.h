// Builds one text within the budget. Once the budget is spent it takes no more and says so in the end.
#pragma once

#include <optional>

#include "core/text/jinja/value.h"

namespace cutaway::jinja {

class TextBuilder {
 public:
  explicit TextBuilder(Budget& budget) : m_budget(budget) {}

  /// These return false once something failed, so that loops can stop early.
  bool append(std::string_view bytes, Origin origin = Origin::fromTemplate);
  bool append(const Text& text) { return appendRange(text, 0, text.size()); }
  bool appendRange(const Text& text, std::size_t begin, std::size_t end);
  /// As {{ value }} prints it.
  bool appendValue(const Value& value);

  bool ok() const { return !m_error; }
  bool failWith(Error error);
  Budget& budget() { return m_budget; }
  Text& text() { return m_text; }
  Result<Text> takeText();
  Result<Value> take();

 private:
  bool pay(std::size_t bytes);

  Budget& m_budget;
  Text m_text;
  std::optional<Error> m_error;
};

}  // namespace cutaway::jinja
