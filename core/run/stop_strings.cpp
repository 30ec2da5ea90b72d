#include "core/run/stop_strings.h"

#include <algorithm>
#include <utility>

namespace cutaway {
namespace {

/// Bytes at the end of `text` that are a beginning of `stop`, without being all of it.
std::size_t overlap(std::string_view text, std::string_view stop) {
  for (std::size_t length = std::min(text.size(), stop.size() - 1); length > 0; --length)
    if (text.ends_with(stop.substr(0, length))) return length;
  return 0;
}

}  // namespace

StopStrings::StopStrings(std::vector<std::string> strings) : m_strings(std::move(strings)) {
  std::erase(m_strings, "");
}

std::string StopStrings::append(std::string_view text) {
  if (m_matched) return {};
  m_held += text;
  std::size_t first = 0, end = std::string::npos, held = 0;
  for (const std::string& stop : m_strings) {
    held = std::max(held, overlap(m_held, stop));
    const std::size_t found = m_held.find(stop);
    if (found == std::string::npos || found + stop.size() > end) continue;
    first = found + stop.size() == end ? std::min(first, found) : found;
    end = found + stop.size();
  }
  m_matched = end != std::string::npos;
  std::string certain = m_held.substr(0, m_matched ? first : m_held.size() - held);
  m_held.erase(0, m_matched ? m_held.size() : certain.size());
  return certain;
}

std::string StopStrings::finish() { return std::exchange(m_held, {}); }

}  // namespace cutaway
