// Any vocabulary on any text. A line of the input is a metadata entry, its parts parted by tabs: the key
// without "tokenizer.ggml.", the type, the items. Behind the first empty line is the text to encode.
#include <algorithm>
#include <charconv>

#include "check.h"
#include "core/base/utf8.h"
#include "core/text/tokenizer.h"

using namespace cutaway;

namespace {

using Items = std::vector<std::string>;

template <class T>
T numberOf(const std::string& text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

template <class T>
std::vector<T> numbersOf(const Items& items) {
  std::vector<T> values;
  for (const std::string& item : items) values.push_back(numberOf<T>(item));
  return values;
}

// libc++ 16 has no from_chars for doubles; whole scores are as good here.
std::vector<double> scoresOf(const Items& items) {
  std::vector<double> values;
  for (const std::int64_t value : numbersOf<std::int64_t>(items))
    values.push_back(static_cast<double>(value));
  return values;
}

struct Type {
  std::string_view name;
  MetaValue (*make)(const Items& items);
};

const std::string& firstOf(const Items& items) {
  static const std::string kNone;
  return items.empty() ? kNone : items.front();
}

constexpr Type kTypes[] = {
    {"string",
     [](const Items& items) {
       return MetaValue{MetaType::string, firstOf(items)};
     }},
    {"u32",
     [](const Items& items) {
       return MetaValue{MetaType::u32, numberOf<std::uint64_t>(firstOf(items))};
     }},
    {"i64",
     [](const Items& items) {
       return MetaValue{MetaType::i64, numberOf<std::int64_t>(firstOf(items))};
     }},
    {"bool",
     [](const Items& items) {
       return MetaValue{MetaType::boolean, firstOf(items) == "1"};
     }},
    {"strings",
     [](const Items& items) {
       return MetaValue{MetaType::array, MetaArray{MetaType::string, items}};
     }},
    {"i32s",
     [](const Items& items) {
       return MetaValue{MetaType::array, MetaArray{MetaType::i32, numbersOf<std::int64_t>(items)}};
     }},
    {"f32s",
     [](const Items& items) {
       return MetaValue{MetaType::array, MetaArray{MetaType::f32, scoresOf(items)}};
     }},
};

/// Cuts the part before the first `end` off `rest`.
std::string_view take(std::string_view& rest, char end) {
  const std::size_t length = std::min(rest.find(end), rest.size());
  const std::string_view part = rest.substr(0, length);
  rest.remove_prefix(std::min(length + 1, rest.size()));
  return part;
}

Metadata readMetadata(std::string_view& rest) {
  Metadata metadata("fuzz");
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    if (line.empty()) break;
    const std::string_view key = take(line, '\t');
    const std::string_view typeName = take(line, '\t');
    Items items;
    while (!line.empty()) items.emplace_back(take(line, '\t'));
    const auto* type = std::ranges::find(kTypes, typeName, &Type::name);
    if (type != std::end(kTypes)) metadata.set("tokenizer.ggml." + std::string(key), type->make(items));
  }
  return metadata;
}

void streamPieces(const Tokenizer& tokenizer, const std::vector<TokenId>& tokens) {
  Utf8Stream stream;
  for (const TokenId token : tokens) FUZZ_CHECK(isUtf8(stream.append(tokenizer.piece(token, true))));
  FUZZ_CHECK(isUtf8(stream.finish()));
}

void encode(const Tokenizer& tokenizer, std::string_view text, bool parseSpecial) {
  const std::vector<TokenId> tokens = tokenizer.encode(text, parseSpecial, true);
  for (const TokenId token : tokens) {
    FUZZ_CHECK(token >= 0 && static_cast<std::size_t>(token) < tokenizer.size());
    (void)tokenizer.text(token);
    (void)tokenizer.endsGeneration(token);
  }
  (void)tokenizer.decode(tokens);
  (void)tokenizer.decode(tokens, true);
  streamPieces(tokenizer, tokens);
}

/// What is typed must not become a control token, whatever the vocabulary.
void checkUnforgeable(const Tokenizer& tokenizer, std::string_view text) {
  for (const TokenId token : tokenizer.encode(text, false, false))
    FUZZ_CHECK(tokenizer.kind(token) != TokenKind::control);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const Metadata metadata = readMetadata(rest);
  const auto tokenizer = Tokenizer::create(metadata);
  if (!tokenizer) {
    FUZZ_CHECK(tokenizer.error().message.starts_with("fuzz: "));
    return 0;
  }
  encode(**tokenizer, rest, true);
  encode(**tokenizer, rest, false);
  checkUnforgeable(**tokenizer, rest);
  for (const TokenId odd : {TokenId{-1}, static_cast<TokenId>((*tokenizer)->size())})
    FUZZ_CHECK((*tokenizer)->piece(odd, true).empty());
  return 0;
}
