// Changes chosen entries of chosen rows of a value where they are: old * keep + added.
#version 460
#include "lanes.glsl"
layout(set = 0, binding = 0, std430) buffer Value { float values[]; };
// For each row its index and where its numbers to be added begin; then the entries' places within a row; then
// the numbers.
layout(set = 0, binding = 1, std430) readonly buffer Work { uint work[]; };
layout(push_constant) uniform Push { EditParams p; };

void main() {
  const uint entry = gl_WorkGroupID.x * LANES + lane(), row = p.firstRow + gl_WorkGroupID.y;
  if (entry >= p.entries) return;
  const uint at = (work[2u * row] - p.rowBase) * p.stride + work[p.entriesAt + entry];
  float value = p.keep == 0.0 ? 0.0 : p.keep * values[at];
  if (p.adds != 0u) value += uintBitsToFloat(work[work[2u * row + 1u] + entry]);
  values[at] = value;
}
