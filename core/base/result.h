// Errors as values: Result<T> holds a T or an Error, one clear sentence with its kind.
#pragma once

#include <expected>
#include <sstream>
#include <string>
#include <utility>

namespace cutaway {

/// What a caller can do about it; the command line's exit code follows from it.
enum class ErrorKind {
  badInput,     ///< a file, text or value that cannot be used; exit 1
  usage,        ///< the caller asked for something that does not exist; exit 2
  device,       ///< driver, device lost, no such device; exit 3
  outOfMemory,  ///< a plan that does not fit; the sentence says what would; exit 3
  contextFull,  ///< more tokens than the context holds; exit 1
  cancelled,    ///< the user stopped it; exit 1
};

struct Error {
  ErrorKind kind = ErrorKind::badInput;
  std::string message;  ///< names file, offset or tensor; expected and found; what would work
};

template <class T>
using Result = std::expected<T, Error>;

/// Its arguments printed one after another.
template <class... Parts>
std::string concat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// `return fail(ErrorKind::badInput, path, ": expected ", n, " bytes, found ", m);`
template <class... Parts>
std::unexpected<Error> fail(ErrorKind kind, const Parts&... parts) {
  return std::unexpected<Error>(Error{kind, concat(parts...)});
}

namespace detail {
template <class T>
T takeValue(std::expected<T, Error>& result) {
  return std::move(*result);
}
inline void takeValue(std::expected<void, Error>&) {}
}  // namespace detail

}  // namespace cutaway

/// The value of a Result, or an early return with its error: `auto map = TRY(mapFile(path));` Calls may nest.
#define TRY(expression) CUTAWAY_TRY(expression, __COUNTER__)
#define CUTAWAY_TRY(expression, number) CUTAWAY_TRY_NUMBERED(expression, number)
#define CUTAWAY_TRY_NUMBERED(expression, number)                                                                 \
  ({                                                                                                             \
    auto tryResult##number = (expression);                                                                       \
    if (!tryResult##number) return std::unexpected<::cutaway::Error>(std::move(tryResult##number).error());      \
    ::cutaway::detail::takeValue(tryResult##number);                                                             \
  })
