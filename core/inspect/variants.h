// What follows many variants of one text: parts left out or replaced, values edited. Read batch by batch.
#pragma once

#include <optional>

#include "core/inspect/inquiry.h"
#include "core/run/branches.h"

namespace cutaway {

/// The text's first `kept` tokens, then `put`, then the text from `resume` on; at least one token behind the
/// kept ones, which keep the values of the text itself: an edit must not reach them.
struct Variant {
  std::uint32_t kept = 0;
  std::vector<TokenId> put = {};
  std::uint32_t resume = 0;
  std::shared_ptr<const Edits> edits = nullptr;
};

/// A job of short steps on a session of its own. The text itself is read once, without edits; variants share
/// the cache of what they keep of it, and as many are read in one step as its tokens and the free pages
/// allow.
class Variants {
 public:
  struct Options {
    TokenId target = -1;  ///< whose logit is wanted in each row, or -1
    bool fullLogits = false;
    std::uint32_t most = 64;  ///< variants in one step; 1: one by one
  };
  Variants(std::vector<TokenId> text, std::vector<Variant> variants, const Options& options);

  /// Tokens that a session should hold for a text of so many.
  static std::uint32_t context(std::size_t textTokens);

  /// False when all rows are there. Fails with contextFull when a variant does not fit the session.
  Result<bool> step(Session& session);
  double progress() const;
  double expectedSeconds(const Session& session) const { return session.secondsFor(m_text.size() + m_tokens); }
  const std::vector<TokenId>& text() const { return m_text; }
  /// What is predicted behind each variant's last token; in the order of the variants, once it was read.
  const std::vector<LogitRow>& rows() const { return m_rows; }

 private:
  struct Reading {
    std::size_t variant;
    Branches::Id branch;
    std::vector<TokenId> rest;
    std::size_t read = 0;
  };
  Result<void> begin(Session& session, std::uint32_t budget);
  Result<void> read(std::uint32_t budget);
  void startOver();

  std::vector<TokenId> m_text;
  std::vector<Variant> m_variants;
  Options m_options;
  std::vector<LogitRow> m_rows;
  std::unique_ptr<Branches> m_branches;
  std::vector<Reading> m_reading;
  std::size_t m_begun = 0;
  std::uint64_t m_tokens = 0, m_done = 0;  ///< behind what is kept, of all variants
};

}  // namespace cutaway
