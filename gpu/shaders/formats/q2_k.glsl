// Q2_K: w = d sc q - dmin m, 4 bits of sc and of m per 16 columns. A chunk is 4 groups: a piece of (d, dmin) and the 8
// bytes of sc and m, 2 pieces of bit pairs (a group's 32 pairs are half a piece).
#define AUX_GROUPS 4
#define GROUP_PIECES 1
#define CHUNK_PIECES 3
#define SCALED 1
#define SCALE_PER_HALF 1
struct Scales { uvec4 words; };
struct Group { uvec2 pairs; };

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux.x, aux[1u + (g >> 1)] >> (g & 1u) * 16u, 0u, 0u)); }
Group loadGroup(uint chunk, uint g) {
  const uvec4 two = quadAt(pieces, chunk + (1u + (g >> 1)) * 8u);
  return Group((g & 1u) == 0u ? two.xy : two.zw);
}
vec4 quants4(Group group, Scales s, uint i) {
  const uint bits = group.pairs[i >> 2] >> (i & 3u) * 8u;
  return vec4(ivec4(uvec4(bits, bits >> 2, bits >> 4, bits >> 6) & 3u));
}
vec2 scaleOffset(Scales s, uint half_) {
  const vec2 d = unpackHalf2x16(s.words.x);
  const uint scales = s.words.y >> half_ * 8u;
  return d * vec2(float(int(scales & 15u)), -float(int(scales >> 4 & 15u)));
}
