// Q8_0: w = d q, 8 signed bits, stored as q + 128: a byte that is never negative can be converted where it stands.
#define AUX_GROUPS 8
#define GROUP_PIECES 2
#define CHUNK_PIECES 17
#define SCALED 1
#define PLACED 1
#include "formats/half_scales.glsl"
struct Group { uvec4 q[2]; };

Group loadGroup(uint chunk, uint g) {
  const uint at = chunk + (1u + g * 2u) * 8u;
  Group group;
  group.q[0] = quadAt(pieces, at);
  group.q[1] = quadAt(pieces, at + 8u);
  return group;
}
vec4 quants4(Group group, Scales s, uint i) {
  const uint word = group.q[i >> 2][i & 3u];
  return vec4(ivec4(uvec4(word, word >> 8, word >> 16, word >> 24) & 255u));
}
vec2 scaleOffset(Scales s, uint half_) {
  const float d = groupScale(s);
  return vec2(d, -128.0 * d);
}
vec4 placed4(Group group, Scales s, uint i) {
  const uint word = group.q[i >> 2][i & 3u];
  return vec4(ivec4(word & 0xffu, word & 0xff00u, word & 0xff0000u, word >> 24));
}
vec4 placeOf(uint i) { return vec4(1.0, 0.00390625, 1.52587890625e-5, 1.0); }
