// What linear_one and linear_many share: operands, and how activations are read.
FLOAT_QUADS(2, x);
layout(set = 0, binding = 3, std430) writeonly buffer Out { float outputs[]; };
layout(set = 0, binding = 4, std430) readonly buffer Bias { float bias[]; };
layout(set = 0, binding = 5, std430) readonly buffer Residual { float residual[]; };
layout(push_constant) uniform Push { LinearParams p; };

// True where columns are no multiple of 32: activations past the end count as 0.
layout(constant_id = 0) const bool UNEVEN = false;

// Tests of a flag come out the same for all lanes; a variant for each would cost a compilation more than it
// saves.
bool has(uint flag) { return (p.flags & flag) != 0u; }

// Columns 4 quad to 4 quad + 3 of the row that starts at float `row`.
vec4 activation(uint row, uint quad) {
  if (!UNEVEN) return quadAt(x, row / 4u + quad);
  vec4 v = vec4(0.0);
  [[unroll]] for (uint c = 0u; c < 4u; ++c)
    if (quad * 4u + c < p.columns) v[c] = wordAt(x, row + quad * 4u + c);
  return v;
}

// Row block b of the BLOCKS that work-group `group` handles: the next ones, or half gate and half up blocks.
uint laneBlock(uint group, uint b, uint blocks) {
  if (!has(kLinearSwiglu)) return group * blocks + b;
  const uint gates = blocks / 2u;
  return group * gates + (b < gates ? b : p.gateBlocks + b - gates);
}
// How many of them are output, and where outputs end.
uint outputBlocks(uint blocks) { return has(kLinearSwiglu) ? blocks / 2u : blocks; }
uint endBlock() { return has(kLinearSwiglu) ? p.gateBlocks : p.rowBlocks; }

// What is stored for a row: itself, or silu of it times the up row.
float gated(float value, float up) { return has(kLinearSwiglu) ? value / (1.0 + exp(-value)) * up : value; }

float biasOf(uint row) {
  uint at = row;
  if (row >= p.biasEnd) at += (0u - p.biasEnd) % kVectorFloats;
  if (row >= p.secondBiasEnd) at += (p.biasEnd - p.secondBiasEnd) % kVectorFloats;
  return bias[at];
}

void store(uint row, uint token, float value) {
  if (row >= p.rows) return;
  if (has(kLinearBias)) value += biasOf(row);
  if (has(kLinearResidual)) value += residual[token * p.outStride + row];
  outputs[token * p.outStride + row] = value;
}
