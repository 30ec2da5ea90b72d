// Rows of the embedding table for the step's tokens; a lane decodes groups of 32 columns. The bound section
// of the table may hold only some of the tokens' rows.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "weights.glsl"
layout(set = 0, binding = 2, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 2, std430) writeonly buffer OutQuads { vec4 outputQuads[]; };
layout(push_constant) uniform Push { EmbedParams p; };

layout(constant_id = 0) const bool UNEVEN = false;  // columns are no multiple of 32

void main() {
  const uint t = gl_WorkGroupID.x;
  const uint token = tokenRecord(t).x;
  if (token < p.firstRow || token >= p.lastRow) return;
  const uint row = token - p.firstRow;
  const uint base = (row >> 3) * p.rowPieces * 8u + (row & 7u);
  for (uint g = lane(); g < p.groups; g += LANES) {
    const Group group = groupAt(base, g);
    const Scales scales = scalesAt(base, g);
    [[unroll]] for (uint i = 0u; i < 8u; ++i) {
      const vec4 w = weights4(group, scales, i);
      if (!UNEVEN) {
        outputQuads[t * p.columns / 4u + g * 8u + i] = w;
      } else {
        for (uint c = 0u; c < 4u; ++c)
          if (g * 32u + i * 4u + c < p.columns) outputs[t * p.columns + g * 32u + i * 4u + c] = w[c];
      }
    }
  }
}
