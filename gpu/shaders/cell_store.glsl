// Writes one head's key or value into its cell, a word at a time; the padding of the last piece becomes 0.
const uint WORD = CELL_F16 != 0 ? 2u : 1u;  // dimensions in a word
layout(set = 0, binding = KEYS_BINDING, std430) writeonly buffer Keys { uint keyWords[]; };
layout(set = 0, binding = KEYS_BINDING + 1, std430) writeonly buffer Values { uint valueWords[]; };

uint packed(vec2 v) { return CELL_F16 != 0 ? packHalf2x16(v) : floatBitsToUint(v.x); }
void storeKeyWord(uint cell, uint heads, uint head, uint headPieces, uint word, uint bits) {
  keyWords[keyPiece(cell / kPage, heads, head, headPieces, word / 4u, cell % kPage) * 4u + word % 4u] = bits;
}
void storeValueWord(uint cell, uint heads, uint head, uint headPieces, uint word, uint bits) {
  valueWords[valuePiece(cell / kPage, heads, head, headPieces, word / 4u, cell % kPage) * 4u + word % 4u] = bits;
}
