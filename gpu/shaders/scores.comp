// Attention scores of some heads and tokens, (heads, rows, N), before softmax: -inf past each token's own position. For
// views that ask for them; the attention itself never stores them.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "cells.glsl"
layout(set = 0, binding = 1, std430) readonly buffer Pages { uint pages[]; };
FLOAT_QUADS(2, q);
UINT_QUADS(3, keys);
layout(set = 0, binding = 4, std430) writeonly buffer Out { float scores[]; };
layout(push_constant) uniform Push { ScoresParams p; };

void main() {
  const uint cell = gl_WorkGroupID.x * LANES + lane(), t = p.rowBase + gl_WorkGroupID.y;
  const uint head = p.firstHead + gl_WorkGroupID.z;
  if (cell >= p.context) return;
  const uvec4 token = tokenRecord(t);
  float score = kMinusInfinity;
  if (cell <= token.y) {
    const uint headPieces = piecesOf(p.headWidth);
    const uint page = pages[token.w + cell / kPage];
    const uint heads = p.keyHeads * p.headsPerKey;
    score = 0.0;
    for (uint piece = 0u; piece < headPieces; ++piece) {
      const uvec4 bits = quadAt(keys, keyPiece(page, p.keyHeads, head / p.headsPerKey, headPieces, piece, cell % kPage));
      [[unroll]] for (uint i = 0u; i < PIECE; ++i) {
#if CELL_F16
        const float k = unpackHalf2x16(bits[i / 2u])[i & 1u];
#else
        const float k = uintBitsToFloat(bits[i]);
#endif
        const uint dim = piece * PIECE + i;
        if (dim < p.headWidth) score += k * wordAt(q, (t * heads + head) * p.headWidth + dim);
      }
    }
    score *= p.scale;
  }
  scores[(gl_WorkGroupID.z * p.rows + gl_WorkGroupID.y) * p.context + cell] = score;
}
