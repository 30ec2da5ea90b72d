#include "core/inspect/precision_lens.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/eval/comparison.h"
#include "core/inspect/lens.h"
#include "core/inspect/recall.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{64} << 20;  ///< of the captures of one side
constexpr std::uint64_t kLogitBytes = std::uint64_t{16} << 20;  ///< of the rows of one side
constexpr std::uint32_t kMostLensTokens = 64;

/// Half the sum of the absolute differences.
float totalVariation(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(double{a[i]} - double{b[i]});
  return static_cast<float>(sum / 2);
}

}  // namespace

Result<std::vector<Tap>> PrecisionLens::tapsOf(const Graph& graph, bool attention) {
  std::vector<std::string> names{"embed"};
  for (std::uint32_t layer = 0; layer < graph.layers; ++layer)
    for (const char* value : {".resid_mid", ".resid_post"}) names.push_back(concat("blk.", layer, value));
  for (std::uint32_t layer = 0; attention && layer < graph.layers; ++layer)
    names.push_back(concat("blk.", layer, ".attn.pattern"));
  std::vector<Tap> taps;
  for (const std::string& name : names) {
    taps.push_back({.value = graph.find(name)});
    if (taps.back().value == kNone) return fail(ErrorKind::badInput, "this model has no value ", name);
  }
  return taps;
}

Result<std::unique_ptr<PrecisionLens>> PrecisionLens::create(const Model& a, const Model& b,
                                                             std::vector<TokenId> tokens, const Options& options) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there are no tokens on which two precisions could be compared");
  TRY(checkSameTokens(*a.description, *b.description));
  const Graph &one = a.description->graph(), &other = b.description->graph();
  if (one.layers != other.layers || one.width != other.width || one.queryHeads != other.queryHeads)
    return fail(ErrorKind::badInput, a.description->file.source.name, " has ", one.layers, " layers of ", one.queryHeads,
                " heads and a width of ", one.width, ", ", b.description->file.source.name, " has ", other.layers, ", ",
                other.queryHeads, " and ", other.width, "; layer by layer only two precisions of one model can be compared");
  std::unique_ptr<PrecisionLens> lens(new PrecisionLens(a, b, std::move(tokens), options));
  lens->m_a.taps = TRY(tapsOf(one, options.attention));
  lens->m_b.taps = TRY(tapsOf(other, options.attention));
  return lens;
}

PrecisionLens::PrecisionLens(const Model& a, const Model& b, std::vector<TokenId> tokens, const Options& options)
    : m_tokens(std::move(tokens)),
      m_options(options),
      m_layers(a.description->graph().layers),
      m_heads(a.description->graph().queryHeads),
      m_width(a.description->graph().width),
      m_vocabulary(sharedVocabulary(*a.description, *b.description)),
      m_tokensOfLens(static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
          kLogitBytes / sizeof(float) / a.description->graph().vocabulary, 1, kMostLensTokens))) {
  constexpr float kUnknown = std::numeric_limits<float>::quiet_NaN();
  m_errors.assign(streamRows() * m_tokens.size(), kUnknown);
  m_cosines = m_errors;
  if (options.attention) m_shifts.assign(std::size_t{m_layers} * m_heads * m_tokens.size(), kUnknown);
  if (options.logits) m_divergences.assign((m_layers + 1) * m_tokens.size(), kUnknown);
}

std::string PrecisionLens::streamRowName(std::uint32_t row) const {
  if (row == 0) return "embed";
  return concat("blk.", (row - 1) / 2, row % 2 == 1 ? ".resid_mid" : ".resid_post");
}

float PrecisionLens::meanShift(std::uint32_t layer, std::uint32_t head) const {
  const std::size_t row = (std::size_t{layer} * m_heads + head) * m_tokens.size();
  double sum = 0, count = 0;
  for (std::size_t token = 0; token < m_tokens.size(); ++token) {
    if (std::isnan(m_shifts[row + token])) continue;
    sum += m_shifts[row + token];
    ++count;
  }
  return static_cast<float>(sum / count);
}

/// Patterns grow with the text: of a long one fewer tokens are taken at a time.
std::uint32_t PrecisionLens::nextCount(Session& a, Session& b) const {
  const auto left = static_cast<std::uint32_t>(m_tokens.size()) - m_first;
  std::uint64_t perToken = std::uint64_t{streamRows()} * m_width;
  if (m_options.attention) perToken += std::uint64_t{m_layers} * m_heads * m_tokens.size();
  const auto fitting = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(kPieceBytes / sizeof(float) / perToken, 1, UINT32_MAX));
  return std::min({left, fitting, a.chunkTokens(kSharedBudget), b.chunkTokens(kSharedBudget), a.maxStepTokens(),
                   b.maxStepTokens()});
}

