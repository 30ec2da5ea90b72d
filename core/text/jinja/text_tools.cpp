#include "core/text/jinja/text_tools.h"

#include <algorithm>

#include "core/text/jinja/utf8.h"

namespace cutaway::jinja {
namespace {

bool endsLine(char32_t c) {
  return (c >= 0x0A && c <= 0x0D) || (c >= 0x1C && c <= 0x1E) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

}  // namespace

Result<Value> stripped(Machine& machine, const Text& text, Ends ends, const Text* characters) {
  const std::string& bytes = text.bytes();
  TRY(machine.budget().scan(text.size() + (characters != nullptr ? 8 * text.size() : 0)));
  std::size_t begin = 0, end = bytes.size();
  if (characters == nullptr) {
    if (ends != Ends::left) end = endWithoutSpace(bytes);
    if (ends != Ends::right) begin = std::min(skipSpace(bytes), end);
  } else {
    std::vector<char32_t> set;
    for (std::size_t at = 0; at < characters->size(); at += characterLength(characters->bytes(), at))
      set.push_back(codePoint(characters->bytes(), at));
    std::sort(set.begin(), set.end());
    const auto strips = [&](std::size_t at) {
      return std::binary_search(set.begin(), set.end(), codePoint(bytes, at));
    };
    const auto offsets = characterOffsets(bytes);
    std::size_t first = 0, last = offsets.size() - 1;
    while (ends != Ends::left && last > 0 && strips(offsets[last - 1])) --last;
    while (ends != Ends::right && first < last && strips(offsets[first])) ++first;
    begin = offsets[first];
    end = offsets[last];
  }
  TextBuilder out(machine.budget());
  out.appendRange(text, begin, end);
  return out.take();
}

Result<Value> replaced(Machine& machine, const Text& text, const Text& from, const Text& to,
                       std::int64_t count) {
  TRY(machine.budget().scan(text.size() + from.size()));
  const Searcher searcher(from.bytes());
  TextBuilder out(machine.budget());
  std::size_t kept = 0, next = 0;  // an empty text matches before each character and at the end
  for (; count != 0 && next <= text.size(); --count) {
    const std::size_t at = searcher.find(text.bytes(), next);
    if (at == std::string::npos) break;
    out.appendRange(text, kept, at);
    if (!out.append(to)) break;
    kept = at + from.size();
    next = !from.empty() ? kept : at == text.size() ? at + 1 : at + characterLength(text.bytes(), at);
  }
  out.appendRange(text, kept, text.size());
  return out.take();
}

Result<Value> joined(Machine& machine, const List& items, const Text& separator) {
  TextBuilder out(machine.budget());
  TRY(machine.budget().step(items.items.size()));
  for (std::size_t i = 0; i < items.items.size(); ++i) {
    if (i > 0) out.append(separator);
    if (!out.appendValue(items.items[i])) break;
  }
  return out.take();
}

Result<Ranges> lineRanges(Machine& machine, const Text& text) {
  Ranges lines;
  const std::string& bytes = text.bytes();
  std::size_t begin = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t next = at + characterLength(bytes, at);
    if (!endsLine(codePoint(bytes, at))) {
      at = next;
      continue;
    }
    TRY(machine.budget().build(sizeof(Ranges::value_type)));
    lines.emplace_back(begin, at);
    begin = at = bytes.compare(at, 2, "\r\n") == 0 ? at + 2 : next;
  }
  if (begin < bytes.size()) lines.emplace_back(begin, bytes.size());
  return lines;
}

Result<const Text*> selfText(const Value& self, const Arguments& arguments) {
  if (const Text* text = self.text()) return text;
  return fail(ErrorKind::badInput, "'", arguments.builtin.name, "' needs a string, not ", self.typeName());
}

}  // namespace cutaway::jinja
