// Softmax of rows where they are; -inf becomes 0.
#version 460
#include "lanes.glsl"
layout(set = 0, binding = 0, std430) buffer Rows { float rows[]; };
layout(push_constant) uniform Push { SoftmaxParams p; };

void main() {
  const uint base = (gl_WorkGroupID.x + gl_WorkGroupID.y * gl_NumWorkGroups.x) * p.columns;
  float highest = kMinusInfinity;
  for (uint i = lane(); i < p.columns; i += LANES) highest = max(highest, rows[base + i]);
  highest = laneMax(highest);
  float sum = 0.0;
  for (uint i = lane(); i < p.columns; i += LANES) sum += exp(rows[base + i] - highest);
  const float inverse = 1.0 / laneSum(sum);
  for (uint i = lane(); i < p.columns; i += LANES) rows[base + i] = exp(rows[base + i] - highest) * inverse;
}
