// Small recognisers for Markdown's inline syntax, each looking at the start of a text.
#pragma once

#include <QString>
#include <optional>

namespace cutaway {

bool isAsciiPunctuation(QChar c);

struct Flanking {
  bool canOpen, canClose;
};
/// CommonMark's left- and right-flanking rules for a run of `kind` between two texts.
Flanking flankingOf(QStringView before, QChar kind, QStringView after);

struct LinkTarget {
  QString address;
  int length;  ///< with both parentheses
};
std::optional<LinkTarget> linkTarget(QStringView rest);  ///< "(address "title")"

int angleLinkLength(QStringView rest);  ///< "<https://...>" or "<name@host>"; 0: none
int breakTagLength(QStringView rest);   ///< "<br>" and its spellings
int bareLinkLength(QStringView rest);   ///< "https://...", "www...." without what ends a sentence

struct Entity {
  QString text;
  int length = 0;
};
Entity entityAt(QStringView rest);  ///< numeric, and the names that occur in answers

}  // namespace cutaway
