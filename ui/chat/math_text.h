// LaTeX formulas as a line of styled text: Greek, operators, sub- and superscripts, fractions, roots. Not typesetting:
// what TeX stacks is written in a row, with parentheses where they are needed.
#pragma once

#include <QString>
#include <QVector>
#include <optional>

namespace cutaway {

/// A part of a drawn formula and where it stands in the formula's source. Parts are in the order of the source.
struct MathSegment {
  QString text;
  quint8 style = 0;  ///< InlineStyle bits
  int begin = 0, length = 0;
};

/// What TeX's mathematics mode would show. What is not known stays as it is written; nothing fails.
QVector<MathSegment> mathSegments(QStringView latex);

/// A formula at the start of a text: "$..$", "$$..$$", "\(..\)" or "\[..\]".
struct MathSpan {
  int open = 0, content = 0, close = 0;  ///< characters; close is 0 for one that still grows
  bool display = false;                  ///< on a line of its own
};
/// `before`: the character in front; `growing`: the text may go on behind its end. A single dollar opens a formula only
/// if what follows looks like one: prices and shell variables are left alone.
std::optional<MathSpan> mathAt(QStringView rest, QChar before, bool growing);

enum class MathClass : quint8 { plain, spaced, function };  ///< spaced: relations and the like

struct MathSymbol {
  const char* name;  ///< without the backslash
  const char16_t* text;
  MathClass kind = MathClass::plain;
};
const MathSymbol* mathSymbol(QStringView name);  ///< null: not known
const MathSymbol* mathSymbolsBegin();
const MathSymbol* mathSymbolsEnd();

}  // namespace cutaway
