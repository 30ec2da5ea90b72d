// One macro that compiles a function for several generations of processors and picks the best when it runs.
#pragma once

/// Before the definition of a plain function that holds a hot loop; helpers that are to take part must be
/// inlined into it (CUTAWAY_INLINE). Off under sanitizers: their checks cannot run yet when the choice is
/// made.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) && \
    !defined(__SANITIZE_THREAD__)
#define CUTAWAY_MULTIVERSION __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CUTAWAY_MULTIVERSION
#endif

#define CUTAWAY_INLINE [[gnu::always_inline]] inline
