// Reads a text from its start, chunk by chunk, and hands out the distribution after each of its tokens.
#pragma once

#include <functional>

#include "core/run/session.h"

namespace cutaway {

struct RowReaderOptions {
  std::size_t firstRow = 0;  ///< tokens before this one are read without asking for their logits
  bool fullLogits = false;
};

/// A job of short steps, as a Generation is. Takes the session for itself: what it held is dropped.
class RowReader {
 public:
  /// Called for every token from firstRow on, in order. `row.targetLogit` is that of the text's next token;
  /// for the last token it means nothing.
  using Visitor = std::function<void(std::size_t token, const LogitRow& row)>;

  RowReader(Session& session, std::vector<TokenId> tokens, const RowReaderOptions& options = {});

  /// Reads one chunk; false when all is read. Fails with contextFull when the text does not fit.
  Result<bool> step(const Visitor& visit);
  std::size_t read() const { return m_read; }
  const std::vector<TokenId>& tokens() const { return m_tokens; }

 private:
  std::uint32_t chunk();

  Session* m_session;
  std::vector<TokenId> m_tokens;
  std::vector<TokenId> m_targets;  ///< the next token of each
  RowReaderOptions m_options;
  std::size_t m_read = 0;
};

}  // namespace cutaway
