#include "core/graph/selection.h"

#include <algorithm>

#include "core/base/nearest.h"

namespace cutaway {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(separator, at), text.size());
    parts.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return parts;
}

/// Whether a name fits a pattern in which * stands for any characters.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

/// The name with its lists of layers written out: "blk.1,2.q" becomes "blk.1.q" and "blk.2.q".
Result<std::vector<std::string>> writtenOut(const Graph& graph, std::string_view name) {
  std::vector<std::string> names = {""};
  for (const std::string_view part : split(name, '.')) {
    std::vector<std::string> choices = {std::string(part)};
    if (!part.empty() && part.find_first_of(",:") != std::string_view::npos) {
      const Indices layers = TRY(
          parseIndices(part, {.size = graph.layers, .negative = graph.layers, .noun = "layer", .of = name}));
      choices.clear();
      for (const IndexRange& range : layers.within(0, graph.layers))
        for (std::uint32_t layer = range.first; layer < range.end; ++layer)
          choices.push_back(std::to_string(layer));
    }
    std::vector<std::string> longer;
    for (const std::string& start : names)
      for (const std::string& choice : choices)
        longer.push_back(start.empty() ? choice : concat(start, ".", choice));
    names = std::move(longer);
  }
  return names;
}

/// Values whose names fit; fails with the nearest names when there is none.
Result<std::vector<ValueId>> valuesNamed(const Graph& graph, std::string_view name) {
  std::vector<ValueId> found;
  for (const std::string& pattern : TRY(writtenOut(graph, name))) {
    const std::size_t before = found.size();
    for (ValueId id = 0; id < std::ssize(graph.values); ++id)
      if (fits(pattern, graph.values[id].name)) found.push_back(id);
    if (found.size() == before)
      return fail(ErrorKind::badInput, "there is no value ", pattern, "; the nearest names are ",
                  nearestNames(graph, pattern), "; \"graph\" lists them all");
  }
  std::ranges::sort(found);
  found.erase(std::ranges::unique(found).begin(), found.end());
  return found;
}

/// One "head=2,3" into the selection.
Result<void> restrict(const Graph& graph, std::string_view part, const SequenceSize& sequence,
                      ValueSelection& selection) {
  const std::string& name = graph.values[selection.value].name;
  const ValueLayout layout = layoutOf(graph, selection.value);
  const std::size_t equals = part.find('=');
  if (equals == std::string_view::npos)
    return fail(ErrorKind::usage, name, ": expected DIMENSION=NUMBERS such as token=0:16, found \"", part,
                "\"");
  const std::string_view dimension = part.substr(0, equals), numbers = part.substr(equals + 1);
  if (dimension == "token") {
    selection.tokens = TRY(parseIndices(
        numbers, {.size = sequence.most, .negative = sequence.prompt, .noun = "token", .of = name}));
  } else if (dimension == "head" && layout.heads > 0) {
    selection.heads = TRY(
        parseIndices(numbers, {.size = layout.heads, .negative = layout.heads, .noun = "head", .of = name}));
  } else if (dimension == layout.columnName || (dimension == "dim" && layout.columns > 0)) {
    const bool isKey = layout.columns == 0;
    selection.columns = TRY(parseIndices(numbers, {.size = isKey ? sequence.most : layout.columns,
                                                   .negative = isKey ? sequence.prompt : layout.columns,
                                                   .noun = layout.columnName,
                                                   .of = name}));
  } else {
    return fail(ErrorKind::badInput, name, " ", toString(graph.values[selection.value].shape), " has no ",
                dimension, "; it has token, ", layout.heads > 0 ? "head, " : "", layout.columnName);
  }
  return {};
}

}  // namespace

std::string nearestNames(const Graph& graph, std::string_view name) {
  std::string plain(name);
  std::ranges::replace(plain, '*', '0');
  std::vector<std::string_view> names;
  for (const Value& value : graph.values) names.push_back(value.name);
  return nearestOf(names, plain);
}

std::vector<std::string_view> splitSelections(std::string_view text) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  bool inside = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '[') inside = true;
    if (text[at] == ']') inside = false;
    if (text[at] != ',' || inside || (at + 1 < text.size() && text[at + 1] >= '0' && text[at + 1] <= '9'))
      continue;
    parts.push_back(text.substr(begin, at - begin));
    begin = at + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

Result<std::vector<ValueSelection>> parseSelection(const Graph& graph, std::string_view text,
                                              const SequenceSize& sequence) {
  const std::size_t bracket = std::min(text.find('['), text.size());
  const std::string_view name = text.substr(0, bracket);
  if (name.empty()) return fail(ErrorKind::usage, "expected the name of a value, found \"", text, "\"");
  if (bracket < text.size() && !text.ends_with(']'))
    return fail(ErrorKind::usage, "\"", text, "\" opens a bracket and does not end with one");
  std::vector<ValueSelection> selections;
  for (const ValueId value : TRY(valuesNamed(graph, name))) {
    ValueSelection selection{.value = value, .tokens = {}, .heads = {}, .columns = {}};
    if (bracket < text.size())
      for (const std::string_view part : split(text.substr(bracket + 1, text.size() - bracket - 2), ';'))
        TRY(restrict(graph, part, sequence, selection));
    selections.push_back(std::move(selection));
  }
  return selections;
}

Result<std::vector<ValueSelection>> parseSelections(const Graph& graph, std::string_view text,
                                               const SequenceSize& sequence) {
  std::vector<ValueSelection> all;
  for (const std::string_view part : splitSelections(text))
    for (const ValueSelection& selection : TRY(parseSelection(graph, part, sequence))) {
      const auto known = std::ranges::find(all, selection.value, &ValueSelection::value);
      if (known == all.end())
        all.push_back(selection);
      else if (*known != selection)
        return fail(ErrorKind::badInput, graph.values[selection.value].name,
                    " is selected twice, in different parts; name all of its parts in one selection");
    }
  return all;
}

}  // namespace cutaway
