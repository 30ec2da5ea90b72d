// Model files made in memory, for tests of single ops and of damaged metadata.
#pragma once

#include <cstring>
#include <memory>
#include <random>

#include "core/format/model_file.h"

namespace cutaway::test {

class HandMadeModel {
 public:
  explicit HandMadeModel(std::string name = "hand-made")
      : m_file{{std::move(name), {}, {}}, "memory", {}, {}, {}, {}} {
    m_file.metadata = Metadata(m_file.source.name);
  }

  void set(std::string key, std::uint64_t value) {
    m_file.metadata.set(std::move(key), {MetaType::u32, value});
  }
  void set(std::string key, double value) { m_file.metadata.set(std::move(key), {MetaType::f32, value}); }
  void set(std::string key, std::string value) {
    m_file.metadata.set(std::move(key), {MetaType::string, std::move(value)});
  }

  void add(std::string name, std::vector<std::uint64_t> shape, FormatId format,
           std::span<const std::byte> bytes) {
    m_bytes.resize((m_bytes.size() + 31) / 32 * 32);
    m_file.tensors.push_back({std::move(name), std::move(shape), format, m_bytes.size(), bytes.size()});
    m_bytes.insert(m_bytes.end(), bytes.begin(), bytes.end());
  }
  void add(std::string name, std::vector<std::uint64_t> shape, const std::vector<float>& weights) {
    add(std::move(name), std::move(shape), FormatId::f32, std::as_bytes(std::span(weights)));
  }
  /// Random blocks; the halves that hold scales are kept small, so that all weights are finite.
  void addRandom(std::string name, std::vector<std::uint64_t> shape, FormatId format, unsigned seed) {
    std::uint64_t count = 1;
    for (const std::uint64_t size : shape) count *= size;
    std::mt19937 random(seed);
    std::vector<std::byte> bytes(numberFormat(format).bytesFor(count));
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::byte>(random());
    std::vector<float> weights(count);
    const std::size_t block = numberFormat(format).blockBytes;
    for (std::size_t i = 0; i < bytes.size(); i += block)
      for (bool good = false; !good;) {
        const std::span<float> decoded = std::span(weights).first(numberFormat(format).blockSize);
        numberFormat(format).decode(std::span(bytes).subspan(i, block), decoded);
        good = true;
        for (const float weight : decoded) good = good && weight < 8 && weight > -8;
        for (std::size_t j = i; !good && j < i + block; ++j) bytes[j] = static_cast<std::byte>(random());
      }
    add(std::move(name), std::move(shape), format, bytes);
  }

  ModelFile finish() {
    auto owner = std::make_shared<std::vector<std::byte>>(std::move(m_bytes));
    m_file.source.bytes = *owner;
    m_file.source.owner = std::move(owner);
    return std::move(m_file);
  }

 private:
  ModelFile m_file;
  std::vector<std::byte> m_bytes;
};

}  // namespace cutaway::test
