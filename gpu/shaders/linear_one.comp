// y = x W^T for one row of x, with an optional norm of x folded in: sum(w x g) / rms(x) needs only one pass,
// as the sum of squares is gathered on the way. Lanes own rows.
#version 460
#define PORTABLE_LANES 256
#define LANES_ID 2
#include "lanes.glsl"
#include "step.glsl"
#include "weights.glsl"
#include "linear_io.glsl"
FLOAT_QUADS(6, normWeight);
layout(set = 0, binding = 7, std430) readonly buffer TapWords { uint tapWords[]; };
layout(set = 0, binding = 8, std430) writeonly buffer Taps { float taps[]; };
layout(constant_id = 3) const bool NORM = false;
layout(constant_id = 1) const uint BLOCKS = 4u;  // row blocks of a work-group; half of them up rows of swiglu

vec4 prepared(uint row, uint quad, inout float squares) {
  vec4 v = activation(row, quad);
  if (NORM) {
    squares += dot(v, v);
    v *= quadAt(normWeight, quad);
  }
  return v;
}

uint xRow() {
  return has(kLinearPicked) ? wantedRecord(p.rowBase).x * p.xStride : 0u;
}

#include "qkv.glsl"

// Row block b of this work-group; may lie past the end.
uint blockOf(uint b) { return QKV ? qkvBlock(b, BLOCKS) : laneBlock(gl_WorkGroupID.x, b, BLOCKS); }

// What is held here and not stored otherwise, for a view: the linear's own rows, and gate and up rows.
void storeInner(uint row, float value, float up) {
  if (row >= p.rows) return;
  if (has(kLinearBias)) value += biasOf(row);
  taps[p.innerAt + row] = value;
  if (has(kLinearSwiglu)) taps[p.innerAt + p.rows + row] = up;
}

bool isFirstGroup() { return gl_WorkGroupID.x == 0u && gl_WorkGroupID.y == 0u; }

// The normalised input, by the lanes of one work-group.
void storeNorm(uint row, float inverse) {
  [[dont_unroll]] for (uint c = lane(); c < p.columns; c += LANES)
    taps[c] = wordAt(x, row + c) * wordAt(normWeight, c) * inverse;
}

float inverseOf(float squares) { return NORM ? 1.0 / sqrt(squares / float(p.columns) + p.epsilon) : 1.0; }

void finish(float acc[BLOCKS], uint rowInBlock, float inverse, bool inner) {
  const uint count = outputBlocks(BLOCKS), end = endBlock();
  // Not unrolled, as stores take the compiler long: what comes next is moved to the front.
  [[dont_unroll]] for (uint b = 0u; b < count; ++b) {
    const float value = acc[0] * inverse, up = acc[BLOCKS / 2u] * inverse;
    const uint row = p.firstRow + blockOf(b) * 8u + rowInBlock;
    if (blockOf(b) < end) {
      store(row, 0u, gated(value, up));
      if (inner) storeInner(row, value, up);
    }
    [[unroll]] for (uint i = 0u; i + 1u < BLOCKS; ++i) acc[i] = acc[i + 1u];
  }
}

// The same for rows of q, k and v; by all lanes, of which those that are not `own` hold no sums.
void finishHead(float acc[BLOCKS], float inverse, bool own, uint tapped) {
  [[dont_unroll]] for (uint u = 0u; u < BLOCKS / 2u; ++u) {
    const uint pair = gl_WorkGroupID.x * (BLOCKS / 2u) + u;
    finishPair(vec2(acc[0], acc[BLOCKS / 2u]) * inverse, pair, own && pair < BLOCK_PAIRS, tapped);
    [[unroll]] for (uint i = 0u; i + 1u < BLOCKS; ++i) acc[i] = acc[i + 1u];
  }
}

// Sum over 32 columns, quad i of x from `xs`.
float groupDot(Group group, Scales scales, vec4 xs[8], vec2 xSums) {
  vec2 sums = vec2(0.0);
  [[unroll]] for (uint i = 0u; i < 8u; ++i) sums[i >> 2] += dot(placed4(group, scales, i), xs[i]);
#if SCALED && defined(SCALE_PER_HALF)
  const vec2 a = scaleOffset(scales, 0u), b = scaleOffset(scales, 1u);
  return a.x * sums.x + a.y * xSums.x + b.x * sums.y + b.y * xSums.y;
#elif SCALED
  const vec2 so = scaleOffset(scales, 0u);
  return so.x * (sums.x + sums.y) + so.y * (xSums.x + xSums.y);
#else
  return sums.x + sums.y;
#endif
}

