// Q5_1: w = d q + m; a piece holds the fifth bits of two groups and their (d, m).
#define AUX_GROUPS 2
#define GROUP_PIECES 1
#define CHUNK_PIECES 3
#define SCALED 1
#include "formats/fifth_bits.glsl"

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g], 0u, aux[2u + g], 0u)); }
vec2 scaleOffset(Scales s, uint half_) { return unpackHalf2x16(s.words.z); }