/// False when the step only read what the session had lost.
Result<bool> PrecisionLens::capture(Session& session, Side& side) {
  auto result = TRY(runAgain(session, m_tokens, m_first, m_count, side.taps));
  if (!result) return false;
  side.captures = std::move(result->captures);
  return true;
}

/// One of the models runs the piece; true when both have.
Result<bool> PrecisionLens::readPiece(Session& a, Session& b) {
  if (m_count == 0) m_count = nextCount(a, b);
  if (m_a.captures.empty()) {
    TRY(capture(a, m_a));
    return false;
  }
  return capture(b, m_b);
}

void PrecisionLens::comparePiece() {
  const std::size_t tokens = m_tokens.size();
  for (std::uint32_t row = 0; row < streamRows(); ++row)
    for (std::uint32_t i = 0; i < m_count; ++i) {
      const auto of = [&](const Side& side) {
        return std::span<const float>(side.captures[row].data).subspan(std::size_t{i} * m_width, m_width);
      };
      const VectorDrift drift = vectorDrift(of(m_a), of(m_b));
      m_errors[row * tokens + m_first + i] = static_cast<float>(drift.relativeError());
      m_cosines[row * tokens + m_first + i] = static_cast<float>(drift.cosine);
    }
  if (!m_options.attention) return;
  for (std::uint32_t layer = 0; layer < m_layers; ++layer) {
    const Capture &x = m_a.captures[streamRows() + layer], &y = m_b.captures[streamRows() + layer];
    const std::size_t keys = x.shape.back();
    for (std::size_t head = 0; head < m_heads; ++head)
      for (std::uint32_t i = 0; i < m_count; ++i) {
        const std::size_t at = (head * m_count + i) * keys;
        m_shifts[(layer * std::size_t{m_heads} + head) * tokens + m_first + i] = totalVariation(
            std::span<const float>(x.data).subspan(at, keys), std::span<const float>(y.data).subspan(at, keys));
      }
  }
}

/// What a side would say behind the row's residual stream, of the piece's next tokens.
Result<StepResult> PrecisionLens::lensRow(Session& session, Side& side, std::uint32_t count) {
  if (side.session != &session) {
    side.probe = TRY(compileLens(session, m_tokensOfLens));
    side.session = &session;
  }
  const std::size_t capture = m_row == 0 ? 0 : std::size_t{2} * m_row;
  const StepInput input{
      side.probe->slice().inWhole.at(side.probe->slice().inputs.front()),
      std::span(side.captures[capture].data).subspan(std::size_t{m_lensed} * m_width, std::size_t{count} * m_width)};
  const std::vector<std::uint8_t> every(count, 1);
  return session.run(*side.probe, {.first = m_first + m_lensed,
                                   .tokens = count,
                                   .inputs = {&input, 1},
                                   .wantLogits = every,
                                   .fullLogits = true});
}

Result<void> PrecisionLens::compareLensRow(Session& a, Session& b) {
  const std::uint32_t count = std::min(m_count - m_lensed, m_tokensOfLens);
  const StepResult rowsA = TRY(lensRow(a, m_a, count)), rowsB = TRY(lensRow(b, m_b, count));
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto row = [&](const StepResult& of) { return std::span(of.rows[i].logits).first(m_vocabulary); };
    m_divergences[m_row * m_tokens.size() + m_first + m_lensed + i] =
        static_cast<float>(divergenceOf(row(rowsA), row(rowsB)).kl);
  }
  if (++m_row <= m_layers) return {};
  m_row = 0;
  m_lensed += count;
  return {};
}

Result<bool> PrecisionLens::step(Session& a, Session& b) {
  if (m_first == m_tokens.size()) return false;
  if (!m_captured) {
    m_captured = TRY(readPiece(a, b));
    if (!m_captured) return true;
    comparePiece();
    if (m_options.logits) return true;
  }
  if (m_options.logits) {
    const auto read = std::span(m_tokens).first(m_first + m_count);
    if (TRY(readAgain(a, read)) || TRY(readAgain(b, read))) return true;
    TRY(compareLensRow(a, b));
    if (m_lensed < m_count) return true;
  }
  m_first += m_count;
  m_count = m_lensed = 0;
  m_captured = false;
  m_a.captures.clear();
  m_b.captures.clear();
  if (m_first < m_tokens.size()) return true;
  m_a.probe.reset();  // they must not outlive the sessions
  m_b.probe.reset();
  m_a.session = m_b.session = nullptr;
  return false;
}

double PrecisionLens::progress() const {
  const double lensed = m_lensed + (m_captured ? static_cast<double>(m_row) / (m_layers + 1) : 0);
  return (m_first + std::min<double>(lensed, m_count)) / static_cast<double>(m_tokens.size());
}

}  // namespace cutaway
