#include "command.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stepcast::notify {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr milliseconds kPlenty{20'000};

class Commands : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "stepcast command XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string text_of(const char* file) const {
    std::ifstream stream(folder_ / file);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  [[nodiscard]] Result<void> shell(const std::string& script, const std::string& input,
                                   milliseconds limit = kPlenty) const {
    return run_command({"/bin/sh", "-c", "cd \"$0\"; " + script, folder_.string()}, input, limit);
  }

  fs::path folder_;
};

TEST_F(Commands, GetTheEventOnTheirStandardInput) {
  const std::string large(1 << 20, 'x');
  ASSERT_TRUE(shell("cat > out", large));
  EXPECT_EQ(text_of("out"), large);
  EXPECT_TRUE(shell("exit 0", large)) << "whether they read it or not";
}

TEST_F(Commands, TakeArgumentsAsTheyAreWithoutAShell) {
  ASSERT_TRUE(run_command({"/usr/bin/touch", (folder_ / "$(a) ; b").string()}, "", kPlenty));
  EXPECT_TRUE(fs::exists(folder_ / "$(a) ; b"));
}

TEST_F(Commands, InheritNoSecrets) {
  ::setenv("STEPCAST_TEST_SECRET", "hidden", 1);
  ASSERT_TRUE(shell("env > out; exec ls /proc/self/fd > files", ""));
  ::unsetenv("STEPCAST_TEST_SECRET");
  EXPECT_EQ(text_of("out").find("hidden"), std::string::npos);
  EXPECT_EQ(text_of("files"), "0\n1\n2\n3\n") << "3: the folder that ls reads";
}

TEST_F(Commands, ThatFailSayWhatTheyWroteLast) {
  const auto ended = shell("echo begin; echo 'no lamp there' >&2; exit 3", "");
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kFault);
  EXPECT_THAT(ended.error().message, HasSubstr("status 3"));
  EXPECT_THAT(ended.error().message, HasSubstr("no lamp there"));
}

TEST_F(Commands, ThatRunTooLongAreKilledWithWhatTheyStarted) {
  // The child of the child keeps a pipe open: it reads the end only once all writers are dead.
  const auto ended =
      shell("sleep 1000 & echo $! > child; echo $$ > self; sleep 1000", "", milliseconds(300));
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kInterrupted);
  const std::string child = text_of("child");
  ASSERT_FALSE(child.empty());
  const std::string state = "/proc/" + child.substr(0, child.size() - 1) + "/stat";
  // Killed is soon dead, but not at once.
  const auto end = std::chrono::steady_clock::now() + kPlenty;
  std::string line;
  do {
    std::ifstream stream(state);
    line.clear();
    std::getline(stream, line);
  } while (!line.empty() && line.find(") Z") == std::string::npos &&
           std::chrono::steady_clock::now() < end);
  EXPECT_LT(std::chrono::steady_clock::now(), end) << line;
}

TEST_F(Commands, ThatAreNotThereAreNamed) {
  const auto ended = run_command({"/nowhere/lamp"}, "", kPlenty);
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::kNotFound);
  EXPECT_EQ(ended.error().location, "/nowhere/lamp");
}

}  // namespace
}  // namespace stepcast::notify
