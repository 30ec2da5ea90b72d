#include "ui/engine/companion.h"

#include "core/eval/comparison.h"
#include "ui/engine/chat_tokens.h"

namespace cutaway {
namespace {

using Clock = std::chrono::steady_clock;

/// A step over so many tokens costs little more than one over a single one: weights are read once.
constexpr std::uint32_t kOpinionTokens = 16;

QString sentence(const Error& error) { return QString::fromStdString(error.message); }

double secondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

TokenDifference toDifference(const Divergence& found) {
  TokenDifference difference;
  difference.divergence = found.kl;
  difference.probability = static_cast<float>(std::exp(found.logprobA));
  difference.otherProbability = static_cast<float>(std::exp(found.logprobB));
  difference.otherRank = found.rankB;
  difference.sameTop = found.sameTop();
  difference.entropy = found.entropyA;
  difference.otherEntropy = found.entropyB;
  return difference;
}

}  // namespace

Companion::Companion(ModelChoice choice, std::shared_ptr<const Model> model, std::unique_ptr<Session> session,
                     ChatPrompt prompt)
    : m_choice(std::move(choice)), m_model(std::move(model)), m_session(std::move(session)), m_prompt(std::move(prompt)) {}

void Companion::begin(const GenerationRequest& request, const Model& first, std::vector<TokenId> prompt,
                      const Result<void>& edited) {
  m_request = request.id;
  m_mode = request.pair->mode;
  m_firstEnded = false;
  m_generation.reset();
  m_reader.reset();
  m_reading = {};
  m_batch = {.id = request.id};
  m_end.reset();
  if (!edited) return end(sentence(edited.error()), false);
  if (m_mode == PairMode::free) {
    GenerationOptions options;
    options.sampler = request.sampler;
    options.maxTokens = request.maxTokens;
    Result<std::vector<TokenId>> own = m_prompt.encode(request.pair->messages);
    if (!own) return end(sentence(own.error()), false);
    m_generation = std::make_unique<Generation>(*m_session, std::move(*own), options);
    return;
  }
  const Result<void> same = checkSameTokens(*first.description, *m_model->description);
  if (!same) return end(sentence(same.error()), false);
  m_reader = std::make_unique<SecondReader>(*m_session, std::move(prompt));
}

void Companion::see(TokenId token, const LogitRow& row) {
  if (m_reader) m_reader->add(token, row);
}

void Companion::firstEnded(bool stopped) {
  m_firstEnded = true;
  if (!stopped || m_request == 0) return;
  if (m_generation) m_generation->cancel();
  if (m_reader) takeReadings();
  end({}, true);
}

bool Companion::step() {
  if (m_request == 0) return false;
  const Result<bool> more = m_generation ? write() : read();
  if (more) return *more;
  end(sentence(more.error()), false);
  return false;
}

Result<bool> Companion::write() {
  const Generation::State state = TRY(m_generation->step());
  for (const TokenEvent& event : m_generation->takeEvents())
    m_batch.tokens.append(toChatToken(event, m_session->tokenizer()));
  if (state != Generation::State::done) return true;
  end({}, false);
  return false;
}

Result<bool> Companion::read() {
  const bool waits = m_mode == PairMode::opinion && !m_firstEnded && m_reader->waiting() < kOpinionTokens;
  const auto start = Clock::now();
  const bool more = TRY(m_reader->step(waits ? 0 : kOpinionTokens));
  m_reading.seconds += secondsSince(start);
  takeReadings();
  if (!more && m_firstEnded) end({}, false);
  return more;
}

void Companion::takeReadings() {
  for (const SecondReader::Reading& reading : m_reader->take()) {
    if (m_reading.tokens++ == 0) m_reading.firstSeconds = m_reading.seconds;
    const TokenDifference difference = toDifference(reading.difference);
    m_batch.tokens.append(toChatToken(reading.token, reading.row, difference.otherProbability, m_session->tokenizer()));
    m_batch.differences.append(difference);
  }
}

void Companion::leaveOut(std::chrono::steady_clock::duration time) {
  if (m_generation) m_generation->leaveOut(time);
}

PairBatch Companion::take() {
  m_batch.stats = stats();
  return std::exchange(m_batch, PairBatch{.id = m_batch.id});
}

AnswerStats Companion::stats() const {
  if (m_generation) return toAnswerStats(*m_generation);
  AnswerStats stats;
  stats.generatedTokens = m_reading.tokens;
  stats.secondsToFirst = m_reading.firstSeconds;
  const double behind = m_reading.seconds - m_reading.firstSeconds;
  if (m_reading.tokens > 1 && behind > 0) stats.generateRate = (m_reading.tokens - 1) / behind;
  return stats;
}

void Companion::end(const QString& error, bool stopped) {
  if (m_request == 0) return;
  PairEnd end{.id = m_request, .stopped = stopped, .error = error};
  if (m_generation) {
    for (const TokenEvent& event : m_generation->takeEvents())
      m_batch.tokens.append(toChatToken(event, m_session->tokenizer()));
  }
  end.stats = stats();
  m_end = end;
  m_request = 0;
}

}  // namespace cutaway
