// 32 columns of 4 bits in one piece, in order from the lowest bits: column 4i + c is nibble 4 (i odd) + c of
// word i / 2.
uvec4 nibbles4(uvec4 q, uint i) {
  const uint word = q[i >> 1] >> (i & 1u) * 16u;
  return uvec4(word, word >> 4, word >> 8, word >> 12) & 15u;
}

#ifdef PLACED
// The same without shifts: each nibble times a power of two, which activations are divided by beforehand.
vec4 placedNibbles4(uvec4 q, uint i) {
  const uint word = q[i >> 1];
  return (i & 1u) == 0u ? vec4(ivec4(uvec4(word) & uvec4(0xfu, 0xf0u, 0xf00u, 0xf000u)))
                        : vec4(ivec4(uvec4(word & 0xf0000u, word & 0xf00000u, word & 0xf000000u, word >> 28)));
}
vec4 placeOf(uint i) {
  return (i & 1u) == 0u ? vec4(1.0, 0.0625, 0.00390625, 0.000244140625)
                        : vec4(1.52587890625e-5, 9.5367431640625e-7, 5.9604644775390625e-8, 1.0);
}
#endif
