// Values as text: Python's str() and repr(), and JSON as transformers' tojson writes it.
#pragma once

#include "core/text/jinja/text_builder.h"

namespace cutaway::jinja {

/// str(value); nothing for undefined. A list or dictionary that holds message text is the message's as a
/// whole.
bool print(TextBuilder& out, const Value& value);

struct JsonStyle {
  Text itemSeparator, keySeparator;
  std::optional<Text> indent;  ///< one level; none: all in one line
  bool sortKeys = false;
  bool asciiOnly = false;
};
/// json.dumps(value). What holds message text is the message's as a whole.
bool printJson(TextBuilder& out, const Value& value, const JsonStyle& style);

/// repr() of a float: the shortest digits that read back the same.
std::string printReal(double value);

}  // namespace cutaway::jinja
