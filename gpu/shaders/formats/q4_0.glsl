// Q4_0: w = d (q - 8).
#define AUX_GROUPS 8
#define GROUP_PIECES 1
#define CHUNK_PIECES 9
#define SCALED 1
#define PLACED 1
#include "formats/half_scales.glsl"
#include "formats/nibbles.glsl"
struct Group { uvec4 q; };

Group loadGroup(uint chunk, uint g) { return Group(quadAt(pieces, chunk + (1u + g) * 8u)); }
vec4 quants4(Group group, Scales s, uint i) { return vec4(ivec4(nibbles4(group.q, i))); }
vec2 scaleOffset(Scales s, uint half_) {
  const float d = groupScale(s);
  return vec2(d, -8.0 * d);
}
vec4 placed4(Group group, Scales s, uint i) { return placedNibbles4(group.q, i); }
