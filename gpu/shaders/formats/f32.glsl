// F32: 8 pieces of 4 columns.
#define AUX_GROUPS 0
#define GROUP_PIECES 8
#define CHUNK_PIECES 8
#define SCALED 0
struct Scales { uint none; };
struct Group { uvec4 q[8]; };

Group loadGroup(uint chunk, uint g) {
  Group group;
  [[unroll]] for (uint p = 0u; p < 8u; ++p) group.q[p] = quadAt(pieces, chunk + p * 8u);
  return group;
}
vec4 quants4(Group group, Scales s, uint i) { return uintBitsToFloat(group.q[i]); }
