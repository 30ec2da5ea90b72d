// Q5_0: w = d (q - 16); a piece holds the fifth bits of two groups and their scales.
#define AUX_GROUPS 2
#define GROUP_PIECES 1
#define CHUNK_PIECES 3
#define SCALED 1
#include "formats/fifth_bits.glsl"

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g], 0u, aux.z >> g * 16u, 0u)); }
vec2 scaleOffset(Scales s, uint half_) {
  const float d = unpackHalf2x16(s.words.z).x;
  return vec2(d, -16.0 * d);
}
