// x as it is
#version 460
#define ONE_OPERAND 1
#include "elementwise.glsl"

void main() {
  const uint count = quadCount();
  for (uint i = 0u; i < kElementQuads; ++i) {
    const uint at = firstQuad() + i * LANES;
    if (at < count) outputs[at] = quadAt(a, at);
  }
}
