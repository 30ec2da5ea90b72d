#include "gpu/program.h"

#include <algorithm>

namespace cutaway::gpu {

const Stored* Program::find(ValueId value) const {
  const auto found = std::ranges::find(stored, value, &Stored::value);
  return found == stored.end() ? nullptr : &*found;
}

}  // namespace cutaway::gpu
