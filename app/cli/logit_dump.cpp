#include "app/cli/logit_dump.h"

#include "core/format/safetensors.h"

namespace cutaway::cli {

Result<void> LogitDump::watch(Comparison& comparison) {
  const std::uint64_t bytes = 2 * sizeof(float) * comparison.plannedPlaces() * comparison.vocabulary();
  const std::uint64_t most = freeHostMemory() / 2;
  if (bytes > most)
    return fail(ErrorKind::outOfMemory, "--dump-logits: the logits of ", comparison.plannedPlaces(), " places take ",
                formatBytes(bytes), ", more than half of the free memory (", formatBytes(most),
                "); give a shorter text");
  m_a.reserve(bytes / 2 / sizeof(float));
  m_b.reserve(bytes / 2 / sizeof(float));
  comparison.showRows([this](std::span<const float> a, std::span<const float> b, TokenId next) {
    m_a.insert(m_a.end(), a.begin(), a.end());
    m_b.insert(m_b.end(), b.begin(), b.end());
    m_next.push_back(next);
  });
  return {};
}

Result<void> LogitDump::write(const std::string& path) const {
  const std::uint64_t places = m_next.size(), vocabulary = m_a.size() / places;
  const NamedArray arrays[] = {
      {"logits_a", ArrayType::f32, {places, vocabulary}, std::as_bytes(std::span(m_a))},
      {"logits_b", ArrayType::f32, {places, vocabulary}, std::as_bytes(std::span(m_b))},
      {"next", ArrayType::i32, {places}, std::as_bytes(std::span(m_next))}};
  return writeSafetensors(path, arrays);
}

}  // namespace cutaway::cli
