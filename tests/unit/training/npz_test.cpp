#include "stepcast/training/npz.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::training {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string little(std::uint32_t value, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    text += static_cast<char>(value >> 8U * i & 0xFFU);
  }
  return text;
}

std::string npy(const std::string& header, const std::vector<float>& values) {
  std::string text = "\x93NUMPY";
  text += '\x01';
  text += '\0';
  text += little(static_cast<std::uint32_t>(header.size()), 2) + header;
  std::string body(values.size() * sizeof(float), '\0');
  std::memcpy(body.data(), values.data(), body.size());
  return text + body;
}

std::string member(const std::string& name, const std::string& content, std::uint32_t method = 0) {
  return "PK\x03\x04" + little(20, 2) + little(0, 2) + little(method, 2) + std::string(8, '\0') +
         little(static_cast<std::uint32_t>(content.size()), 4) +
         little(static_cast<std::uint32_t>(content.size()), 4) +
         little(static_cast<std::uint32_t>(name.size()), 2) + little(0, 2) + name + content;
}

class Npz : public ::testing::Test {
 protected:
  Result<NamedArrays> read(const std::string& content) {
    std::ofstream(path_, std::ios::binary) << content;
    return read_npz(path_.string());
  }
  ~Npz() override { std::filesystem::remove(path_); }
  std::filesystem::path path_ = std::filesystem::temp_directory_path() /
                                ("stepcast_npz_" + std::to_string(::getpid()) + ".npz");
};

constexpr const char* kHeader = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";

TEST_F(Npz, ArraysComeByNameWithTheirShape) {
  const auto arrays =
      read(member("stem.weight.npy", npy(kHeader, {1, 2, 3, 4, 5, 6})) +
           member("stem.bias.npy",
                  npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }", {7})));
  ASSERT_TRUE(arrays) << arrays.error().to_string();
  EXPECT_THAT(arrays->at("stem.weight").shape, ElementsAre(2, 3));
  EXPECT_THAT(arrays->at("stem.weight").values, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(arrays->at("stem.bias").shape, ElementsAre(1));
}

TEST_F(Npz, AShapeThatDoesNotFitIsRefused) {
  const auto arrays = read(member("a.npy", npy(kHeader, {1, 2, 3})));
  ASSERT_FALSE(arrays);
  EXPECT_EQ(arrays.error().code, Errc::kMalformed);
  EXPECT_THAT(arrays.error().to_string(), HasSubstr("a.npy has 12 bytes, its shape says 24"));
}

TEST_F(Npz, CompressedMembersAreRefusedWithARemedy) {
  const auto arrays = read(member("a.npy", "xx", 8));
  ASSERT_FALSE(arrays);
  EXPECT_EQ(arrays.error().code, Errc::kUnsupported);
  EXPECT_THAT(arrays.error().remedy, HasSubstr("savez"));
}

TEST_F(Npz, WhatBreaksOffOrIsSomethingElseIsRefused) {
  const auto whole = member("a.npy", npy(kHeader, {1, 2, 3, 4, 5, 6}));
  EXPECT_FALSE(read(whole.substr(0, whole.size() - 1)));
  EXPECT_FALSE(read("hello"));
  EXPECT_FALSE(
      read(member("a.npy", npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
                               {1, 2, 3, 4, 5, 6}))));
  EXPECT_EQ(read_npz("/nowhere/at/all.npz").error().code, Errc::kNotFound);
}

}  // namespace
}  // namespace stepcast::training
