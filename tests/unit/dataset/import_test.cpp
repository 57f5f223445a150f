#include "stepcast/dataset/import.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset_rig.hpp"

namespace stepcast::dataset {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const LabelledBox& only_box(const Item& item) {
  return item.boxes->at(0);
}

void expect_box(const vision::Box& box, double x, double y, double width, double height) {
  EXPECT_NEAR(box.x, x, 1e-6);
  EXPECT_NEAR(box.y, y, 1e-6);
  EXPECT_NEAR(box.width, width, 1e-6);
  EXPECT_NEAR(box.height, height, 1e-6);
}

TEST(YoloFolder, ReadsBoxesPolygonsNegativesAndLists) {
  const ScratchFolder folder;
  folder.write("classes.txt", "spaghetti\r\nwarping\r\n");
  folder.picture("images/cam_1.png");
  folder.write("labels/cam_1.txt", "1 0.5 0.5 0.2 0.5\n");
  folder.picture("images/cam_2.png");
  folder.write("labels/cam_2.txt", "0 0.1 0.1 0.3 0.1 0.3 0.6\n");
  folder.picture("images/web-7_jpg.rf.0a1b2c.png");
  folder.write("labels/web-7_jpg.rf.0a1b2c.txt", "");
  folder.picture("images/unlabelled.png");
  folder.write("train.txt", "images/cam_1.png\nimages/cam_2.png\n");
  folder.write("val.txt", "images/web-7_jpg.rf.0a1b2c.png\n");

  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  const Dataset& data = imported->data;
  EXPECT_THAT(data.classes, ElementsAre("spaghetti", "warping"));
  ASSERT_EQ(data.items.size(), 3);
  EXPECT_EQ(data.items[0].source, "cam");
  EXPECT_EQ(data.items[0].width, 100);
  EXPECT_EQ(data.items[0].split, Split::kTrain);
  EXPECT_EQ(only_box(data.items[0]).class_index, 1);
  expect_box(only_box(data.items[0]).box, 40, 20, 20, 40);
  expect_box(only_box(data.items[1]).box, 10, 8, 20, 40);
  EXPECT_EQ(data.items[2].source, "web");
  EXPECT_EQ(data.items[2].split, Split::kValidation);
  EXPECT_TRUE(data.items[2].boxes && data.items[2].boxes->empty());
  ASSERT_EQ(imported->notes.size(), 1);
  EXPECT_THAT(imported->notes[0], HasSubstr("1 pictures have no label file"));
}

TEST(YoloFolder, OfRoboflowHasSplitFoldersAndDataYaml) {
  const ScratchFolder folder;
  folder.write("data.yaml",
               "train: ../train/images\nnc: 2\nnames: ['spaghetti', \"under, extrusion\"] # two\n");
  for (const char* split : {"train", "valid", "test"}) {
    folder.picture(std::filesystem::path(split) / "images/a.png");
    folder.write(std::filesystem::path(split) / "labels/a.txt", "1 .5 .5 1 1\n");
  }
  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_THAT(imported->data.classes, ElementsAre("spaghetti", "under, extrusion"));
  ASSERT_EQ(imported->data.items.size(), 3);
  EXPECT_EQ(items_of(imported->data, Split::kTrain).size(), 1);
  EXPECT_EQ(items_of(imported->data, Split::kValidation).size(), 1);
  EXPECT_EQ(items_of(imported->data, Split::kTest).size(), 1);
}

TEST(YoloFolder, DataYamlMayNumberItsNames) {
  const ScratchFolder folder;
  folder.write("data.yaml", "path: .\nnames:\n  0: spaghetti\n  1: 'warping'\nnc: 2\n");
  folder.picture("images/a.png");
  folder.write("labels/a.txt", "1 .5 .5 1 1\n");
  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_THAT(imported->data.classes, ElementsAre("spaghetti", "warping"));
}

/// A row of labels and what must stand in the error.
struct BadRow {
  const char* row;
  const char* message;
};
class YoloRow : public testing::TestWithParam<BadRow> {};

TEST_P(YoloRow, ThatIsWrongIsNamedWithItsFileLineAndValue) {
  const ScratchFolder folder;
  folder.write("classes.txt", "spaghetti\nwarping\n");
  folder.picture("images/a.png");
  folder.write("labels/a.txt", std::string("0 .5 .5 .1 .1\n\n") + GetParam().row + "\n");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().to_string(), HasSubstr("labels/a.txt:3"));
  EXPECT_THAT(imported.error().to_string(), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Bad, YoloRow,
    testing::Values(BadRow{"2 .5 .5 .1 .1", "class 2, but the classes are 0 to 1"},
                    BadRow{"0.5 .5 .5 .1 .1", "class 0.5"}, BadRow{"-1 .5 .5 .1 .1", "class -1"},
                    BadRow{"0 .5 .5 .1", "'class cx cy w h'"},
                    BadRow{"0 .5 .5 .1 nan", "'class cx cy w h'"},
                    BadRow{"0 .5 .5 .1 .1 .9", "not predictions"},
                    BadRow{"0 .5 .5 .1 .1,", "'class cx cy w h'"},
                    BadRow{"0 .95 .5 .2 .2", "sticks out of the 100 x 80 pixels"},
                    BadRow{"0 .5 .5 0 .1", "is empty in the 100 x 80 pixels"},
                    BadRow{"0 320 240 64 64", "shares of the picture, not pixels"}));

TEST(YoloFolder, CutsBoxesOnlyWhenAsked) {
  const ScratchFolder folder;
  folder.write("classes.txt", "spaghetti\n");
  folder.picture("images/a.png");
  folder.write("labels/a.txt", "0 .95 .5 .2 .5\n0 .5 .5 0 0\n");
  ImportOptions options;
  options.cut_boxes = true;
  const auto imported = import_folder(folder.path(), options);
  ASSERT_TRUE(imported) << imported.error().to_string();
  ASSERT_EQ(imported->data.items[0].boxes->size(), 1);
  expect_box(only_box(imported->data.items[0]).box, 85, 20, 15, 40);
  EXPECT_THAT(imported->data.items[0].flags, ElementsAre("cut"));
}

TEST(YoloFolder, RefusesAPictureInTwoLists) {
  const ScratchFolder folder;
  folder.write("classes.txt", "spaghetti\n");
  folder.picture("images/a.png");
  folder.write("labels/a.txt", "");
  folder.write("train.txt", "images/a.png\n");
  folder.write("val.txt", "./images/a.png\n");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().to_string(), HasSubstr("listed twice"));
}

