// The rows of the tokens whose logits are wanted, kTailRows at a time.
#version 460
#include "lanes.glsl"
#include "step.glsl"
layout(set = 0, binding = 1, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Out { float outputs[]; };
layout(push_constant) uniform Push { PickRowsParams p; };

void main() {
  const uint r = gl_WorkGroupID.x;
  if (p.rowBase + r >= stepWanted()) return;
  const uint from = wantedRecord(p.rowBase + r).x * p.width;
  for (uint i = lane(); i < p.width; i += LANES) outputs[r * p.width + i] = x[from + i];
}
