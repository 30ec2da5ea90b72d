// Stores the step's keys (rotated already) and values in the cache.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "cells.glsl"
layout(set = 0, binding = 1, std430) readonly buffer K { float k[]; };
layout(set = 0, binding = 2, std430) readonly buffer V { float v[]; };
#define KEYS_BINDING 3
#include "cell_store.glsl"
layout(push_constant) uniform Push { StoreKvParams p; };

void main() {
  const uint t = gl_WorkGroupID.x, head = gl_WorkGroupID.y;
  const uint cell = tokenRecord(t).z;
  const uint base = (t * p.keyHeads + head) * p.headWidth;
  const uint headPieces = piecesOf(p.headWidth);
  for (uint word = lane(); word < headPieces * 4u; word += LANES) {
    vec2 key = vec2(0.0), value = vec2(0.0);
    [[unroll]] for (uint c = 0u; c < WORD; ++c) {
      const uint dim = word * WORD + c;
      if (dim < p.headWidth) {
        key[c] = k[base + dim];
        value[c] = v[base + dim];
      }
    }
    storeKeyWord(cell, p.keyHeads, head, headPieces, word, packed(key));
    storeValueWord(cell, p.keyHeads, head, headPieces, word, packed(value));
  }
}
