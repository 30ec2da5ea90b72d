// Perplexity of a text, window by window: exp of the mean negative log-probability of its tokens.
#pragma once

#include "core/eval/row_reader.h"

namespace cutaway {

struct PerplexityOptions {
  std::uint32_t context = 0;  ///< tokens of a window; 0: the session's context
  std::uint32_t stride = 0;   ///< from window to window, at most `context`; 0: `context`
  /// As llama-perplexity scores: whole windows alone, each beginning with the beginning-of-text token where
  /// the model asks for one (in place of its first token), and only positions of the second half count.
  bool secondHalf = false;
  /// Each document is read from its own start; they end after the end-of-text token. A line break behind that
  /// token belongs to the file and to no document. Where the text begins with the beginning-of-text token,
  /// all do.
  bool documents = false;
};

/// Which positions of a text are scored in which window. Position i is scored by the probability of token i +
/// 1, which must lie in the window. In overlapping windows a token counts once, in the first window that
/// holds it and its predecessor.
struct TextWindow {
  std::size_t begin = 0, end = 0;  ///< tokens of the text
  std::size_t first = 0;           ///< positions first .. end - 2 count
  bool operator==(const TextWindow&) const = default;
};
std::vector<TextWindow> textWindows(std::size_t begin, std::size_t end, const PerplexityOptions& options);

/// A text made ready to be read window by window.
struct WindowedText {
  std::vector<TokenId> tokens;  ///< of all documents, one after another
  std::vector<TextWindow> windows;
  TokenId firstToken = -1;  ///< of every window, in place of the text's own; -1: the text's own
  std::vector<TokenId> read(const TextWindow& window) const;  ///< the tokens of a window as they are read
};
/// For sessions of `context` tokens. Fails on options that contradict each other, a window longer than the
/// context, and a text with no position to score.
Result<WindowedText> windowedText(const Tokenizer& tokenizer, std::uint32_t context,
                                  std::vector<TokenId> tokens, const PerplexityOptions& options);

struct PerplexityResult {
  double perplexity = 0;
  double standardError = 0;  ///< of the perplexity, from the spread of the log-probabilities
  std::uint64_t tokens = 0;  ///< that were scored
};

/// A job of short steps; it is cancelled by stepping no more.
class Perplexity {
 public:
  /// Fails as windowedText does.
  static Result<Perplexity> create(Session& session, std::vector<TokenId> tokens,
                                   const PerplexityOptions& options);

  /// Reads one chunk; false when all is read.
  Result<bool> step();
  PerplexityResult result() const;  ///< of what was read so far; NaN before the first token
  std::uint64_t read() const;       ///< tokens, overlapping windows counted in full
  std::uint64_t total() const { return m_total; }

 private:
  Perplexity(Session& session, WindowedText text);
  RowReader readerOf(const TextWindow& window) const;

  Session* m_session;
  WindowedText m_text;
  std::size_t m_window = 0;
  RowReader m_reader;
  std::uint64_t m_done = 0, m_total = 0;  ///< tokens of finished windows, of all
  std::uint64_t m_scored = 0;
  double m_sum = 0, m_sumOfSquares = 0;
};

}  // namespace cutaway
