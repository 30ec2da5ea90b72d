// Methods of strings.
#include <algorithm>

#include "core/text/jinja/case.h"
#include "core/text/jinja/format.h"
#include "core/text/jinja/text_tools.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

template <Case wanted>
Result<Value> cased(Machine& m, const Value& self, Args) {
  TextBuilder out(m.budget());
  appendCased(out, *self.text(), wanted);
  return out.take();
}

Result<Value> title(Machine& m, const Value& self, Args) {
  TextBuilder out(m.budget());
  appendTitled(out, *self.text());
  return out.take();
}

Result<Value> capitalize(Machine& m, const Value& self, Args) {
  TextBuilder out(m.budget());
  appendCapitalized(out, *self.text());
  return out.take();
}

template <Ends ends>
Result<Value> strip(Machine& m, const Value& self, Args args) {
  return stripped(m, *self.text(), ends, TRY(args.textOrNull(0)));
}

/// One text, or a list of which one must fit.
template <bool atStart>
Result<Value> affix(Machine& m, const Value& self, Args args) {
  const auto fits = [&](const Value& value) -> Result<bool> {
    if (value.text() == nullptr) return args.wrong(0, "a string");
    const std::string &bytes = self.text()->bytes(), &part = value.text()->bytes();
    TRY(m.budget().step(1 + part.size() / 64));
    return atStart ? bytes.starts_with(part) : bytes.ends_with(part);
  };
  const List* choices = args[0].list();
  if (choices == nullptr) return Value(TRY(fits(args[0])));
  for (const Value& choice : choices->items)
    if (TRY(fits(choice))) return Value(true);
  return Value(false);
}

template <bool atStart>
Result<Value> withoutAffix(Machine& m, const Value& self, Args args) {
  const Text& text = *self.text();
  if (!TRY(affix<atStart>(m, self, args)).truth()) return self;
  const std::size_t cut = TRY(args.text(0))->size();
  TextBuilder out(m.budget());
  out.appendRange(text, atStart ? cut : 0, atStart ? text.size() : text.size() - cut);
  return out.take();
}

Result<Value> replace(Machine& m, const Value& self, Args args) {
  return replaced(m, *self.text(), *TRY(args.text(0)), *TRY(args.text(1)), TRY(args.integer(2, -1)));
}

Result<Value> join(Machine& m, const Value& self, Args args) {
  const auto items = TRY(m.iterate(args[0]));
  for (const Value& item : items->items)
    if (item.text() == nullptr)
      return fail(ErrorKind::badInput, "'join' needs strings, not ", item.typeName());
  return joined(m, *items, *self.text());
}

Result<Value> format(Machine& m, const Value& self, Args args) {
  return formatBraces(m, *self.text(), args.raw);
}

/// Byte offset of the first or last match.
Result<std::size_t> located(Machine& m, const Text& text, const Text& needle, bool last) {
  TRY(m.budget().scan(text.size() + needle.size()));
  const Searcher searcher(needle.bytes());
  std::size_t found = searcher.find(text.bytes());
  if (!last || found == std::string::npos) return found;
  if (needle.empty()) return text.size();
  for (std::size_t next = found; next != std::string::npos;) {  // matches may overlap
    found = next;
    TRY(m.budget().scan(needle.size()));
    next = searcher.find(text.bytes(), found + 1);
  }
  return found;
}

template <bool last, bool mustExist>
Result<Value> find(Machine& m, const Value& self, Args args) {
  const std::size_t at = TRY(located(m, *self.text(), *TRY(args.text(0)), last));
  if (at == std::string::npos && mustExist) return fail(ErrorKind::badInput, "the text is not in the string");
  if (at == std::string::npos) return Value(std::int64_t{-1});
  const std::string_view before = std::string_view(self.text()->bytes()).substr(0, at);
  return Value(static_cast<std::int64_t>(countCharacters(before)));
}

Result<Value> count(Machine& m, const Value& self, Args args) {
  const Text &text = *self.text(), &needle = *TRY(args.text(0));
  TRY(m.budget().scan(text.size() + needle.size()));
  if (needle.empty()) return Value(static_cast<std::int64_t>(countCharacters(text.bytes()) + 1));
  const Searcher searcher(needle.bytes());
  std::int64_t found = 0;
  for (std::size_t at = 0; (at = searcher.find(text.bytes(), at)) != std::string::npos; at += needle.size())
    ++found;
  return Value(found);
}

bool isDigit(char32_t c) { return c >= '0' && c <= '9'; }
bool isLetterOrDigit(char32_t c) { return isDigit(c) || isLetter(c); }

template <bool (*test)(char32_t)>
Result<Value> all(Machine& m, const Value& self, Args) {
  const std::string& bytes = self.text()->bytes();
  TRY(m.budget().scan(8 * bytes.size()));
  for (std::size_t at = 0; at < bytes.size(); at += characterLength(bytes, at))
    if (!test(codePoint(bytes, at))) return Value(false);
  return Value(!bytes.empty());
}

template <char32_t (*convert)(char32_t), char32_t (*other)(char32_t)>
Result<Value> inCase(Machine& m, const Value& self, Args) {
  const std::string& bytes = self.text()->bytes();
  TRY(m.budget().scan(8 * bytes.size()));
  bool cased = false;
  for (std::size_t at = 0; at < bytes.size(); at += characterLength(bytes, at)) {
    const char32_t c = codePoint(bytes, at);
    if (convert(c) != c) return Value(false);
    cased |= other(c) != c;
  }
  return Value(cased);
}

// clang-format off
constexpr Builtin kRows[] = {
    {"capitalize", "", capitalize},
    {"count", "sub!", count},
    {"endswith", "suffix!", affix<false>},
    {"find", "sub!", find<false, false>},
    {"format", "*", format},
    {"index", "sub!", find<false, true>},
    {"isalnum", "", all<isLetterOrDigit>},
    {"isalpha", "", all<isLetter>},
    {"isdigit", "", all<isDigit>},
    {"islower", "", inCase<toLower, toUpper>},
    {"isspace", "", all<isSpace>},
    {"isupper", "", inCase<toUpper, toLower>},
    {"join", "iterable!", join},
    {"lower", "", cased<Case::lower>},
    {"lstrip", "chars", strip<Ends::left>},
    {"removeprefix", "prefix!", withoutAffix<true>},
    {"removesuffix", "suffix!", withoutAffix<false>},
    {"replace", "old! new! count", replace},
    {"rfind", "sub!", find<true, false>},
    {"rstrip", "chars", strip<Ends::right>},
    {"startswith", "prefix!", affix<true>},
    {"strip", "chars", strip<Ends::both>},
    {"title", "", title},
    {"upper", "", cased<Case::upper>},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kTextMethods = kRows;

}  // namespace cutaway::jinja
