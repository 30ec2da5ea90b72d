// Reads a buffer once, for measuring how fast the device can: each work-group a run of kReadQuads quads per lane.
#version 460
#include "lanes.glsl"
UINT_QUADS(0, quads);
layout(set = 0, binding = 1, std430) writeonly buffer Out { uint outputs[]; };
layout(push_constant) uniform Push { ReadParams p; };

void main() {
  const uint first = gl_WorkGroupID.x * kReadQuads * LANES + lane();
  uvec4 sum = uvec4(0u);
  for (uint i = 0u; i < kReadQuads; i += 8u)
    [[unroll]] for (uint k = 0u; k < 8u; ++k) sum += quadAt(quads, first + (i + k) * LANES);
  // So that no compiler leaves the reads out.
  if ((sum.x ^ sum.y ^ sum.z ^ sum.w) == p.rowBase) outputs[lane()] = sum.x;
}
