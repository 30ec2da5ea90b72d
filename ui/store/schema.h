// The database's schema as a list of steps; a step that has shipped is never edited, the next one is appended.
#pragma once

#include <span>

namespace cutaway {

struct SchemaStep {
  int version;  ///< PRAGMA user_version after it
  std::span<const char* const> statements;
};
std::span<const SchemaStep> schemaSteps();

/// Substring search over the messages' text; left out where SQLite lacks FTS5 with trigrams.
std::span<const char* const> fullTextStatements();

}  // namespace cutaway
