#include "core/eval/lockstep_bench.h"

#include "core/eval/second_reader.h"

namespace cutaway {

LockstepBench::LockstepBench(Session& first, Session& second, const BenchOptions& options)
    : m_first(&first),
      m_second(&second),
      m_options(options),
      m_prompt(benchPrompt(options.prompt, first.model().description->config().vocabulary)) {}

GenerationOptions LockstepBench::generation() const {
  GenerationOptions options;
  options.sampler.temperature = 0;
  options.maxTokens = m_options.generate + 1;
  options.ignoreEnd = true;
  return options;
}

Result<double> LockstepBench::write() {
  Generation writing(*m_first, m_prompt, generation());
  while (TRY(writing.step()) != Generation::State::done) {
  }
  m_written = writing.tokens();
  return writing.stats().generateSeconds / m_options.generate;
}

Result<double> LockstepBench::read() {
  TRY(m_second->rewind(m_prompt));
  while (m_second->tokens().size() < m_prompt.size()) {
    const auto left = std::span(m_prompt).subspan(m_second->tokens().size());
    TRY(m_second->step(left.first(std::min<std::size_t>(left.size(), m_second->chunkTokens(kAloneBudget))), {}));
  }
  const auto start = Clock::now();
  for (const TokenId& token : std::span(m_written).first(m_options.generate)) TRY(m_second->step({&token, 1}, {}));
  return std::chrono::duration<double>(Clock::now() - start).count() / m_options.generate;
}

Result<double> LockstepBench::both() {
  SecondReader reader(*m_second, m_prompt);
  GenerationOptions options = generation();
  options.rowSeen = [&](TokenId token, const LogitRow& row) { reader.add(token, row); };
  Generation writing(*m_first, m_prompt, options);
  while (writing.tokens().empty()) TRY(writing.step());
  while (TRY(reader.step(1))) {
  }
  const auto start = Clock::now();
  while (TRY(writing.step()) != Generation::State::done)
    while (TRY(reader.step(1))) {
    }
  while (TRY(reader.step(1))) {
  }
  return std::chrono::duration<double>(Clock::now() - start).count() / m_options.generate;
}

Result<bool> LockstepBench::step() {
  if (m_options.prompt == 0 || m_options.repeats == 0 || m_options.generate == 0)
    return fail(ErrorKind::usage, "a benchmark needs a prompt and an answer of at least 1 token and 1 repeat");
  if (m_runs > m_options.repeats) return false;
  m_repeat.push_back(TRY(m_repeat.empty() ? write() : m_repeat.size() == 1 ? read() : both()));
  if (m_repeat.size() < m_seconds.size()) return true;
  if (m_runs++ > 0) {
    for (std::size_t i = 0; i < m_repeat.size(); ++i) m_seconds[i].push_back(m_repeat[i]);
    m_ratios.push_back(m_repeat[2] / (m_repeat[0] + m_repeat[1]));
  }
  m_repeat.clear();
  return m_runs <= m_options.repeats;
}

LockstepBenchResult LockstepBench::result() const {
  return {median(m_seconds[0]), median(m_seconds[1]), median(m_seconds[2]), median(m_ratios)};
}

}  // namespace cutaway
