// Syntax colours for code blocks: one table of languages, one scanner, one line at a time.
#pragma once

#include <QString>
#include <QVector>

namespace cutaway {

enum class CodeColour : quint8 { plain, keyword, string, number, comment, function };

struct CodeSpan {
  int begin, length;
  CodeColour colour;
  bool operator==(const CodeSpan&) const = default;
};

struct CodeLanguage;

/// By the word after the fence ("py", "C++"); null when unknown.
const CodeLanguage* codeLanguage(QStringView name);

/// Where a line ends: 0 in plain code, else within something that goes on, as a comment of several lines.
using CodeState = int;

/// Adds the coloured stretches of `line`, which begins in `state`; returns the state at its end.
CodeState highlightLine(const CodeLanguage& language, QStringView line, CodeState state,
                        QVector<CodeSpan>& spans);

}  // namespace cutaway
