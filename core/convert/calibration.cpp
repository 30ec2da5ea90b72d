#include "core/convert/calibration.h"

#include <algorithm>
#include <map>

#include "core/graph/layout.h"

namespace cutaway {
namespace {

constexpr std::uint64_t kCaptureBytes = std::uint64_t{32} << 20;  ///< of one step
constexpr std::chrono::milliseconds kStepTime{50};

}  // namespace

Calibration::Calibration(Session& session, std::vector<TokenId> tokens, const CalibrationOptions& options)
    : m_session(&session), m_tokens(std::move(tokens)), m_options(options) {
  m_options.chunkTokens = std::min(m_options.chunkTokens, session.context());
  const std::uint64_t most = std::uint64_t{m_options.chunkTokens} * m_options.mostChunks;
  m_total = m_tokens.size();
  if (m_total > m_options.chunkTokens) m_total = m_total / m_options.chunkTokens * m_options.chunkTokens;
  if (m_options.mostChunks != 0) m_total = std::min(m_total, most);
  const Graph& graph = session.model().description->graph();
  std::map<ValueId, std::size_t> places;
  std::uint64_t columns = 0;
  for (const Node& node : graph.nodes) {
    if (node.op != Op::linear || node.layer == kNone) continue;
    const ValueId input = node.inputs.front();
    const auto [place, isNew] = places.try_emplace(input, m_taps.size());
    const Weight& weight = graph.weights[static_cast<std::size_t>(node.weights.front())];
    if (isNew) {
      m_taps.push_back({.value = input});
      m_weights.emplace_back();
      m_sums.emplace_back(weight.shape.back());
      columns += weight.shape.back();
    }
    m_weights[place->second].push_back(weight.name);
  }
  const std::uint64_t fitting = kCaptureBytes / (std::max<std::uint64_t>(columns, 1) * sizeof(float));
  m_stepTokens = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(fitting, 1, std::min(session.maxStepTokens(), m_options.chunkTokens)));
}

Result<Calibration> Calibration::create(Session& session, std::vector<TokenId> tokens,
                                        const CalibrationOptions& options) {
  if (tokens.size() < kLeastTokens)
    return fail(ErrorKind::badInput, "the calibration text has ", tokens.size(), " tokens, too few to say what matters; expected ",
                kLeastTokens, " at least, and better some ten thousand");
  if (options.chunkTokens < kLeastTokens)
    return fail(ErrorKind::usage, "chunks of ", options.chunkTokens, " tokens are too short; expected ", kLeastTokens,
                " at least");
  return Calibration(session, std::move(tokens), options);
}

std::uint64_t Calibration::chunkEnd() const {
  return std::min(m_total, (m_read / m_options.chunkTokens + 1) * m_options.chunkTokens);
}

Result<bool> Calibration::step() {
  if (m_read == m_total) return false;
  const bool begins = m_read % m_options.chunkTokens == 0;
  if (begins) TRY(m_session->rewind({}));
  const std::uint64_t count = std::min<std::uint64_t>(
      {chunkEnd() - m_read, m_stepTokens, std::max(1u, m_session->chunkTokens(kStepTime))});
  std::vector<TokenId> tokens(m_tokens.begin() + static_cast<std::ptrdiff_t>(m_read),
                              m_tokens.begin() + static_cast<std::ptrdiff_t>(m_read + count));
  const Tokenizer& tokenizer = m_session->tokenizer();
  if (begins && tokenizer.addsBos() && tokenizer.bos() >= 0) tokens.front() = tokenizer.bos();
  add(TRY(m_session->step(tokens, {.taps = m_taps})));
  m_read += count;
  return m_read < m_total;
}

void Calibration::add(const StepResult& result) {
  for (std::size_t i = 0; i < m_taps.size(); ++i) {
    std::vector<double>& sums = m_sums[i];
    const std::vector<float>& data = result.captures[i].data;
    for (std::size_t row = 0; row + sums.size() <= data.size(); row += sums.size())
      for (std::size_t k = 0; k < sums.size(); ++k) sums[k] += double{data[row + k]} * double{data[row + k]};
  }
}

ImportanceMatrix Calibration::importance(const std::string& text) const {
  ImportanceMatrix matrix{text, {}, {text}, 0, m_options.chunkTokens};
  matrix.chunks = static_cast<std::uint32_t>((m_read + m_options.chunkTokens - 1) / m_options.chunkTokens);
  for (std::size_t i = 0; i < m_taps.size(); ++i)
    for (const std::string& weight : m_weights[i]) {
      ImportanceMatrix::Entry& entry = matrix.entries[weight];
      entry.tokens = static_cast<double>(m_read);
      for (const double sum : m_sums[i])
        entry.means.push_back(static_cast<float>(sum / static_cast<double>(std::max<std::uint64_t>(m_read, 1))));
    }
  return matrix;
}

}  // namespace cutaway
