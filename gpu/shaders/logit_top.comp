// One work-group per wanted row: joins the blocks' sums, and takes the 64 highest logits one by one, equal
// ones in order of token. Three levels of maxima (64 blocks make a super-block) keep each step short.
#version 460
#include "lanes.glsl"
#include "step.glsl"
#include "logits.glsl"
layout(set = 0, binding = 1, std430) readonly buffer Logits { float logits[]; };
layout(set = 0, binding = 2, std430) coherent buffer Blocks { vec4 blocks[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Results { uint results[]; };
layout(push_constant) uniform Push { LogitParams p; };

const uint kMaxSupers = 2048u;  // vocabularies up to 8 million
shared float s_supers[kMaxSupers];
#if !LANES8
shared uint s_indices[LANES];
#endif

struct Best {
  float value;
  uint index;
};
#define kNone Best(kMinusInfinity, 0xffffffffu)

Best better(Best a, Best b) {
  const bool second = b.value > a.value || (b.value == a.value && b.index < a.index);
  return Best(second ? b.value : a.value, second ? b.index : a.index);
}

Best laneBest(Best mine) {
#if LANES8
  [[unroll]] for (uint step = 1u; step < 8u; step <<= 1)
    mine = better(mine, Best(subgroupShuffle(mine.value, lane() ^ step), subgroupShuffle(mine.index, lane() ^ step)));
#else
  barrier();
  s_lanes[lane()] = mine.value;
  s_indices[lane()] = mine.index;
  barrier();
  for (uint i = 0u; i < LANES; ++i) mine = better(mine, Best(s_lanes[i], s_indices[i]));
#endif
  return mine;
}

float logit(uint row, uint token) { return finiteLogit(logits[row * p.stride + token]); }

// The best of the block's logits that come after `last` in the order of extraction.
Best bestOfBlock(uint row, uint block, Best last) {
  Best mine = kNone;
  for (uint i = lane(); i < kLogitBlock; i += LANES) {
    const uint token = block * kLogitBlock + i;
    if (token >= p.vocabulary) continue;
    const float v = logit(row, token);
    if (v < last.value || (v == last.value && token > last.index)) mine = better(mine, Best(v, token));
  }
  return laneBest(mine);
}

Best bestBlock(uint row, uint super) {
  Best mine = kNone;
  for (uint i = lane(); i < 64u; i += LANES) {
    const uint block = super * 64u + i;
    if (block < p.blocks)
      mine = better(mine, Best(blocks[row * p.blocks + block].x, block));
  }
  return laneBest(mine);
}

Best bestSuper(uint supers) {
  Best mine = kNone;
  for (uint i = lane(); i < supers; i += LANES) mine = better(mine, Best(s_supers[i], i));
  return laneBest(mine);
}

void storeSums(uint row, uint at) {
  float highest = kMinusInfinity;
  for (uint i = lane(); i < p.blocks; i += LANES) highest = max(highest, blocks[row * p.blocks + i].x);
  highest = laneMax(highest);
  vec2 sums = vec2(0.0);
  float broken = 0.0;
  for (uint i = lane(); i < p.blocks; i += LANES) {
    const vec4 block = blocks[row * p.blocks + i];
    const float shift = max(block.x - highest, -200.0), factor = exp(shift);  // exp(-200) is 0 in F32
    broken += block.w;
    sums += factor * vec2(block.y, block.z + shift * block.y);
  }
  const float sum = laneSum(sums.x), weighted = laneSum(sums.y);
  broken = laneSum(broken);
  if (lane() != 0u) return;
  const uint target = wantedRecord(p.rowBase + row).y;
  results[at] = floatBitsToUint(highest);
  results[at + 1u] = broken > 0.0 ? 0u : floatBitsToUint(sum);  // 0: some logit is no number
  results[at + 2u] = floatBitsToUint(weighted);
  results[at + 3u] = target == kNoTarget ? 0u : floatBitsToUint(logit(row, target));
}

void main() {
  const uint row = gl_WorkGroupID.x;
  if (p.rowBase + row >= stepWanted()) return;
  const uint at = (p.rowBase + row) * kResultWords;
  storeSums(row, at);
  const uint supers = (p.blocks + 63u) / 64u;
  for (uint super = 0u; super < supers; ++super) {
    const Best best = bestBlock(row, super);
    if (lane() == 0u) s_supers[super] = best.value;
  }
  barrier();
  Best last = Best(uintBitsToFloat(0x7f800000u), 0u);
  const uint count = min(kTop, p.vocabulary);
  for (uint k = 0u; k < count; ++k) {
    const uint super = bestSuper(supers).index;
    const uint block = bestBlock(row, super).index;
    last = bestOfBlock(row, block, last);
    const Best rest = bestOfBlock(row, block, last);
    barrier();
    if (lane() == 0u) {
      results[at + kResultHeader + 2u * k] = last.index;
      results[at + kResultHeader + 2u * k + 1u] = floatBitsToUint(last.value);
      blocks[row * p.blocks + block].x = rest.value;
    }
    memoryBarrierBuffer();
    barrier();
    const float superMax = bestBlock(row, super).value;
    if (lane() == 0u) s_supers[super] = superMax;
    barrier();
  }
}
