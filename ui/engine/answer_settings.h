// How answers are written: what the controls say, and what is stored with every answer.
#pragma once

#include <QJsonObject>
#include <QString>
#include <optional>

#include "core/run/sampler.h"

namespace cutaway {

struct AnswerSettings {
  SamplerSettings sampler;
  bool randomSeed = true;  ///< a new seed for every answer; the one used is stored with it
  quint32 maxTokens = 0;   ///< 0: until the context is full

  bool operator==(const AnswerSettings&) const = default;
};

/// The answer's part of the JSON that is stored with it.
QJsonObject toJson(const AnswerSettings& settings);
/// The sampler from what toJson() made; nothing where it does not say one that is valid.
std::optional<SamplerSettings> samplerOf(const QString& stored);

}  // namespace cutaway
