// Compiles one piece of code for several generations of processors and runs the version that fits.
#pragma once

/// For helpers of such code: what is not inlined into it stays compiled for the oldest processor.
#define CUTAWAY_INLINE [[gnu::always_inline]] inline
/// The same for a lambda, after its parameters.
#define CUTAWAY_INLINE_LAMBDA __attribute__((always_inline))

/// Clang, which only builds the fuzz targets, checks the processor's own instructions before it inlines.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define CUTAWAY_X86_VERSIONS 1
#else
#define CUTAWAY_X86_VERSIONS 0
#endif

namespace cutaway {

/// x86-64 by the levels of its psABI: v3 has AVX2, FMA and 16 registers of 8 floats; v4 has AVX-512, 32
/// of 16.
enum class Processor { any, x86_64v3, x86_64v4 };

#if CUTAWAY_X86_VERSIONS
inline Processor detectProcessor() {
  if (__builtin_cpu_supports("x86-64-v4")) return Processor::x86_64v4;
  return __builtin_cpu_supports("x86-64-v3") ? Processor::x86_64v3 : Processor::any;
}
inline const Processor kProcessor = detectProcessor();
#endif

/// A version as a type, for code that chooses its shape by it.
template <Processor kVersion>
struct On {
  static constexpr Processor processor = kVersion;
};

#if CUTAWAY_X86_VERSIONS
template <class Body>
[[gnu::target("arch=x86-64-v4")]] auto runOnV4(const Body& body) {
  return body(On<Processor::x86_64v4>{});
}
template <class Body>
[[gnu::target("arch=x86-64-v3")]] auto runOnV3(const Body& body) {
  return body(On<Processor::x86_64v3>{});
}
#endif

/// Returns body(On<...>), compiled for the processor at hand. `body` is a lambda with CUTAWAY_INLINE_LAMBDA
/// around a hot loop. Preferred to the attribute target_clones, which sanitizers forbid and which lowers
/// conversions of vectors for the oldest processor before it makes the clones (gcc 12).
template <class Body>
auto onProcessor(const Body& body) {
#if CUTAWAY_X86_VERSIONS
  if (kProcessor == Processor::x86_64v4) return runOnV4(body);
  if (kProcessor == Processor::x86_64v3) return runOnV3(body);
#endif
  return body(On<Processor::any>{});
}

}  // namespace cutaway
