// The exact way of capturing: reads a prompt, goes on from it, waits for every step and loses nothing.
#pragma once

#include "core/inspect/value_store.h"
#include "core/run/session.h"

namespace cutaway {

struct CaptureOptions {
  std::uint32_t maxTokens = 0;      ///< to be generated, the most likely one each time
  bool ignoreEnd = false;           ///< go on past end tokens
  ArrayType type = ArrayType::f32;  ///< or f16
  std::chrono::milliseconds budget = kAloneBudget;  ///< of a step
};

/// A job of short steps, as a Generation is. Takes the session for itself: what it held is dropped. The
/// session's edits act, and captures see what they left.
class CaptureRun {
 public:
  /// Fails when the prompt is empty or does not fit with what is to follow, and, before anything is computed,
  /// when the captures would take more memory than is free; the sentence says what would fit.
  static Result<CaptureRun> create(Session& session, std::vector<TokenId> prompt,
                                   std::span<const ValueSelection> selections, const CaptureOptions& options);

  /// Reads a chunk of the prompt, or makes one token and reads it; false when all is done.
  Result<bool> step();

  /// Prompt and generated tokens, the end token included. All of them were read, so that each has its values.
  const std::vector<TokenId>& tokens() const { return m_tokens; }
  std::uint32_t promptTokens() const { return m_promptTokens; }
  std::uint32_t read() const { return m_read; }  ///< tokens so far
  bool ended() const { return m_ended; }  ///< by an end token
  /// In the order of the selections. The run is over then.
  std::vector<CapturedValue> take();

 private:
  CaptureRun(Session& session, std::vector<TokenId> prompt, const CaptureOptions& options);
  std::uint32_t nextCount() const;

  Session* m_session;
  std::vector<TokenId> m_tokens;
  CaptureOptions m_options;
  std::vector<ValueStore> m_stores;
  Reservation m_memory;
  std::uint32_t m_promptTokens;
  std::uint32_t m_read = 0;
  std::uint64_t m_bytesPerToken = 0;  ///< of one token's captures on the device, at most
  bool m_everyRow = false;            ///< a selected value has rows for wanted tokens alone
  bool m_ended = false;
};

}  // namespace cutaway
