// Rotates pairs of each head by angles the host computed; dimensions beyond the pairs stay as they are.
#version 460
#include "lanes.glsl"
layout(set = 0, binding = 0, std430) readonly buffer Angles { vec2 angles[]; };  // (T, pairs): cos, sin
layout(set = 0, binding = 1, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Out { float outputs[]; };
layout(push_constant) uniform Push { RopeParams p; };

void main() {
  const uint t = gl_WorkGroupID.x, head = gl_WorkGroupID.y;
  const uint base = (t * p.heads + head) * p.headWidth;
  for (uint j = lane(); j < p.pairs; j += LANES) {
    const vec2 a = angles[t * p.pairs + j];
    const uint first = base + (p.halves != 0u ? j : 2u * j);
    const uint second = p.halves != 0u ? first + p.pairs : first + 1u;
    const float u = x[first], v = x[second];
    outputs[first] = u * a.x - v * a.y;
    outputs[second] = u * a.y + v * a.x;
  }
  for (uint j = 2u * p.pairs + lane(); j < p.headWidth; j += LANES) outputs[base + j] = x[base + j];
}
