// BF16: 4 pieces of 8 columns; a bfloat is the upper half of a float.
#define AUX_GROUPS 0
#define GROUP_PIECES 4
#define CHUNK_PIECES 4
#define SCALED 0
struct Scales { uint none; };
struct Group { uvec4 q[4]; };

Group loadGroup(uint chunk, uint g) {
  Group group;
  [[unroll]] for (uint p = 0u; p < 4u; ++p) group.q[p] = quadAt(pieces, chunk + p * 8u);
  return group;
}
vec4 quants4(Group group, Scales s, uint i) {
  const uvec4 q = group.q[i >> 1];
  const uvec2 w = (i & 1u) == 0u ? q.xy : q.zw;
  return uintBitsToFloat(uvec4(w.x << 16, w.x & 0xffff0000u, w.y << 16, w.y & 0xffff0000u));
}
