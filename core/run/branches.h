// Texts that begin as a session's cached one does and go on differently, several of them read in one step.
#pragma once

#include "core/run/session.h"

namespace cutaway {

/// Branches share the session's cache; what the session itself holds stays as it is, and so do they when it
/// goes on to other texts. Each has edits of its own; of the session's, the
/// standing ones alone act in them. All calls, and the
/// end of the last branch, belong to the session's thread; the session may be gone before the branches.
class Branches {
 public:
  explicit Branches(Session& session);
  ~Branches();
  Branches(const Branches&) = delete;
  Branches& operator=(const Branches&) = delete;

  using Id = std::size_t;
  /// A branch that begins with the first `length` cached tokens. Fails with contextFull where a page is
  /// needed and none is free, and for edits that do not fit the model.
  Result<Id> add(std::uint32_t length, std::shared_ptr<const Edits> edits = nullptr);
  /// One that begins as this branch does.
  Result<Id> fork(Id from, std::uint32_t length);
  void remove(Id branch);
  void clear();
  std::size_t size() const { return m_branches.size(); }

  struct Piece {
    Id branch = 0;
    std::span<const TokenId> tokens;                                       ///< that follow in the branch
    enum class Rows : std::uint8_t { none, last, all } rows = Rows::last;  ///< of logits
  };
  struct Wanted {
    bool fullLogits = false;
    std::span<const TokenId> targets = {};  ///< per row, or empty
    std::span<const Tap> taps = {};         ///< of the pieces' tokens, one piece after the other
  };
  /// Reads the pieces, of different branches, in one step of 1 to maxStepTokens() tokens; rows of logits come
  /// in their order. When the step fails, or too few pages are free, no branch has changed.
  Result<StepResult> step(std::span<const Piece> pieces, const Wanted& wanted);

  /// Whether this is the session that the branches were made in; a session that was made anew knows nothing
  /// of them.
  bool of(const Session& session) const { return m_session == &session && m_cache == session.m_cache; }

 private:
  struct Branch {
    SequenceId sequence = -1;
    std::shared_ptr<const Edits> edits;
  };
  Result<void> appendAll(std::span<const Piece> pieces);

  Session* m_session;
  std::shared_ptr<const Model> m_model;  ///< with its ledger, which the cache gives its memory back to
  std::shared_ptr<KvCache> m_cache;
  std::map<Id, Branch> m_branches;
  Id m_next = 0;
};

}  // namespace cutaway
