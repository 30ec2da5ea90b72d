// A repacked matrix: blocks of 8 rows, each a run of 16-byte pieces, piece p of the 8 rows side by side. A
// row's pieces hold chunks of AUX_GROUPS groups of 32 columns: one piece of scales, then the groups' own
// pieces. A format says: AUX_GROUPS (0: no scales), CHUNK_PIECES, GROUP_PIECES, SCALED, Scales openGroup(aux, g)
// for group g of the chunk, Group loadGroup(chunk, g), vec4 quants4(group, scales, i) for columns 4i to 4i + 3, and
// vec2 scaleOffset(scales, half) for columns from 16 half: weight = scale q + offset.
UINT_QUADS(1, pieces);

#include "format.glsl"

// Index of the chunk that holds group g, for a row that starts at `row` (its block's first piece plus 0 to
// 7).
uint chunkAt(uint row, uint g) {
#if AUX_GROUPS > 0
  return row + g / AUX_GROUPS * CHUNK_PIECES * 8u;
#else
  return row + g * CHUNK_PIECES * 8u;
#endif
}

// A group's scales are loaded anew for each group: on software Vulkan a loop over groups inside one over chunks,
// which keeps them, ran at 55 % (F16) to 95 % (Q8_0) of this one's speed.
Scales scalesAt(uint row, uint g) {
#if AUX_GROUPS > 0
  return openGroup(quadAt(pieces, chunkAt(row, g)), g % AUX_GROUPS);
#else
  return Scales(0u);
#endif
}

Group groupAt(uint row, uint g) {
#if AUX_GROUPS > 0
  return loadGroup(chunkAt(row, g), g % AUX_GROUPS);
#else
  return loadGroup(chunkAt(row, g), 0u);
#endif
}

// Formats that are PLACED also have placed4: quants times powers of two that x is divided by beforehand.
#ifndef PLACED
#define PLACED 0
vec4 placed4(Group group, Scales scales, uint i) { return quants4(group, scales, i); }
vec4 placeOf(uint i) { return vec4(1.0); }
#endif

// The weights themselves, columns 4i to 4i + 3 of the group.
vec4 weights4(Group group, Scales scales, uint i) {
#if SCALED
  const vec2 so = scaleOffset(scales, i >> 2);
  return quants4(group, scales, i) * so.x + so.y;
#else
  return quants4(group, scales, i);
#endif
}
