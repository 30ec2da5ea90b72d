// Work on texts that filters and methods share.
#pragma once

#include "core/text/jinja/machine.h"

namespace cutaway::jinja {

/// Which ends to strip.
enum class Ends { both, left, right };
/// Without the given characters at its ends; without white space when `characters` is null.
Result<Value> stripped(Machine& machine, const Text& text, Ends ends, const Text* characters);

/// At most `count` replacements; all when negative.
Result<Value> replaced(Machine& machine, const Text& text, const Text& from, const Text& to,
                       std::int64_t count);

Result<Value> joined(Machine& machine, const List& items, const Text& separator);

/// Parts of a text: [begin, end) in bytes.
using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

/// The lines of a text without their ends, as Python's str.splitlines finds them.
Result<Ranges> lineRanges(Machine& machine, const Text& text);

/// A text, or the fitting complaint of the filter or method.
Result<const Text*> selfText(const Value& self, const Arguments& arguments);

}  // namespace cutaway::jinja
