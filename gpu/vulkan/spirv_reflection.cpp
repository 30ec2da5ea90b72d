#include "gpu/vulkan/spirv_reflection.h"

#include <algorithm>
#include <map>
#include <set>
#include <spirv/unified1/spirv.hpp>
#include <vector>

namespace cutaway::gpu {
namespace {

constexpr std::uint32_t kMostBindings = 32;

/// The declarations of a module, by id.
struct Declarations {
  struct Variable {
    std::uint32_t pointerType, storage;
  };
  struct Pointer {
    std::uint32_t storage, type;
  };
  std::map<std::uint32_t, Variable> variables;
  std::map<std::uint32_t, Pointer> pointers;
  std::map<std::uint32_t, BindingKind> texelBuffers;
  std::set<std::uint32_t> floats;
  std::map<std::uint32_t, std::vector<std::uint32_t>> structs;
  std::map<std::uint32_t, std::uint32_t> scalarBytes;                             // ints and floats
  std::map<std::uint32_t, std::pair<std::uint32_t, std::uint32_t>> vectors;       // component type, count
  std::map<std::uint32_t, std::uint32_t> bindings, sets;                          // decorations
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> memberOffset;  // (struct, member)
  std::array<std::uint32_t, 3> workgroup{1, 1, 1};

  std::uint32_t bytesOf(std::uint32_t type) const {
    if (const auto scalar = scalarBytes.find(type); scalar != scalarBytes.end()) return scalar->second;
    if (const auto vector = vectors.find(type); vector != vectors.end())
      return bytesOf(vector->second.first) * vector->second.second;
    const auto members = structs.find(type);
    if (members == structs.end()) return 0;
    std::uint32_t bytes = 0;
    for (std::uint32_t i = 0; i < members->second.size(); ++i) {
      const auto offset = memberOffset.find({type, i});
      if (offset != memberOffset.end()) bytes = std::max(bytes, offset->second + bytesOf(members->second[i]));
    }
    return bytes;
  }
};

void readDecoration(Declarations& found, std::span<const std::uint32_t> op) {
  if (op.size() < 4) return;
  if (op[2] == spv::DecorationBinding) found.bindings[op[1]] = op[3];
  if (op[2] == spv::DecorationDescriptorSet) found.sets[op[1]] = op[3];
}

/// `op` is one instruction; word 0 holds its length and code.
void readInstruction(Declarations& found, std::span<const std::uint32_t> op) {
  const auto has = [&](std::size_t words) { return op.size() >= words; };
  switch (op[0] & spv::OpCodeMask) {
    case spv::OpDecorate:
      readDecoration(found, op);
      break;
    case spv::OpMemberDecorate:
      if (has(5) && op[3] == spv::DecorationOffset) found.memberOffset[{op[1], op[2]}] = op[4];
      break;
    case spv::OpTypeFloat:
      if (has(3)) found.floats.insert(op[1]);
      [[fallthrough]];
    case spv::OpTypeInt:
      if (has(3)) found.scalarBytes[op[1]] = op[2] / 8;
      break;
    case spv::OpTypeImage:
      if (has(4) && op[3] == spv::DimBuffer)
        found.texelBuffers[op[1]] =
            found.floats.contains(op[2]) ? BindingKind::floatTexels : BindingKind::uintTexels;
      break;
    case spv::OpTypeVector:
      if (has(4)) found.vectors[op[1]] = {op[2], op[3]};
      break;
    case spv::OpTypeStruct:
      if (has(2)) found.structs[op[1]] = {op.begin() + 2, op.end()};
      break;
    case spv::OpTypePointer:
      if (has(4)) found.pointers[op[1]] = {op[2], op[3]};
      break;
    case spv::OpVariable:
      if (has(4)) found.variables[op[2]] = {op[1], op[3]};
      break;
    case spv::OpExecutionMode:
      if (has(6) && op[2] == spv::ExecutionModeLocalSize) found.workgroup = {op[3], op[4], op[5]};
      break;
    default:
      break;
  }
}

}  // namespace

Result<ModuleFacts> reflect(std::span<const std::uint32_t> words) {
  constexpr std::size_t kHeader = 5;
  if (words.size() < kHeader || words[0] != spv::MagicNumber)
    return fail(ErrorKind::badInput, "a kernel is not SPIR-V: its first word is ",
                words.empty() ? 0 : words[0]);
  Declarations found;
  for (std::size_t at = kHeader; at < words.size();) {
    const std::size_t length = words[at] >> spv::WordCountShift;
    if (length == 0 || at + length > words.size())
      return fail(ErrorKind::badInput, "a kernel's SPIR-V is broken at word ", at);
    readInstruction(found, words.subspan(at, length));
    at += length;
  }

  ModuleFacts facts{.workgroup = found.workgroup};
  for (const auto& [id, variable] : found.variables) {
    if (variable.storage == spv::StorageClassPushConstant) {
      facts.pushConstants = found.bytesOf(found.pointers[variable.pointerType].type);
      continue;
    }
    const auto texels = found.texelBuffers.find(found.pointers[variable.pointerType].type);
    const bool isTexels =
        variable.storage == spv::StorageClassUniformConstant && texels != found.texelBuffers.end();
    if (variable.storage == spv::StorageClassUniform ||
        (variable.storage == spv::StorageClassUniformConstant && !isTexels))
      return fail(ErrorKind::badInput, "a kernel binds something other than a storage or texel buffer");
    if (variable.storage != spv::StorageClassStorageBuffer && !isTexels) continue;
    const std::uint32_t binding = found.bindings[id];
    if (found.sets[id] != 0 || binding >= kMostBindings)
      return fail(ErrorKind::badInput, "a kernel uses binding ", binding, " of descriptor set ",
                  found.sets[id]);
    if (facts.bindings.size() <= binding) facts.bindings.resize(binding + 1);
    if (isTexels) facts.bindings[binding] = texels->second;
  }
  return facts;
}

}  // namespace cutaway::gpu
