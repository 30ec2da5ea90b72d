// Every op of the device against its CPU twin, over one table of shapes: fused, and value by value.
#include "twin.h"

#include "gpu/backend_impl.h"

using namespace cutaway;
using namespace cutaway::test;

namespace {

/// Odd sizes are those that are no multiple of a quad, a group of 32 columns, a block of 8 rows, a piece of
/// the cache.
constexpr ModelShape kShapes[] = {
    {"even", 64, 4, 2, 16, 96, 100},
    {"odd everywhere", 37, 3, 1, 5, 45, 67, FormatId::f32, false, false, false, true, 2},
    {"odd in F16", 50, 2, 2, 6, 33, 131, FormatId::f16},
    {"odd in BF16", 35, 1, 1, 10, 70, 64, FormatId::bf16, true},
    {"one row of everything", 1, 1, 1, 2, 1, 2},
    {"biases, halves", 64, 4, 1, 16, 64, 65, FormatId::f32, true, true},
    {"biases with padding between", 32, 3, 3, 8, 64, 65, FormatId::f16, true, true},
    {"norms of heads", 64, 4, 2, 32, 64, 129, FormatId::f32, true, false, true},
    {"part of the head is rotated", 64, 2, 1, 24, 64, 300, FormatId::f32, true, false, false, false, 5},
    {"halves, part of the head is rotated", 64, 2, 1, 48, 64, 300, FormatId::f16, true, true, false, false,
     16},
    {"pairs, part of the head is rotated", 64, 3, 3, 32, 64, 300, FormatId::f16, false, true, false, false,
     5},
    {"norms of heads, part is rotated", 64, 4, 2, 32, 64, 129, FormatId::q8_0, false, false, true, false, 9},
    {"v in another format", 64, 4, 2, 16, 96, 100, FormatId::q8_0, true, false, false, false, 0,
     FormatId::f16},
    {"v in another format, norms of heads", 64, 4, 2, 16, 96, 99, FormatId::q8_0, true, true, true, false, 0,
     FormatId::f16},
    {"wide heads", 96, 3, 1, 80, 64, 64, FormatId::f32, false, false, false, true},
    {"wider heads", 64, 2, 1, 128, 64, 64},
    {"many heads per key", 64, 12, 1, 8, 64, 64},
    {"Q8_0", 96, 3, 1, 32, 160, 130, FormatId::q8_0},
    {"Q4_0", 96, 3, 1, 32, 160, 130, FormatId::q4_0},
    {"Q4_0, more than a chunk of scales", 320, 5, 5, 64, 288, 130, FormatId::q4_0, false, false, false, true},
    {"Q4_1", 96, 3, 1, 32, 160, 130, FormatId::q4_1},
    {"Q4_Z", 96, 3, 1, 32, 160, 130, FormatId::q4_Z},
    {"Q5_0", 96, 3, 1, 32, 160, 130, FormatId::q5_0},
    {"Q5_1", 96, 3, 1, 32, 160, 130, FormatId::q5_1},
    {"Q2_K", 256, 4, 2, 64, 512, 130, FormatId::q2_K},
    {"Q3_K", 256, 4, 2, 64, 512, 130, FormatId::q3_K},
    {"Q4_K", 256, 4, 2, 64, 512, 130, FormatId::q4_K},
    {"Q5_K", 256, 4, 2, 64, 512, 130, FormatId::q5_K},
    {"Q6_K", 256, 4, 2, 64, 512, 130, FormatId::q6_K},
};

/// Two sequences whose tokens take turns, beside each other in one step.
StepArrays twoSequences(std::uint32_t first, std::uint32_t count, std::uint32_t vocabulary) {
  StepArrays arrays;
  arrays.pages = {3, 1, 0, 2};
  arrays.perSequence = 2;
  for (std::uint32_t i = first; i < first + count; ++i)
    for (const std::int32_t sequence : {0, 1})
      arrays.add(static_cast<TokenId>((i * 5 + static_cast<std::uint32_t>(sequence) * 11) % vocabulary),
                 static_cast<std::int32_t>(i), sequence, i % 2 == 0);
  return arrays;
}

void checkShape(const std::shared_ptr<Backend>& device, const ModelShape& shape, const TwinOptions& options) {
  CAPTURE(shape.name);
  const std::uint32_t vocabulary = shape.vocabulary;
  {
    Twin twin(device, shape, options);  // as it is run when nobody looks
    twin.check(run(0, 1, vocabulary, options.pages));
    twin.check(run(1, 13, vocabulary, options.pages));
    StepArrays decode = run(14, 1, vocabulary, options.pages);
    decode.targets = {static_cast<TokenId>(vocabulary - 1)};
    decode.fullLogits = true;
    twin.check(decode);
    StepArrays all = run(15, 33, vocabulary, options.pages);
    for (std::size_t i = 0; i < all.want.size(); ++i) {
      all.want[i] = 1;
      all.targets.push_back(static_cast<TokenId>(i % vocabulary));
    }
    twin.check(all);
    all = run(48, 40, vocabulary, options.pages);
    all.want.assign(all.want.size(), 0);
    twin.check(all);
    twin.check(run(88, 1, vocabulary, options.pages));
  }
  {
    Twin twin(device, shape, options);  // every value looked at
    twin.checkAllValues(run(0, 1, vocabulary, options.pages));
    twin.checkAllValues(run(1, 40, vocabulary, options.pages));
    twin.checkAllValues(run(41, 1, vocabulary, options.pages));
    twin.checkValues(run(42, 3, vocabulary, options.pages),
                     {"blk.1.resid_post", "blk.0.attn.pattern", "blk.1.ffn.gate"});
    twin.checkValues(run(45, 1, vocabulary, options.pages),
                     {"blk.0.resid_mid", "blk.1.attn.k", "final_norm"});
  }
  {
    Twin twin(device, shape, options);
    twin.check(twoSequences(0, 9, vocabulary));
    twin.checkAllValues(twoSequences(9, 4, vocabulary));
    twin.check(twoSequences(13, 1, vocabulary));
  }
}

}  // namespace

