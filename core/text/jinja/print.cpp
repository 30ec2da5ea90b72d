#include "core/text/jinja/print.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>

#include "core/text/jinja/builtins.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

bool repr(TextBuilder& out, const Value& value);

std::string hex(char32_t value, std::size_t width) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits(width, '0');
  for (std::size_t i = width; i-- > 0; value >>= 4) digits[i] = kDigits[value & 15];
  return digits;
}

using Escapes = std::span<const std::pair<char, const char*>>;
constexpr std::pair<char, const char*> kReprEscapes[] = {
    {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"}, {'\t', "\\t"}};
constexpr std::pair<char, const char*> kJsonEscapes[] = {
    {'"', "\\\""},  {'\\', "\\\\"}, {'\n', "\\n"}, {'\r', "\\r"},
    {'\t', "\\t"}, {'\b', "\\b"},  {'\f', "\\f"}};

/// Null when the character has none.
const char* shortEscape(Escapes escapes, char32_t c) {
  for (const auto& [from, to] : escapes)
    if (c == static_cast<char32_t>(from)) return to;
  return nullptr;
}

std::string reprEscape(char32_t c, char quote) {
  if (const char* escape = shortEscape(kReprEscapes, c)) return escape;
  if (c == static_cast<char32_t>(quote)) return {'\\', quote};
  if (c < 0x20 || (c >= 0x7F && c <= 0xA0) || c == 0xAD) return "\\x" + hex(c, 2);
  if (isSpace(c) && c != ' ') return "\\u" + hex(c, 4);
  return {};
}

/// Every character through `escape`, which gives its replacement or nothing to keep it. In few appends.
template <class Escape>
bool appendEscaped(TextBuilder& out, const Text& text, const Escape& escape) {
  const std::string& bytes = text.bytes();
  std::size_t kept = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::string replacement = escape(codePoint(bytes, at));
    const std::size_t next = at + characterLength(bytes, at);
    if (!replacement.empty()) {
      out.appendRange(text, kept, at);
      if (!out.append(replacement, text.originAt(at))) return false;
      kept = next;
    }
    at = next;
  }
  return out.appendRange(text, kept, bytes.size());
}

bool reprText(TextBuilder& out, const Text& text) {
  const bool single =
      text.bytes().find('\'') == std::string::npos || text.bytes().find('"') != std::string::npos;
  const char quote = single ? '\'' : '"';
  out.append({&quote, 1});
  appendEscaped(out, text, [quote](char32_t c) { return reprEscape(c, quote); });
  return out.append({&quote, 1});
}

bool reprList(TextBuilder& out, const List& list) {
  out.append(list.tuple ? "(" : "[");
  for (std::size_t i = 0; i < list.items.size(); ++i) {
    if (i > 0) out.append(", ");
    if (!repr(out, list.items[i])) return false;
  }
  if (list.tuple && list.items.size() == 1) out.append(",");
  return out.append(list.tuple ? ")" : "]");
}

bool reprDict(TextBuilder& out, const Dict& dict) {
  out.append("{");
  for (std::size_t i = 0; i < dict.entries.size(); ++i) {
    if (i > 0) out.append(", ");
    if (!repr(out, dict.entries[i].first)) return false;
    out.append(": ");
    if (!repr(out, dict.entries[i].second)) return false;
  }
  return out.append("}");
}

bool repr(TextBuilder& out, const Value& value) {
  const Nest nest(out.budget());
  if (auto ok = nest.check(); !ok) return out.failWith(std::move(ok).error());
  if (auto paid = out.budget().step(); !paid) return out.failWith(std::move(paid).error());
  if (value.isUndefined()) return out.append("Undefined");
  if (const Text* text = value.text()) return reprText(out, *text);
  if (const List* list = value.list()) return reprList(out, *list);
  if (const Dict* dict = value.dict()) return reprDict(out, *dict);
  return print(out, value);
}

bool printContainer(TextBuilder& out, const Value& value) {
  TextBuilder part(out.budget());
  repr(part, value);
  auto text = part.takeText();
  if (!text) return out.failWith(std::move(text).error());
  text->taint();
  return out.append(*text);
}

class JsonPrinter {
 public:
  JsonPrinter(TextBuilder& out, const JsonStyle& style) : m_out(out), m_style(style) {}

  bool value(const Value& v) {
    const Nest nest(m_out.budget());
    if (auto ok = nest.check(); !ok) return m_out.failWith(std::move(ok).error());
    if (auto paid = m_out.budget().step(); !paid) return m_out.failWith(std::move(paid).error());
    if (const Text* text = v.text()) return inQuotes(*text);
    if (const List* list = v.list()) return this->list(*list);
    if (const Dict* dict = v.dict()) return this->dict(*dict);
    if (v.isUndefined() || v.isNone()) return m_out.append("null");
    if (const auto flag = v.boolean()) return m_out.append(*flag ? "true" : "false");
    if (v.isNumber()) return number(v);
    return m_out.failWith({ErrorKind::badInput, "cannot write " + v.typeName() + " as JSON"});
  }

 private:
  bool number(const Value& v) {
    if (v.onlyReal() == nullptr || std::isfinite(*v.onlyReal())) return m_out.appendValue(v);
    return m_out.append(std::isnan(*v.onlyReal()) ? "NaN" : *v.onlyReal() > 0 ? "Infinity" : "-Infinity");
  }

  bool inQuotes(const Text& text) {
    m_out.append("\"");
    appendEscaped(m_out, text, [this](char32_t c) { return escape(c); });
    return m_out.append("\"");
  }

  std::string escape(char32_t c) const {
    if (const char* escape = shortEscape(kJsonEscapes, c)) return escape;
    if (c < 0x20) return "\\u" + hex(c, 4);
    if (!m_style.asciiOnly || c < 0x7F) return {};
    if (c < 0x10000) return "\\u" + hex(c, 4);
    const char32_t rest = c - 0x10000;
    return "\\u" + hex(0xD800 | rest >> 10, 4) + "\\u" + hex(0xDC00 | (rest & 0x3FF), 4);
  }

  bool newLine() {
    if (!m_style.indent) return m_out.ok();
    m_out.append("\n");
    for (std::size_t i = 0; i < m_level; ++i) m_out.append(*m_style.indent);
    return m_out.ok();
  }

  /// `item(i)` between brackets, with separators and indentation.
  template <class Item>
  bool container(const char* open, const char* close, std::size_t size, const Item& item) {
    m_out.append(open);
    ++m_level;
    for (std::size_t i = 0; i < size; ++i) {
      if (i > 0) m_out.append(m_style.itemSeparator);
      if (!newLine() || !item(i)) return false;
    }
    --m_level;
    if (size > 0) newLine();
    return m_out.append(close);
  }

  bool list(const List& list) {
    return container("[", "]", list.items.size(), [&](std::size_t i) { return value(list.items[i]); });
  }

  bool dict(const Dict& dict) {
    std::vector<const std::pair<Value, Value>*> entries;
    for (const auto& entry : dict.entries) entries.push_back(&entry);
    if (m_style.sortKeys && !sort(entries)) return false;
    return container("{", "}", entries.size(), [&](std::size_t i) {
      return key(entries[i]->first) && m_out.append(m_style.keySeparator) && value(entries[i]->second);
    });
  }

  bool sort(std::vector<const std::pair<Value, Value>*>& entries) {
    for (const auto* entry : entries)
      if (entry->first.text() == nullptr)
        return m_out.failWith({ErrorKind::badInput, "cannot sort keys that are not all strings"});
    std::stable_sort(entries.begin(), entries.end(), [](const auto* a, const auto* b) {
      return a->first.text()->bytes() < b->first.text()->bytes();
    });
    return true;
  }

  bool key(const Value& key) {
    if (key.text() != nullptr) return inQuotes(*key.text());
    return m_out.append("\"") && value(key) && m_out.append("\"");
  }

  TextBuilder& m_out;
  const JsonStyle& m_style;
  std::size_t m_level = 0;
};

}  // namespace

