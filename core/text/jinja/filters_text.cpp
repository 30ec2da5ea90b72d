// Filters that give text. Like Jinja's, they take any value as its text.
#include <algorithm>

#include "core/text/jinja/case.h"
#include "core/text/jinja/format.h"
#include "core/text/jinja/print.h"
#include "core/text/jinja/text_tools.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

template <class Append>
Result<Value> build(Machine& m, const Value& self, const Append& append) {
  const Value value = TRY(m.printed(self));
  TextBuilder out(m.budget());
  append(out, *value.text());
  return out.take();
}

Result<Value> upper(Machine& m, const Value& self, Args) {
  return build(m, self, [](TextBuilder& out, const Text& text) { appendCased(out, text, Case::upper); });
}

Result<Value> lower(Machine& m, const Value& self, Args) {
  return build(m, self, [](TextBuilder& out, const Text& text) { appendCased(out, text, Case::lower); });
}

Result<Value> capitalize(Machine& m, const Value& self, Args) { return build(m, self, appendCapitalized); }

/// Unlike str.title, words begin after white space, hyphens and opening brackets alone.
Result<Value> title(Machine& m, const Value& self, Args) {
  return build(m, self, [](TextBuilder& out, const Text& text) {
    bool inWord = false;
    for (std::size_t at = 0; at < text.size() && out.ok();) {
      const char32_t c = codePoint(text.bytes(), at);
      at = appendCased(out, text, at, inWord ? Case::lower : Case::upper);
      inWord = !isSpace(c) &&
               (c > 0x7F || std::string_view("-({[<").find(static_cast<char>(c)) == std::string_view::npos);
    }
  });
}

Result<Value> trim(Machine& m, const Value& self, Args args) {
  const Value value = TRY(m.printed(self));
  return stripped(m, *value.text(), Ends::both, TRY(args.textOrNull(0)));
}

Result<Value> replace(Machine& m, const Value& self, Args args) {
  const Value value = TRY(m.printed(self));
  const Value from = TRY(m.printed(args[0])), to = TRY(m.printed(args[1]));
  return replaced(m, *value.text(), *from.text(), *to.text(), TRY(args.integer(2, -1)));
}

Result<Value> string(Machine& m, const Value& self, Args) { return m.printed(self); }
Result<Value> safe(Machine&, const Value& self, Args) { return self; }

Result<Value> escape(Machine& m, const Value& self, Args) {
  constexpr std::pair<char, std::string_view> kEntities[] = {
      {'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}};
  return build(m, self, [&](TextBuilder& out, const Text& text) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < text.size() && out.ok(); ++at)
      for (const auto& [character, entity] : kEntities) {
        if (text.bytes()[at] != character) continue;
        out.appendRange(text, kept, at);
        out.append(entity, text.originAt(at));
        kept = at + 1;
      }
    out.appendRange(text, kept, text.size());
  });
}

Result<Value> indent(Machine& m, const Value& self, Args args) {
  const Value value = TRY(m.printed(self));
  const std::int64_t width = args[0].text() != nullptr ? 0 : TRY(args.integer(0, 4));
  TRY(m.budget().build(static_cast<std::size_t>(std::max<std::int64_t>(width, 0))));
  const std::string spaces(static_cast<std::size_t>(std::max<std::int64_t>(width, 0)), ' ');
  const Text margin = args[0].text() != nullptr ? *args[0].text() : Text(spaces, Origin::fromTemplate);
  const bool first = args.flag(1), blank = args.flag(2);
  Text text = *value.text();
  text.append("\n", Origin::fromTemplate);  // a line break at the end makes one more, empty line
  const Ranges lines = TRY(lineRanges(m, text));
  TextBuilder out(m.budget());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& [begin, end] = lines[i];
    if (i > 0) out.append("\n", text.originAt(lines[i - 1].second));
    if (i == 0 ? first : blank || begin < end) out.append(margin);
    if (!out.appendRange(text, begin, end)) break;
  }
  return out.take();
}

Result<Value> join(Machine& m, const Value& self, Args args) {
  const Value separator = TRY(m.printed(args[0]));
  auto items = TRY(m.iterate(self));
  if (!args.given(1)) return joined(m, *items, *separator.text());
  List attributes;
  for (const Value& item : items->items) attributes.items.push_back(TRY(attributePath(m, item, args[1])));
  return joined(m, attributes, *separator.text());
}

Result<Value> format(Machine& m, const Value& self, Args args) {
  const Text* pattern = TRY(selfText(self, args));
  if (args.raw.named.empty()) return formatPercent(m, *pattern, TRY(m.list(args.raw.positional, true)));
  std::vector<std::pair<Value, Value>> entries;
  for (const auto& [name, value] : args.raw.named) entries.emplace_back(TRY(m.text(name)), value);
  return formatPercent(m, *pattern, TRY(m.dict(std::move(entries))));
}

/// {"x", given, or the default of json.dumps}.
Result<Text> separator(Args args, std::size_t item, const char* fallback) {
  constexpr std::size_t kSeparators = 2;
  const List* pair = args[kSeparators].list();
  if (!args.given(kSeparators) || args[kSeparators].isNone()) return Text(fallback, Origin::fromTemplate);
  if (pair == nullptr || pair->items.size() != 2 || pair->items[item].text() == nullptr)
    return args.wrong(kSeparators, "two strings");
  return *pair->items[item].text();
}

Result<Value> toJson(Machine& m, const Value& self, Args args) {
  JsonStyle style;
  if (args[0].text() != nullptr)
    style.indent = *args[0].text();
  else if (args.given(0) && !args[0].isNone()) {
    const std::int64_t width = std::max<std::int64_t>(TRY(args.integer(0, 0)), 0);
    TRY(m.budget().build(static_cast<std::size_t>(width)));
    style.indent = Text(std::string(static_cast<std::size_t>(width), ' '), Origin::fromTemplate);
  }
  style.asciiOnly = args.flag(1);
  style.itemSeparator = TRY(separator(args, 0, style.indent ? "," : ", "));
  style.keySeparator = TRY(separator(args, 1, ": "));
  style.sortKeys = args.flag(3);
  TextBuilder out(m.budget());
  printJson(out, self, style);
  return out.take();
}

Result<Value> wordCount(Machine& m, const Value& self, Args) {
  const Value value = TRY(m.printed(self));
  const std::string& bytes = value.text()->bytes();
  TRY(m.budget().scan(bytes.size()));
  std::int64_t words = 0;
  for (std::size_t at = skipSpace(bytes); at < bytes.size(); at = skipSpace(bytes, at), ++words)
    while (at < bytes.size() && !isSpace(codePoint(bytes, at))) at += characterLength(bytes, at);
  return Value(words);
}

// clang-format off
constexpr Builtin kRows[] = {
    {"capitalize", "", capitalize},
    {"e", "", escape},
    {"escape", "", escape},
    {"format", "*", format},
    {"indent", "width first blank", indent},
    {"join", "d attribute", join},
    {"lower", "", lower},
    {"replace", "old! new! count", replace},
    {"safe", "", safe},
    {"string", "", string},
    {"title", "", title},
    {"tojson", "indent ensure_ascii separators sort_keys", toJson},
    {"trim", "chars", trim},
    {"upper", "", upper},
    {"wordcount", "", wordCount},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kTextFilters = kRows;

}  // namespace cutaway::jinja
