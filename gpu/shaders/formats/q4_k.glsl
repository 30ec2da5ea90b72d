// Q4_K: w = d sc q - dmin m; a piece holds (d, dmin) and, for 8 groups, 6 bits of sc and 6 of m, 96 bits in
// order.
#define AUX_GROUPS 8
#define GROUP_PIECES 1
#define CHUNK_PIECES 9
#define SCALED 1
#define PLACED 1
#include "formats/nibbles.glsl"
struct Scales { uvec4 words; };
struct Group { uvec4 q; };

Scales openGroup(uvec4 aux, uint g) {
  const uint bit = 12u * g, word = bit >> 5, shift = bit & 31u;
  uint bits = aux[1u + word] >> shift;
  if (shift > 20u) bits |= aux[2u + word] << (32u - shift);
  return Scales(uvec4(aux.x, bits, 0u, 0u));
}
Group loadGroup(uint chunk, uint g) { return Group(quadAt(pieces, chunk + (1u + g) * 8u)); }
vec4 quants4(Group group, Scales s, uint i) { return vec4(ivec4(nibbles4(group.q, i))); }
vec2 scaleOffset(Scales s, uint half_) {
  const vec2 d = unpackHalf2x16(s.words.x);
  return d * vec2(float(int(s.words.y & 63u)), -float(int(s.words.y >> 6 & 63u)));
}
vec4 placed4(Group group, Scales s, uint i) { return placedNibbles4(group.q, i); }
