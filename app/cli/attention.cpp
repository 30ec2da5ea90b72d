#include <algorithm>
#include <chrono>
#include <fstream>

#include "app/cli/interrupt.h"
#include "app/cli/options.h"
#include "app/cli/output.h"
#include "app/cli/verb.h"
#include "core/eval/bench.h"
#include "core/format/safetensors.h"
#include "core/inspect/attention_map.h"
#include "core/inspect/recall.h"

namespace cutaway::cli {
namespace {

struct Options {
  ModelOptions model;
  PromptOptions prompt;
  std::string layers, heads, rows, keys, out;
  std::uint32_t size = 1024, repeats = 1;
  bool sample = false, replay = false, json = false;
};

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// "2,5:8" as numbers; all are left empty.
Result<std::vector<std::uint32_t>> members(const std::string& text, std::uint32_t size, std::string_view noun,
                                           const std::string& of) {
  std::vector<std::uint32_t> list;
  if (text.empty()) return list;
  const Indices indices = TRY(parseIndices(text, {size, size, noun, of}));
  for (const IndexRange& range : indices.within(0, size))
    for (std::uint32_t i = range.first; i < range.end; ++i) list.push_back(i);
  return list;
}

Result<IndexRange> range(const std::string& text, std::uint32_t size, std::string_view noun) {
  if (text.empty()) return IndexRange{};
  const auto ranges = TRY(parseIndices(text, {size, size, noun, "the text"})).within(0, size);
  if (ranges.size() != 1) return fail(ErrorKind::usage, "\"", text, "\": one range of ", noun, "s is shown");
  return ranges.front();
}

Result<MapRequest> request(const Options& options, const Graph& graph, const std::string& name,
                           std::size_t tokens) {
  MapRequest request;
  const auto size = static_cast<std::uint32_t>(tokens);
  request.layers = TRY(members(options.layers, graph.layers, "layer", name));
  if (options.heads == "mean") {
    request.join = MapRequest::Join::mean;
  } else if (options.heads == "largest") {
    request.join = MapRequest::Join::largest;
  } else {
    request.heads = TRY(members(options.heads, graph.queryHeads, "head", name));
  }
  request.rows = TRY(range(options.rows, size, "row"));
  request.keys = TRY(range(options.keys, size, "key"));
  request.mostRows = request.mostKeys = options.size;
  if (options.sample) request.shrink = MapRequest::Rows::sample;
  return request;
}

std::string headName(std::int32_t head) {
  if (head == MapTile::kMean) return "mean";
  return head == MapTile::kLargest ? "largest" : std::to_string(head);
}

double mean(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += double{value};
  return values.empty() ? 0 : sum / static_cast<double>(values.size());
}

/// Of one head in a tile.
struct HeadFacts {
  std::uint32_t layer;
  std::string head;
  double entropy, largest, withoutSink;
};

std::vector<HeadFacts> factsOf(const AttentionMap& map) {
  std::vector<HeadFacts> facts;
  for (const MapTile& tile : map.tiles())
    for (std::size_t i = 0; i < tile.heads.size(); ++i) {
      const auto of = [&](const std::vector<float>& perRow) {
        return mean(std::span(perRow).subspan(i * tile.height, tile.height));
      };
      facts.push_back({tile.layer, headName(tile.heads[i]), of(tile.entropy), of(tile.largest),
                       of(tile.largestWithoutSink)});
    }
  return facts;
}

/// The one map that a picture or a table shows.
Result<const MapTile*> single(const AttentionMap& map, const std::string& path) {
  const bool one = map.tiles().size() == 1 && map.tiles().front().heads.size() == 1;
  if (one) return &map.tiles().front();
  return fail(ErrorKind::usage, path,
              " holds one map; choose one --layer and one --head, or --head mean, or write to "
              "a .safetensors file");
}

Result<void> writeCsv(const MapTile& tile, std::ostream& out) {
  out << "row";
  for (std::uint32_t x = 0; x < tile.width; ++x) out << ',' << tile.keysOf(x).first;
  out << '\n';
  for (std::uint32_t y = 0; y < tile.height; ++y) {
    out << tile.rowsOf(y).first;
    for (std::uint32_t x = 0; x < tile.width; ++x) out << ',' << tile.at(0, y, x);
    out << '\n';
  }
  return {};
}

/// 16 bits a pixel, big-endian; 65535 is a weight of 1.
Result<void> writePgm(const MapTile& tile, std::ostream& out) {
  out << "P5\n" << tile.width << ' ' << tile.height << "\n65535\n";
  for (const float weight : tile.weights) {
    const auto level = static_cast<std::uint32_t>(std::clamp(weight, 0.0f, 1.0f) * 65535.0f + 0.5f);
    out.put(static_cast<char>(level >> 8)).put(static_cast<char>(level & 255));
  }
  return {};
}

Result<void> writeArrays(const AttentionMap& map, const std::string& path, const Model& model) {
  std::vector<NamedArray> arrays;
  for (const MapTile& tile : map.tiles()) {
    const std::string prefix = concat("blk.", tile.layer, ".attn.");
    const std::uint64_t heads = tile.heads.size();
    const auto add = [&](const char* name, const std::vector<float>& values,
                         std::vector<std::uint64_t> shape) {
      arrays.push_back({prefix + name, ArrayType::f32, std::move(shape), std::as_bytes(std::span(values))});
    };
    add("map", tile.weights, {heads, tile.height, tile.width});
    add("entropy", tile.entropy, {heads, tile.height});
    add("largest", tile.largest, {heads, tile.height});
    arrays.push_back({prefix + "heads", ArrayType::i32, {heads}, std::as_bytes(std::span(tile.heads))});
  }
  arrays.push_back({"tokens", ArrayType::i32, {map.tokens().size()}, std::as_bytes(std::span(map.tokens()))});
  const MapTile& tile = map.tiles().front();
  return writeSafetensors(path, arrays,
                          {{"model", model.description->name},
                           {"device", model.backend->device().name},
                           {"rows", concat(tile.rows.first, ":", tile.rows.end)},
                           {"keys", concat(tile.keys.first, ":", tile.keys.end)},
                           {"exact", map.replayedRows() > 0 ? "yes" : "F16 states"}});
}

Result<void> write(const AttentionMap& map, const std::string& path, const Model& model) {
  if (path.ends_with(".safetensors")) return writeArrays(map, path, model);
  const bool csv = path.ends_with(".csv");
  if (!csv && !path.ends_with(".pgm"))
    return fail(ErrorKind::usage, path, ": expected a name that ends in .csv, .pgm or .safetensors");
  const MapTile* tile = TRY(single(map, path));
  std::ofstream out(path, std::ios::binary);
  TRY(csv ? writeCsv(*tile, out) : writePgm(*tile, out));
  out.flush();
  if (!out) return fail(ErrorKind::badInput, path, ": cannot be written");
  return {};
}

Json resultJson(const Options& options, const AttentionMap& map, double readSeconds, double mapSeconds,
                const Model& model) {
  Json heads = Json::array();
  for (const HeadFacts& facts : factsOf(map))
    heads.push_back({{"layer", facts.layer},
                     {"head", facts.head},
                     {"entropy", rounded(facts.entropy, 5)},
                     {"largest", rounded(facts.largest, 5)},
                     {"largest_without_first", rounded(facts.withoutSink, 5)}});
  const MapTile& tile = map.tiles().front();
  return {{"tokens", map.tokens().size()},
          {"rows", {tile.rows.first, tile.rows.end}},
          {"keys", {tile.keys.first, tile.keys.end}},
          {"height", tile.height},
          {"width", tile.width},
          {"source", map.replayedRows() > 0 ? "replay" : "archive"},
          {"read_s", rounded(readSeconds, 4)},
          {"map_s", rounded(mapSeconds, 4)},
          {"heads", heads},
          {"out", options.out},
          {"device", model.backend->device().name}};
}

std::string resultText(const Json& result) {
  std::vector<std::pair<std::string, std::string>> rows;
  for (const Json& head : result["heads"])
    rows.emplace_back(concat("layer ", head["layer"], ", head ", head["head"].get<std::string>()),
                      concat("entropy ", head["entropy"], " nats, largest weight of a row ", head["largest"],
                             ", without the first token ", head["largest_without_first"], " (means)"));
  return aligned(rows) + concat(result["height"], " x ", result["width"], " of ", result["tokens"],
                                " tokens in ", result["map_s"], " s, from the ",
                                result["source"].get<std::string>(), "; reading the text took ",
                                result["read_s"], " s\n");
}

Result<void> run(const Options& options) {
  const auto model = TRY(options.model.load());
  const std::vector<TokenId> tokens = TRY(options.prompt.read(*model->description));
  const MapRequest wanted =
      TRY(request(options, model->description->graph(), model->description->name, tokens.size()));
  const auto session =
      TRY(options.model.createSession(model, static_cast<std::uint32_t>(tokens.size()) + kPageCells));
  if (!options.replay) session->setArchive(model->backend->ledger().available() / 2);
  const InterruptGuard guard;
  auto start = Clock::now();
  while (TRY(readAgain(*session, tokens)))
    if (guard.interrupted()) return fail(ErrorKind::cancelled, "stopped while the text was read");
  const double readSeconds = secondsSince(start);
  std::unique_ptr<AttentionMap> map;
  std::vector<double> seconds;
  for (std::uint32_t i = 0; i < options.repeats; ++i) {
    start = Clock::now();
    map = TRY(AttentionMap::create(model->description->graph(), tokens, wanted));
    const double expected = map->replaySeconds(*session);
    if (expected > 1 && !options.json)
      print(concat("the text is run again; about ", rounded(expected, 0), " s\n"));
    while (TRY(map->step(*session)))
      if (guard.interrupted())
        return fail(ErrorKind::cancelled, "stopped at ", rounded(100 * map->progress(), 0), " %");
    seconds.push_back(secondsSince(start));
  }
  if (!options.out.empty()) TRY(write(*map, options.out, *model));
  const Json result = resultJson(options, *map, readSeconds, median(seconds), *model);
  if (options.json) {
    printJson(result);
  } else {
    print(resultText(result));
  }
  return {};
}

}  // namespace

Run declareAttention(CLI::App& command) {
  auto options = std::make_shared<Options>();
  options->model.declare(command, "f32");
  options->prompt.declare(command, "--text", true, true);
  command.add_option("--layer", options->layers, "Layers: 3 or 0:4 or -1; all when left out");
  command.add_option("--head", options->heads,
                     "Heads: 2 or 0,5:8; mean or largest: of all heads; all when left out");
  command.add_option("--rows", options->rows, "Tokens that look, FIRST:END")->type_name("A:B");
  command.add_option("--keys", options->keys, "Tokens that are looked at, FIRST:END")->type_name("A:B");
  command
      .add_option("--size", options->size,
                  "Rows and columns of a map, at most; what shares a cell shows its largest weight")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_flag("--sample", options->sample, "Compute one row of those that share one");
  command.add_flag("--replay", options->replay,
                   "Run the tokens again instead of keeping the states of the first run in F16");
  command
      .add_option("--repeat", options->repeats, "Compute the map so many times; the median time is printed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command.add_option("--out", options->out, "Where to write: .csv or .pgm for one map, .safetensors for any")
      ->type_name("FILE");
  command.add_flag("--json", options->json, "One JSON object");
  return [options] { return run(*options); };
}

}  // namespace cutaway::cli
