// The key-value cache of one layer, in pieces of 16 bytes: 8 halves or 4 floats.
//   keys   (page, head, piece, cell)   so that lanes that own cells read side by side
//   values (page, head, cell, piece)   so that lanes that own dimensions do
// CELL_F16 is 0 or 1, a macro or a specialization constant.
const uint PIECE = CELL_F16 != 0 ? 8u : 4u;
uint piecesOf(uint headWidth) { return (headWidth + PIECE - 1u) / PIECE; }
uint keyPiece(uint page, uint heads, uint head, uint headPieces, uint piece, uint cell) {
  return ((page * heads + head) * headPieces + piece) * kPage + cell;
}
uint valuePiece(uint page, uint heads, uint head, uint headPieces, uint piece, uint cell) {
  return ((page * heads + head) * kPage + cell) * headPieces + piece;
}
