// What linear_one and linear_many share: operands, and how activations are read.
layout(set = 0, binding = 2, std430) readonly buffer X { float x[]; };
layout(set = 0, binding = 2, std430) readonly buffer XQuads { vec4 xQuads[]; };
layout(set = 0, binding = 3, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 4, std430) readonly buffer Bias { float bias[]; };
layout(set = 0, binding = 5, std430) readonly buffer Residual { float residual[]; };
layout(push_constant) uniform Push { LinearParams p; };

// True where columns are no multiple of 32: activations past the end count as 0.
layout(constant_id = 0) const bool UNEVEN = false;
// True: gate and up in one launch, silu(gate) * up comes out.
layout(constant_id = 1) const bool SWIGLU = false;

// Columns 4 quad to 4 quad + 3 of the row that starts at float `row`.
vec4 activation(uint row, uint quad) {
  if (!UNEVEN) return xQuads[row / 4u + quad];
  vec4 v = vec4(0.0);
  [[unroll]] for (uint c = 0u; c < 4u; ++c)
    if (quad * 4u + c < p.columns) v[c] = x[row + quad * 4u + c];
  return v;
}

float silu(float v) { return v / (1.0 + exp(-v)); }

void store(uint row, uint token, float value) {
  if (row >= p.rows) return;
  if ((p.flags & kLinearBias) != 0u) value += bias[row];
  if ((p.flags & kLinearResidual) != 0u) value += residual[token * p.outStride + row];
  outputs[token * p.outStride + row] = value;
}
