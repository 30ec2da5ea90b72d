// A conversation's place on a device: cache and plan. Reads prompts in chunks and reuses what it has read
// before.
#pragma once

#include <chrono>
#include <optional>

#include "core/run/archive.h"
#include "core/run/chunking.h"
#include "core/run/kv_cache.h"
#include "core/run/model.h"
#include "core/run/probe.h"

namespace cutaway {

struct SessionOptions {
  std::uint32_t context = 0;  ///< tokens the cache holds; 0: the model's own, at most 4,096 or what fits
  FormatId cacheFormat = FormatId::f16;
  std::uint32_t maxStepTokens = 512;
};

/// Not thread-safe: the engine thread's. Long reads are cut into steps, each predicted under the budget from
/// the speed seen so far, so that a caller can stop between two of them.
class Session {
 public:
  /// Fails with outOfMemory, and the context that would fit, when the one asked for does not.
  static Result<std::unique_ptr<Session>> create(std::shared_ptr<const Model> model,
                                                 const SessionOptions& options);

  const Model& model() const { return *m_model; }
  const Tokenizer& tokenizer() const { return *m_model->description->tokenizer; }
  std::uint32_t context() const { return m_context; }
  const std::vector<TokenId>& tokens() const;  ///< that the cache holds

  /// Keeps the longest common prefix of what is cached and `tokens`, all but the last token at most, and
  /// drops the rest. Returns how many tokens are reused. Fails with contextFull, and the counts, when
  /// `tokens` do not fit.
  Result<std::uint32_t> rewind(std::span<const TokenId> tokens);

  /// What is done to values from now on, those that are on. Drops what is cached from the first token that
  /// the change affects on. Fails when one does not fit the model; nothing has changed then.
  Result<void> setEdits(std::shared_ptr<const Edits> edits);
  const Edits& edits() const { return *m_edits; }
  /// Act beneath those, and in every branch that is made from now on: what questions with edits of their own
  /// are asked under.
  Result<void> setStandingEdits(std::shared_ptr<const Edits> edits);

  struct Wanted {
    bool lastOnly = true;  ///< logits of the last token only, else of every one
    bool fullLogits = false;
    std::span<const TokenId> targets = {};  ///< per wanted row, or empty
    std::span<const Tap> taps = {};
    /// The next step will most likely be one token with the same wanted: where the device can, that step is queued
    /// before this one is waited for. Costs a step's work where it was wrong.
    bool goesOn = false;
    bool takesTop = false;  ///< and that token is the most likely one
  };
  /// Runs one step over the given tokens, 1 to maxStepTokens(), after those that are cached. They are cached
  /// then; when the step fails, nothing has changed.
  Result<StepResult> step(std::span<const TokenId> tokens, const Wanted& wanted);

  /// Runs `count` cached tokens from this position on once more, after those before them, for their rows of
  /// logits and their taps. What is cached stays as it is, bit by bit: the step works on a branch, for whose
  /// tokens the cache must have free pages, and one more; else it fails with contextFull.
  Result<StepResult> again(std::uint32_t position, const Wanted& wanted, std::uint32_t count = 1);

  /// Adds or takes away somebody who looks on at every step, those of again() included.
  void watch(std::shared_ptr<StepWatcher> watcher);
  void unwatch(const StepWatcher* watcher);
  /// Keeps the residual stream of what is read and written from now on, in at most so many bytes; 0: no more,
  /// and what was kept is dropped.
  void setArchive(std::uint64_t budget);
  const std::shared_ptr<ResidualArchive>& archive() const { return m_archive; }  ///< null: there is none

  /// The next step will be something else: nothing stays queued on the device.
  void rest() { dropFollower(); }

  /// Makes a slice of the model's graph ready for steps of at most `maxTokens` cached tokens.
  Result<std::unique_ptr<Probe>> compile(Slice slice, std::uint32_t maxTokens);
  /// Runs a compiled slice once, with this session's cache and edits. What is cached stays as it is: a slice
  /// that stores keys and values stores them in a branch, which is dropped, and for which pages of the cache
  /// must be free.
  Result<StepResult> run(Probe& probe, const Probe::Wanted& wanted);

  /// A step with the last token's logits, thrown away; tells where the time went.
  Result<StepTiming> time(std::span<const TokenId> tokens);

  /// How many prompt tokens one step should take to stay under `budget`, from the speed seen so far.
  std::uint32_t chunkTokens(std::chrono::milliseconds budget) {
    return m_chunks.tokensFor(budget, longestStep());
  }
  /// Seconds that reading so many tokens more is expected to take, from the speed seen so far; 0 while
  /// unknown.
  double secondsFor(std::uint64_t tokens) const;
  std::uint32_t maxStepTokens() const { return m_plan->maxTokens(); }
  std::uint32_t freeCells() const { return m_cache->freeCells(); }  ///< in pages that nothing holds

 private:
  Session(std::shared_ptr<const Model> model, std::uint32_t context, KvCache cache,
          std::unique_ptr<Plan> plan);

  friend class Branches;
  struct StepArrays;
  /// Who looks on at a step that was submitted, and how many taps of it are theirs, behind those that were
  /// wanted.
  struct Flight {
    std::uint32_t first = 0, count = 0;
    std::vector<std::pair<std::shared_ptr<StepWatcher>, std::size_t>> watchers;
  };
  Result<void> start(std::span<const TokenId> tokens, const Wanted& wanted);
  Result<void> startFollower(const Wanted& wanted);
  void dropFollower();
  bool takeFollower(std::span<const TokenId> tokens, const Wanted& wanted);
  void truncate(std::uint32_t length);
  void act();
  Result<std::unique_ptr<StepArrays>> append(std::span<const TokenId> tokens, const Wanted& wanted,
                                             bool watched = true);
  void tellWatchers(StepResult& result);
  std::uint32_t longestStep() const;

  std::shared_ptr<const Model> m_model;
  std::uint32_t m_context;
  std::shared_ptr<KvCache> m_cache;  ///< shared with branches
  std::unique_ptr<Plan> m_plan;
  SequenceId m_sequence;
  std::shared_ptr<const Edits> m_edits = std::make_shared<const Edits>();
  std::shared_ptr<const Edits> m_standing = m_edits;
  std::shared_ptr<const Edits> m_acting = m_edits;  ///< of the standing ones and the others, those that are on
  ChunkPlanner m_chunks;
  std::vector<std::shared_ptr<StepWatcher>> m_watchers;
  std::shared_ptr<ResidualArchive> m_archive;
  Flight m_flight, m_followerFlight;  ///< of the step that is waited for next, and of the one after it
  bool m_again = false;
  /// A step in flight after the cached tokens, of one token.
  struct Follower {
    std::optional<TokenId> token;  ///< none: it awaits it
    bool fullLogits = false;
    std::vector<Tap> taps;
  };
  std::optional<Follower> m_follower;
};

}  // namespace cutaway
