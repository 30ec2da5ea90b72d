#include "core/graph/indices.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace cutaway {
namespace {

std::optional<std::int64_t> wholeNumber(std::string_view text) {
  std::int64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Of one end of a range; `largest` is bounds.size for what may lie just behind the last.
Result<std::uint32_t> place(std::string_view text, const IndexBounds& bounds, std::uint32_t largest) {
  const auto number = wholeNumber(text);
  if (!number)
    return fail(ErrorKind::usage, bounds.of, ": expected a ", bounds.noun,
                "'s number or a range such as 0:4, found \"", text, "\"");
  const std::int64_t index = *number < 0 ? *number + bounds.negative : *number;
  if (index < 0 || index > largest)
    return fail(ErrorKind::badInput, bounds.of, ": there is no ", bounds.noun, " ", text, "; there are ",
                bounds.size, ", 0 to ", std::int64_t{bounds.size} - 1);
  return static_cast<std::uint32_t>(index);
}

Result<IndexRange> parseRange(std::string_view text, const IndexBounds& bounds) {
  const std::size_t colon = text.find(':');
  const std::uint32_t last = bounds.size > 0 ? bounds.size - 1 : 0;
  if (colon == std::string_view::npos) {
    const std::uint32_t index = TRY(place(text, bounds, last));
    if (bounds.size == 0)
      return fail(ErrorKind::badInput, bounds.of, ": there is no ", bounds.noun, " ", text,
                  "; there are none");
    return IndexRange{index, index + 1};
  }
  IndexRange range;
  const std::string_view first = text.substr(0, colon), end = text.substr(colon + 1);
  if (!first.empty()) range.first = TRY(place(first, bounds, last));
  if (!end.empty()) range.end = TRY(place(end, bounds, bounds.size));
  if (range.first >= range.end)
    return fail(ErrorKind::badInput, bounds.of, ": the ", bounds.noun, "s ", text,
                " are none; a range is FIRST:END, and END ", "is the first one that is not meant");
  return range;
}

}  // namespace

bool Indices::contains(std::uint32_t index) const {
  return std::ranges::any_of(ranges,
                             [index](const IndexRange& r) { return r.first <= index && index < r.end; });
}

std::uint32_t Indices::below(std::uint32_t index) const {
  std::uint32_t count = 0;
  for (const IndexRange& r : ranges)
    if (r.first < index) count += std::min(r.end, index) - r.first;
  return count;
}

std::vector<IndexRange> Indices::within(std::uint32_t first, std::uint32_t end) const {
  std::vector<IndexRange> parts;
  for (const IndexRange& r : ranges) {
    const IndexRange part{std::max(r.first, first), std::min(r.end, end)};
    if (part.first < part.end) parts.push_back(part);
  }
  return parts;
}

std::string toString(const Indices& indices) {
  std::string text;
  for (const IndexRange& r : indices.ranges) {
    if (!text.empty()) text += ",";
    text += r.first == 0 && r.end != 1 ? (r.end == IndexRange::kOpen ? "" : "0") : std::to_string(r.first);
    if (r.end == IndexRange::kOpen)
      text += ":";
    else if (r.end != r.first + 1)
      text += concat(":", r.end);
  }
  return text;
}

Result<Indices> parseIndices(std::string_view text, const IndexBounds& bounds) {
  std::vector<IndexRange> ranges;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t comma = std::min(text.find(',', at), text.size());
    const IndexRange range = TRY(parseRange(text.substr(at, comma - at), bounds));
    ranges.push_back(range);
    at = comma + 1;
  }
  std::ranges::sort(ranges, {}, &IndexRange::first);
  Indices joined{{}};
  for (const IndexRange& range : ranges) {
    if (!joined.ranges.empty() && range.first <= joined.ranges.back().end)
      joined.ranges.back().end = std::max(joined.ranges.back().end, range.end);
    else
      joined.ranges.push_back(range);
  }
  return joined;
}

}  // namespace cutaway
