#include "core/inspect/sweep.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/inspect/recall.h"
#include "core/inspect/residual_terms.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kHeldBytes = std::uint64_t{256} << 20;  ///< of captured values at a time
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

constexpr SweepPartInfo kParts[] = {
    {SweepPart::residual, "residual", "the residual stream behind each layer, position by position"},
    {SweepPart::attention, "attention", "each attention block's output, position by position"},
    {SweepPart::feedForward, "ffn", "each feed-forward block's output, position by position"},
    {SweepPart::heads, "heads", "each head of each layer, at all chosen positions at once"},
};

constexpr SweepChangeInfo kChanges[] = {
    {SweepChange::zero, "zero", "the value becomes zero"},
    {SweepChange::mean, "mean", "the value becomes its mean over the text"},
    {SweepChange::patch, "patch", "the value becomes what another text of the same length has there"},
};

/// The sum behind each block: what reads `x + term`, on to the last.
void collectResidual(const Graph& graph, ValueId value, std::vector<ValueId>& values) {
  const Node& node = graph.nodes[graph.values[value].node];
  if (node.op == Op::add) collectResidual(graph, node.inputs[0], values);
  const bool behindLayer = graph.values[value].name.ends_with(".resid_post");
  if (behindLayer || node.op == Op::embed) values.push_back(value);
}

Result<std::vector<ValueId>> valuesOf(const Graph& graph, SweepPart part) {
  const ResidualSum sum = TRY(residualSum(graph));
  std::vector<ValueId> values;
  if (part == SweepPart::residual)
    collectResidual(graph, graph.nodes[graph.values[sum.last].node].inputs[0], values);
  for (const ResidualTerm& term : sum.terms) {
    if (part == SweepPart::attention && term.kind == ResidualTerm::Kind::attention)
      values.push_back(term.value);
    if (part == SweepPart::feedForward && term.kind == ResidualTerm::Kind::feedForward)
      values.push_back(term.value);
    if (part == SweepPart::heads && term.heads != kNone) values.push_back(term.heads);
  }
  if (values.empty())
    return fail(ErrorKind::badInput, "this model has none of ",
                kParts[static_cast<std::size_t>(part)].meaning);
  return values;
}

}  // namespace

std::span<const SweepPartInfo> sweepParts() { return kParts; }
std::span<const SweepChangeInfo> sweepChanges() { return kChanges; }

Result<std::unique_ptr<Sweep>> Sweep::create(const Model& model, std::vector<TokenId> tokens,
                                             const Question& question) {
  const Graph& graph = model.description->graph();
  for (const TokenId token : {question.token, question.against}) TRY(checkToken(graph, token));
  Question asked = question;
  asked.tokens.end = std::min<std::uint32_t>(asked.tokens.end, static_cast<std::uint32_t>(tokens.size()));
  if (asked.tokens.first >= asked.tokens.end)
    return fail(ErrorKind::badInput, "no position from ", question.tokens.first, " on is in the text of ",
                tokens.size(), " tokens");
  const bool patches = question.change == SweepChange::patch;
  if (patches && question.clean.size() != tokens.size())
    return fail(ErrorKind::badInput, "the text to patch from has ", question.clean.size(),
                " tokens, but the other has ", tokens.size(),
                "; values are put in position by position, so both must have as many: swap words for "
                "others of as many tokens");
  if (!patches) asked.clean.clear();
  auto values = TRY(valuesOf(graph, question.part));
  return std::unique_ptr<Sweep>(new Sweep(model.description, std::move(tokens), asked, std::move(values)));
}

Sweep::Sweep(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens,
             const Question& question, std::vector<ValueId> values)
    : m_model(std::move(model)),
      m_tokens(std::move(tokens)),
      m_question(question),
      m_values(std::move(values)),
      m_columns(question.part == SweepPart::heads ? layoutOf(m_model->graph(), m_values.front()).heads
                                                  : question.tokens.end - question.tokens.first),
      m_base(kUnknown),
      m_clean(kUnknown) {}

std::uint32_t Sweep::firstColumn() const {
  return m_question.part == SweepPart::heads ? 0 : m_question.tokens.first;
}

double Sweep::measure(const LogitRow& row) const {
  const double logit =
      double{row.logits.empty() ? row.targetLogit : row.logits[static_cast<std::size_t>(m_question.token)]};
  if (m_question.against < 0) return logit - double{row.logSumExp};
  return logit - double{row.logits[static_cast<std::size_t>(m_question.against)]};
}

/// The watched quantity of both texts, and what is watched; false when both are known.
Result<bool> Sweep::askBases(Session& session) {
  TRY(session.setEdits(std::make_shared<const Edits>()));
  const bool clean = !m_question.clean.empty() && std::isnan(m_clean);
  const std::vector<TokenId>& text = clean ? m_question.clean : m_tokens;
  const auto result = TRY(askLastToken(session, text, {.fullLogits = true}));
  if (!result) return true;
  const LogitRow& row = result->rows.front();
  if (m_question.token < 0) m_question.token = row.top.front().token;
  (clean ? m_clean : m_base) = measure(row);
  return clean;
}

