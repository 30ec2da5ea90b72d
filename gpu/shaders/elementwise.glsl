// One value, or two of the same shape, taken as flat arrays. What is past the last row is padding.
#include "lanes.glsl"
#include "step.glsl"
FLOAT_QUADS(1, a);
#ifdef ONE_OPERAND
layout(set = 0, binding = 2, std430) writeonly buffer Out { vec4 outputs[]; };
#else
FLOAT_QUADS(2, b);
layout(set = 0, binding = 3, std430) writeonly buffer Out { vec4 outputs[]; };
#endif
layout(push_constant) uniform Push { ElementwiseParams p; };

uint quadCount() {
  const uint rows = p.wanted != 0u ? min(stepWanted() - p.rowBase, kTailRows) : stepTokens();
  return (rows * p.width + 3u) / 4u;
}
uint firstQuad() { return gl_WorkGroupID.x * LANES * kElementQuads + lane(); }
