// Identifiers of conversations and messages, made without asking the database.
#pragma once

#include <QtGlobal>

namespace cutaway {

/// Positive, ascending within the process; two processes at the same time differ with near certainty: 41 bits of
/// milliseconds since 2024, then 22 random bits.
qint64 newId();

}  // namespace cutaway
