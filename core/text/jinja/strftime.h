// strftime_now: a time as C and Python write it, always in English.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"

namespace cutaway::jinja {

/// `now` is ISO 8601, "2025-07-10T12:00:00Z" or a part of it from the left, taken as it is; empty for the
/// local clock. Fails on a date that does not exist and on a code it does not know.
Result<std::string> formatTime(std::string_view format, const std::string& now);

}  // namespace cutaway::jinja
