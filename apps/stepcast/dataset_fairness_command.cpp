#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>

#include <fmt/format.h>

#include "stepcast/dataset/contact_sheet.hpp"
#include "stepcast/dataset/near_duplicates.hpp"
#include "stepcast/dataset/split.hpp"
#include "stepcast/figures/png_file.hpp"

#include "dataset_options.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

Result<std::vector<dataset::NearPair>> find_pairs(const dataset::Dataset& data,
                                                  const dataset::NearOptions& options) {
  const auto prints = dataset::fingerprints(data, bar_of("pictures looked at"));
  if (!prints) {
    return tl::unexpected(prints.error());
  }
  return dataset::near_pairs(*prints, options, bar_of("pictures compared"));
}

/// Both pictures were given a split, and not the same.
bool leaks(const dataset::Dataset& data, const dataset::NearPair& pair) {
  const auto a = data.items[pair.first].split;
  const auto b = data.items[pair.second].split;
  return a != dataset::Split::kNone && b != dataset::Split::kNone && a != b;
}

struct DedupArguments {
  std::string file;
  std::string sheet;
  dataset::NearOptions near;
  bool all = false;
  bool drop = false;
  bool as_they_lie = false;
};

std::string turn_text(const dataset::Turn& turn) {
  std::string text = turn.mirrored ? ", mirrored" : "";
  return turn.quarters == 0 ? text : fmt::format("{}, turned {}", text, 90 * turn.quarters);
}

Result<void> draw_pairs(const dataset::Dataset& data, const std::vector<dataset::NearPair>& pairs,
                        const std::string& file) {
  constexpr std::size_t kMostPairs = 90;
  std::vector<dataset::SheetCell> cells;
  for (const auto& pair : pairs) {
    if (cells.size() >= 2 * kMostPairs) {
      break;
    }
    const auto caption = [&](std::size_t i) {
      return fmt::format("{}, {} bits, {:.2f}{}", dataset::name_of(data.items[i].split),
                         pair.distance, pair.likeness, turn_text(pair.turn));
    };
    cells.push_back({pair.first, caption(pair.first), {}});
    cells.push_back({pair.second, caption(pair.second), {}});
  }
  const auto sheet = dataset::contact_sheet(
      data, cells,
      {.title = fmt::format("Nearly the same in {}", data.name),
       .subtitle = fmt::format("{} of {} pairs, side by side", cells.size() / 2, pairs.size()),
       .columns = 6},
      bar_of("pictures drawn"));
  return sheet ? figures::write_png(*sheet, file) : tl::unexpected(sheet.error());
}

/// Of each cluster the largest picture stays; what has a split stays before what has none.
std::size_t drop_copies(dataset::Dataset& data, const std::vector<std::size_t>& clusters) {
  std::vector<std::size_t> kept(clusters.size(), clusters.size());
  const auto rank = [&](std::size_t i) {
    const dataset::Item& item = data.items[i];
    return std::tuple(item.split != dataset::Split::kNone, item.boxes && !item.boxes->empty(),
                      std::int64_t{item.width} * item.height);
  };
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    std::size_t& best = kept[clusters[i]];
    if (best == clusters.size() || rank(i) > rank(best)) {
      best = i;
    }
  }
  std::vector<dataset::Item> items;
  for (std::size_t i = 0; i < clusters.size(); ++i) {
    if (kept[clusters[i]] == i) {
      items.push_back(std::move(data.items[i]));
    }
  }
  const auto dropped = data.items.size() - items.size();
  data.items = std::move(items);
  return dropped;
}

