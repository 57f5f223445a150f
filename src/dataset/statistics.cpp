#include "stepcast/dataset/statistics.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace stepcast::dataset {
namespace {

/// What of a class is added up before it is divided.
struct Sums {
  std::vector<double> shares;
  double x = 0;
  double y = 0;
};

bool touches_edge(const vision::Box& box, const Item& item) {
  constexpr double kTouch = 1;  // pixel
  return box.x < kTouch || box.y < kTouch || box.x + box.width > item.width - kTouch ||
         box.y + box.height > item.height - kTouch;
}

void count_box(const LabelledBox& marked, const Item& item, ClassCounts& counts, Sums& sums) {
  const vision::Box& box = marked.box;
  ++counts.boxes;
  counts.at_edge += touches_edge(box, item) ? 1 : 0;
  sums.shares.push_back(box.width * box.height / (static_cast<double>(item.width) * item.height));
  sums.x += (box.x + box.width / 2) / item.width;
  sums.y += (box.y + box.height / 2) / item.height;
}

void count_picture(const Item& item, const std::set<std::size_t>& shown, Statistics& out) {
  for (const std::size_t label : shown) {
    ClassCounts& counts = out.classes[label];
    ++counts.pictures;
    counts.train += item.split == Split::kTrain ? 1 : 0;
    counts.validation += item.split == Split::kValidation ? 1 : 0;
    counts.test += item.split == Split::kTest ? 1 : 0;
    for (const std::size_t other : shown) {
      ++out.together[label][other];
    }
  }
}

void finish(ClassCounts& counts, Sums& sums) {
  if (sums.shares.empty()) {
    return;
  }
  const auto middle = sums.shares.begin() + static_cast<std::ptrdiff_t>(sums.shares.size() / 2);
  std::nth_element(sums.shares.begin(), middle, sums.shares.end());
  counts.median_share = *middle;
  counts.smallest_share = *std::min_element(sums.shares.begin(), sums.shares.end());
  counts.centre_x = sums.x / static_cast<double>(counts.boxes);
  counts.centre_y = sums.y / static_cast<double>(counts.boxes);
}

std::string class_rows(const Statistics& statistics) {
  constexpr double kPercent = 100;
  std::string text =
      fmt::format("{:<18}{:>9}{:>7}{:>7}{:>6}{:>6}{:>9}{:>9}{:>12}{:>8}\n", "class", "pictures",
                  "train", "val", "test", "boxes", "median", "least", "centre", "at edge");
  for (const ClassCounts& counts : statistics.classes) {
    text += fmt::format("{:<18}{:>9}{:>7}{:>7}{:>6}{:>6}", counts.name, counts.pictures,
                        counts.train, counts.validation, counts.test, counts.boxes);
    if (counts.boxes > 0) {
      text += fmt::format("{:>7.1f} %{:>7.2f} %{:>6.2f},{:>5.2f}{:>8}",
                          kPercent * counts.median_share, kPercent * counts.smallest_share,
                          counts.centre_x, counts.centre_y, counts.at_edge);
    }
    text += '\n';
  }
  return text;
}

std::string together_rows(const Statistics& statistics) {
  std::string text;
  for (std::size_t a = 0; a < statistics.classes.size(); ++a) {
    for (std::size_t b = a + 1; b < statistics.classes.size(); ++b) {
      if (statistics.together[a][b] > 0) {
        text += fmt::format("  {} and {}: {}\n", statistics.classes[a].name,
                            statistics.classes[b].name, statistics.together[a][b]);
      }
    }
  }
  return text.empty() ? text : "in one picture:\n" + text;
}

std::string counted(const std::string& heading, const std::map<std::string, std::size_t>& counts) {
  std::vector<std::pair<std::string, std::size_t>> rows(counts.begin(), counts.end());
  std::stable_sort(rows.begin(), rows.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  constexpr std::size_t kMostRows = 12;
  std::string text = rows.empty() ? "" : heading + ":";
  for (std::size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) {
    text += fmt::format("{} {} {}", i == 0 ? "" : ",", rows[i].first, rows[i].second);
  }
  if (rows.size() > kMostRows) {
    text += fmt::format(" and {} more", rows.size() - kMostRows);
  }
  return rows.empty() ? text : text + "\n";
}

}  // namespace

Statistics statistics(const Dataset& data) {
  Statistics out;
  out.pictures = data.items.size();
  out.classes.resize(data.classes.size());
  out.together.assign(data.classes.size(), std::vector<std::size_t>(data.classes.size()));
  std::vector<Sums> sums(data.classes.size());
  for (std::size_t c = 0; c < data.classes.size(); ++c) {
    out.classes[c].name = data.classes[c];
  }
  for (const Item& item : data.items) {
    std::set<std::size_t> shown;
    if (item.picture_class) {
      shown.insert(*item.picture_class);
    }
    if (item.boxes) {
      out.negatives += item.boxes->empty() ? 1 : 0;
      for (const LabelledBox& marked : *item.boxes) {
        shown.insert(marked.class_index);
        count_box(marked, item, out.classes[marked.class_index], sums[marked.class_index]);
      }
    }
    out.unlabelled += !item.boxes && !item.picture_class ? 1 : 0;
    count_picture(item, shown, out);
    ++out.sources[item.source];
    for (const std::string& flag : item.flags) {
      ++out.flags[flag];
    }
  }
  for (std::size_t c = 0; c < sums.size(); ++c) {
    finish(out.classes[c], sums[c]);
  }
  return out;
}

std::string table(const Statistics& statistics) {
  std::string text = fmt::format("{} pictures, {} of them with nothing to see", statistics.pictures,
                                 statistics.negatives);
  if (statistics.unlabelled > 0) {
    text += fmt::format(", {} without any label", statistics.unlabelled);
  }
  return text + "\n" + class_rows(statistics) + together_rows(statistics) +
         counted("sources", statistics.sources) + counted("flags", statistics.flags);
}

figures::BarFigure class_bars(const Statistics& statistics, const std::string& name) {
  figures::BarFigure figure{.title = fmt::format("Pictures of each class in {}", name),
                            .subtitle = fmt::format("{} pictures, {} with nothing to see",
                                                    statistics.pictures, statistics.negatives),
                            .part_names = {"training", "validation", "test", "no split"},
                            .rows = {}};
  for (const ClassCounts& counts : statistics.classes) {
    const auto rest = counts.pictures - counts.train - counts.validation - counts.test;
    figure.rows.push_back(
        {counts.name,
         {static_cast<double>(counts.train), static_cast<double>(counts.validation),
          static_cast<double>(counts.test), static_cast<double>(rest)}});
  }
  return figure;
}

}  // namespace stepcast::dataset
