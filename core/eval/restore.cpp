#include "core/eval/restore.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/format/gguf.h"

namespace cutaway {
namespace {

/// Of what A has more bytes than B: budgets whose mixes correct the prediction.
constexpr std::array kMeasuredShares = {0.04, 0.07, 0.1,  0.14, 0.18, 0.23, 0.3,
                                        0.37, 0.45, 0.55, 0.65, 0.75, 0.87};

double meanKl(std::span<const Divergence> places) {
  double sum = 0;
  for (const Divergence& place : places) sum += place.kl;
  return sum / static_cast<double>(places.size());
}

}  // namespace

double RestoredPart::gainPerMib() const {
  constexpr double kMiB = 1 << 20;
  if (part.bytes <= 0) return gain > 0 ? std::numeric_limits<double>::infinity() : gain;
  return gain / (static_cast<double>(part.bytes) / kMiB);
}

RestoreRanking::RestoreRanking(MixMeter& meter, std::vector<RestorePart> parts)
    : m_meter(&meter), m_left(std::move(parts)), m_klOfB(meanKl(meter.placesOfB())) {
  std::ranges::reverse(m_left);  // the next one is at the end
}

Result<bool> RestoreRanking::step() {
  if (m_left.empty()) return false;
  if (!m_running) {
    Mix mix = m_meter->pair().allB();
    for (const WeightId weight : m_left.back().weights) mix[weight] = true;
    TRY(m_meter->begin(std::move(mix)));
    m_running = true;
  }
  if (TRY(m_meter->step())) return true;
  m_running = false;
  const double kl = meanKl(m_meter->places());
  m_parts.push_back({std::move(m_left.back()), kl, m_klOfB - kl});
  m_left.pop_back();
  return !m_left.empty();
}

double RestoreRanking::progress() const {
  const auto done = static_cast<double>(m_parts.size()), all = done + static_cast<double>(m_left.size());
  return all == 0 ? 1 : (done + (m_running ? m_meter->progress() : 0)) / all;
}

std::vector<RestoredPart> RestoreRanking::ranked() const {
  std::vector<RestoredPart> sorted = m_parts;
  std::ranges::stable_sort(sorted, std::greater(), &RestoredPart::gainPerMib);
  return sorted;
}

RestoreSolver::RestoreSolver(MixMeter& meter) : m_meter(&meter), m_gains(meter, meter.pair().tensors()) {}

/// What is measured next.
Result<void> RestoreSolver::begin() {
  const PrecisionPair& pair = m_meter->pair();
  m_mix = pair.allA();
  if (m_stage == Stage::damages) m_mix[tensor(m_damages.size()).weights.front()] = false;
  if (m_stage == Stage::mixes) {
    const auto most = static_cast<double>(pair.fileBytes(pair.allA()) - pair.fileBytes(pair.allB()));
    m_mix = m_prediction->bestWithin(static_cast<std::int64_t>(kMeasuredShares[m_mixes] * most), pair.allB());
  }
  TRY(m_meter->begin(m_mix, m_stage == Stage::base));
  m_running = true;
  return {};
}

void RestoreSolver::take() {
  m_running = false;
  const double kl = meanKl(m_meter->places());
  if (m_stage == Stage::base) {
    m_stage = Stage::damages;
  } else if (m_stage == Stage::damages) {
    m_damages.push_back(kl);
    if (m_damages.size() < m_gains.parts().size()) return;
    m_prediction = prediction();
    m_stage = Stage::mixes;
  } else {
    m_prediction->correct(m_mix, kl);
    if (++m_mixes == kMeasuredShares.size()) m_stage = Stage::done;
  }
}

Result<bool> RestoreSolver::step() {
  if (m_stage == Stage::done) return false;
  if (m_stage == Stage::gains) {
    if (!TRY(m_gains.step())) m_stage = Stage::base;
    return true;
  }
  if (!m_running) TRY(begin());
  if (!TRY(m_meter->step())) take();
  return m_stage != Stage::done;
}

MixPrediction RestoreSolver::prediction() const {
  std::vector<MixPrediction::Tensor> tensors;
  for (std::size_t i = 0; i < m_damages.size(); ++i)
    tensors.push_back({tensor(i).weights.front(), tensor(i).bytes, m_gains.parts()[i].gain, m_damages[i]});
  return MixPrediction(std::move(tensors), m_gains.klOfB());
}

double RestoreSolver::progress() const {
  const auto tensors = static_cast<double>(m_meter->pair().tensors().size());
  const double all = 2 * tensors + 1 + kMeasuredShares.size();
  double done = m_gains.progress() * tensors + static_cast<double>(m_damages.size() + m_mixes);
  if (m_stage > Stage::base) ++done;
  if (m_running) done += m_meter->progress();
  return done / all;
}

Result<MixProposal> RestoreSolver::propose(std::uint64_t bytes) const {
  if (m_stage != Stage::done) return fail(ErrorKind::usage, "the tensors were not measured yet");
  const PrecisionPair& pair = m_meter->pair();
  const Mix none = pair.allB();
  const std::uint64_t least = pair.fileBytes(none);
  if (bytes < least)
    return fail(ErrorKind::badInput, "a budget of ", formatBytes(bytes), " is less than the coarse precision's own ",
                formatBytes(least), " (", pair.b()->description->file.source.name, "); nothing smaller can be mixed of the two");
  MixProposal proposal;
  proposal.mix = m_prediction->bestWithin(static_cast<std::int64_t>(bytes - least), none);
  proposal.bytes = pair.fileBytes(proposal.mix);
  proposal.predictedKl = m_prediction->of(proposal.mix);
  return proposal;
}

Result<void> RestoreSolver::measure(MixProposal& proposal) {
  proposal.measured = TRY(m_meter->measure(proposal.mix));
  return {};
}

Result<void> writeMix(const PrecisionPair& pair, const Mix& mix, const std::string& path) {
  const ModelFile &a = pair.a()->description->file, &b = pair.b()->description->file;
  if (isSimulated(a) || isSimulated(b))
    return fail(ErrorKind::usage, "a simulated precision has no file to take tensors from; quantize the model first");
  std::vector<GgufTensor> tensors;
  for (const TensorInfo& inB : b.tensors) {
    const auto weight = std::ranges::find(pair.graph().weights, inB.name, &Weight::name);
    const bool restored =
        weight != pair.graph().weights.end() && mix[static_cast<std::size_t>(weight - pair.graph().weights.begin())];
    const ModelFile& file = restored ? a : b;
    const TensorInfo& tensor = restored ? *a.find(inB.name) : inB;
    tensors.push_back({tensor.name, tensor.shape, tensor.format, [&file, &tensor]() -> Result<std::vector<std::byte>> {
                         const SharedBytes data = file.data(tensor);
                         return std::vector<std::byte>(data.bytes.begin(), data.bytes.end());
                       }});
  }
  return writeGguf(path, b.metadata, tensors);
}

}  // namespace cutaway
