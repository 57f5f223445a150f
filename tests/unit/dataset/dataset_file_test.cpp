#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/dataset/dataset.hpp"

#include "dataset_rig.hpp"

namespace stepcast::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Dataset small(const std::filesystem::path& root) {
  Dataset data{.name = "mine", .root = root, .classes = {"OK", "spaghetti"}, .items = {}};
  data.items.push_back({.path = "images/\"a\" ü.png",
                        .width = 100,
                        .height = 80,
                        .source = "cam",
                        .boxes = std::vector<LabelledBox>{{1, {10.25, 20, 30.5, 40}}},
                        .picture_class = {},
                        .split = Split::kTrain,
                        .flags = {"cut"}});
  data.items.push_back({.path = "b.png",
                        .width = 10,
                        .height = 8,
                        .source = "",
                        .boxes = std::vector<LabelledBox>{},
                        .picture_class = 0,
                        .split = Split::kNone,
                        .flags = {}});
  return data;
}

TEST(DatasetFile, ComesBackAsItWas) {
  const ScratchFolder folder;
  const auto file = folder.path() / "dataset.json";
  const Dataset data = small(folder.path() / "pictures");
  ASSERT_TRUE(save(data, file));
  const auto again = load(file);
  ASSERT_TRUE(again) << again.error().to_string();
  EXPECT_EQ(again->name, "mine");
  EXPECT_EQ(again->root, std::filesystem::weakly_canonical(folder.path()) / "pictures");
  EXPECT_EQ(again->classes, data.classes);
  ASSERT_EQ(again->items.size(), 2);
  const Item& item = again->items[0];
  EXPECT_EQ(item.path, data.items[0].path);
  EXPECT_EQ(item.source, "cam");
  EXPECT_EQ(item.split, Split::kTrain);
  EXPECT_THAT(item.flags, ElementsAre("cut"));
  EXPECT_EQ(item.boxes->at(0).class_index, 1);
  EXPECT_EQ(item.boxes->at(0).box.x, 10.25);
  EXPECT_EQ(item.boxes->at(0).box.width, 30.5);
  EXPECT_TRUE(again->items[1].boxes->empty()) << "nothing to see is not the same as not looked at";
  EXPECT_EQ(again->items[1].picture_class, 0);
}

TEST(DatasetFile, HasALineForEachPictureAndARelativeRoot) {
  const ScratchFolder folder;
  const std::string text = to_text(small(folder.path() / "pictures"), folder.path());
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4);
  EXPECT_THAT(text, HasSubstr(R"("root":"pictures")"));
  EXPECT_THAT(text, HasSubstr(R"(["spaghetti",10.25,20.0,30.5,40.0])"));
}

/// A whole file with `items`.
std::string with_items(const std::string& items) {
  return R"({"format":1,"name":"x","root":".","classes":["a"],"items":[)" + items + "]}";
}

struct BadFile {
  std::string text;
  const char* message;
};
class DatasetText : public testing::TestWithParam<BadFile> {};

TEST_P(DatasetText, ThatIsWrongIsNamed) {
  const auto data = parse(GetParam().text, "/tmp", "x.json");
  ASSERT_FALSE(data);
  EXPECT_THAT(data.error().to_string(), HasSubstr("x.json"));
  EXPECT_THAT(data.error().to_string(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Bad, DatasetText,
    testing::Values(
        BadFile{"{\n\n\"format\": }", "x.json:3: this is no JSON"},
        BadFile{"{}", "'format' must be 1"}, BadFile{R"({"format":2})", "'format' must be 1"},
        BadFile{std::string(100, '['), "nests deeper"},
        BadFile{with_items(R"({"size":[1,1]})"), "'path' must be a text"},
        BadFile{with_items(R"({"path":"p"})"), "p: 'size' must be [width, height]"},
        BadFile{with_items(R"({"path":"p","size":[0,1]})"), "'size'"},
        BadFile{with_items(R"({"path":"p","size":[9,9],"class":"b"})"), "not \"b\""},
        BadFile{with_items(R"({"path":"p","size":[9,9],"split":"maybe"})"), "'split' must be"},
        BadFile{with_items(R"({"path":"p","size":[9,9],"boxes":[["a",1,1,1]]})"), "'boxes'"},
        BadFile{with_items(R"({"path":"p","size":[9,9],"boxes":[["a",1,1,9,1]]})"),
                "not inside the 9 x 9 pixels"},
        BadFile{with_items(R"({"path":"p","size":[9,9],"boxes":[["a",1,1,1e999,1]]})"),
                "too large"},
        BadFile{with_items(R"({"path":"/p","size":[9,9]})"), "absolute"},
        BadFile{with_items(R"({"path":"p","size":[9,9]},{"path":"p","size":[9,9]})"), "twice"}));

TEST(DatasetFile, IsNotTouchedByADataSetThatBreaksTheRules) {
  const ScratchFolder folder;
  const auto file = folder.path() / "dataset.json";
  ASSERT_TRUE(save(small(folder.path()), file));
  Dataset bad = small(folder.path());
  bad.items[0].boxes->at(0).class_index = 9;
  EXPECT_FALSE(save(bad, file));
  EXPECT_TRUE(load(file));
}

TEST(Merge, JoinsClassesByNameAndLeavesWhatIsThere) {
  Dataset data = small("/sets/one");
  Dataset more = small("/sets/two");
  more.classes = {"spaghetti", "warping"};
  more.items[0].boxes->at(0).class_index = 0;
  more.items[1].picture_class = 1;
  EXPECT_EQ(merge(data, more), 2);
  EXPECT_EQ(merge(data, more), 0) << "the second time everything is there";
  EXPECT_THAT(data.classes, ElementsAre("OK", "spaghetti", "warping"));
  ASSERT_EQ(data.items.size(), 4);
  EXPECT_EQ(data.items[3].path, "../two/b.png");
  EXPECT_EQ(data.items[2].boxes->at(0).class_index, 1);
  EXPECT_EQ(data.items[3].picture_class, 2);
  EXPECT_TRUE(check(data));
}

}  // namespace
}  // namespace stepcast::dataset
