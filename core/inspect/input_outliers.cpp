#include "core/inspect/input_outliers.h"

#include <algorithm>

#include "core/graph/layout.h"

namespace cutaway {

Result<std::unique_ptr<InputOutliers>> InputOutliers::create(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens) {
  if (tokens.empty()) return fail(ErrorKind::usage, "there are no tokens whose activations could be measured");
  const Graph& graph = model->graph();
  std::vector<Input> inputs;
  for (std::int32_t layer = 0; layer < static_cast<std::int32_t>(graph.layers); ++layer)
    for (const ValueId value : matrixInputs(graph, layer)) inputs.push_back({.value = value, .layer = layer, .largest = {}, .dynamic = {}, .fixed = {}});
  if (inputs.empty()) return fail(ErrorKind::badInput, "this model has no matrices in its layers");
  return std::unique_ptr<InputOutliers>(new InputOutliers(std::move(model), std::move(tokens), std::move(inputs)));
}

InputOutliers::InputOutliers(std::shared_ptr<const ModelDescription> model, std::vector<TokenId> tokens, std::vector<Input> inputs)
    : m_model(std::move(model)),
      m_inputs(std::move(inputs)),
      m_replay(replayOf(m_model->graph(), std::move(tokens), m_inputs)),
      m_isCalibrated(m_model->activations.scale == ActivationScale::fixed) {
  for (Input& input : m_inputs) {
    const auto columns = layoutOf(m_model->graph(), input.value).rowElements();
    m_sums.push_back({ChannelStatistics(columns), ChannelStatistics(columns)});
    if (m_isCalibrated) input.range = m_model->activations.ranges.at(m_model->graph().values[static_cast<std::size_t>(input.value)].name);
  }
}

Replay InputOutliers::replayOf(const Graph& graph, std::vector<TokenId> tokens, const std::vector<Input>& inputs) {
  std::vector<ValueId> values;
  for (const Input& input : inputs) values.push_back(input.value);
  return {graph, std::move(tokens), values};
}

double InputOutliers::expectedSeconds(const Session& session) const {
  return m_replay.expectedSeconds(session) * (m_isCalibrated ? 1 : 2);
}

double InputOutliers::progress() const {
  return m_isCalibrated ? m_replay.progress() : (m_replay.progress() + (m_isSecond ? 1 : 0)) / 2;
}

Result<bool> InputOutliers::step(Session& session) {
  const Replay::Piece piece = TRY(m_replay.step(session));
  take(piece);
  if (!m_replay.done()) return true;
  if (!m_isCalibrated && !m_isSecond) {
    for (std::size_t i = 0; i < m_inputs.size(); ++i) m_inputs[i].range = std::ranges::max(m_sums[i].dynamic.largest());
    m_replay = replayOf(m_model->graph(), m_replay.tokens(), m_inputs);
    m_isSecond = true;
    return true;
  }
  report();
  return false;
}

void InputOutliers::take(const Replay::Piece& piece) {
  for (std::size_t i = 0; i < piece.captures.size(); ++i) {
    const std::span<const float> rows = piece.captures[i].data;
    if (!m_isSecond) m_sums[i].dynamic.addRounded(rows, 0);
    if (m_isSecond || m_isCalibrated) m_sums[i].fixed.addRounded(rows, m_inputs[i].range);
  }
}

void InputOutliers::report() {
  for (std::size_t i = 0; i < m_inputs.size(); ++i) {
    Input& input = m_inputs[i];
    const std::string& name = m_model->graph().values[static_cast<std::size_t>(input.value)].name;
    input.largest = m_sums[i].dynamic.largest();
    input.dynamic = m_sums[i].dynamic.report(name);
    input.fixed = m_sums[i].fixed.report(name);
  }
}

}  // namespace cutaway
