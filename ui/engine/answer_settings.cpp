#include "ui/engine/answer_settings.h"

#include <QJsonDocument>

namespace cutaway {

QJsonObject toJson(const AnswerSettings& settings) {
  const SamplerSettings& s = settings.sampler;
  return {{QStringLiteral("temperature"), static_cast<double>(s.temperature)},
          {QStringLiteral("top_k"), static_cast<qint64>(s.topK)},
          {QStringLiteral("top_p"), static_cast<double>(s.topP)},
          {QStringLiteral("min_p"), static_cast<double>(s.minP)},
          {QStringLiteral("repetition_penalty"), static_cast<double>(s.repetitionPenalty)},
          {QStringLiteral("frequency_penalty"), static_cast<double>(s.frequencyPenalty)},
          {QStringLiteral("presence_penalty"), static_cast<double>(s.presencePenalty)},
          {QStringLiteral("penalty_window"), static_cast<qint64>(s.penaltyWindow)},
          {QStringLiteral("seed"), QString::number(s.seed)},
          {QStringLiteral("max_tokens"), static_cast<qint64>(settings.maxTokens)}};
}

std::optional<SamplerSettings> samplerOf(const QString& stored) {
  const QJsonObject json = QJsonDocument::fromJson(stored.toUtf8()).object();
  if (!json.contains(QStringLiteral("temperature"))) return {};
  const auto number = [&](const char* name, double otherwise) { return json.value(QLatin1String(name)).toDouble(otherwise); };
  SamplerSettings s;
  s.temperature = static_cast<float>(number("temperature", s.temperature));
  s.topK = static_cast<std::uint32_t>(number("top_k", s.topK));
  s.topP = static_cast<float>(number("top_p", s.topP));
  s.minP = static_cast<float>(number("min_p", s.minP));
  s.repetitionPenalty = static_cast<float>(number("repetition_penalty", s.repetitionPenalty));
  s.frequencyPenalty = static_cast<float>(number("frequency_penalty", s.frequencyPenalty));
  s.presencePenalty = static_cast<float>(number("presence_penalty", s.presencePenalty));
  s.penaltyWindow = static_cast<std::uint32_t>(number("penalty_window", s.penaltyWindow));
  s.seed = json.value(QStringLiteral("seed")).toString().toULongLong();
  if (!validate(s)) return {};
  return s;
}

}  // namespace cutaway
