// Session's other half: who looks on at its steps, and the archive of what they saw.
#include <algorithm>
#include <utility>

#include "core/run/session.h"

namespace cutaway {

/// Hands them their captures, which lie behind those that were wanted.
void Session::tellWatchers(StepResult& result) {
  std::size_t theirs = 0;
  for (const auto& [watcher, taps] : m_flight.watchers) theirs += taps;
  std::size_t at = result.captures.size() - theirs;
  for (const auto& [watcher, taps] : std::exchange(m_flight.watchers, {})) {
    watcher->captured(m_flight.first, m_flight.count, std::span(result.captures).subspan(at, taps));
    at += taps;
  }
  result.captures.resize(result.captures.size() - theirs);
}

void Session::watch(std::shared_ptr<StepWatcher> watcher) {
  dropFollower();
  m_watchers.push_back(std::move(watcher));
}

void Session::unwatch(const StepWatcher* watcher) {
  dropFollower();
  std::erase_if(m_watchers, [watcher](const auto& known) { return known.get() == watcher; });
}

void Session::setArchive(std::uint64_t budget) {
  if (m_archive) unwatch(m_archive.get());
  m_archive.reset();
  if (budget == 0) return;
  m_archive =
      std::make_shared<ResidualArchive>(m_model->description->graph(), m_model->backend->ledger(), budget);
  watch(m_archive);
}

/// While inner values are kept, a step's captures stay small beside the model.
std::uint32_t Session::longestStep() const {
  constexpr std::uint64_t kCaptureBytes = std::uint64_t{64} << 20;
  if (!m_archive || !m_archive->isOn()) return maxStepTokens();
  const std::uint64_t perToken = std::max<std::uint64_t>(2 * m_archive->bytesPerToken(), 1);
  return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(kCaptureBytes / perToken, 1, maxStepTokens()));
}

double Session::secondsFor(std::uint64_t tokens) const {
  const auto chunk = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(tokens, 2, 64));
  return m_chunks.predicted(chunk) * static_cast<double>(tokens) / chunk;
}

}  // namespace cutaway
