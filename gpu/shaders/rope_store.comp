// For q, k and v that lie in one value: normalises the heads of q and k where a family does that, rotates q, into another
// value or where it is, rotates k into the cache, and behind q if its tap word asks for that, stores v in the cache.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "cells.glsl"
layout(set = 0, binding = 1, std430) readonly buffer Qkv { float qkv[]; };
layout(set = 0, binding = 2, std430) readonly buffer Angles { vec2 angles[]; };  // (T, pairs): cos, sin
#define KEYS_BINDING 3
#include "cell_store.glsl"
layout(set = 0, binding = 5, std430) writeonly buffer Rotated { float rotatedQk[]; };
layout(set = 0, binding = 6, std430) readonly buffer TapWords { uint tapWords[]; };
layout(set = 0, binding = 7, std430) readonly buffer QueryNorm { float queryNorm[]; };
layout(set = 0, binding = 8, std430) readonly buffer KeyNorm { float keyNorm[]; };
layout(push_constant) uniform Push { RopeStoreParams p; };
layout(constant_id = 0) const bool NORMS = false;

float g_inverse = 1.0;

// Of the head that begins at `base`, of the lanes' work-group.
void findInverse(uint base) {
  float squares = 0.0;
  const uint step = p.headWidth % 4u == 0u ? 4u : 1u;  // added up in the order of rms_norm.comp, for the same bits
  for (uint dim = lane() * step; dim < p.headWidth; dim += LANES * step) {
    vec4 v = vec4(qkv[base + dim], 0.0, 0.0, 0.0);
    if (step == 4u) v.yzw = vec3(qkv[base + dim + 1u], qkv[base + dim + 2u], qkv[base + dim + 3u]);
    squares += dot(v, v);
  }
  g_inverse = 1.0 / sqrt(laneSum(squares) / float(p.headWidth) + p.epsilon);
}

float queryAt(uint base, uint dim) {
  return NORMS ? qkv[base + dim] * g_inverse * queryNorm[dim] : qkv[base + dim];
}
float keyAt(uint base, uint dim) { return NORMS ? qkv[base + dim] * g_inverse * keyNorm[dim] : qkv[base + dim]; }

void rotateQuery(uint t, uint base) {
  for (uint j = lane(); j < p.pairs; j += LANES) {
    const vec2 a = angles[t * p.pairs + j];
    const uint first = p.halves != 0u ? j : 2u * j;
    const uint second = p.halves != 0u ? first + p.pairs : first + 1u;
    const float u = queryAt(base, first), v = queryAt(base, second);
    rotatedQk[base + first] = u * a.x - v * a.y;
    rotatedQk[base + second] = u * a.y + v * a.x;
  }
  for (uint dim = 2u * p.pairs + lane(); dim < p.headWidth; dim += LANES)
    rotatedQk[base + dim] = queryAt(base, dim);
}

float rotated(uint t, uint base, uint dim) {
  const float own = keyAt(base, dim);
  if (dim >= 2u * p.pairs) return own;
  const bool second = p.halves != 0u ? dim >= p.pairs : (dim & 1u) != 0u;
  const uint j = p.halves != 0u ? (second ? dim - p.pairs : dim) : dim >> 1;
  const uint distance = p.halves != 0u ? p.pairs : 1u;
  const float other = keyAt(base, second ? dim - distance : dim + distance);
  const vec2 a = angles[t * p.pairs + j];
  return second ? other * a.y + own * a.x : own * a.x - other * a.y;
}

void main() {
  const uint t = gl_WorkGroupID.x, head = gl_WorkGroupID.y;  // query heads, then key heads, then value heads
  const uint base = (t * (p.heads + 2u * p.keyHeads) + head) * p.headWidth;
  if (NORMS && head < p.heads + p.keyHeads) {
    findInverse(base);
    if ((tapWords[p.tapWord] & kTapInner) != 0u)  // behind rotated q and k
      for (uint dim = lane(); dim < p.headWidth; dim += LANES)
        rotatedQk[(p.heads + p.keyHeads) * p.headWidth + base + dim] =
            head < p.heads ? queryAt(base, dim) : keyAt(base, dim);
  }
  if (head < p.heads) {
    rotateQuery(t, base);
    return;
  }
  const uint cell = tokenRecord(t).z;
  const bool isKey = head < p.heads + p.keyHeads;
  const uint headPieces = piecesOf(p.headWidth);
  if (isKey && (tapWords[p.tapWord] & kTapRotated) != 0u)
    for (uint dim = lane(); dim < p.headWidth; dim += LANES) rotatedQk[base + dim] = rotated(t, base, dim);
  for (uint word = lane(); word < headPieces * 4u; word += LANES) {
    vec2 value = vec2(0.0);
    [[unroll]] for (uint c = 0u; c < WORD; ++c) {
      const uint dim = word * WORD + c;
      if (dim < p.headWidth) value[c] = isKey ? rotated(t, base, dim) : qkv[base + dim];
    }
    if (isKey)
      storeKeyWord(cell, p.keyHeads, head - p.heads, headPieces, word, packed(value));
    else
      storeValueWord(cell, p.keyHeads, head - p.heads - p.keyHeads, headPieces, word, packed(value));
  }
}
