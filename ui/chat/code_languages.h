// The table of languages that code blocks are coloured for. A new language is one row.
#pragma once

#include <array>
#include <span>

#include "ui/chat/code_highlight.h"

namespace cutaway {

/// Something between two marks, coloured as one.
struct CodeRegion {
  const char* open = nullptr;
  const char* close = nullptr;  ///< null: up to the line's end
  CodeColour colour = CodeColour::string;
  bool manyLines = false;
  bool escapes = false;  ///< a backslash guards the next character
};

struct CodeLanguage {
  const char* names;                    ///< lower case, separated and surrounded by spaces
  const char* keywords;                 ///< the same
  std::array<CodeRegion, 7> regions{};  ///< longer opening marks first
  const char* sigils = "";              ///< characters that begin a word of the function colour: "@" or "$"
  bool anyCase = false;                 ///< keywords in any case
  bool keys = false;                    ///< a string or word before a colon is a name
  bool markup = false;                  ///< colours are for tags alone
};

std::span<const CodeLanguage> codeLanguages();

}  // namespace cutaway
