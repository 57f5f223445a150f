#include <atomic>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/store/files.hpp"
#include "stepcast/store/store.hpp"

#include "store_contract.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

using store::Session;

// Work that keeps the writer busy until it is released.
class Gate {
 public:
  auto work() {
    return [this](Session& /*session*/) -> Result<void> {
      entered_.set_value();
      opened_.get_future().wait();
      return {};
    };
  }
  void wait_until_entered() { entered_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> entered_;
  std::promise<void> opened_;
};

TEST(StoreWriter, CommitsWhatQueuedUpMeanwhileInOneTransaction) {
  const StoreFolder folder;
  const auto store = folder.open();
  Gate gate;
  store->write_soon(gate.work());
  gate.wait_until_entered();
  constexpr std::size_t kRows = 20;
  for (std::size_t i = 0; i < kRows; ++i) {
    store->write_later(putting_file("later" + std::to_string(i)));
  }
  gate.open();
  ASSERT_TRUE(store->flush());
  const auto counters = store->counters();
  EXPECT_EQ(counters.done, 1U + kRows + 1U);  // the gate, the rows, the flush
  EXPECT_EQ(counters.commits, 2U);
  EXPECT_EQ(files_in(*store).size(), kRows);
}

TEST(StoreWriter, ServesManyThreads) {
  const StoreFolder folder;
  const auto store = folder.open();
  constexpr int kThreads = 8;
  constexpr int kRows = 25;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < kRows; ++i) {
        const auto path = std::to_string(t) + "/" + std::to_string(i);
        ASSERT_TRUE(store->write(putting_file(path)));
        ASSERT_TRUE(file_in(*store, path));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_EQ(files_in(*store).size(), std::size_t{kThreads * kRows});
}

TEST(StoreWriter, KeepsTheOrderOfWhatIsQueued) {
  const StoreFolder folder;
  const auto store = folder.open();
  std::string order;
  const auto adding = [&](char c) {
    return [&order, c](Session& /*session*/) -> Result<void> {
      order += c;
      return {};
    };
  };
  store->write_later(adding('a'));
  store->write_soon(adding('b'));
  store->write_later(adding('c'));
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(order, "abc");
}

TEST(StoreWriter, DropsAndCountsWhatIsTooMuch) {
  const StoreFolder folder;
  const auto store = folder.open();
  Gate gate;
  store->write_soon(gate.work());
  gate.wait_until_entered();
  constexpr std::size_t kQueued = 65'536;
  std::size_t ran = 0;
  for (std::size_t i = 0; i < kQueued + 10; ++i) {
    store->write_later([&ran](Session& /*session*/) -> Result<void> {
      ++ran;
      return {};
    });
  }
  EXPECT_EQ(store->counters().dropped, 10U);
  gate.open();
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(ran, kQueued);
}

TEST(StoreWriter, CountsErrorsThatNobodyWaitsFor) {
  const StoreFolder folder;
  const auto store = folder.open();
  store->write_later(
      [](Session& /*session*/) -> Result<void> { return fail(Errc::kFault, "lost"); });
  ASSERT_TRUE(store->flush());
  EXPECT_EQ(store->counters().failed, 1U);
  EXPECT_EQ(store->counters().last_error, "lost");
}

TEST(StoreWriter, TurnsAnExceptionIntoAnError) {
  const StoreFolder folder;
  const auto store = folder.open();
  const auto failed = store->write([](Session& session) -> Result<void> {
    static_cast<void>(store::put_file(session, file_row("a")).has_value());
    throw std::runtime_error("thrown");
  });
  ASSERT_FALSE(failed);
  EXPECT_NE(failed.error().message.find("thrown"), std::string::npos);
  EXPECT_TRUE(files_in(*store).empty());
  EXPECT_FALSE(store->read(
      [](Session& /*session*/) -> Result<void> { throw std::runtime_error("thrown"); }));
  EXPECT_TRUE(store->write(putting_file("b")));
}

TEST(StoreWriter, CommitsWhatIsQueuedBeforeItEnds) {
  const StoreFolder folder;
  folder.open()->write_later(putting_file("a"));
  EXPECT_EQ(files_in(*folder.open()).size(), 1U);
}

TEST(StoreReaders, WaitForEachOtherRatherThanFail) {
  const StoreFolder folder;
  const auto store = std::move(
      store::Store::open({.url = "sqlite:" + folder.database().string(), .readers = 1}).value());
  std::vector<std::thread> threads;
  std::atomic<int> inside = 0;
  std::atomic<bool> met = false;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        ASSERT_TRUE(store->read([&](Session& session) {
          met = met || ++inside > 1;
          auto rows = store::all_files(session);
          --inside;
          return rows.map([](const auto& /*files*/) {});
        }));
      }
    });
  }
  for (auto& thread : threads) {
    thread.join();
  }
  EXPECT_FALSE(met) << "two reads on one connection";
}

TEST(StoreReaders, SeeOneStateHoweverLongTheyTake) {
  const StoreFolder folder;
  const auto store = folder.open();
  ASSERT_TRUE(store->write(putting_file("a")));
  ASSERT_TRUE(store->read([&](Session& session) -> Result<void> {
    EXPECT_EQ(store::all_files(session).value().size(), 1U);
    EXPECT_TRUE(store->write(putting_file("b")));
    EXPECT_EQ(store::all_files(session).value().size(), 1U);
    return {};
  }));
  EXPECT_EQ(files_in(*store).size(), 2U);
}

}  // namespace
}  // namespace stepcast::testing
