// One answer being written: a job of short steps, so that the engine thread can stop, reorder and interleave.
#pragma once

#include <chrono>
#include <functional>

#include "core/run/sampler.h"
#include "core/run/session.h"
#include "core/run/stop_strings.h"

namespace cutaway {

struct GenerationOptions {
  SamplerSettings sampler;
  std::uint32_t maxTokens = 0;  ///< 0: until the context is full
  bool ignoreEnd = false;       ///< go on past end tokens
  std::vector<std::string> stopStrings;
  std::uint32_t alternatives = 10;  ///< candidates kept with every token
  /// Told every token with the row that it was chosen from, which has all its logits then.
  std::function<void(TokenId token, const LogitRow& row)> rowSeen = {};
  /// A chunk of the prompt is predicted to take no longer: whoever cancels waits for one.
  std::chrono::milliseconds chunkBudget{160};
};

enum class StopReason : std::uint8_t { none, eos, length, stop, cancelled, contextFull };
/// As the command line says it: "eos", "length" (also of a full context), "stop", "cancelled"; "none" while
/// it runs.
const char* stopReasonName(StopReason reason);

struct Alternative {
  TokenId token = -1;
  float probability = 0;
};

/// One generated token with what the engine knew when it chose it.
struct TokenEvent {
  TokenId token = -1;  ///< -1: no token, only text that was held back when the answer was cancelled or failed
  std::string text;    ///< complete characters this token brought; may be empty, may end an earlier one
  float probability = 0;                  ///< of the model, before any sampler
  float entropy = 0;                      ///< nats
  std::vector<Alternative> alternatives;  ///< most likely first, with the model's own probabilities
};

struct GenerationStats {
  std::uint32_t promptTokens = 0;
  std::uint32_t reusedTokens = 0;     ///< of the prompt, found in the cache
  std::uint32_t generatedTokens = 0;  ///< the end token included
  double timeToFirstToken = 0;        ///< seconds, from the start of the first step
  double promptSeconds = 0;           ///< in steps that read the prompt
  double generateSeconds = 0;         ///< from the first token to the last
  double promptRate() const;          ///< tokens/s over the tokens that were really read; 0 when none was
  double generateRate() const;        ///< tokens/s after the first token; 0 before the second
};

/// Call step() until it returns no longer `working`. The session must outlive it and is used by nothing else
/// between.
class Generation {
 public:
  Generation(Session& session, std::vector<TokenId> prompt, const GenerationOptions& options);

  enum class State : std::uint8_t { reading, writing, done };
  /// Reads one chunk of the prompt (and makes the first token when it was the last chunk) or makes one token.
  /// After an error the generation is done; what was written stays.
  Result<State> step();
  /// Ends it between two steps; text so far is kept, and so is what was read of the prompt.
  void cancel();

  /// Time between two steps that was spent on something else, and does not count as the answer's.
  void leaveOut(std::chrono::steady_clock::duration time) { (m_tokens.empty() ? m_start : m_firstToken) += time; }

  /// Tokens since the last call. The texts of all events, joined, are the answer's text.
  std::vector<TokenEvent> takeEvents();
  StopReason reason() const { return m_reason; }
  const GenerationStats& stats() const { return m_stats; }
  const std::vector<TokenId>& tokens() const { return m_tokens; }  ///< generated, the end token included
  std::uint32_t promptRead() const { return m_read; }              ///< tokens of the prompt in the cache

 private:
  using Clock = std::chrono::steady_clock;

  Result<void> begin();
  Result<State> readPrompt();
  Result<State> writeToken(const LogitRow& row);
  TokenEvent makeEvent(const LogitRow& row, const Sampled& sampled);
  StopReason reasonAfter(TokenId token) const;
  void end(StopReason reason);
  std::string heldText();
  Session::Wanted wanted() const;

  Session& m_session;
  std::vector<TokenId> m_prompt, m_tokens;
  std::vector<TokenId> m_history;  ///< prompt and answer
  GenerationOptions m_options;
  Sampler m_sampler;
  Utf8Stream m_stream;
  StopStrings m_stops;
  std::vector<TokenEvent> m_events;
  GenerationStats m_stats;
  State m_state = State::reading;
  StopReason m_reason = StopReason::none;
  std::uint32_t m_read = 0;
  bool m_begun = false;
  Clock::time_point m_start, m_firstToken;
};

}  // namespace cutaway
