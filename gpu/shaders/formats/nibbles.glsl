// 32 columns of 4 bits in one piece, in order from the lowest bits.
uvec4 nibbles4(uvec4 q, uint i) {
  const uint word = q[i >> 1] >> (i & 1u) * 16u;
  return uvec4(word, word >> 4, word >> 8, word >> 12) & 15u;
}