constexpr const char* kVoc = R"(<?xml version="1.0" encoding="utf-8"?>
<!-- made by hand -->
<annotation verified="yes">
  <folder/><filename>other&amp;name.png</filename>
  <size><width>100</width><height>80</height><depth>3</depth></size>
  <object><name>spaghetti</name><difficult>0</difficult>
    <bndbox><xmin>10</xmin><ymin>20</ymin><xmax>30.5</xmax><ymax>60</ymax></bndbox></object>
</annotation>)";

TEST(VocFolder, ReadsAnnotationsBesidePicturesAndInTheirOwnFolder) {
  const ScratchFolder folder;
  folder.picture("train/JPEGImages/a.png");
  folder.write("train/Annotations/a.xml", kVoc);
  folder.picture("valid/b.png");
  folder.write("valid/b.xml", "<annotation><size><width>0</width></size></annotation>");
  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  ASSERT_EQ(imported->data.items.size(), 2);
  EXPECT_EQ(imported->data.items[0].split, Split::kTrain);
  expect_box(only_box(imported->data.items[0]).box, 10, 20, 20.5, 40);
  EXPECT_EQ(imported->data.items[1].split, Split::kValidation);
  EXPECT_TRUE(imported->data.items[1].boxes->empty());
}

TEST(VocFolder, NamesTheLineOfABrokenFile) {
  const ScratchFolder folder;
  folder.picture("a.png");
  folder.write("a.xml", "<annotation>\n<object>\n<name>x</name></objekt></annotation>");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().to_string(), HasSubstr("a.xml:3: <object> of line 2"));
}

TEST(VocFolder, RefusesDeclarationsThatCouldAskForFiles) {
  const ScratchFolder folder;
  folder.picture("a.png");
  folder.write("a.xml", "<!DOCTYPE a [<!ENTITY b SYSTEM \"/etc/hostname\">]><annotation/>");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().message, HasSubstr("declarations"));
}

TEST(VocFolder, RefusesASizeThatIsNotThePictures) {
  const ScratchFolder folder;
  folder.picture("a.png", 80, 100);
  folder.write("a.xml", kVoc);
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().message, HasSubstr("says 100 x 80 pixels of a.png, which has 80"));
}

