#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/store.hpp"

#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

constexpr int kKills = 12;
constexpr std::uint32_t kSeed = 20;
constexpr std::uint32_t kWriters = 3;

std::string path_of(std::uint32_t number) {
  return "row" + std::to_string(number);
}

// Writes rows from several threads for ever, and tells the number of each that write() returned
// for. A number fits into one atomic write to the pipe.
[[noreturn]] void write_until_killed(const StoreFolder& folder, int acknowledged,
                                     std::uint32_t first) {
  const auto store = folder.open();
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < kWriters; ++t) {
    threads.emplace_back([&, t] {
      for (std::uint32_t number = first + t;; number += kWriters) {
        const auto done = store->write(putting_file(path_of(number)));
        if (!done || ::write(acknowledged, &number, sizeof number) != sizeof number) {
          ::_exit(1);
        }
        store->write_later([number](store::Session& session) {
          return store::put_job(session, job_row(path_of(number), "done", 1));
        });
      }
    });
  }
  while (true) {
    ::pause();
  }
}

TEST(KilledServer, HasEveryRowThatItAcknowledged) {
  const StoreFolder folder;
  folder.open().reset();
  std::mt19937 random(kSeed);
  std::vector<std::uint32_t> acknowledged;
  std::uint32_t next = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      write_until_killed(folder, pipe[1], next);
    }
    ::close(pipe[1]);
    // After some rows, so that the speed of the machine does not matter, and then at any moment.
    const auto before = std::uniform_int_distribution<int>(0, 60)(random);
    const auto moment =
        std::chrono::microseconds(std::uniform_int_distribution<int>(0, 4000)(random));
    std::uint32_t number = 0;
    int seen = 0;
    while (seen < before && ::read(pipe[0], &number, sizeof number) == sizeof number) {
      acknowledged.push_back(number);
      ++seen;
    }
    ASSERT_EQ(seen, before) << "the child ended by itself";
    std::this_thread::sleep_for(moment);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (::read(pipe[0], &number, sizeof number) == sizeof number) {
      acknowledged.push_back(number);
    }
    ::close(pipe[0]);

    const auto store = folder.open();
    for (const auto row : acknowledged) {
      ASSERT_TRUE(file_in(*store, path_of(row))) << "row " << row << " after kill " << kill;
      next = std::max(next, row + kWriters);
    }
  }
  EXPECT_GT(acknowledged.size(), std::size_t{kKills});
}

}  // namespace
}  // namespace stepcast::testing
