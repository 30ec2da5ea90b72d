// What the UI thread and the engine thread tell each other: plain, immutable values.
#pragma once

#include <QString>
#include <QVector>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "core/quant/number_format.h"
#include "core/run/backend.h"
#include "core/run/sampler.h"
#include "ui/chat/chat_data.h"
#include "ui/store/store_data.h"

namespace cutaway {

struct ModelDescription;  // core/run/model.h

inline const QString kDemoModel = QStringLiteral("demo");  ///< in place of a path: the embedded model

/// What to load, and how.
struct ModelChoice {
  QString path;         ///< of a GGUF file, or kDemoModel
  int device = 0;       ///< index into the list of backends
  quint32 context = 0;  ///< tokens; 0: the model's own, at most 4,096 or what fits
  FormatId cacheFormat = FormatId::f16;
  QString simulation = {};  ///< of a precision (core/convert/simulated_file.h); empty: as stored
  QString activations = {};  ///< that are simulated (core/convert/activation_choice.h); empty: none

  bool operator==(const ModelChoice&) const = default;
};

/// All tensors of one class that have one number format.
struct FormatShare {
  QString tensors;  ///< "attention", "feed-forward", "embedding", "output", "norms", "other"
  QString format;   ///< "Q4_K"
  int count = 0;
  quint64 bytes = 0;
};

/// What a model file is; known before anything is loaded.
struct ModelCard {
  QString path, name, family, container, tokenizer;
  quint64 parameters = 0, bytes = 0;
  quint32 layers = 0, width = 0, queryHeads = 0, keyValueHeads = 0, headWidth = 0, ffnWidth = 0, vocabulary = 0;
  quint32 contextLength = 0;  ///< tokens it was trained for
  QString mainFormat;         ///< that holds most bytes: "Q4_K"
  QVector<FormatShare> formats;
  QString templateText;  ///< of the file; may be empty
  QString simulation;    ///< that the weights went through; empty: none
  QString activations;   ///< "int8", "int8:static=FILE"; empty: as they are
  double simulatedBits = 0, simulatedSnr = 0;  ///< bits per weight of the matrices concerned; dB above their error

  bool isDemo() const { return path == kDemoModel; }
  QString title() const { return name + QStringLiteral(" · ") + mainFormat; }
};

/// Lists the devices in order of preference; at least one.
using BackendList = std::function<std::vector<BackendFactory>()>;
/// Opens the device in use a second time, for work of its own on another thread.
using OpenBackend = std::function<Result<std::shared_ptr<Backend>>()>;

enum class LoadFailure : quint8 { broken, tooLarge, cancelled };

/// Bytes by ledger class, and what the device still has.
struct MemoryUse {
  quint64 weights = 0, cache = 0, scratch = 0, capture = 0, archive = 0;
  quint64 available = 0;  ///< to allocate beyond that
  quint64 total() const { return weights + cache + scratch + capture + archive; }
};

/// What loading would take, before it is tried.
struct FitReport {
  ModelChoice choice;
  ModelCard card;
  QString device;
  MemoryUse need;  ///< weights, cache, scratch; `available` counts what the loaded model would give back
  quint32 context = 0;        ///< `need` is for it
  quint32 longestContext = 0; ///< that fits, at most the model's own; 0: the weights alone do not fit
  bool fits() const { return need.total() <= need.available; }
};

struct LoadedModel {
  ModelChoice choice;
  ModelCard card;
  std::shared_ptr<const ModelDescription> description;  ///< its graph, and its file; immutable
  QString device;
  quint32 context = 0;
  MemoryUse memory;
  double loadSeconds = 0;
  QString templateName;     ///< of the built-in template in use; empty: the model's own
  QString templateProblem;  ///< why the model's own is not used
};

struct PromptMessage {
  ChatRole role = ChatRole::user;  ///< system, user or assistant
  QString text;
};

/// Names an answer and its events.
using RequestId = quint64;

struct PromptRequest {
  RequestId id = 0;
  QVector<PromptMessage> messages;
  quint32 reserve = 0;  ///< tokens to keep free for the answer
};

/// Does the conversation fit the context, and what would make it fit?
struct PromptPlan {
  RequestId id = 0;
  quint32 needed = 0;   ///< tokens of the prompt
  quint32 reserve = 0;  ///< as asked
  quint32 context = 0;
  quint32 longestContext = 0;  ///< the session could be given; known only when the prompt does not fit
  /// Without the oldest turns: how many messages and tokens would go, and what stays. 0 messages: it would not help.
  int dropMessages = 0;
  quint32 neededAfterDrop = 0;
  QString error;  ///< the template's or the tokenizer's sentence
  bool fits() const { return needed + reserve <= context; }
};

struct PairRequest {
  PairMode mode = PairMode::lockstep;
  QVector<PromptMessage> messages;  ///< free: the conversation as the second model knows it
};

struct GenerationRequest {
  RequestId id = 0;
  QVector<PromptMessage> messages;
  QVector<qint32> begun;  ///< tokens of the answer that are there already; it goes on behind them
  SamplerSettings sampler;
  quint32 maxTokens = 0;  ///< 0: until the context is full
  std::optional<PairRequest> pair = {};  ///< of the second model, where there is one
};

struct TokenBatch {
  RequestId id = 0;
  QVector<ChatToken> tokens;
  AnswerStats stats;  ///< so far
};

/// Where the time of an answer's steps goes, as far as it was measured.
struct StepTimes {
  QString device;
  quint32 promptTokens = 0;   ///< of the prompt's step; 0: none was measured
  StepTiming prompt;
  quint32 steps = 0;          ///< of one token each, whose mean is `generate`
  StepTiming generate;
  quint32 length = 0;         ///< tokens in the cache at the last one
  double readBandwidth = 0;   ///< of the device, bytes per second; 0 where it is not known
  QString problem;            ///< why the device cannot tell, or empty
};

struct GenerationEnd {
  RequestId id = 0;
  AnswerStats stats;
  bool stopped = false;  ///< by the user
  QString error;         ///< one sentence, or empty
};

}  // namespace cutaway
