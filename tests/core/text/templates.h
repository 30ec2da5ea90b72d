// Short ways to run a template in tests.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/text/chat_template.h"

namespace cutaway::test {

using Json = nlohmann::ordered_json;

/// With the clock at 2025-07-10T12:00:00Z; fails the test with the error's message.
std::vector<PromptSegment> renderSegments(const std::string& source, const Json& data = Json::object());
std::string rendered(const std::string& source, const Json& data = Json::object());

/// Of parsing or rendering; "no error" when both work.
std::string errorOf(const std::string& source, const Json& data = Json::object(),
                    const RenderLimits& limits = {});

/// "[template]" in brackets, message as it is.
std::string marked(const std::vector<PromptSegment>& segments);

}  // namespace cutaway::test
