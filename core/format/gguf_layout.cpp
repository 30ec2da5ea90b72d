#include "core/format/gguf_layout.h"

#include <bit>
#include <limits>
#include <type_traits>

namespace cutaway::gguf {
namespace {

/// Integers and floating point numbers, stored as one type and held as the widest of their kind.
template <class Stored>
struct Number {
  using Held = std::conditional_t<std::is_floating_point_v<Stored>, double,
                                  std::conditional_t<std::is_signed_v<Stored>, std::int64_t, std::uint64_t>>;
  static constexpr std::size_t kLeastBytes = sizeof(Stored);

  static Result<Held> read(ByteReader& reader, std::string_view what) {
    return static_cast<Held>(TRY(reader.number<Stored>(what)));
  }
  static bool write(Held value, std::string& out) {
    if constexpr (std::is_integral_v<Stored>)
      if (value < std::numeric_limits<Stored>::min() || value > std::numeric_limits<Stored>::max())
        return false;
    appendNumber(static_cast<Stored>(value), out);
    return true;
  }
};

struct Boolean {
  using Held = bool;
  static constexpr std::size_t kLeastBytes = 1;

  static Result<bool> read(ByteReader& reader, std::string_view what) {
    const auto value = TRY(reader.number<std::uint8_t>(what));
    if (value > 1)
      return fail(ErrorKind::badInput, reader.name(), ": ", what, " at offset ", reader.offset() - 1,
                  " is the bool ", unsigned{value}, "; expected 0 or 1");
    return value == 1;
  }
  static bool write(bool value, std::string& out) {
    out += value ? '\1' : '\0';
    return true;
  }
};

struct String {
  using Held = std::string;
  static constexpr std::size_t kLeastBytes = sizeof(std::uint64_t);

  static Result<std::string> read(ByteReader& reader, std::string_view what) { return reader.string(what); }
  static bool write(const std::string& value, std::string& out) {
    appendString(value, out);
    return true;
  }
};

template <class Item>
Result<MetaValue> read(ByteReader& reader, MetaType type, std::string_view what) {
  return MetaValue{type, TRY(Item::read(reader, what))};
}

template <class Item>
Result<MetaArray> readItems(ByteReader& reader, MetaType element, std::uint64_t count,
                            std::string_view what) {
  std::vector<typename Item::Held> items;
  items.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) items.push_back(TRY(Item::read(reader, what)));
  return MetaArray{element, std::move(items)};
}

template <class Item>
bool write(const MetaValue& value, std::string& out) {
  const auto* held = std::get_if<typename Item::Held>(&value.value);
  return held != nullptr && Item::write(*held, out);
}

template <class Item>
bool writeItems(const MetaArray& array, std::string& out) {
  const auto* items = std::get_if<std::vector<typename Item::Held>>(&array.items);
  if (items == nullptr) return false;
  for (std::size_t i = 0; i < items->size(); ++i)
    if (!Item::write((*items)[i], out)) return false;
  return true;
}

template <class Item>
constexpr ValueCodec codec() {
  return {Item::kLeastBytes, read<Item>, readItems<Item>, write<Item>, writeItems<Item>};
}

/// In the order of MetaType.
constexpr ValueCodec kCodecs[] = {
    codec<Number<std::uint8_t>>(),
    codec<Number<std::int8_t>>(),
    codec<Number<std::uint16_t>>(),
    codec<Number<std::int16_t>>(),
    codec<Number<std::uint32_t>>(),
    codec<Number<std::int32_t>>(),
    codec<Number<float>>(),
    codec<Boolean>(),
    codec<String>(),
    {},  // an array has its own header
    codec<Number<std::uint64_t>>(),
    codec<Number<std::int64_t>>(),
    codec<Number<double>>(),
};
static_assert(std::size(kCodecs) == static_cast<std::size_t>(MetaType::f64) + 1);

}  // namespace

Result<std::uint64_t> alignmentOf(const Metadata& metadata) {
  constexpr std::uint64_t kLeast = 8, kMost = 1 << 20;
  const std::uint64_t alignment = TRY(metadata.uintOr("general.alignment", 32));
  if (!std::has_single_bit(alignment) || alignment < kLeast || alignment > kMost)
    return fail(ErrorKind::badInput, metadata.fileName(), ": metadata \"general.alignment\" is ", alignment,
                "; expected a power of two from ", kLeast, " to ", kMost);
  return alignment;
}

void appendString(std::string_view text, std::string& out) {
  appendNumber<std::uint64_t>(text.size(), out);
  out += text;
}

const ValueCodec* findValueCodec(MetaType type) {
  const auto index = static_cast<std::size_t>(type);
  return index < std::size(kCodecs) && kCodecs[index].read != nullptr ? &kCodecs[index] : nullptr;
}

}  // namespace cutaway::gguf
