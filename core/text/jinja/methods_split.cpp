// Methods that cut strings into parts.
#include <algorithm>

#include "core/text/jinja/text_tools.h"
#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

using Args = const Arguments&;

Result<Value> parts(Machine& m, const Text& text, const Ranges& ranges, bool tuple = false) {
  TRY(m.budget().build(text.size() + ranges.size() * sizeof(Text) * 2));
  std::vector<Value> list;
  for (const auto& [begin, end] : ranges) list.emplace_back(text.range(begin, end));
  return m.list(std::move(list), tuple);
}

/// The words between white space.
Result<Ranges> words(Machine& m, const std::string& bytes) {
  Ranges found;
  for (std::size_t at = skipSpace(bytes); at < bytes.size(); at = skipSpace(bytes, at)) {
    const std::size_t begin = at;
    while (at < bytes.size() && !isSpace(codePoint(bytes, at))) at += characterLength(bytes, at);
    TRY(m.budget().build(sizeof(Ranges::value_type)));
    found.emplace_back(begin, at);
  }
  return found;
}

/// The parts between separators; matches are taken from the left, or from the right.
Result<Ranges> pieces(Machine& m, const std::string& bytes, const std::string& separator, bool fromRight) {
  const auto turned = [&](std::string text) {
    if (fromRight) std::reverse(text.begin(), text.end());
    return text;
  };
  const std::string text = turned(bytes), needle = turned(separator);
  const Searcher searcher(needle);
  Ranges found;
  std::size_t begin = 0;
  for (std::size_t at; (at = searcher.find(text, begin)) != std::string::npos; begin = at + needle.size()) {
    TRY(m.budget().build(sizeof(Ranges::value_type)));
    found.emplace_back(begin, at);
  }
  found.emplace_back(begin, text.size());
  if (!fromRight) return found;
  for (auto& [first, last] : found) {
    const std::size_t swapped = text.size() - last;
    last = text.size() - first;
    first = swapped;
  }
  std::reverse(found.begin(), found.end());
  return found;
}

/// No more than `most` cuts: what is left stays in one part, at the end or (from the right) at the start.
void limit(Ranges& ranges, std::int64_t most, bool fromRight) {
  if (most < 0 || static_cast<std::int64_t>(ranges.size()) <= most + 1) return;
  const auto kept = static_cast<std::size_t>(most) + 1;
  if (fromRight) {
    const std::size_t begin = ranges.front().first;
    ranges.erase(ranges.begin(), ranges.end() - static_cast<std::ptrdiff_t>(kept));
    ranges.front().first = begin;
  } else {
    const std::size_t end = ranges.back().second;
    ranges.resize(kept);
    ranges.back().second = end;
  }
}

template <bool fromRight>
Result<Value> split(Machine& m, const Value& self, Args args) {
  const Text& text = *self.text();
  TRY(m.budget().scan(8 * text.size()));
  const Text* separator = TRY(args.textOrNull(0));
  if (separator != nullptr && separator->empty())
    return fail(ErrorKind::badInput, "'split' needs a separator that is not empty");
  Ranges ranges = TRY(separator == nullptr ? words(m, text.bytes())
                                           : pieces(m, text.bytes(), separator->bytes(), fromRight));
  const std::size_t all = ranges.size();
  limit(ranges, TRY(args.integer(1, -1)), fromRight);
  if (separator == nullptr && ranges.size() < all) {  // the rest keeps its far white space
    if (fromRight)
      ranges.front().first = 0;
    else
      ranges.back().second = text.size();
  }
  return parts(m, text, ranges);
}

Result<Value> splitLines(Machine& m, const Value& self, Args args) {
  const Text& text = *self.text();
  TRY(m.budget().scan(8 * text.size()));
  Ranges lines = TRY(lineRanges(m, text));
  for (std::size_t i = 0; i < lines.size() && args.flag(0); ++i)
    lines[i].second = i + 1 < lines.size() ? lines[i + 1].first : text.size();
  return parts(m, text, lines);
}

/// Before, separator, after; where there is no separator, the whole and two empty strings.
template <bool fromRight>
Result<Value> partition(Machine& m, const Value& self, Args args) {
  const Text &text = *self.text(), &separator = *TRY(args.text(0));
  TRY(m.budget().scan(8 * text.size()));
  if (separator.empty()) return fail(ErrorKind::badInput, "'partition' needs a separator that is not empty");
  Ranges ranges = TRY(pieces(m, text.bytes(), separator.bytes(), fromRight));
  limit(ranges, 1, fromRight);
  const std::size_t end = text.size();
  if (ranges.size() == 1)
    return parts(m, text,
                 fromRight ? Ranges{{0, 0}, {0, 0}, {0, end}} : Ranges{{0, end}, {end, end}, {end, end}},
                 true);
  const auto [before, after] = std::pair(ranges[0].second, ranges[1].first);
  return parts(m, text, {{0, before}, {before, after}, {after, end}}, true);
}

// clang-format off
constexpr Builtin kRows[] = {
    {"partition", "sep!", partition<false>},
    {"rpartition", "sep!", partition<true>},
    {"rsplit", "sep maxsplit", split<true>},
    {"split", "sep maxsplit", split<false>},
    {"splitlines", "keepends", splitLines},
};
// clang-format on

}  // namespace

const std::span<const Builtin> kSplitMethods = kRows;

}  // namespace cutaway::jinja
