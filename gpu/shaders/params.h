// What the host hands to the kernels: one text, read by C++ and by GLSL. All words are 4 bytes, so both
// agree.
#ifdef __cplusplus
#pragma once
#include <cstdint>
namespace cutaway::gpu {
using uint = std::uint32_t;
#endif

// Every parameter struct starts with rowBase: where in the wanted rows a chunk of the tail begins.

const uint kLinearBias = 1u;      // add bias[row]
const uint kLinearResidual = 2u;  // add residual[token][row]
const uint kLinearPicked = 4u;    // one row: x's row is that of the first wanted token
const uint kLinearWanted = 8u;    // rows are wanted rows, not the step's tokens
const uint kLinearSwiglu = 32u;   // gate rows, then as many up rows: silu(gate) * up comes out

// Tap words: one for each node of the graph, and a last one that is always 0. A launch of one row reads the word of
// one of its nodes, and stores what this asks for of what it holds and would not store otherwise. For attention it is
// one more than the float of the buffer of scores where those of its heads are to begin.
const uint kTapNorm = 1u;     // the normalised input
const uint kTapInner = 2u;    // what comes before the residual, before gate and up are joined, before q and k are rotated
const uint kTapRotated = 4u;  // rotated keys

struct LinearParams {
  uint rowBase;
  uint flags;
  uint columns;     // K
  uint groups;      // of 32 columns, rounded up
  uint rowPieces;   // 16-byte pieces of one row
  uint rowBlocks;   // blocks of 8 rows in the bound section
  uint firstRow;    // of the section in the output
  uint rows;        // of the output
  uint gateBlocks;  // swiglu: row blocks from a gate row to its up row
  uint xStride;     // floats from token to token
  uint outStride;
  float epsilon;    // of a folded norm
  uint tapWord;
  uint innerAt;     // where kTapInner begins, behind kTapNorm
  uint biasEnd;       // rows from which on, and from secondBiasEnd on, the bias is another vector, padded to
  uint secondBiasEnd; // kVectorFloats behind the one before
};

struct EmbedParams {
  uint rowBase;
  uint columns;
  uint groups;
  uint rowPieces;
  uint firstRow;  // of the bound section
  uint lastRow;   // one past
};

struct NormParams {
  uint rowBase;
  uint columns;
  float epsilon;
};

struct RoundParams {
  uint rowBase;
  uint columns;
  float largest;  // 0: of each row
};

struct RopeParams {
  uint rowBase;
  uint heads;
  uint headWidth;
  uint pairs;   // rotated pairs of a head
  uint halves;  // 1: (j, j + pairs), 0: (2j, 2j + 1)
};

// q, k and v of a token lie one after another in one value.
struct RopeStoreParams {
  uint rowBase;
  uint heads;
  uint keyHeads;
  uint headWidth;
  uint pairs;
  uint halves;
  uint tapWord;
  float epsilon;  // of the heads' norms
};

struct StoreKvParams {
  uint rowBase;
  uint keyHeads;
  uint headWidth;
};

struct AttentionParams {
  uint rowBase;
  uint keyHeads;
  uint qStride;    // floats from token to token
  uint outStride;
  uint maxSplits;  // partial results per (tile, key head)
  float scale;
  uint tapWord;
};

struct ScoresParams {
  uint rowBase;  // first token
  uint rows;     // tokens
  uint keyHeads;
  uint headsPerKey;
  uint headWidth;
  uint firstHead;  // of the bound range of heads
  uint context;    // N: columns
  float scale;
};

struct EditParams {
  uint rowBase;    // of the bound rows
  uint firstRow;   // in the list of rows
  uint entries;    // per row
  uint entriesAt;  // where their places are listed
  uint stride;     // of a row
  uint adds;       // 0: nothing is added
  float keep;
};

struct ElementwiseParams {
  uint rowBase;
  uint width;   // of a row
  uint wanted;  // 1: the rows of a tail chunk, 0: the step's tokens
};

struct PickRowsParams {
  uint rowBase;
  uint width;
};

struct LogitParams {
  uint rowBase;
  uint vocabulary;
  uint stride;  // floats from row to row
  uint blocks;  // of kLogitBlock logits
};

struct ReadParams {
  uint rowBase;  // what the sum of all that was read is unlikely to be
};

struct RepackParams {
  uint rowBase;
  uint firstBlock;  // in the bound section, of the rows that are written
  uint rows;
  uint rowBytes;  // of the source
  uint rowPieces;
  uint runPieces;  // of the format's map
  uint runBytes;
  uint bits;  // of a field
};

struct SoftmaxParams {
  uint rowBase;
  uint columns;
};

// The step's records: two uvec4 for the step, then two per token.
//   {T, R, tiles, N} {0, 0, 0, 0}
//   {token, position, cell, first entry of its sequence's pages} {wanted row r's token index, r's target, 0, 0}
const uint kRecordWords = 8u;
const uint kNoTarget = 0xffffffffu;

// Attention tiles: uvec4 {first token, tokens, first entry of the sequence's pages, cells seen by the last
// token}.
const uint kTileWords = 4u;

const uint kVectorFloats = 64u;  // vectors are padded to a multiple
const uint kPage = 32u;          // cells of a cache page
const uint kSplitCells = 256u;   // cells that one work-group of a split attention reads
const uint kTailRows = 32u;      // wanted rows whose logits are made at once
const uint kLogitBlock = 64u;    // logits summed up by one lane
const uint kTop = 64u;
const uint kReadQuads = 256u;    // quads that a lane reads to measure bandwidth
const uint kElementQuads = 16u;  // quads that a lane of an elementwise kernel handles
// A result row: max, sum of exp(x - max), sum of (x - max) exp(x - max), target's logit, then (token, logit)
// pairs.
const uint kResultHeader = 4u;
const uint kResultWords = 132u;

#ifdef __cplusplus
}
#endif
