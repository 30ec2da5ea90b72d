// The strings of the template language: bytes that remember where they came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text/tokenizer.h"

namespace cutaway::jinja {

/// Who wrote a byte: the template (or the model's own *_token strings), or a message, tool or other data.
enum class Origin : std::uint8_t { fromTemplate, fromMessage };

/// UTF-8 (not checked) in runs of one origin. Adjacent runs differ, and no run is empty.
class Text {
 public:
  struct Run {
    std::size_t end;  ///< offset after the run's last byte
    Origin origin;
  };

  Text() = default;
  Text(std::string bytes, Origin origin);

  const std::string& bytes() const { return m_bytes; }
  std::size_t size() const { return m_bytes.size(); }
  bool empty() const { return m_bytes.empty(); }
  const std::vector<Run>& runs() const { return m_runs; }
  Origin originAt(std::size_t offset) const;  ///< of a byte that exists

  void append(std::string_view bytes, Origin origin);
  void append(const Text& other) { appendRange(other, 0, other.size()); }
  /// Bytes [begin, end) of another text.
  void appendRange(const Text& other, std::size_t begin, std::size_t end);
  Text range(std::size_t begin, std::size_t end) const;

  /// Makes everything the message's when any byte is: for text that quotes data, such as JSON.
  void taint();
  std::vector<PromptSegment> segments() const;

 private:
  std::size_t runAt(std::size_t offset) const;
  void extend(std::size_t bytes, Origin origin);

  std::string m_bytes;
  std::vector<Run> m_runs;
};

/// Finds one needle in texts in linear time, whatever their content (Knuth, Morris, Pratt 1977).
class Searcher {
 public:
  explicit Searcher(std::string_view needle);  ///< keeps the view
  /// Offset of the first match at or after `from`; npos when there is none. An empty needle matches at
  /// `from`.
  std::size_t find(std::string_view text, std::size_t from = 0) const;

 private:
  std::string_view m_needle;
  std::vector<std::uint32_t> m_border;  ///< per prefix, the length of its longest proper border
};

}  // namespace cutaway::jinja
