// Q6_K: w = d sc (q - 32), a signed 8-bit sc per 16 columns. A chunk is 4 groups: a piece of 8 sc and d, 4
// pieces of low nibbles, 2 pieces of upper bit pairs (a group's 32 pairs are half a piece).
#define AUX_GROUPS 4
#define GROUP_PIECES 1
#define CHUNK_PIECES 7
#define SCALED 1
#define SCALE_PER_HALF 1
#include "formats/nibbles.glsl"
struct Scales { uvec4 words; };
struct Group { uvec4 q; uvec2 high; };

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g >> 1] >> (g & 1u) * 16u, 0u, aux.z, 0u)); }
Group loadGroup(uint chunk, uint g) {
  const uvec4 pairs = quadAt(pieces, chunk + (5u + (g >> 1)) * 8u);
  return Group(quadAt(pieces, chunk + (1u + g) * 8u), (g & 1u) == 0u ? pairs.xy : pairs.zw);
}
vec4 quants4(Group group, Scales s, uint i) {
  const uint high = group.high[i >> 2] >> (i & 3u) * 8u;
  return vec4(ivec4(nibbles4(group.q, i) | (uvec4(high << 4, high << 2, high, high >> 2) & 48u)));
}
vec2 scaleOffset(Scales s, uint half_) {
  const float scale = unpackHalf2x16(s.words.z).x * float(bitfieldExtract(int(s.words.x), int(half_) * 8, 8));
  return vec2(scale, -32.0 * scale);
}
