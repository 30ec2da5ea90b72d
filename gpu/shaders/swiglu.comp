// silu(gate) * up
#version 460
#include "elementwise.glsl"

void main() {
  const uint count = quadCount();
  for (uint i = 0u; i < kElementQuads; ++i) {
    const uint at = firstQuad() + i * LANES;
    if (at < count) outputs[at] = quadAt(a, at) / (1.0 + exp(-quadAt(a, at))) * quadAt(b, at);
  }
}
