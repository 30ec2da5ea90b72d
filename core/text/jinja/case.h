// Upper and lower case, for the scripts that have it and are in wide use: Latin, Greek, Cyrillic, Armenian.
#pragma once

#include "core/text/jinja/text_builder.h"

namespace cutaway::jinja {

/// The other case; the same character where there is none, or outside these scripts.
char32_t toUpper(char32_t codePoint);
char32_t toLower(char32_t codePoint);

bool isLetter(char32_t codePoint);

enum class Case { upper, lower, keep };
/// Appends the character at `at` of `text`, with its origin. Gives the offset after it.
std::size_t appendCased(TextBuilder& out, const Text& text, std::size_t at, Case wanted);
void appendCased(TextBuilder& out, const Text& text, Case wanted);
/// Python's str.title: each run of letters begins in upper case.
void appendTitled(TextBuilder& out, const Text& text);
/// Python's str.capitalize: the first character in upper case, all others in lower case.
void appendCapitalized(TextBuilder& out, const Text& text);

}  // namespace cutaway::jinja
