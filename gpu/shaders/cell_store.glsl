// Writes one head's key or value into its cell, a word at a time; the padding of the last piece becomes 0.
#if CELL_F16
const uint WORD = 2u;  // dimensions in a word
#else
const uint WORD = 1u;
#endif
layout(set = 0, binding = 3, std430) writeonly buffer Keys { uint keyWords[]; };
layout(set = 0, binding = 4, std430) writeonly buffer Values { uint valueWords[]; };

uint packed(vec2 v) {
#if CELL_F16
  return packHalf2x16(v);
#else
  return floatBitsToUint(v.x);
#endif
}
void storeKeyWord(uint cell, uint heads, uint head, uint headPieces, uint word, uint bits) {
  keyWords[keyPiece(cell / kPage, heads, head, headPieces, word / 4u, cell % kPage) * 4u + word % 4u] = bits;
}
void storeValueWord(uint cell, uint heads, uint head, uint headPieces, uint word, uint bits) {
  valueWords[valuePiece(cell / kPage, heads, head, headPieces, word / 4u, cell % kPage) * 4u + word % 4u] = bits;
}