std::string printReal(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[400];
  const double size = std::fabs(value);
  const bool fixed = value == 0 || (size >= 1e-4 && size < 1e16);
  const auto format = fixed ? std::chars_format::fixed : std::chars_format::scientific;
  const std::string digits(buffer, std::to_chars(buffer, buffer + sizeof buffer, value, format).ptr);
  return fixed && digits.find('.') == std::string::npos ? digits + ".0" : digits;
}

bool print(TextBuilder& out, const Value& value) {
  if (const Text* text = value.text()) return out.append(*text);
  if (value.isUndefined()) return out.ok();
  if (value.isNone()) return out.append("None");
  if (const auto flag = value.boolean()) return out.append(*flag ? "True" : "False");
  if (const auto whole = value.integer()) return out.append(std::to_string(*whole));
  if (const auto real = value.number()) return out.append(printReal(*real));
  if (value.list() != nullptr || value.dict() != nullptr) return printContainer(out, value);
  return out.append("<" + value.typeName() + ">");
}

bool printJson(TextBuilder& out, const Value& value, const JsonStyle& style) {
  TextBuilder part(out.budget());
  JsonPrinter(part, style).value(value);
  auto text = part.takeText();
  if (!text) return out.failWith(std::move(text).error());
  text->taint();
  return out.append(*text);
}

}  // namespace cutaway::jinja
