// One answer being written: a job of short steps, so that the engine thread can stop, reorder and interleave.
#pragma once

#include <optional>

#include "core/run/sampler.h"
#include "core/run/session.h"

namespace cutaway {

struct GenerationOptions {
  SamplerSettings sampler;
  std::uint32_t maxTokens = 0;  ///< 0: until the context is full
  bool ignoreEnd = false;       ///< go on past end tokens
  std::vector<std::string> stopStrings;
  std::uint32_t alternatives = 10;  ///< candidates kept with every token
};

enum class StopReason : std::uint8_t { none, eos, length, stop, cancelled, contextFull };
const char* stopReasonName(StopReason reason);  ///< as the command line says it: "eos", "length", "stop", "cancelled"

struct Alternative {
  TokenId token = -1;
  float probability = 0;
};

/// One generated token with what the engine knew when it chose it.
struct TokenEvent {
  TokenId token = -1;
  std::string text;           ///< complete characters this token brought; may be empty, may end an earlier one
  float probability = 0;      ///< of the model, before any sampler
  float entropy = 0;          ///< nats
  std::vector<Alternative> alternatives;  ///< most likely first, the chosen one among them if it is
};

struct GenerationStats {
  std::uint32_t promptTokens = 0;
  std::uint32_t reusedTokens = 0;     ///< of the prompt, found in the cache
  std::uint32_t generatedTokens = 0;  ///< the end token included
  double timeToFirstToken = 0;        ///< seconds, from the start of the first step
  double promptSeconds = 0;
  double generateSeconds = 0;         ///< after the first token
  double promptRate() const;          ///< tokens/s over the tokens that were really read
  double generateRate() const;
};

/// Call step() until it returns no longer `working`. The session must outlive it and is used by nothing else between.
class Generation {
 public:
  Generation(Session& session, std::vector<TokenId> prompt, const GenerationOptions& options);

  enum class State : std::uint8_t { reading, writing, done };
  /// Reads one chunk of the prompt or makes one token. After an error the generation is done; what was written stays.
  Result<State> step();
  /// Ends it between two steps; text so far is kept.
  void cancel();

  /// Tokens since the last call.
  std::vector<TokenEvent> takeEvents();
  StopReason reason() const { return m_reason; }
  const GenerationStats& stats() const { return m_stats; }
  const std::vector<TokenId>& tokens() const { return m_tokens; }  ///< generated, the end token included
  std::uint32_t promptRead() const { return m_read; }             ///< tokens of the prompt in the cache

 private:
  Result<State> readPrompt();
  Result<State> writeToken(const LogitRow& row);

  Session& m_session;
  std::vector<TokenId> m_prompt, m_tokens;
  GenerationOptions m_options;
  Sampler m_sampler;
  Utf8Stream m_stream;
  std::string m_held;  ///< text that may be the beginning of a stop string
  std::vector<TokenEvent> m_events;
  GenerationStats m_stats;
  StopReason m_reason = StopReason::none;
  std::uint32_t m_read = 0;
};

}  // namespace cutaway
