#include "core/graph/edit_text.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "core/format/safetensors.h"
#include "core/format/tensor_checks.h"

namespace cutaway {
namespace {

std::optional<float> number(std::string_view text) {
  float value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// An array of a file, and where it came from for errors.
struct Array {
  std::string where;  ///< "steer.safetensors: happy of 256"
  std::vector<std::uint64_t> shape;
  std::vector<float> values;
};

/// `place` is FILE:NAME, or FILE for the array of the value's own name.
Result<Array> readArray(std::string_view place, const std::string& valueName) {
  const std::size_t colon = place.rfind(':');
  const std::string path(place.substr(0, colon));
  const std::string name(colon == std::string_view::npos ? std::string_view(valueName)
                                                         : place.substr(colon + 1));
  if (path.empty())
    return fail(ErrorKind::usage, "edit of ", valueName, ": expected a safetensors file after the colon");
  auto bytes = TRY(mapFile(path));
  const ArrayFile file = TRY(readSafetensors(std::move(bytes)));
  const ArrayInfo* info = file.find(name);
  if (info == nullptr) {
    std::string names;
    for (std::size_t i = 0; i < std::min<std::size_t>(file.arrays.size(), 5); ++i)
      names += concat(i > 0 ? ", " : "", file.arrays[i].name);
    return fail(ErrorKind::badInput, path, ": has no array ", name, "; it holds ",
                names.empty() ? "none" : names, file.arrays.size() > 5 ? ", .." : "");
  }
  Array array{concat(path, ": ", name, " of ", shapeText(info->shape)), info->shape, {}};
  array.values = TRY(file.floats(*info));
  return array;
}

/// How the rows of an array lie: how many, and whether each is the value's whole row.
struct Rows {
  std::uint64_t count = 1;
  bool whole = false;
};

/// The shapes that a row of the value may have, dimensions of 1 left out.
std::vector<std::uint64_t> squeezed(std::vector<std::uint64_t> shape) {
  std::erase(shape, 1u);
  return shape;
}

std::optional<Rows> rowsOf(const Array& array, const ValueLayout& layout, std::uint64_t heads,
                           std::uint64_t columns) {
  const std::vector<std::uint64_t> whole = squeezed({std::max(layout.heads, 1u), layout.columns});
  const std::vector<std::uint64_t> part = squeezed({heads, columns});
  const std::vector<std::uint64_t> found = squeezed(array.shape);
  if (found == part) return Rows{1, false};
  if (found == whole) return Rows{1, true};
  if (array.shape.empty()) return std::nullopt;
  const std::vector<std::uint64_t> rest = squeezed({array.shape.begin() + 1, array.shape.end()});
  if (rest == part) return Rows{array.shape.front(), false};
  if (rest == whole) return Rows{array.shape.front(), true};
  return std::nullopt;
}

/// One edit being read: the value, the part of it and the sequence.
struct Reader {
  const Graph& graph;
  const SequenceSize& sequence;
  ValueLayout layout;
  std::vector<RowPiece> pieces;
  std::uint32_t elements;
  Edit edit;

  const std::string& name() const { return graph.values[edit.value].name; }

  Result<Rows> rows(const Array& array) const {
    const std::uint32_t heads = edit.heads.below(std::max(layout.heads, 1u));
    const std::uint32_t columns = edit.columns.below(layout.columns);
    if (const auto rows = rowsOf(array, layout, heads, columns)) return *rows;
    const std::string row =
        layout.heads > 0 ? concat(layout.heads, " x ", layout.columns) : concat(layout.columns);
    const std::string part = layout.heads > 0 ? concat(heads, " x ", columns) : concat(columns);
    return fail(
        ErrorKind::badInput, array.where, " does not fit ", name(), "; expected ", row, " or tokens x ", row,
        part == row ? std::string() : concat(", or of the chosen part ", part, " or tokens x ", part));
  }

  /// The chosen entries of row `row` of the array, times factor, behind `edit.added`.
  void append(const Array& array, const Rows& rows, std::uint64_t row, float factor) {
    const auto take = [&](std::uint64_t offset, std::uint32_t count) {
      for (std::uint32_t i = 0; i < count; ++i) edit.added.push_back(factor * array.values[offset + i]);
    };
    if (!rows.whole) return take(row * elements, elements);
    for (const RowPiece& piece : pieces) take(row * layout.rowElements() + piece.offset, piece.count);
  }

  /// Rows of an array, matched to the tokens that are edited.
  Result<void> addRows(const Array& array, float factor) {
    const Rows rows = TRY(this->rows(array));
    if (rows.count == 1) {
      append(array, rows, 0, factor);
      edit.addedRows = 1;
      return {};
    }
    const auto prompt = edit.tokens.within(0, sequence.prompt);
    const std::uint32_t inPrompt = Indices{prompt}.below(IndexRange::kOpen);
    const std::uint32_t tokens = edit.tokens.below(sequence.most);
    if (rows.count != tokens && rows.count != sequence.prompt)
      return fail(
          ErrorKind::badInput, array.where, " has ", rows.count, " tokens, but the prompt has ",
          sequence.prompt,
          tokens == sequence.prompt ? std::string() : concat(" and ", tokens, " of all tokens are edited"),
          "; capture and edit the same number of them, with [token=FIRST:END] on both sides");
    const bool inOrder = rows.count == tokens;
    if (!inOrder && inPrompt == 0)
      return fail(ErrorKind::badInput, array.where, " has the prompt's ", rows.count,
                  " tokens, but none of those is edited");
    edit.tokens = inOrder ? Indices{edit.tokens.within(0, sequence.most)} : Indices{prompt};
    edit.addedRows = inOrder ? tokens : inPrompt;
    std::uint64_t next = 0;
    for (const IndexRange& range : edit.tokens.ranges)
      for (std::uint32_t token = range.first; token < range.end; ++token)
        append(array, rows, inOrder ? next++ : token, factor);
    return {};
  }

  Result<void> addMean(const Array& array) {
    const Rows rows = TRY(this->rows(array));
    if (rows.count == 0) return fail(ErrorKind::badInput, array.where, " has no rows to take the mean of");
    std::vector<double> sum(elements);
    for (std::uint64_t row = 0; row < rows.count; ++row) {
      edit.added.clear();
      append(array, rows, row, 1);
      for (std::uint32_t i = 0; i < elements; ++i) sum[i] += double{edit.added[i]};
    }
    for (std::uint32_t i = 0; i < elements; ++i)
      edit.added[i] = static_cast<float>(sum[i] / static_cast<double>(rows.count));
    edit.addedRows = 1;
    return {};
  }
};

/// A kind of edit; `argument` is what stands behind its colon.
struct Kind {
  const char* name;
  bool hasArgument;
  Result<void> (*read)(Reader& reader, std::string_view argument);
};

Result<void> readScale(Reader& reader, std::string_view argument) {
  const auto factor = number(argument);
  if (!factor)
    return fail(ErrorKind::usage, "edit of ", reader.name(), ": expected scale:FACTOR, found \"", argument,
                "\"");
  reader.edit.keep = *factor;
  return {};
}

Result<void> readZero(Reader& reader, std::string_view) {
  reader.edit.keep = 0;
  return {};
}

Result<void> readMean(Reader& reader, std::string_view argument) {
  const Array array = TRY(readArray(argument, reader.name()));
  reader.edit.keep = 0;
  return reader.addMean(array);
}

Result<void> readAdd(Reader& reader, std::string_view argument) {
  float factor = 1;
  if (const std::size_t star = argument.rfind('*'); star != std::string_view::npos) {
    const auto given = number(argument.substr(star + 1));
    if (!given)
      return fail(ErrorKind::usage, "edit of ", reader.name(), ": expected a number behind the *, found \"",
                  argument.substr(star + 1), "\"");
    factor = *given;
    argument = argument.substr(0, star);
  }
  const Array array = TRY(readArray(argument, reader.name()));
  return reader.addRows(array, factor);
}

Result<void> readReplace(Reader& reader, std::string_view argument) {
  const Array array = TRY(readArray(argument, reader.name()));
  reader.edit.keep = 0;
  return reader.addRows(array, 1);
}

constexpr Kind kKinds[] = {{"scale", true, readScale},
                           {"zero", false, readZero},
                           {"mean", true, readMean},
                           {"add", true, readAdd},
                           {"replace", true, readReplace}};

Result<const Kind*> kindOf(std::string_view text, std::string_view change) {
  const std::size_t colon = change.find(':');
  for (const Kind& kind : kKinds)
    if (kind.name == change.substr(0, colon) && kind.hasArgument == (colon != std::string_view::npos))
      return &kind;
  return fail(
      ErrorKind::usage, "edit \"", text,
      "\": expected scale:FACTOR, zero, mean:FILE, add:FILE:NAME*FACTOR or replace:FILE:NAME, found \"",
      change, "\"");
}

}  // namespace

Result<Edits> parseEdit(const Graph& graph, std::string_view text, const SequenceSize& sequence) {
  const std::size_t bracket = text.find('[');
  const std::size_t close = bracket < text.find('=') ? text.find(']', bracket) : 0;
  const std::size_t equals = close == std::string_view::npos ? close : text.find('=', close);
  if (equals == std::string_view::npos)
    return fail(ErrorKind::usage, "edit \"", text,
                "\": expected VALUE[PART]=CHANGE such as blk.3.attn.z[head=2]=zero");
  const std::string_view change = text.substr(equals + 1);
  const Kind* kind = TRY(kindOf(text, change));
  const std::size_t colon = std::min(change.find(':'), change.size() - 1);
  Edits edits;
  for (const ValueSelection& selection : TRY(parseSelection(graph, text.substr(0, equals), sequence))) {
    Edit edit;
    edit.value = selection.value;
    edit.tokens = selection.tokens;
    edit.heads = selection.heads;
    edit.columns = selection.columns;
    const ValueLayout layout = layoutOf(graph, edit.value);
    auto pieces = rowPieces(layout, edit.heads, edit.columns);
    TRY(validate(graph, edit));
    const std::uint32_t elements = pieceElements(pieces);
    Reader reader{graph, sequence, layout, std::move(pieces), elements, std::move(edit)};
    TRY(kind->read(reader, change.substr(colon + 1)));
    TRY(validate(graph, reader.edit));
    edits.push_back(std::move(reader.edit));
  }
  return edits;
}

}  // namespace cutaway
