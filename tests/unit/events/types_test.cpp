#include "stepcast/events/types.hpp"

#include <filesystem>
#include <set>
#include <string>

#include <gtest/gtest.h>

namespace stepcast::testing {
namespace {

TEST(EventTypes, AreThoseThatTheDocumentationHasSchemasOf) {
  const std::set<std::string> known(events::types().begin(), events::types().end());
  std::set<std::string> described;
  for (const auto& schema : std::filesystem::directory_iterator(
           std::filesystem::path(STEPCAST_SOURCE_DIR) / "docs" / "schemas" / "events")) {
    described.insert(schema.path().stem().string());
  }
  EXPECT_EQ(known, described);
}

}  // namespace
}  // namespace stepcast::testing
