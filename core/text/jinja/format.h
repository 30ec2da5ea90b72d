// Python's two ways to fill in a string: "%s" % values and "{}".format(values). Keeps the origin of all
// parts.
#pragma once

#include "core/text/jinja/machine.h"

namespace cutaway::jinja {

/// %s %r %d %i %f %x %% with flags, width and precision; %(name)s from a mapping.
Result<Value> formatPercent(Machine& machine, const Text& pattern, const Value& values);

/// {} {0} {name}, without attributes and format specifications.
Result<Value> formatBraces(Machine& machine, const Text& pattern, const CallArguments& arguments);

}  // namespace cutaway::jinja
