// Arrays of 16-byte quads that a kernel only reads: UINT_QUADS(binding, name) or FLOAT_QUADS, and quadAt(name, i).
// On software Vulkan they are bound as texel buffers: a load becomes one vector load per lane, without the
// branches that guard a storage buffer's, and streams 24 GB/s per core where that one streams 6 (Mesa 22.3).
#if LANES8
#define UINT_QUADS(at, name) layout(set = 0, binding = at, rgba32ui) uniform readonly uimageBuffer name
#define FLOAT_QUADS(at, name) layout(set = 0, binding = at, rgba32f) uniform readonly imageBuffer name
#define quadAt(name, i) imageLoad(name, int(i))
#else
#define UINT_QUADS(at, name) \
  layout(set = 0, binding = at, std430) readonly buffer name##Quads { uvec4 name[]; }
#define FLOAT_QUADS(at, name) \
  layout(set = 0, binding = at, std430) readonly buffer name##Quads { vec4 name[]; }
#define quadAt(name, i) name[i]
#endif
// One word of such an array.
#define wordAt(name, i) quadAt(name, (i) / 4u)[(i) & 3u]