constexpr const char* kCoco = R"({"info": {}, "licenses": [],
 "categories": [{"id": 0, "name": "defects", "supercategory": "none"},
                {"id": 1, "name": "spaghetti", "supercategory": "defects"}],
 "images": [{"id": 5, "file_name": "a.png", "width": 100, "height": 80},
            {"id": 6, "file_name": "b.png", "width": 100, "height": 80}],
 "annotations": [
   {"id": 1, "image_id": 5, "category_id": 1, "bbox": [10, 20, 30, 40], "iscrowd": 0},
   {"id": 2, "image_id": 5, "category_id": 1, "segmentation": [[1, 2, 11, 2, 11, 22]]},
   {"id": 3, "image_id": 5, "category_id": 1, "bbox": [0, 0, 100, 80], "iscrowd": 1}]})";

TEST(CocoFolder, OfRoboflowHasAFileInEachSplitAndAParentCategory) {
  const ScratchFolder folder;
  for (const std::filesystem::path split : {"train", "valid"}) {
    folder.picture(split / "a.png");
    folder.picture(split / "b.png");
    folder.write(split / "_annotations.coco.json", kCoco);
  }
  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_THAT(imported->data.classes, ElementsAre("spaghetti"));
  ASSERT_EQ(imported->data.items.size(), 4);
  ASSERT_EQ(imported->data.items[0].boxes->size(), 2) << "regions of many are left out";
  expect_box(imported->data.items[0].boxes->at(1).box, 1, 2, 10, 20);
  EXPECT_TRUE(imported->data.items[1].boxes->empty());
  EXPECT_EQ(items_of(imported->data, Split::kValidation).size(), 2);
}

TEST(CocoFolder, NamesTheAnnotationThatIsWrong) {
  const ScratchFolder folder;
  folder.picture("a.png");
  std::string text = kCoco;
  text.replace(text.find("\"image_id\": 5"), 13, "\"image_id\": 9");
  folder.write("all.json", text);
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().to_string(), HasSubstr("all.json: annotations[0]"));
}

TEST(ClassFolders, GiveAPictureTheNameOfItsFolder) {
  const ScratchFolder folder;
  folder.picture("train/OK/1.png");
  folder.picture("train/blobs/x_2.png");
  folder.picture("val/blobs/x_3.png");
  const auto imported = import_folder(folder.path());
  ASSERT_TRUE(imported) << imported.error().to_string();
  EXPECT_THAT(imported->data.classes, ElementsAre("OK", "blobs"));
  EXPECT_EQ(imported->data.items[0].picture_class, 0);
  EXPECT_EQ(imported->data.items[0].source, "OK") << "a name of digits only says nothing";
  EXPECT_EQ(imported->data.items[2].picture_class, 1);
  EXPECT_EQ(imported->data.items[2].split, Split::kValidation);
  EXPECT_FALSE(imported->data.items[0].boxes);
}

TEST(Import, SaysWhatItLookedForInAFolderWithoutLabels) {
  const ScratchFolder folder;
  folder.picture("a.png");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_EQ(imported.error().code, Errc::kUnsupported);
  EXPECT_THAT(imported.error().message, HasSubstr("classes.txt"));
}

TEST(Import, NamesAPictureThatIsNone) {
  const ScratchFolder folder;
  folder.write("classes.txt", "spaghetti\n");
  folder.write("images/a.jpg", "no picture");
  folder.write("labels/a.txt", "");
  const auto imported = import_folder(folder.path());
  ASSERT_FALSE(imported);
  EXPECT_THAT(imported.error().to_string(), HasSubstr("images/a.jpg"));
}

TEST(SourceOf, IsTheNameWithoutWhatCountsPictures) {
  EXPECT_EQ(source_of("detect/prottos_000242.jpg"), "prottos");
  EXPECT_EQ(source_of("detect/rf6_000123.jpg"), "rf6");
  EXPECT_EQ(source_of("cam/frame0012.png"), "frame");
  EXPECT_EQ(source_of("IMG_20230101_120000.jpg"), "IMG");
  EXPECT_EQ(source_of("blob-3-_jpg.rf.0a1b2c.jpg"), "blob");
  EXPECT_EQ(source_of("workshop/images/0001.jpg"), "workshop");
  EXPECT_EQ(source_of("0001.jpg"), "pictures");
}

}  // namespace
}  // namespace stepcast::dataset
