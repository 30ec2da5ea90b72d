// Rows to 8 bits and back; a work-group per row.
#version 460
#include "lanes.glsl"
FLOAT_QUADS(0, x);
layout(set = 0, binding = 1, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 1, std430) writeonly buffer OutQuads { vec4 outputQuads[]; };
layout(push_constant) uniform Push { RoundParams p; };
layout(constant_id = 0) const bool UNEVEN = false;  // columns are no multiple of 4

void main() {
  const uint count = UNEVEN ? p.columns : p.columns / 4u;
  const uint base = gl_WorkGroupID.x * count;
  float largest = p.largest;
  if (largest == 0.0) {
    for (uint i = lane(); i < count; i += LANES) {
      const vec4 v = abs(UNEVEN ? vec4(wordAt(x, base + i), 0.0, 0.0, 0.0) : quadAt(x, base + i));
      largest = max(max(largest, max(v.x, v.y)), max(v.z, v.w));
    }
    largest = laneMax(largest);
  }
  const float scale = largest / 127.0;
  const bool rounds = scale > 1.2e-38;  // below that a device may divide by 0
  for (uint i = lane(); i < count; i += LANES) {
    if (UNEVEN) {
      const float v = wordAt(x, base + i);
      outputs[base + i] = rounds ? scale * clamp(roundEven(v / scale), -127.0, 127.0) : v;
    } else {
      const vec4 v = quadAt(x, base + i);
      outputQuads[base + i] = rounds ? scale * clamp(roundEven(v / scale), -127.0, 127.0) : v;
    }
  }
}