TEST_CASE("every shape agrees with the CPU") {
  const auto device = openVulkan();
  for (const ModelShape& shape : kShapes) checkShape(device, shape, {});
  checkSilent(*device);
}

TEST_CASE("every shape agrees with the CPU on kernels for any device") {
  const auto device = openVulkan({.portableKernels = true});
  for (const ModelShape& shape : kShapes) checkShape(device, shape, {});
  checkSilent(*device);
}

TEST_CASE("every shape agrees with the CPU on cooperative matrices, where device and compiler know them") {
  const auto device = openVulkan({.softwareMatrices = true});
  if (dynamic_cast<gpu::VulkanBackend&>(*device).kernels().usesMatrices())
    for (const ModelShape& shape : kShapes) checkShape(device, shape, {.tolerance = 2e-2f});
  else
    MESSAGE("not here");
  checkSilent(*device);
}

TEST_CASE("an F16 cache agrees with the CPU's") {
  for (const bool portable : {false, true}) {
    CAPTURE(portable);
    const auto device = openVulkan({.portableKernels = portable});
    // A half that is rounded the other way moves what follows by 5e-4.
    for (const std::size_t i : {0, 1, 4, 6, 8, 9, 10, 11})
      checkShape(device, kShapes[i], {.cache = FormatId::f16, .tolerance = 4e-3f});
    checkSilent(*device);
  }
}

TEST_CASE("4097 positions agree with the CPU, in chunks and token by token") {
  constexpr ModelShape kLong = {"long", 32, 4, 2, 8, 32, 50, FormatId::f16};
  constexpr std::uint32_t kPages = 130;
  for (const bool portable : {false, true})
    for (const FormatId cache : {FormatId::f32, FormatId::f16}) {
      CAPTURE(portable);
      const auto device = openVulkan({.portableKernels = portable});
      {
        Twin twin(device, kLong,
                  {.pages = kPages,
                   .maxTokens = 512,
                   .cache = cache,
                   .tolerance = cache == FormatId::f16 ? 4e-3f : 5e-4f});
        for (std::uint32_t first = 0; first < 4096; first += 512) {
          twin.check(run(first, first == 0 ? 255 : 512, 50, kPages));
          if (first > 0) continue;
          twin.check(run(255, 1, 50, kPages));  // 256 cells: the longest single part
          twin.check(run(256, 1, 50, kPages));  // two parts, the second of one cell
          twin.check(run(257, 255, 50, kPages));
        }
        twin.check(run(4096, 1, 50, kPages));
        twin.checkValues(run(4097, 1, 50, kPages),
                         {"blk.1.attn.pattern", "blk.0.attn.scores", "blk.1.attn.z"});
      }
      checkSilent(*device);
    }
}

TEST_CASE("a branch inside a page agrees with the CPU") {
  const auto device = openVulkan();
  {
    Twin twin(device, kShapes[0], {});
    StepArrays first = run(0, 40, 100, 2);
    first.pages = {3, 1};
    twin.check(first);
    twin.copyPage(1, 0);
    StepArrays branches;
    branches.pages = {3, 1, 3, 0};
    branches.perSequence = 2;
    for (const std::int32_t sequence : {0, 1})
      for (std::int32_t i = 40; i < 45; ++i) branches.add(i + 7 * sequence, i, sequence, true);
    twin.checkAllValues(branches);
  }
  checkSilent(*device);
}
