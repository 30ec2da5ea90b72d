// What the inline parser makes of a block's text before it is drawn: stretches, and the delimiters among them.
#pragma once

#include <vector>

#include "ui/chat/markdown_inline.h"

namespace cutaway {

/// A stretch of the joined lines; emphasis and links are marked on it in place.
struct InlineAtom {
  int begin = 0, length = 0;  ///< in the joined text; what a delimiter has left of itself
  QString replacement = {};   ///< drawn instead; null: the stretch itself
  quint8 style = 0;
  int link = -1;
  bool canOpen = false, canClose = false;  ///< of a delimiter
  int run = 0;                             ///< a delimiter's length at first
};

/// The lines of a block joined by line feeds, with the way back to the source.
struct JoinedLines {
  JoinedLines(QStringView text, const QVector<SourceSpan>& lines);
  int lineOf(int at) const;
  int sourceOf(int at) const;  ///< of a place in `text`

  QString text;
  QVector<SourceSpan> lines;
  std::vector<int> starts;  ///< of the lines in `text`
};

/// Runs of '*', '_' and '~~' that may still open or close emphasis: CommonMark's "process emphasis". They are atoms,
/// named by their index.
class InlineDelimiters {
 public:
  InlineDelimiters(const QString& text, std::vector<InlineAtom>& atoms) : m_text(text), m_atoms(atoms) {}

  int size() const { return static_cast<int>(m_open.size()); }
  void push(int atom) { m_open.push_back(atom); }
  /// Pairs those from the `bottom`-th on, marks what stands between them, and forgets them.
  void match(size_t bottom);
  /// The last run of a growing text is not drawn unless it closes all that its opener began.
  void holdBack();

 private:
  bool pairs(const InlineAtom& opener, const InlineAtom& closer) const;
  size_t pairUp(size_t opener, size_t closer);

  const QString& m_text;
  std::vector<InlineAtom>& m_atoms;
  std::vector<int> m_open;
};

/// Draws the atoms in order; the links are their addresses.
InlineText renderAtoms(const JoinedLines& joined, const std::vector<InlineAtom>& atoms, const QStringList& links);

}  // namespace cutaway
