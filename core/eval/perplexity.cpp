#include "core/eval/perplexity.h"

#include <algorithm>
#include <cmath>

namespace cutaway {
namespace {

/// The token that ends a document, under the names that models give it; else the one that ends an answer.
TokenId endOfText(const Tokenizer& tokenizer) {
  for (const char* name : {"<|endoftext|>", "<|end_of_text|>", "</s>", "<eos>"})
    for (std::size_t id = 0; id < tokenizer.size(); ++id)
      if (tokenizer.text(static_cast<TokenId>(id)) == name) return static_cast<TokenId>(id);
  return tokenizer.eos();
}

struct Documents {
  std::vector<TokenId> tokens;    ///< of all documents, one after another
  std::vector<std::size_t> ends;  ///< of each document
};

Documents splitDocuments(const std::vector<TokenId>& text, const Tokenizer& tokenizer) {
  const TokenId end = endOfText(tokenizer);
  const bool bos = !text.empty() && tokenizer.addsBos() && text.front() == tokenizer.bos();
  Documents out;
  bool atStart = false;
  for (const TokenId token : text) {
    if (atStart && tokenizer.piece(token) == "\n") continue;
    if (atStart && bos) out.tokens.push_back(tokenizer.bos());
    out.tokens.push_back(token);
    atStart = token == end && out.tokens.size() > 1;
    if (atStart) out.ends.push_back(out.tokens.size());
  }
  if (out.ends.empty() || out.ends.back() != out.tokens.size()) out.ends.push_back(out.tokens.size());
  return out;
}

Result<PerplexityOptions> complete(PerplexityOptions options, std::uint32_t context) {
  if (options.context == 0) options.context = context;
  if (options.stride == 0) options.stride = options.context;
  if (options.context < 2) return fail(ErrorKind::usage, "a window of perplexity needs at least 2 tokens");
  if (options.context > context)
    return fail(ErrorKind::contextFull, "a window of ", options.context, " tokens does not fit a context of ",
                context);
  if (options.stride > options.context)
    return fail(ErrorKind::usage, "a stride of ", options.stride, " would skip text between windows of ",
                options.context, " tokens");
  if (options.secondHalf && options.documents)
    return fail(ErrorKind::usage,
                "only one of second-half scoring, which needs whole windows, and splitting into documents is "
                "possible");
  return options;
}

}  // namespace

std::vector<TextWindow> textWindows(std::size_t begin, std::size_t end, const PerplexityOptions& options) {
  std::vector<TextWindow> windows;
  if (options.secondHalf) {
    for (std::size_t b = begin; b + options.context <= end; b += options.stride)
      windows.push_back({b, b + options.context, b + options.context / 2});
    return windows;
  }
  std::size_t last = begin;  // end of the window before
  for (std::size_t b = begin;; b += options.stride) {
    const std::size_t firstTarget = std::max(b + 1, last);
    if (firstTarget >= end) return windows;
    windows.push_back({b, std::min(b + options.context, end), firstTarget - 1});
    last = windows.back().end;
  }
}

std::vector<TokenId> WindowedText::read(const TextWindow& window) const {
  std::vector<TokenId> some(tokens.begin() + static_cast<std::ptrdiff_t>(window.begin),
                            tokens.begin() + static_cast<std::ptrdiff_t>(window.end));
  if (firstToken >= 0) some.front() = firstToken;
  return some;
}

Result<WindowedText> windowedText(const Tokenizer& tokenizer, std::uint32_t context,
                                  std::vector<TokenId> tokens, const PerplexityOptions& asked) {
  const PerplexityOptions options = TRY(complete(asked, context));
  const std::size_t length = tokens.size();
  WindowedText text;
  if (options.documents) {
    Documents documents = splitDocuments(tokens, tokenizer);
    text.tokens = std::move(documents.tokens);
    std::size_t begin = 0;
    for (const std::size_t end : documents.ends) {
      const auto more = textWindows(begin, end, options);
      text.windows.insert(text.windows.end(), more.begin(), more.end());
      begin = end;
    }
  } else {
    text.windows = textWindows(0, length, options);
    text.tokens = std::move(tokens);
  }
  if (text.windows.empty())
    return fail(ErrorKind::badInput, "the text has ", length, " tokens; perplexity needs at least ",
                options.secondHalf ? options.context : 2);
  if (options.secondHalf && tokenizer.addsBos()) text.firstToken = tokenizer.bos();
  return text;
}

Result<Perplexity> Perplexity::create(Session& session, std::vector<TokenId> tokens,
                                      const PerplexityOptions& options) {
  auto text = TRY(windowedText(session.tokenizer(), session.context(), std::move(tokens), options));
  return Perplexity(session, std::move(text));
}

Perplexity::Perplexity(Session& session, WindowedText text)
    : m_session(&session), m_text(std::move(text)), m_reader(readerOf(m_text.windows.front())) {
  for (const TextWindow& window : m_text.windows) m_total += window.end - window.begin;
}

RowReader Perplexity::readerOf(const TextWindow& window) const {
  return RowReader(*m_session, m_text.read(window), {.firstRow = window.first - window.begin});
}

Result<bool> Perplexity::step() {
  if (m_window == m_text.windows.size()) return false;
  const std::size_t length = m_reader.tokens().size();
  const bool more = TRY(m_reader.step([&](std::size_t token, const LogitRow& row) {
    if (token + 1 == length) return;
    const double surprise = double{row.logSumExp} - row.targetLogit;
    m_sum += surprise;
    m_sumOfSquares += surprise * surprise;
    ++m_scored;
  }));
  if (more) return true;
  m_done += length;
  if (++m_window == m_text.windows.size()) return false;
  m_reader = readerOf(m_text.windows[m_window]);
  return true;
}

PerplexityResult Perplexity::result() const {
  const double count = static_cast<double>(m_scored), mean = m_sum / count;
  const double variance = std::max(m_sumOfSquares / count - mean * mean, 0.0);
  const double perplexity = std::exp(mean);
  const double error = m_scored > 1 ? perplexity * std::sqrt(variance / (count - 1)) : 0;
  return {perplexity, error, m_scored};
}

std::uint64_t Perplexity::read() const {
  return m_window == m_text.windows.size() ? m_done : m_done + m_reader.read();
}

}  // namespace cutaway
