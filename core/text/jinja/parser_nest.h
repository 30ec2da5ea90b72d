// One level of nesting of the parser, as long as it lives.
#pragma once

#include "core/text/jinja/parser.h"

namespace cutaway::jinja {

class ParserNest {
 public:
  explicit ParserNest(Parser& parser) : m_parser(parser) { ++m_parser.m_depth; }
  ParserNest(const ParserNest&) = delete;
  ParserNest& operator=(const ParserNest&) = delete;
  ~ParserNest() { --m_parser.m_depth; }
  Result<void> check() const {
    if (m_parser.m_depth <= kMaxNesting) return {};
    return failAt(m_parser.current().position, "statements and expressions nest deeper than ", kMaxNesting);
  }

 private:
  Parser& m_parser;
};

template <class Node>
std::unique_ptr<Node> makeNode(Position position) {
  auto node = std::make_unique<Node>();
  node->position = position;
  return node;
}

}  // namespace cutaway::jinja
