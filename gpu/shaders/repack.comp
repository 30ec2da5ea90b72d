// Repacks rows of a matrix from the file's layout to the device's: a lane makes a word, field by field, from what the
// format's map says (gpu/repack_map.h).
#version 460
#include "lanes.glsl"
layout(set = 0, binding = 0, std430) readonly buffer Source { uint source[]; };
layout(set = 0, binding = 1, std430) readonly buffer Map { uint map[]; };
layout(set = 0, binding = 2, std430) writeonly buffer Pieces { uint words[]; };
layout(push_constant) uniform Push { RepackParams p; };

void main() {
  const uint at = gl_WorkGroupID.x * LANES + lane(), block = gl_WorkGroupID.y;
  if (at >= p.rowPieces * 32u) return;
  const uint piece = at >> 5, row = block * 8u + (at >> 2 & 7u), word = at & 3u;
  uint value = 0u;
  if (row < p.rows) {
    const uint fields = 32u / p.bits, run = piece / p.runPieces;
    const uint entry = ((piece - run * p.runPieces) * 4u + word) * (fields + 1u);
    const uint from = (row * p.rowBytes + run * p.runBytes) * 8u, end = (row + 1u) * p.rowBytes * 8u;
    value = map[entry];
    for (uint i = 0u; i < fields; ++i) {
      const uint field = map[entry + 1u + i];
      if (field == 0xffffffffu || from + field >= end) continue;
      const uint bit = from + field;
      value ^= (source[bit >> 5] >> (bit & 31u) & (1u << p.bits) - 1u) << i * p.bits;
    }
  }
  words[(p.firstBlock + block) * p.rowPieces * 32u + at] = value;
}