int run_dedup(const DedupArguments& arguments) {
  auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  auto near = arguments.near;
  near.turned = !arguments.as_they_lie;
  auto pairs = find_pairs(*data, near);
  if (!pairs) {
    return report(pairs.error());
  }
  std::sort(pairs->begin(), pairs->end(), [&](const auto& a, const auto& b) {
    return std::tuple(!leaks(*data, a), a.distance) < std::tuple(!leaks(*data, b), b.distance);
  });
  const Terminal terminal(stdout);
  constexpr std::size_t kFew = 20;
  for (std::size_t i = 0; i < pairs->size() && (arguments.all || i < kFew); ++i) {
    const auto& pair = (*pairs)[i];
    fmt::print("{:>3} bits  {:.2f}  {}  {}{}{}\n", pair.distance, pair.likeness,
               data->items[pair.first].path, data->items[pair.second].path, turn_text(pair.turn),
               leaks(*data, pair) ? terminal.bad("  in two splits") : "");
  }
  if (!arguments.all && pairs->size() > kFew) {
    fmt::print("... and {} more (--all)\n", pairs->size() - kFew);
  }
  if (!arguments.sheet.empty()) {
    if (auto drawn = draw_pairs(*data, *pairs, arguments.sheet); !drawn) {
      return report(drawn.error());
    }
  }
  const auto leaking = std::count_if(pairs->begin(), pairs->end(),
                                     [&](const auto& pair) { return leaks(*data, pair); });
  const auto clusters = dataset::clusters(data->items.size(), *pairs);
  const auto groups = std::set(clusters.begin(), clusters.end()).size();
  fmt::print(
      "{} pictures, {} pairs nearly the same, {} different pictures, {} pairs in two splits\n",
      data->items.size(), pairs->size(), groups, leaking);
  if (arguments.drop) {
    const auto dropped = drop_copies(*data, clusters);
    if (auto saved = dataset::save(*data, arguments.file); !saved) {
      return report(saved.error());
    }
    fmt::print("{}: {} left out, {} stay; the files are where they were\n", arguments.file, dropped,
               data->items.size());
  }
  return kSuccess;
}

struct SplitArguments {
  std::string file;
  dataset::SplitOptions split;
};

int run_split(const SplitArguments& arguments) {
  auto data = dataset::load(arguments.file);
  if (!data) {
    return report(data.error());
  }
  const auto pairs = find_pairs(*data, {});
  if (!pairs) {
    return report(pairs.error());
  }
  const auto done =
      dataset::split(*data, dataset::clusters(data->items.size(), *pairs), arguments.split);
  if (!done) {
    return report(done.error());
  }
  const Terminal terminal(stderr);
  for (const std::size_t i : done->torn) {
    fmt::print(stderr, "{} pictures nearly the same as {} are in two splits already\n",
               terminal.warn("note:"), data->items[i].path);
  }
  if (auto saved = dataset::save(*data, arguments.file); !saved) {
    return report(saved.error());
  }
  fmt::print("{} pictures in {} groups, {} newly placed: {} train, {} val, {} test\n",
             data->items.size(), done->groups, done->placed,
             items_of(*data, dataset::Split::kTrain).size(),
             items_of(*data, dataset::Split::kValidation).size(),
             items_of(*data, dataset::Split::kTest).size());
  return kSuccess;
}

}  // namespace

void add_dataset_fairness(CLI::App& group, int& status) {
  auto* dedup = group.add_subcommand("dedup", "Find pictures that are nearly the same");
  auto dedup_arguments = std::make_shared<DedupArguments>();
  add_dataset_option(*dedup, dedup_arguments->file);
  dedup->add_option("--sheet", dedup_arguments->sheet, "Draw the pairs into this PNG file");
  dedup->add_flag("--all", dedup_arguments->all, "List every pair");
  dedup->add_flag("--drop", dedup_arguments->drop,
                  "Keep the largest picture of each group in the data set");
  dedup->add_flag("--as-they-lie", dedup_arguments->as_they_lie,
                  "Do not look for mirrored and turned copies");
  dedup
      ->add_option("--surely", dedup_arguments->near.surely,
                   "Bits of 128 that may differ without a closer look")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  dedup
      ->add_option("--maybe", dedup_arguments->near.maybe,
                   "Bits of 128 that may differ before a closer look")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  dedup
      ->add_option("--likeness", dedup_arguments->near.likeness,
                   "Correlation that the closer look must find")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  dedup->footer("Exit status 0 whether there are pairs or not.");
  dedup->callback([dedup_arguments, &status] { status = run_dedup(*dedup_arguments); });

  auto* split = group.add_subcommand("split", "Divide pictures into training and validation");
  auto arguments = std::make_shared<SplitArguments>();
  add_dataset_option(*split, arguments->file);
  split->add_option("--val", arguments->split.validation, "Share for validation")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  split->add_option("--test", arguments->split.test, "Share for tests")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  split->add_option("--seed", arguments->split.seed, "Another number, another split")
      ->capture_default_str();
  split->add_flag("--by-source", arguments->split.by_source,
                  "Keep all pictures of a source (a film, a camera) on one side");
  split->add_flag("--anew", arguments->split.anew, "Forget the splits that there are");
  split->footer(
      "Pictures that are nearly the same stay on one side; every class reaches its share, rare\n"
      "ones first. Pictures that have a split keep it, whatever is added later.");
  split->callback([arguments, &status] { status = run_split(*arguments); });
}

}  // namespace stepcast::cli
