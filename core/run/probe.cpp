#include "core/run/probe.h"

#include <algorithm>
#include <numeric>

#include "core/run/session.h"

namespace cutaway {
namespace {

/// What the caller says by ids of the whole graph, by those of the slice.
struct Translated {
  std::vector<StepInput> inputs;
  std::vector<Tap> taps;
  Edits edits;
};

ValueId inSlice(const Slice& slice, ValueId whole) {
  return whole >= 0 && whole < std::ssize(slice.ofWhole) ? slice.ofWhole[whole] : kNone;
}

Result<Translated> translate(const Slice& slice, const Graph& whole, const Probe::Wanted& wanted,
                             const Edits& edits) {
  Translated translated;
  const auto isInput = [&](ValueId value) {
    return std::ranges::find(slice.inputs, value) != slice.inputs.end();
  };
  for (const ValueId value : slice.inputs) {
    const auto given = std::ranges::find(wanted.inputs, slice.inWhole[value], &StepInput::value);
    if (given == wanted.inputs.end())
      return fail(ErrorKind::usage, slice.graph.values[value].name,
                  " is an input of the slice and was not given");
    translated.inputs.push_back({value, given->rows});
  }
  for (Tap tap : wanted.taps) {
    const ValueId value = inSlice(slice, tap.value);
    if (value == kNone || isInput(value)) {
      const bool named = tap.value >= 0 && tap.value < std::ssize(whole.values);
      return fail(ErrorKind::usage, "the slice does not compute ",
                  named ? whole.values[tap.value].name : concat("value ", tap.value));
    }
    tap.value = value;
    translated.taps.push_back(tap);
  }
  for (const Edit& edit : edits) {
    const ValueId value = inSlice(slice, edit.value);
    if (value == kNone || isInput(value)) continue;  // what is given was edited when it was captured
    translated.edits.push_back(edit);
    translated.edits.back().value = value;
  }
  return translated;
}

}  // namespace

Result<std::unique_ptr<Probe>> Session::compile(Slice slice, std::uint32_t maxTokens) {
  dropFollower();  // it may hold the device's queue until it is told its token
  WeightTable weights;
  for (const WeightId id : slice.weights) weights.push_back(m_model->weights[id]);
  auto plan =
      TRY(m_model->backend->compile(slice.graph, weights, m_cache->storage(), {.maxTokens = maxTokens}));
  return std::unique_ptr<Probe>(new Probe(std::move(slice), std::move(plan)));
}

Result<StepResult> Session::run(Probe& probe, const Probe::Wanted& wanted) {
  const Translated translated =
      TRY(translate(probe.m_slice, m_model->description->graph(), wanted, *m_acting));
  std::vector<std::int32_t> positions(wanted.positions.begin(), wanted.positions.end());
  if (positions.empty()) {
    positions.resize(wanted.tokens);
    std::iota(positions.begin(), positions.end(), static_cast<std::int32_t>(wanted.first));
  }
  std::vector<TokenId> step;
  for (const std::int32_t position : positions) {
    if (static_cast<std::size_t>(position) >= tokens().size())
      return fail(ErrorKind::usage, "there is no token at position ", position, "; ", tokens().size(),
                  " are cached");
    step.push_back(tokens()[position]);
  }
  dropFollower();
  SequenceId sequence = m_sequence;
  if (probe.m_slice.cache == SliceCache::write) {
    if (!wanted.positions.empty())
      return fail(ErrorKind::usage,
                  "a slice that stores keys and values runs over tokens one after the other");
    sequence = TRY(m_cache->fork(m_sequence, wanted.first));
    if (auto room = m_cache->append(sequence, step); !room) {
      m_cache->remove(sequence);
      return std::unexpected(room.error());
    }
  }
  const std::vector<std::int32_t> sequences(step.size());
  std::vector<std::uint8_t> wantLogits(wanted.wantLogits.begin(), wanted.wantLogits.end());
  if (wantLogits.empty()) wantLogits.assign(step.size(), 0);
  const auto pages = m_cache->pages(sequence);
  auto result = probe.m_plan->run({.tokens = step,
                                   .positions = positions,
                                   .sequences = sequences,
                                   .wantLogits = wantLogits,
                                   .pages = pages,
                                   .pagesPerSequence = static_cast<std::uint32_t>(pages.size()),
                                   .targets = wanted.targets,
                                   .fullLogits = wanted.fullLogits,
                                   .taps = translated.taps,
                                   .edits = translated.edits,
                                   .inputs = translated.inputs});
  if (sequence != m_sequence) m_cache->remove(sequence);
  if (!result) return result;
  for (Capture& capture : result->captures) capture.value = probe.m_slice.inWhole[capture.value];
  return result;
}

}  // namespace cutaway
