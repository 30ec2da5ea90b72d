// Q3_K: w = d (sc - 32) (q - 4), 6 bits of sc per 16 columns. A chunk is 8 groups: a piece of d and 96 bits of sc in
// order, 4 pieces of bit pairs (a group's 32 pairs are half a piece), 2 pieces of third bits (a word per group).
#define AUX_GROUPS 8
#define GROUP_PIECES 1
#define CHUNK_PIECES 7
#define SCALED 1
#define SCALE_PER_HALF 1
struct Scales { uvec4 words; };
struct Group { uvec2 pairs; uint thirds; };

Scales openGroup(uvec4 aux, uint g) {
  const uint bit = 12u * g, word = bit >> 5, shift = bit & 31u;
  uint bits = aux[1u + word] >> shift;
  if (shift > 20u) bits |= aux[2u + word] << (32u - shift);
  return Scales(uvec4(aux.x, bits, 0u, 0u));
}
Group loadGroup(uint chunk, uint g) {
  const uvec4 two = quadAt(pieces, chunk + (1u + (g >> 1)) * 8u);
  return Group((g & 1u) == 0u ? two.xy : two.zw, quadAt(pieces, chunk + (5u + (g >> 2)) * 8u)[g & 3u]);
}
vec4 quants4(Group group, Scales s, uint i) {
  const uint bits = group.pairs[i >> 2] >> (i & 3u) * 8u, third = group.thirds >> 4u * i;
  return vec4(ivec4((uvec4(bits, bits >> 2, bits >> 4, bits >> 6) & 3u) |
                    (uvec4(third << 2, third << 1, third, third >> 1) & 4u)));
}
vec2 scaleOffset(Scales s, uint half_) {
  const float scale = unpackHalf2x16(s.words.x).x * float(int(s.words.y >> half_ * 6u & 63u) - 32);
  return vec2(scale, -4.0 * scale);
}
