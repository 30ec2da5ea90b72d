#include "core/inspect/capture.h"

#include <algorithm>

namespace cutaway {
namespace {

constexpr std::uint64_t kStepBytes = std::uint64_t{64} << 20;  ///< of the captures of one step

std::uint64_t bytesOf(const Graph& graph, std::span<const ValueSelection> selections, ArrayType type,
                      std::uint32_t tokens) {
  std::uint64_t bytes = 0;
  for (const ValueSelection& selection : selections) bytes += selectionBytes(graph, selection, type, tokens);
  return bytes;
}

/// The most tokens whose captures fit.
std::uint32_t tokensThatFit(const Graph& graph, std::span<const ValueSelection> selections, ArrayType type,
                            std::uint32_t most, std::uint64_t available) {
  std::uint32_t fitting = 0, tooMany = most;
  while (fitting + 1 < tooMany) {
    const std::uint32_t middle = fitting + (tooMany - fitting) / 2;
    (bytesOf(graph, selections, type, middle) <= available ? fitting : tooMany) = middle;
  }
  return fitting;
}

/// Captures lie in the host's memory, which is also what some devices use.
Result<Reservation> reserveHost(Backend& backend, std::span<const ValueSelection> selections, const Graph& graph,
                                ArrayType type, std::uint32_t tokens) {
  const DeviceKind kind = backend.device().kind;
  const bool isHost = kind == DeviceKind::cpu || kind == DeviceKind::software;
  const std::uint64_t bytes = bytesOf(graph, selections, type, tokens);
  const std::uint64_t available =
      isHost ? std::min(backend.ledger().available(), freeHostMemory()) : freeHostMemory();
  if (bytes > available) {
    const std::uint32_t fitting = tokensThatFit(graph, selections, type, tokens, available);
    return fail(
        ErrorKind::outOfMemory, "the captures of ", selections.size(), " values over ", tokens,
        " tokens take ", formatBytes(bytes), ", but only ", formatBytes(available), " are free; ",
        fitting > 0 ? concat(fitting, " tokens would fit") : std::string("not even one token would fit"),
        "; or select fewer layers, heads or tokens", type == ArrayType::f32 ? ", or store F16" : "");
  }
  if (!isHost) return Reservation();
  return backend.ledger().reserve(MemoryClass::capture, bytes, "the captured values");
}

}  // namespace

CaptureRun::CaptureRun(Session& session, std::vector<TokenId> prompt, const CaptureOptions& options)
    : m_session(&session),
      m_tokens(std::move(prompt)),
      m_options(options),
      m_promptTokens(static_cast<std::uint32_t>(m_tokens.size())) {}

Result<CaptureRun> CaptureRun::create(Session& session, std::vector<TokenId> prompt,
                                      std::span<const ValueSelection> selections, const CaptureOptions& options) {
  if (prompt.empty()) return fail(ErrorKind::badInput, "the prompt has no tokens; give at least one");
  const std::uint64_t most = prompt.size() + options.maxTokens;
  if (most > session.context())
    return fail(ErrorKind::contextFull, "the prompt's ", prompt.size(), " tokens and ", options.maxTokens,
                " more do not fit the context of ", session.context());
  const Graph& graph = session.model().description->graph();
  const auto tokens = static_cast<std::uint32_t>(most);
  CaptureRun run(session, std::move(prompt), options);
  run.m_memory = TRY(reserveHost(*session.model().backend, selections, graph, options.type, tokens));
  for (const ValueSelection& selection : selections) {
    const ValueLayout layout = layoutOf(graph, selection.value);
    run.m_everyRow |= layout.wantedRows;
    run.m_bytesPerToken += std::uint64_t{selection.heads.below(std::max(layout.heads, 1u))} *
                           (layout.columns > 0 ? layout.columns : tokens) * sizeof(float);
    run.m_stores.emplace_back(graph, selection, options.type, tokens);
  }
  TRY(session.rewind({}));
  return run;
}

/// Tokens of the next step, so few that what they capture stays small on the device.
std::uint32_t CaptureRun::nextCount() const {
  const std::uint64_t few =
      std::max<std::uint64_t>(kStepBytes / std::max<std::uint64_t>(m_bytesPerToken, 1), 1);
  const std::uint64_t left = m_tokens.size() - m_read;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>({m_session->chunkTokens(m_options.budget), few, left}));
}

Result<bool> CaptureRun::step() {
  const std::uint32_t count = nextCount();
  std::vector<Tap> taps;
  std::vector<std::size_t> ends;
  for (const ValueStore& store : m_stores) {
    const auto some = store.taps(m_read, count);
    taps.insert(taps.end(), some.begin(), some.end());
    ends.push_back(taps.size());
  }
  const StepResult result = TRY(
      m_session->step(std::span(m_tokens).subspan(m_read, count), {.lastOnly = !m_everyRow, .taps = taps}));
  std::size_t begin = 0;
  for (std::size_t i = 0; i < m_stores.size(); ++i) {
    const std::size_t some = ends[i] - begin;
    m_stores[i].store(m_read, std::span(taps).subspan(begin, some),
                      std::span(result.captures).subspan(begin, some));
    begin = ends[i];
  }
  m_read += count;
  if (m_read < m_tokens.size()) return true;
  m_ended = m_read > m_promptTokens && !m_options.ignoreEnd &&
            m_session->tokenizer().endsGeneration(m_tokens.back());
  if (m_ended || m_read - m_promptTokens == m_options.maxTokens) return false;
  m_tokens.push_back(result.rows.back().top.front().token);
  return true;
}

std::vector<CapturedValue> CaptureRun::take() {
  std::vector<CapturedValue> values;
  for (ValueStore& store : m_stores)
    values.push_back(store.take(static_cast<std::uint32_t>(m_tokens.size())));
  m_stores.clear();
  return values;
}

}  // namespace cutaway
