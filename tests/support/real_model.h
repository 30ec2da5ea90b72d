// Real models on the CPU backend, loaded as the command line and the window load them.
#pragma once

#include <doctest/doctest.h>

#include "core/cpu/cpu_backend.h"
#include "core/run/session.h"
#include "support/paths.h"

namespace cutaway::test {

/// Sanitizers make a model many times slower: tests that send whole texts through one are skipped then, where shorter
/// ones walk the same code.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

template <class T>
T orFail(Result<T> result) {
  if (!result) FAIL(result.error().message);
  return std::move(*result);
}

inline std::shared_ptr<const Model> loadOnCpu(const std::string& path) {
  return orFail(loadModel(orFail(describeModel(orFail(openModelFile(path)))), createCpuBackend()));
}

inline std::shared_ptr<const Model> demoModel() {
  return loadOnCpu(projectFile("resources/demo-model/demo-f16.gguf"));
}

/// With an F32 cache, as expected values have it.
inline std::unique_ptr<Session> exactSession(std::shared_ptr<const Model> model, std::uint32_t context = 0) {
  return orFail(Session::create(std::move(model), {.context = context, .cacheFormat = FormatId::f32}));
}

}  // namespace cutaway::test
