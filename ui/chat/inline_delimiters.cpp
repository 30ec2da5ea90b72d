#include <algorithm>
#include <array>
#include <map>

#include "ui/chat/inline_atoms.h"

namespace cutaway {

void InlineDelimiters::holdBack() {
  if (m_atoms.empty() || m_atoms.back().run == 0) return;
  InlineAtom& last = m_atoms.back();
  const bool isDelimiter = !m_open.empty() && m_open.back() == int(m_atoms.size()) - 1;
  if (isDelimiter) {
    m_open.pop_back();
    const QChar kind = m_text[last.begin];
    for (auto i = m_open.rbegin(); last.canClose && i != m_open.rend(); ++i) {
      const InlineAtom& opener = m_atoms[*i];
      if (!opener.canOpen || m_text[opener.begin] != kind) continue;
      if (opener.length > last.length) break;
      m_open.push_back(int(m_atoms.size()) - 1);
      return;
    }
  }
  last.length = 0;
}

void InlineDelimiters::match(size_t bottom) {
  std::map<std::array<int, 3>, int> noOpenerBefore;
  for (size_t c = bottom; c < m_open.size();) {
    InlineAtom& closer = m_atoms[m_open[c]];
    if (!closer.canClose) {
      ++c;
      continue;
    }
    const QChar kind = m_text[closer.begin];
    int& limit = noOpenerBefore[{kind.unicode(), closer.canOpen, closer.run % 3}];
    size_t o = c;
    while (o > bottom && m_open[o - 1] >= limit && !pairs(m_atoms[m_open[o - 1]], closer)) --o;
    if (o == bottom || m_open[o - 1] < limit) {
      limit = m_open[c];
      if (closer.canOpen)
        ++c;
      else
        m_open.erase(m_open.begin() + std::ptrdiff_t(c));
      continue;
    }
    c = pairUp(o - 1, c);
  }
  m_open.resize(std::min(bottom, m_open.size()));
}

bool InlineDelimiters::pairs(const InlineAtom& opener, const InlineAtom& closer) const {
  if (!opener.canOpen || m_text[opener.begin] != m_text[closer.begin]) return false;
  const bool both = opener.canClose || closer.canOpen;
  return !(both && (opener.run + closer.run) % 3 == 0 && (opener.run % 3 != 0 || closer.run % 3 != 0));
}

/// Marks what is between two delimiters; returns where to go on.
size_t InlineDelimiters::pairUp(size_t o, size_t c) {
  const int from = m_open[o], to = m_open[c];
  InlineAtom &opener = m_atoms[from], &closer = m_atoms[to];
  const int count = opener.length >= 2 && closer.length >= 2 ? 2 : 1;
  const quint8 style = m_text[closer.begin] == u'~' ? kStrike : count == 2 ? kBold : kItalic;
  for (int i = from + 1; i < to; ++i) m_atoms[i].style |= style;
  opener.length -= count;
  closer.begin += count;
  closer.length -= count;
  const auto at = [this](size_t i) { return m_open.begin() + std::ptrdiff_t(i); };
  m_open.erase(at(o + 1), at(closer.length == 0 ? c + 1 : c));
  if (opener.length > 0) return o + 1;
  m_open.erase(at(o));
  return o;
}

}  // namespace cutaway
