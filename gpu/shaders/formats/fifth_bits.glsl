// The fifth bits of 32 columns in one word.
#include "formats/nibbles.glsl"
struct Scales { uvec4 words; };  // words.x: this group's fifth bits
struct Group { uvec4 q; };

Group loadGroup(uint chunk, uint g) { return Group(quadAt(pieces, chunk + (1u + g) * 8u)); }
vec4 quants4(Group group, Scales s, uint i) {
  const uint high = s.words.x >> 4u * i;
  return vec4(ivec4(nibbles4(group.q, i) | (uvec4(high << 4, high << 3, high << 2, high << 1) & 16u)));
}
