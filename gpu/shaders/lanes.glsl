// Lanes of one work-group that work together. Two classes of device:
//   LANES8   software Vulkan: a work-group of 8 is one SIMD vector; values pass by constant shuffles, no barriers
//   portable any device: values pass through shared memory
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require
#if LANES8
#extension GL_KHR_shader_subgroup_basic : require
#extension GL_KHR_shader_subgroup_shuffle : require
#endif
#include "params.h"
#include "quads.glsl"

#if LANES8
const uint LANES = 8u;
layout(local_size_x = 8) in;
uint lane() { return gl_SubgroupInvocationID; }
#else
#ifndef PORTABLE_LANES
#define PORTABLE_LANES 32
#endif
#ifdef LANES_ID  // the host chooses how many lanes a work-group has, at most PORTABLE_LANES
layout(local_size_x_id = LANES_ID) in;
#define LANES gl_WorkGroupSize.x
#else
const uint LANES = PORTABLE_LANES;
layout(local_size_x = PORTABLE_LANES) in;
#endif
uint lane() { return gl_LocalInvocationID.x; }
shared float s_lanes[PORTABLE_LANES];
#endif

// Over all lanes, in uniform control flow.
#if LANES8
float laneMax(float v) {
  v = max(v, subgroupShuffle(v, lane() ^ 1u));
  v = max(v, subgroupShuffle(v, lane() ^ 2u));
  return max(v, subgroupShuffle(v, lane() ^ 4u));
}
float laneSum(float v) {
  v += subgroupShuffle(v, lane() ^ 1u);
  v += subgroupShuffle(v, lane() ^ 2u);
  return v + subgroupShuffle(v, lane() ^ 4u);
}
#else
float laneMax(float v) {
  barrier();
  s_lanes[lane()] = v;
  barrier();
  for (uint i = 0u; i < LANES; ++i) v = max(v, s_lanes[i]);
  return v;
}
float laneSum(float v) {
  barrier();
  s_lanes[lane()] = v;
  barrier();
  v = 0.0;
  for (uint i = 0u; i < LANES; ++i) v += s_lanes[i];
  return v;
}
#endif

#define kMinusInfinity uintBitsToFloat(0xff800000u)
