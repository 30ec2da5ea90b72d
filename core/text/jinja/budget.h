// What a render may spend: steps, bytes and nesting. Every loop and every string of the interpreter pays
// here.
#pragma once

#include "core/base/result.h"
#include "core/text/chat_template.h"

namespace cutaway::jinja {

class Budget {
 public:
  explicit Budget(const RenderLimits& limits) : m_limits(limits) {}

  Result<void> step(std::size_t count = 1) {
    if (count > m_limits.steps - m_steps)
      return fail(ErrorKind::badInput, "the template needs more than ", m_limits.steps, " steps");
    m_steps += count;
    return {};
  }
  /// For reading text: 64 bytes are a step.
  Result<void> scan(std::size_t bytes) { return step(bytes / 64); }
  /// Before building a string or list of so many bytes.
  Result<void> build(std::size_t bytes) {
    if (bytes > m_limits.bytes - m_bytes)
      return fail(ErrorKind::badInput, "the template builds more than ", m_limits.bytes,
                  " bytes of text and lists");
    m_bytes += bytes;
    return {};
  }
  std::size_t maxDepth() const { return m_limits.depth; }

 private:
  friend class Nest;
  RenderLimits m_limits;
  std::size_t m_steps = 0, m_bytes = 0, m_depth = 0;
};

/// One level of nesting, as long as it lives.
class Nest {
 public:
  explicit Nest(Budget& budget) : m_budget(budget) { ++m_budget.m_depth; }
  Nest(const Nest&) = delete;
  Nest& operator=(const Nest&) = delete;
  ~Nest() { --m_budget.m_depth; }
  Result<void> check() const {
    if (m_budget.m_depth > m_budget.m_limits.depth)
      return fail(ErrorKind::badInput, "the template nests calls, loops and expressions deeper than ",
                  m_budget.m_limits.depth);
    return {};
  }

 private:
  Budget& m_budget;
};

}  // namespace cutaway::jinja
