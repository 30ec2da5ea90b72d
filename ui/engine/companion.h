// The second model beside the chat's. While that one answers, it writes an answer of its own or reads along.
#pragma once

#include <memory>

#include "core/eval/second_reader.h"
#include "core/run/generation.h"
#include "ui/engine/chat_prompt.h"
#include "ui/engine/pair_data.h"

namespace cutaway {

/// Engine thread only. Takes short steps between those of the first model.
class Companion {
 public:
  Companion(ModelChoice choice, std::shared_ptr<const Model> model, std::unique_ptr<Session> session, ChatPrompt prompt);

  const ModelChoice& choice() const { return m_choice; }
  const Model& model() const { return *m_model; }
  const std::shared_ptr<const Model>& sharedModel() const { return m_model; }
  Session& session() { return *m_session; }

  /// `prompt`: of the first model, for reading along. `edited`: whether the chat's edits act in this session too. Where
  /// they do not, or reading along or an own answer is not possible, this ends at once.
  void begin(const GenerationRequest& request, const Model& first, std::vector<TokenId> prompt, const Result<void>& edited);
  /// The first model chose the token from this row, which has all its logits. Only where that is wanted.
  void see(TokenId token, const LogitRow& row);
  bool wantsRows() const { return m_reader != nullptr; }
  /// The first model's answer is at its end; `stopped`: this one's is as well.
  void firstEnded(bool stopped);

  /// A short piece of the work; false when there is none for now. After an error it is at its end.
  bool step();
  bool isBusyWith(RequestId request) const { return m_request == request; }
  /// Time that was spent on something else, and does not count as the answer's.
  void leaveOut(std::chrono::steady_clock::duration time);

  /// What came since the last call; without tokens when nothing did.
  PairBatch take();
  /// Set once, when it is at its end and all was taken.
  std::optional<PairEnd> takeEnd() { return std::exchange(m_end, {}); }

 private:
  Result<bool> write();
  Result<bool> read();
  void takeReadings();
  void end(const QString& error, bool stopped);
  AnswerStats stats() const;

  ModelChoice m_choice;
  std::shared_ptr<const Model> m_model;
  std::unique_ptr<Session> m_session;
  ChatPrompt m_prompt;

  RequestId m_request = 0;  ///< 0: nothing to do
  PairMode m_mode = PairMode::free;
  bool m_firstEnded = false;
  std::unique_ptr<Generation> m_generation;  ///< free
  std::unique_ptr<SecondReader> m_reader;    ///< lockstep and opinion
  struct Reading {
    qint32 tokens = 0;
    double seconds = 0, firstSeconds = 0;
  } m_reading;
  PairBatch m_batch;
  std::optional<PairEnd> m_end;
};

}  // namespace cutaway
