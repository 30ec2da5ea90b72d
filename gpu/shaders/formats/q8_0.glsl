// Q8_0: w = d q, 8 signed bits.
#define AUX_GROUPS 8
#define GROUP_PIECES 2
#define CHUNK_PIECES 17
#define SCALED 1
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
  const int word = int(group.q[i >> 2][i & 3u]);
  return vec4(ivec4(word << 24, word << 16, word << 8, word) >> 24);
}
vec2 scaleOffset(Scales s, uint half_) { return vec2(groupScale(s), 0.0); }