/// Every edit reads what follows its first position.
double Sweep::expectedSeconds(const Session& session) const {
  const std::uint64_t size = m_tokens.size(), first = m_question.tokens.first;
  std::uint64_t row = m_columns * (size - first);
  if (m_question.part != SweepPart::heads) row -= std::uint64_t{m_columns} * (m_columns - 1) / 2;
  const std::uint64_t texts = m_question.change == SweepChange::zero ? 1 : m_question.change == SweepChange::mean ? 2 : 3;
  return session.secondsFor(texts * size + row * m_values.size());
}

std::size_t Sweep::rowsAtOnce() const {
  const std::uint64_t bytes = std::uint64_t{layoutOf(m_model->graph(), m_values.front()).rowElements()} *
                              m_tokens.size() * sizeof(float);
  return static_cast<std::size_t>(std::max<std::uint64_t>(kHeldBytes / bytes, 1));
}

/// Values of the next rows, in the text that they are taken from; false when they are there.
Result<bool> Sweep::capture(Session& session) {
  const std::size_t end = std::min(m_captured + rowsAtOnce(), m_values.size());
  if (!m_replay) {
    m_held.assign(m_captured, {});
    m_held.resize(end);
    const auto rows = std::span(m_values).subspan(m_captured, end - m_captured);
    const bool patches = m_question.change == SweepChange::patch;
    m_replay = std::make_unique<Replay>(m_model->graph(), patches ? m_question.clean : m_tokens, rows);
  }
  const Replay::Piece piece = TRY(m_replay->step(session));
  for (std::size_t i = 0; i < piece.captures.size(); ++i)
    m_held[m_captured + i].insert(m_held[m_captured + i].end(), piece.captures[i].data.begin(),
                                  piece.captures[i].data.end());
  if (!m_replay->done()) return true;
  m_replay.reset();
  m_captured = end;
  return false;
}

/// Over all tokens of the text, of the entries that are edited.
std::vector<float> Sweep::meanOf(const Edit& edit) const {
  const ValueLayout layout = layoutOf(m_model->graph(), edit.value);
  const std::vector<float>& all = m_held[m_effects.size() / m_columns];
  std::vector<float> mean;
  for (const RowPiece& piece : rowPieces(layout, edit.heads, edit.columns))
    for (std::uint32_t i = 0; i < piece.count; ++i) {
      double sum = 0;
      for (std::size_t t = 0; t < m_tokens.size(); ++t)
        sum += double{all[t * layout.rowElements() + piece.offset + i]};
      mean.push_back(static_cast<float>(sum / static_cast<double>(m_tokens.size())));
    }
  return mean;
}

Edit Sweep::editOf(std::uint32_t column) const {
  Edit edit;
  edit.value = m_values[m_effects.size() / m_columns];
  edit.keep = 0;
  edit.tokens = {{m_question.tokens}};
  if (m_question.part == SweepPart::heads) {
    edit.heads = {{{column, column + 1}}};
  } else {
    edit.tokens = {{{firstColumn() + column, firstColumn() + column + 1}}};
  }
  if (m_question.change == SweepChange::mean) {
    edit.added = meanOf(edit);
    edit.addedRows = 1;
  }
  if (m_question.change != SweepChange::patch) return edit;
  const ValueLayout layout = layoutOf(m_model->graph(), edit.value);
  const std::vector<float>& all = m_held[m_effects.size() / m_columns];
  const IndexRange tokens = edit.tokens.ranges.front();
  for (std::size_t t = tokens.first; t < tokens.end; ++t)
    for (const RowPiece& piece : rowPieces(layout, edit.heads, edit.columns)) {
      const auto from = all.begin() + static_cast<std::ptrdiff_t>(t * layout.rowElements() + piece.offset);
      edit.added.insert(edit.added.end(), from, from + piece.count);
    }
  edit.addedRows = tokens.end - tokens.first;
  return edit;
}

/// One per column of the next row.
std::vector<Variant> Sweep::variants() const {
  std::vector<Variant> variants;
  for (std::uint32_t column = 0; column < m_columns; ++column) {
    Edit edit = editOf(column);
    const std::uint32_t first = edit.tokens.ranges.front().first;
    variants.push_back({first, {}, first, std::make_shared<const Edits>(Edits{std::move(edit)})});
  }
  return variants;
}

Result<bool> Sweep::step(Session& session) {
  if (std::isnan(m_base)) {
    TRY(askBases(session));
    return true;
  }
  const std::size_t row = m_effects.size() / m_columns;
  if (row == m_values.size()) return false;
  if (m_question.change != SweepChange::zero && (row >= m_captured || m_replay)) {
    TRY(session.setEdits(std::make_shared<const Edits>()));
    TRY(capture(session));
    return true;
  }
  if (!m_variants) {
    Variants::Options options{.target = m_question.token, .fullLogits = m_question.against >= 0};
    if (!m_question.batched) options.most = 1;
    m_variants = std::make_unique<Variants>(m_tokens, variants(), options);
  }
  if (TRY(m_variants->step(session))) return true;
  for (const LogitRow& found : m_variants->rows()) m_effects.push_back(measure(found) - m_base);
  m_variants.reset();
  if (row < m_held.size()) m_held[row] = {};
  return row + 1 < m_values.size();
}

double Sweep::progress() const {
  const double rows = static_cast<double>(m_effects.size()) / static_cast<double>(m_columns);
  return (rows + (m_variants ? m_variants->progress() : 0)) / static_cast<double>(m_values.size());
}

}  // namespace cutaway