// Sums of the activations that belong to each half of the group.
#if LANES8
vec2 halfSums(vec4 mine) {
  float sum = mine.x + mine.y + mine.z + mine.w;
  sum += subgroupShuffle(sum, lane() ^ 1u);
  sum += subgroupShuffle(sum, lane() ^ 2u);
  return vec2(subgroupShuffle(sum, 0u), subgroupShuffle(sum, 4u));
}
#else
vec2 halfSums(vec4 xs[8]) {
  return vec2(dot(xs[0] + xs[1] + xs[2] + xs[3], vec4(1.0)), dot(xs[4] + xs[5] + xs[6] + xs[7], vec4(1.0)));
}
#endif

#if LANES8

void main() {
  const uint l = lane();
  const uint row = xRow();
  uint base[BLOCKS];
  float acc[BLOCKS];
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
    base[b] = min(blockOf(b), p.rowBlocks - 1u) * p.rowPieces * 8u + l;
    acc[b] = 0.0;
  }
  float squares = 0.0;
  for (uint g = 0u; g < p.groups; ++g) {
    vec4 mine = prepared(row, g * 8u + l, squares);
    const vec2 xSums = SCALED == 1 ? halfSums(mine) : vec2(0.0);
    mine *= placeOf(l);
    vec4 xs[8];
    [[unroll]] for (uint i = 0u; i < 8u; ++i) xs[i] = subgroupShuffle(mine, i);
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b)
      acc[b] += groupDot(groupAt(base[b], g), scalesAt(base[b], g), xs, xSums);
  }
  const float inverse = inverseOf(laneSum(squares));
  const uint tapped = tapWords[p.tapWord];
  if (QKV)
    finishHead(acc, inverse, true, tapped);
  else
    finish(acc, l, inverse, (tapped & kTapInner) != 0u);
  if (NORM && (tapped & kTapNorm) != 0u && isFirstGroup()) storeNorm(row, inverse);
}

#else

// 8 rows times as many slices of the columns as there are lanes for; a slice takes every so-manieth group. Few
// rows need many slices: what hides the way to memory is how many lanes wait for it at once.
const uint SLICES = LANES / 8u;

// Of the first slice's lanes; the others get what is of no use.
float sumSlices(float v) {
  barrier();
  s_lanes[lane()] = v;
  barrier();
  float sum = 0.0;
  if (lane() < 8u)
    for (uint s = 0u; s < SLICES; ++s) sum += s_lanes[s * 8u + lane()];
  return sum;
}

void main() {
  const uint rowInBlock = lane() & 7u, slice = lane() >> 3;
  const uint row = xRow();
  float acc[BLOCKS];
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) acc[b] = 0.0;
  float squares = 0.0;
  for (uint g = slice; g < p.groups; g += SLICES) {
    vec4 xs[8];
    [[unroll]] for (uint i = 0u; i < 8u; ++i) xs[i] = prepared(row, g * 8u + i, squares);
    const vec2 xSums = SCALED == 1 ? halfSums(xs) : vec2(0.0);
    [[unroll]] for (uint i = 0u; i < 8u; ++i) xs[i] *= placeOf(i);
    [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) {
      const uint base = min(blockOf(b), p.rowBlocks - 1u) * p.rowPieces * 8u + rowInBlock;
      acc[b] += groupDot(groupAt(base, g), scalesAt(base, g), xs, xSums);
    }
  }
  [[unroll]] for (uint b = 0u; b < BLOCKS; ++b) acc[b] = sumSlices(acc[b]);
  float inverse = inverseOf(sumSlices(squares));
  const uint tapped = tapWords[p.tapWord];
  if (QKV)
    finishHead(acc, inverse, slice == 0u, tapped);
  else if (slice == 0u)
    finish(acc, rowInBlock, inverse, (tapped & kTapInner) != 0u);
  if (!NORM || (tapped & kTapNorm) == 0u || !isFirstGroup()) return;
  barrier();
  if (lane() == 0u) s_lanes[0] = inverse;
  barrier();
  storeNorm(row, s_lanes[0]);
}

#endif
