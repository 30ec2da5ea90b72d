// Q5_K: w = d sc q - dmin m; a piece holds the fifth bits of two groups, their 6-bit sc and m, and (d, dmin).
#define AUX_GROUPS 2
#define GROUP_PIECES 1
#define CHUNK_PIECES 3
#define SCALED 1
#include "formats/fifth_bits.glsl"

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g], 0u, aux.z >> g * 12u, aux.w)); }
vec2 scaleOffset(Scales s, uint half_) {
  const vec2 d = unpackHalf2x16(s.words.w);
  return d * vec2(float(int(s.words.z & 63u)), -float(int(s.words.z >> 6 & 63u)));
}
