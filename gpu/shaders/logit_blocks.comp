// Sums up blocks of 64 logits, a block per lane: {max, sum of exp(x - max), sum of (x - max) exp(x - max), 1
// when a logit is no number or +inf}.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "logits.glsl"
FLOAT_QUADS(1, logits);
layout(set = 0, binding = 2, std430) writeonly buffer Blocks { vec4 blocks[]; };
layout(push_constant) uniform Push { LogitParams p; };

bool g_broken = false;

// 4 logits; those that do not exist count as -inf.
vec4 quad(uint row, uint first) {
  vec4 v = quadAt(logits, (row * p.stride + first) / 4u);
  [[unroll]] for (uint c = 0u; c < 4u; ++c) {
    const bool exists = first + c < p.vocabulary;
    g_broken = g_broken || (exists && !(v[c] < -kLowestLogit));
    v[c] = exists ? finiteLogit(v[c]) : kMinusInfinity;
  }
  return v;
}

void main() {
  const uint row = gl_WorkGroupID.y, block = gl_WorkGroupID.x * LANES + lane();
  if (p.rowBase + row >= stepWanted() || block >= p.blocks) return;
  vec4 best = vec4(kMinusInfinity);
  for (uint i = 0u; i < kLogitBlock; i += 4u) best = max(best, quad(row, block * kLogitBlock + i));
  const float highest = max(max(best.x, best.y), max(best.z, best.w));
  vec2 sums = vec2(0.0);
  for (uint i = 0u; i < kLogitBlock; i += 4u) {
    const vec4 d = max(quad(row, block * kLogitBlock + i) - highest, vec4(-200.0));  // exp(-200) is 0 in F32
    const vec4 e = exp(d);
    sums += vec2(dot(e, vec4(1.0)), dot(e, d));
  }
  blocks[row * p.blocks + block] = vec4(highest, sums, g_broken ? 1.0 : 0.0);
}
