#include "core/text/jinja/text.h"

#include <algorithm>

namespace cutaway::jinja {

Text::Text(std::string bytes, Origin origin) : m_bytes(std::move(bytes)) {
  if (!m_bytes.empty()) m_runs.push_back({m_bytes.size(), origin});
}

std::size_t Text::runAt(std::size_t offset) const {
  const auto after = [](std::size_t at, const Run& run) { return at < run.end; };
  return std::upper_bound(m_runs.begin(), m_runs.end(), offset, after) - m_runs.begin();
}

Origin Text::originAt(std::size_t offset) const { return m_runs[runAt(offset)].origin; }

void Text::extend(std::size_t bytes, Origin origin) {
  if (bytes == 0) return;
  if (m_runs.empty() || m_runs.back().origin != origin) m_runs.push_back({0, origin});
  m_runs.back().end = m_bytes.size();
}

void Text::append(std::string_view bytes, Origin origin) {
  m_bytes += bytes;
  extend(bytes.size(), origin);
}

void Text::appendRange(const Text& other, std::size_t begin, std::size_t end) {
  for (std::size_t run = begin < end ? other.runAt(begin) : 0; begin < end; ++run) {
    const std::size_t stop = std::min(end, other.m_runs[run].end);
    append(std::string_view(other.m_bytes).substr(begin, stop - begin), other.m_runs[run].origin);
    begin = stop;
  }
}

Text Text::range(std::size_t begin, std::size_t end) const {
  Text part;
  part.appendRange(*this, begin, end);
  return part;
}

void Text::taint() {
  const auto message = [](const Run& run) { return run.origin == Origin::fromMessage; };
  if (std::any_of(m_runs.begin(), m_runs.end(), message)) m_runs = {{m_bytes.size(), Origin::fromMessage}};
}

std::vector<PromptSegment> Text::segments() const {
  std::vector<PromptSegment> segments;
  std::size_t begin = 0;
  for (const Run& run : m_runs) {
    segments.push_back({m_bytes.substr(begin, run.end - begin), run.origin == Origin::fromTemplate});
    begin = run.end;
  }
  return segments;
}

Searcher::Searcher(std::string_view needle) : m_needle(needle), m_border(needle.size() + 1) {
  std::uint32_t border = 0;
  for (std::size_t i = 1; i < needle.size(); ++i) {
    while (border > 0 && needle[i] != needle[border]) border = m_border[border];
    if (needle[i] == needle[border]) ++border;
    m_border[i + 1] = border;
  }
}

std::size_t Searcher::find(std::string_view text, std::size_t from) const {
  if (m_needle.empty()) return from <= text.size() ? from : std::string_view::npos;
  std::size_t matched = 0;
  for (std::size_t i = from; i < text.size(); ++i) {
    while (matched > 0 && text[i] != m_needle[matched]) matched = m_border[matched];
    if (text[i] == m_needle[matched]) ++matched;
    if (matched == m_needle.size()) return i + 1 - matched;
  }
  return std::string_view::npos;
}

}  // namespace cutaway::jinja
