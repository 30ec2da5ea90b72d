// x / sqrt(mean(x^2) + epsilon) * weight over rows; a work-group per row.
#version 460
#include "lanes.glsl"
FLOAT_QUADS(0, x);
FLOAT_QUADS(1, weight);
layout(set = 0, binding = 2, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 2, std430) writeonly buffer OutQuads { vec4 outputQuads[]; };
layout(push_constant) uniform Push { NormParams p; };
layout(constant_id = 0) const bool UNEVEN = false;  // columns are no multiple of 4

void main() {
  const uint row = gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x;
  const uint count = UNEVEN ? p.columns : p.columns / 4u;
  const uint base = row * count;
  float squares = 0.0;
  for (uint i = lane(); i < count; i += LANES) {
    const vec4 v = UNEVEN ? vec4(wordAt(x, base + i), 0.0, 0.0, 0.0) : quadAt(x, base + i);
    squares += dot(v, v);
  }
  const float inverse = 1.0 / sqrt(laneSum(squares) / float(p.columns) + p.epsilon);
  for (uint i = lane(); i < count; i += LANES) {
    if (UNEVEN)
      outputs[base + i] = wordAt(x, base + i) * inverse * wordAt(weight, i);
    else
      outputQuads[base + i] = quadAt(x, base + i) * inverse * quadAt(weight, i);
  }
}
