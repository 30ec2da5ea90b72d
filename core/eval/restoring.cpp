#include "core/eval/restoring.h"

namespace cutaway {

/// What questions about one text share.
struct Restoring::Work {
  std::vector<TokenId> tokens;
  std::unique_ptr<MixMeter> meter;
  std::optional<RestoreSolver> solver;  ///< done, once a budget was asked about
  bool solved = false;
};

Result<std::unique_ptr<PairInquiry>> Restoring::create(std::shared_ptr<const Model> first, std::shared_ptr<const Model> second,
                                                       std::vector<TokenId> tokens, Question question,
                                                       const std::shared_ptr<void>& kept) {
  auto work = std::static_pointer_cast<Work>(kept);
  if (!work || work->tokens != tokens) {
    work = std::make_shared<Work>();
    work->tokens = tokens;
    auto pair = TRY(PrecisionPair::create(std::move(first), std::move(second)));
    const MixMeter::Options options{.context = static_cast<std::uint32_t>(tokens.size()), .budget = kSharedBudget};
    work->meter = TRY(MixMeter::create(std::move(pair), std::move(tokens), options));
  }
  Mix mix = work->meter->pair().allB();
  for (const std::string& name : question.restored) {
    const RestorePart part = TRY(work->meter->pair().part(name));
    for (const WeightId weight : part.weights) mix[weight] = true;
  }
  std::unique_ptr<Restoring> made(new Restoring(std::move(work), std::move(question)));
  made->m_mix = std::move(mix);
  return made;
}

Restoring::Restoring(std::shared_ptr<Work> work, Question question)
    : m_work(std::move(work)), m_question(std::move(question)) {
  const PrecisionPair& pair = m_work->meter->pair();
  m_tokens = m_work->meter->tokens();
  m_bytesOfFirst = pair.fileBytes(pair.allA());
  m_bytesOfSecond = pair.fileBytes(pair.allB());
}

Restoring::~Restoring() = default;

Result<void> Restoring::propose() {
  MixProposal proposal = TRY(m_work->solver->propose(m_question.budget));
  m_mix = std::move(proposal.mix);
  m_measured.predictedKl = proposal.predictedKl;
  return {};
}

/// What follows the stage that has just ended.
Result<bool> Restoring::next() {
  MixMeter& meter = *m_work->meter;
  const PrecisionPair& pair = meter.pair();
  switch (m_stage) {
    case Stage::reading:
      m_klOfSecond = statisticsOf(meter.placesOfB()).meanKl.value;
      m_stage = Stage::ranking;
      if (m_question.ranked == Parts::none) return next();
      m_ranking.emplace(meter, m_question.ranked == Parts::classes  ? pair.classes()
                               : m_question.ranked == Parts::layers ? pair.layers()
                                                                    : pair.tensors());
      return true;
    case Stage::ranking:
      if (m_ranking) m_ranked = m_ranking->ranked();
      m_ranking.reset();
      m_stage = Stage::solving;
      if (m_question.budget == 0 || m_work->solved) return next();
      m_work->solver.emplace(meter);
      m_returns = true;
      return true;
    case Stage::solving:
      if (m_question.budget > 0) {
        m_work->solved = true;
        TRY(propose());
      }
      m_stage = Stage::returning;
      if (!m_returns) return next();
      TRY(meter.begin(pair.allB(), true));
      return true;
    case Stage::returning:
      TRY(meter.begin(m_mix));
      m_stage = Stage::measuring;
      return true;
    case Stage::measuring:
      m_measured.statistics = statisticsOf(meter.places());
      m_measured.bytes = pair.fileBytes(m_mix);
      for (const RestorePart& tensor : pair.tensors())
        if (m_mix[tensor.weights.front()]) m_measured.tensors.push_back(tensor.name);
      m_stage = Stage::writing;
      if (m_question.path.empty()) return next();
      return true;
    case Stage::writing: m_stage = Stage::done; break;
    case Stage::done: break;
  }
  return false;
}

Result<bool> Restoring::step(Session&, Session&) {
  MixMeter& meter = *m_work->meter;
  bool more = false;
  switch (m_stage) {
    case Stage::reading: more = TRY(meter.prepare()); break;
    case Stage::ranking: more = TRY(m_ranking->step()); break;
    case Stage::solving: more = TRY(m_work->solver->step()); break;
    case Stage::returning:
    case Stage::measuring: more = TRY(meter.step()); break;
    case Stage::writing: TRY(writeMix(meter.pair(), m_mix, m_question.path)); break;
    case Stage::done: return false;
  }
  return more ? true : next();
}

double Restoring::progress() const {
  switch (m_stage) {
    case Stage::reading: return 0;
    case Stage::ranking: return m_ranking ? m_ranking->progress() : 1;
    case Stage::solving: return m_work->solver ? m_work->solver->progress() : 1;
    default: return 1;
  }
}

/// The solver cut short left another base.
std::shared_ptr<void> Restoring::takeKept() { return m_stage == Stage::done ? std::move(m_work) : nullptr; }

}  // namespace cutaway
