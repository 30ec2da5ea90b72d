// Q4_Z: w = d (q - z); (d, z) of 4 groups in a piece, z a whole number.
#define AUX_GROUPS 4
#define GROUP_PIECES 1
#define CHUNK_PIECES 5
#define SCALED 1
#define PLACED 1
#include "formats/nibbles.glsl"
struct Scales { uvec4 words; };
struct Group { uvec4 q; };

Scales openGroup(uvec4 aux, uint g) { return Scales(uvec4(aux[g], 0u, 0u, 0u)); }
Group loadGroup(uint chunk, uint g) { return Group(quadAt(pieces, chunk + (1u + g) * 8u)); }
vec4 quants4(Group group, Scales s, uint i) { return vec4(ivec4(nibbles4(group.q, i))); }
vec2 scaleOffset(Scales s, uint half_) {
  const float d = unpackHalf2x16(s.words.x).x;
  return vec2(d, -d * float(s.words.x >> 16 & 255u));
}
vec4 placed4(Group group, Scales s, uint i) { return placedNibbles4(group.q, i); }
