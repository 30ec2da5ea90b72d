// Y = X W^T for tiles of 64 rows of W and 64 rows of X on cooperative matrices: both are brought to shared memory as F16,
// their products are summed in F32. The lanes of a work-group are subgroups in 2 rows; each has fragments of all of these.
#version 460
#extension GL_KHR_cooperative_matrix : require
#extension GL_KHR_memory_scope_semantics : require
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#define LANES8 0
#define PORTABLE_LANES 128
#include "lanes.glsl"
#include "step.glsl"
#include "weights.glsl"
#include "linear_io.glsl"
// Of a fragment, and the subgroups of a work-group: chosen by what the device lists.
layout(constant_id = 1) const uint M = 16u;
layout(constant_id = 2) const uint N = 16u;
layout(constant_id = 3) const uint K = 16u;
layout(constant_id = 4) const uint SUBGROUPS = 4u;

const uint TILE = 64u;                  // rows of W, and of X
const uint DEPTH = 64u;                 // columns at a time: each lane decodes a group of a row
const uint STRIDE = DEPTH / 2u + 4u;    // pairs of halves from row to row; not a power of two, for the banks' sake
const uint FRAGMENTS_M = TILE / M / 2u; // of a subgroup
const uint FRAGMENTS_N = TILE * 2u / N / SUBGROUPS;

shared f16vec2 s_weights[TILE * STRIDE];
shared f16vec2 s_x[TILE * STRIDE];
shared float s_sums[SUBGROUPS * 2u * M * N];

// Activations beyond the range of halves do not become infinite.
f16vec2 halves(vec2 v) { return f16vec2(clamp(v, vec2(-65504.0), vec2(65504.0))); }

uint rowCount() {
  return has(kLinearWanted) ? min(stepWanted() - p.rowBase, kTailRows) : stepTokens();
}

// Row block b of 8: the next ones, or half gate and half up blocks.
uint blockOf(uint b) { return laneBlock(gl_WorkGroupID.y, b, TILE / 8u); }

void shareWeights(uint firstGroup) {
  const uint row = lane() % TILE, g = firstGroup + lane() / TILE;
  const uint base = min(blockOf(row / 8u), p.rowBlocks - 1u) * p.rowPieces * 8u + row % 8u;
  const uint to = row * STRIDE + lane() / TILE * 16u;
  const bool inside = g < p.groups;
  const Group group = groupAt(base, min(g, p.groups - 1u));
  const Scales scales = scalesAt(base, min(g, p.groups - 1u));
  [[unroll]] for (uint i = 0u; i < 8u; ++i) {
    const vec4 w = inside ? weights4(group, scales, i) : vec4(0.0);
    s_weights[to + 2u * i] = halves(w.xy);
    s_weights[to + 2u * i + 1u] = halves(w.zw);
  }
}

void shareActivations(uint firstGroup, uint firstToken, uint count) {
  const uint quads = DEPTH / 4u;
  [[unroll]] for (uint i = 0u; i < TILE * quads / PORTABLE_LANES; ++i) {
    const uint at = i * PORTABLE_LANES + lane(), token = at / quads, quad = at % quads;
    const bool inside = firstToken + token < count && firstGroup * 8u + quad < p.groups * 8u;
    const vec4 v = inside ? activation((firstToken + token) * p.xStride, firstGroup * 8u + quad) : vec4(0.0);
    s_x[token * STRIDE + 2u * quad] = halves(v.xy);
    s_x[token * STRIDE + 2u * quad + 1u] = halves(v.zw);
  }
}

// Fragment m of this subgroup among the tile's: a gate fragment and its up fragment have the same subgroup.
uint fragmentM(uint m) { return gl_SubgroupID % 2u + 2u * m; }
uint fragmentN(uint n) { return gl_SubgroupID / 2u * FRAGMENTS_N + n; }

void storeRow(uint fragment, uint m, uint token, float value) {
  const uint row = fragment * M + m, block = blockOf(row / 8u);
  if (block < endBlock()) store(p.firstRow + block * 8u + row % 8u, token, value);
}

void main() {
  const uint count = rowCount(), firstToken = gl_WorkGroupID.x * TILE;
  if (firstToken >= count) return;
  coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator> sums[FRAGMENTS_M * FRAGMENTS_N];
  [[unroll]] for (uint i = 0u; i < FRAGMENTS_M * FRAGMENTS_N; ++i)
    sums[i] = coopmat<float, gl_ScopeSubgroup, M, N, gl_MatrixUseAccumulator>(0.0);

  for (uint g = 0u; g < p.groups; g += DEPTH / 32u) {
    barrier();
    shareWeights(g);
    shareActivations(g, firstToken, count);
    barrier();
    [[unroll]] for (uint k = 0u; k < DEPTH; k += K) {
      coopmat<float16_t, gl_ScopeSubgroup, M, K, gl_MatrixUseA> w[FRAGMENTS_M];
      [[unroll]] for (uint m = 0u; m < FRAGMENTS_M; ++m)
        coopMatLoad(w[m], s_weights, fragmentM(m) * M * STRIDE + k / 2u, STRIDE, gl_CooperativeMatrixLayoutRowMajor);
      [[unroll]] for (uint n = 0u; n < FRAGMENTS_N; ++n) {
        coopmat<float16_t, gl_ScopeSubgroup, K, N, gl_MatrixUseB> xs;
        coopMatLoad(xs, s_x, fragmentN(n) * N * STRIDE + k / 2u, STRIDE, gl_CooperativeMatrixLayoutColumnMajor);
        [[unroll]] for (uint m = 0u; m < FRAGMENTS_M; ++m)
          sums[m * FRAGMENTS_N + n] = coopMatMulAdd(w[m], xs, sums[m * FRAGMENTS_N + n]);
      }
    }
  }

  // Two fragments of a subgroup at a time, gate and up where there are such, on the way to memory.
  const uint mine = gl_SubgroupID * 2u * M * N;
  [[unroll]] for (uint m = 0u; m < FRAGMENTS_M / 2u; ++m)
    [[unroll]] for (uint n = 0u; n < FRAGMENTS_N; ++n) {
      const uint upM = m + FRAGMENTS_M / 2u;
      barrier();
      coopMatStore(sums[m * FRAGMENTS_N + n], s_sums, mine, M, gl_CooperativeMatrixLayoutColumnMajor);
      coopMatStore(sums[upM * FRAGMENTS_N + n], s_sums, mine + M * N, M, gl_CooperativeMatrixLayoutColumnMajor);
      barrier();
      for (uint i = gl_SubgroupInvocationID; i < M * N; i += gl_SubgroupSize) {
        const uint token = firstToken + fragmentN(n) * N + i / M;
        if (token >= count) continue;
        const float value = s_sums[mine + i], up = s_sums[mine + M * N + i];
        storeRow(fragmentM(m), i % M, token, gated(value, up));
        if (!has(kLinearSwiglu)) storeRow(fragmentM(upM), i % M, token, up);
      }
    }
}
