#include "core/eval/bench.h"

#include <algorithm>
#include <fstream>

namespace cutaway {
namespace {

constexpr double kMiB = 1 << 20;
constexpr std::uint32_t kTimedTokens = 8;

}  // namespace

std::vector<TokenId> benchPrompt(std::uint32_t count, std::uint32_t vocabulary) {
  std::vector<TokenId> tokens(count);
  for (std::uint32_t i = 0; i < count; ++i)
    tokens[i] = static_cast<TokenId>(std::uint64_t{i} * 7919 % vocabulary);
  return tokens;
}

void addTiming(StepTiming& mean, const StepTiming& step, std::uint32_t steps) {
  const double share = 1.0 / (steps + 1.0);
  mean.seconds += share * (step.seconds - mean.seconds);
  for (OpTiming& op : mean.ops) op.seconds *= 1 - share;
  for (const OpTiming& op : step.ops) {
    auto known = std::ranges::find(mean.ops, op.kind, &OpTiming::kind);
    if (known == mean.ops.end()) known = mean.ops.insert(known, {.kind = op.kind});
    known->seconds += share * op.seconds;
    known->launches = op.launches;
    known->bytes = op.bytes;
  }
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  std::ranges::sort(values);
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

std::uint64_t residentMemory() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with("VmRSS:")) return std::stoull(line.substr(6)) * 1024;
  return 0;
}

Result<BenchOps> benchOps(Session& session, const BenchOptions& options) {
  const std::uint32_t vocabulary = session.model().description->config().vocabulary;
  const std::uint32_t timed = std::min(kTimedTokens, options.generate);
  BenchOps result;
  const std::uint32_t tokens = std::min(options.prompt, session.context() - timed);
  const std::vector<TokenId> prompt = benchPrompt(tokens + timed, vocabulary);
  result.promptTokens = std::min(tokens, session.maxStepTokens());
  const std::span<const TokenId> last =
      std::span(prompt).subspan(tokens - result.promptTokens, result.promptTokens);
  TRY(session.rewind({}));
  TRY(session.time(last));  // compiles kernels
  TRY(session.rewind({}));
  for (std::uint32_t read = 0; read < tokens - result.promptTokens;) {
    const std::uint32_t count = std::min(session.maxStepTokens(), tokens - result.promptTokens - read);
    TRY(session.step(std::span(prompt).subspan(read, count), {}));
    read += count;
  }
  result.prompt = TRY(session.time(last));
  for (std::uint32_t i = 0; i < timed; ++i)
    addTiming(result.generate, TRY(session.time(std::span(prompt).subspan(tokens + i, 1))), i);
  if (const auto rate = session.model().backend->readBandwidth()) result.readBandwidth = *rate;
  TRY(session.rewind({}));
  return result;
}

std::uint32_t benchContext(const BenchOptions& options) { return options.prompt + options.generate; }

Bench::Bench(Session& session, const BenchOptions& options) : m_session(&session), m_options(options) {}

Result<bool> Bench::step() {
  if (m_runs == m_options.repeats + 1) return false;
  if (!m_generation) TRY(begin());
  const Generation::State state = TRY(m_generation->step());
  if (state == Generation::State::done) finish();
  return m_runs < m_options.repeats + 1;
}

Result<void> Bench::begin() {
  if (m_options.prompt == 0 || m_options.repeats == 0)
    return fail(ErrorKind::usage, "a benchmark needs a prompt of at least 1 token and 1 repeat");
  if (benchContext(m_options) > m_session->context())
    return fail(ErrorKind::contextFull, "a prompt of ", m_options.prompt, " tokens and ", m_options.generate,
                " more do not fit a context of ", m_session->context());
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = m_options.generate + 1;
  options.ignoreEnd = true;
  options.chunkBudget = kAloneBudget;
  TRY(m_session->rewind({}));  // nothing of the last repeat is reused
  m_generation.emplace(*m_session,
                       benchPrompt(m_options.prompt, m_session->model().description->config().vocabulary),
                       options);
  return {};
}

void Bench::finish() {
  if (m_runs++ > 0) {
    m_promptRates.push_back(m_generation->stats().promptRate());
    m_generateRates.push_back(m_generation->stats().generateRate());
    m_hostBytes = std::max(m_hostBytes, residentMemory());
  }
  m_generation.reset();
}

BenchResult Bench::result() const {
  return {median(m_promptRates), median(m_generateRates), static_cast<double>(m_hostBytes) / kMiB,
          static_cast<double>(m_session->model().backend->ledger().used()) / kMiB};
}

}  // namespace cutaway
