// Where tests find their files: committed fixtures, the demo model, and the shared data that may be absent.
#pragma once

#include <optional>
#include <string>

namespace cutaway::test {

/// A file of the repository, such as "tests/oracles/formats.json".
std::string projectFile(const std::string& relative);

/// A file of ../shared (or of $CUTAWAY_SHARED), such as "models/stories260K-f32.gguf". When it is absent, prints
/// that the test is skipped and why, and returns nothing.
std::optional<std::string> sharedFile(const std::string& relative);

/// The whole file; fails the test program when it cannot be read.
std::string readFile(const std::string& path);

}  // namespace cutaway::test
