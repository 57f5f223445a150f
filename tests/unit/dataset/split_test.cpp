#include "stepcast/dataset/split.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace stepcast::dataset {
namespace {

/// Pictures of one class each, the first ones rare, with clusters of up to four.
struct Made {
  Dataset data;
  std::vector<std::size_t> clusters;
};
Made made(std::size_t count, std::uint32_t seed) {
  std::mt19937 random(seed);
  Made out;
  out.data.root = "/pictures";
  out.data.classes = {"common", "rare", "rarest"};
  for (std::size_t i = 0; i < count; ++i) {
    Item item{.path = fmt::format("p{}.png", i), .width = 9, .height = 9, .source = {}};
    const bool tied = i > 0 && random() % 4 == 0;
    out.clusters.push_back(tied ? out.clusters.back() : i);
    const auto dice = random() % 20;
    item.boxes.emplace();
    if (dice < 19) {
      const std::size_t label = dice == 0 ? 2 : dice < 4 ? 1 : 0;
      item.boxes->push_back({label, {1, 1, 5, 5}});
    }
    item.source = fmt::format("film{}", i / 10);
    out.data.items.push_back(item);
  }
  return out;
}

std::map<std::string, Split> splits_of(const Dataset& data) {
  std::map<std::string, Split> splits;
  for (const Item& item : data.items) {
    splits[item.path] = item.split;
  }
  return splits;
}

TEST(SplitOfPictures, KeepsClustersTogetherAndReachesTheShares) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    Made set = made(1000, seed);
    const auto report = split(set.data, set.clusters, {.validation = 0.2, .test = 0.1});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->placed, 1000);
    EXPECT_TRUE(report->torn.empty());
    for (std::size_t i = 0; i < set.clusters.size(); ++i) {
      EXPECT_EQ(set.data.items[i].split, set.data.items[set.clusters[i]].split);
    }
    EXPECT_NEAR(static_cast<double>(items_of(set.data, Split::kValidation).size()), 200, 15);
    EXPECT_NEAR(static_cast<double>(items_of(set.data, Split::kTest).size()), 100, 15);
  }
}

TEST(SplitOfPictures, GivesRareClassesTheirShareToo) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    Made set = made(600, seed);
    ASSERT_TRUE(split(set.data, set.clusters, {.validation = 0.25, .seed = seed}));
    for (std::size_t label = 0; label < 3; ++label) {
      double all = 0;
      double validation = 0;
      for (const Item& item : set.data.items) {
        if (!item.boxes->empty() && item.boxes->front().class_index == label) {
          all += 1;
          validation += item.split == Split::kValidation ? 1 : 0;
        }
      }
      EXPECT_NEAR(validation / all, 0.25, 0.06) << "class " << label << ", seed " << seed;
    }
  }
}

TEST(SplitOfPictures, NeverMovesOldPicturesWhenNewOnesCome) {
  for (std::uint32_t seed = 1; seed <= 10; ++seed) {
    Made all = made(500, seed);
    Made first = all;
    first.data.items.resize(300);
    first.clusters.resize(300);
    ASSERT_TRUE(split(first.data, first.clusters));
    const auto before = splits_of(first.data);
    std::copy(first.data.items.begin(), first.data.items.end(), all.data.items.begin());
    ASSERT_TRUE(split(all.data, all.clusters));
    const auto after = splits_of(all.data);
    for (const auto& [path, split] : before) {
      EXPECT_EQ(after.at(path), split) << path;
    }
    for (std::size_t i = 0; i < all.clusters.size(); ++i) {
      EXPECT_EQ(all.data.items[i].split, all.data.items[all.clusters[i]].split)
          << "a new picture joins its cluster";
    }
  }
}

TEST(SplitOfPictures, IsTheSameForASeedAndAnotherForAnother) {
  Made one = made(200, 1);
  Made same = one;
  Made other = one;
  ASSERT_TRUE(split(one.data, one.clusters, {.seed = 5}));
  ASSERT_TRUE(split(same.data, same.clusters, {.seed = 5}));
  ASSERT_TRUE(split(other.data, other.clusters, {.seed = 6}));
  EXPECT_EQ(splits_of(one.data), splits_of(same.data));
  EXPECT_NE(splits_of(one.data), splits_of(other.data));
}

TEST(SplitOfPictures, KeepsSourcesWholeWhenAsked) {
  Made set = made(400, 2);
  ASSERT_TRUE(split(set.data, set.clusters, {.by_source = true}));
  std::map<std::string, Split> of_source;
  for (const Item& item : set.data.items) {
    EXPECT_EQ(of_source.emplace(item.source, item.split).first->second, item.split);
  }
  EXPECT_FALSE(items_of(set.data, Split::kValidation).empty());
}

TEST(SplitOfPictures, NamesClustersThatWereTornBefore) {
  Made set = made(10, 1);
  std::fill(set.clusters.begin(), set.clusters.end(), std::size_t{0});
  set.data.items[3].split = Split::kTrain;
  set.data.items[4].split = Split::kValidation;
  const auto report = split(set.data, set.clusters);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->torn.size(), 1);
  EXPECT_EQ(set.data.items[4].split, Split::kValidation);
  EXPECT_EQ(set.data.items[9].split, Split::kTrain) << "what may be known is not asked";
}

TEST(SplitOfPictures, RefusesSharesThatAreNone) {
  Made set = made(10, 1);
  EXPECT_FALSE(split(set.data, set.clusters, {.validation = 0.8, .test = 0.3}));
  EXPECT_FALSE(split(set.data, set.clusters, {.validation = -0.1}));
  EXPECT_EQ(set.data.items[0].split, Split::kNone);
}

}  // namespace
}  // namespace stepcast::dataset
