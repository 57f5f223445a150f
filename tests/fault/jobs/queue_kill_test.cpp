#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stepcast/jobs/queue.hpp"
#include "stepcast/store/jobs.hpp"
#include "stepcast/store/queue.hpp"

#include "scripted_printer.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {
namespace {

namespace fs = std::filesystem;
using jobs::Queue;
using printer::State;

constexpr int kKills = 25;
constexpr std::uint32_t kSeed = 7;
constexpr std::int64_t kCopies = 1'000;  // more than can be printed between the kills

void must(const Result<void>& done) {
  if (!done) {
    throw std::runtime_error(done.error().to_string());
  }
}

/// The machine: its memory is a file outside of the server, so it outlives every kill.
class KeptMachine {
 public:
  explicit KeptMachine(fs::path file)
      : fd_(::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600)) {}
  ~KeptMachine() { ::close(fd_); }
  KeptMachine(const KeptMachine&) = delete;
  KeptMachine& operator=(const KeptMachine&) = delete;

  void note_start(const std::string& job) const {
    const std::string line = job + "\n";
    if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
      ::_exit(1);
    }
  }

 private:
  int fd_;
};

/// A server with one printer that ejects: it prints copy after copy, each in no time, until it is
/// killed or `stop`s. Tells every start by a byte to `heartbeat`.
struct Server {
  explicit Server(const fs::path& folder, int heartbeat_fd)
      : machine(folder / "machine"), heartbeat(heartbeat_fd) {
    store = store::Store::open({.url = "sqlite:" + (folder / "stepcast.db").string()}).value();
    log = events::Log::open(*store).value();
    library =
        files::Library::open(*store, {.root = folder / "files", .minimum_free_bytes = 0},
                             {{.settings = "any",
                               .analyse = [](const auto& /*file*/,
                                             const auto& /*stop*/) { return files::Analysis{}; },
                               .printers = {}}})
            .value();
    script->on_start = [this](const printer::PrintRequest& request) {
      machine.note_start(request.job_id);
      static_cast<void>(::write(heartbeat, "s", 1));
    };
    script->refuse_continue = Error{Errc::kNotFound, "the machine keeps no jobs", {}, {}};
    auto back_end = std::make_unique<ScriptedPrinter>(script);
    hand = back_end.get();
    jobs::Runner::Identity identity;
    identity.id = "belt";
    identity.title = "belt";
    runner = jobs::Runner::open(identity, *store, *library, *log, std::move(back_end)).value();
    must(runner->connect());
    queue = Queue::open(*store, *library, *log, {{runner.get(), "", true}}, {.own_thread = false})
                .value();
  }
  /// What a kill left on the bed is taken off, as a person would.
  void tidy() const {
    const auto setup = queue->setup("belt").value();
    if (!setup.bed_clear) {
      static_cast<void>(queue->bed_cleared("belt", setup.bed_job, "ada"));
    }
  }
  void print_one() const {
    if (queue->pass().value() > 0) {
      hand->enter(State::kPrinting);
      hand->end_well();
    }
  }

  KeptMachine machine;
  int heartbeat;
  std::shared_ptr<PrinterScript> script = std::make_shared<PrinterScript>();
  std::unique_ptr<store::Store> store;
  std::unique_ptr<events::Log> log;
  std::unique_ptr<files::Library> library;
  ScriptedPrinter* hand = nullptr;
  std::unique_ptr<jobs::Runner> runner;
  std::unique_ptr<Queue> queue;
};

void fill_queue(const fs::path& folder) {
  Server server(folder, STDERR_FILENO);
  server.heartbeat = -1;
  const auto path = files::LibraryPath::parse("cube.gcode").value();
  {
    auto upload = server.library->begin_upload(path, "ada").value();
    const std::string job = "G28\nG1 X10 F3000\n";
    must(upload->write(job));
    static_cast<void>(upload->commit().value());
  }
  while (!server.library->find(path).value()->analysis) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  jobs::NewQueueEntry entry;
  entry.file = "cube.gcode";
  entry.user = "ada";
  entry.copies = kCopies;
  static_cast<void>(server.queue->add(entry).value());
}

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) {
    lines.push_back(line);
  }
  return lines;
}

/// @returns the number of copies that are used up.
std::int64_t check_books(const fs::path& folder) {
  const std::vector<std::string> lines = lines_of(folder / "machine");
  const std::set<std::string> started(lines.begin(), lines.end());
  EXPECT_EQ(started.size(), lines.size()) << "a job was started twice";
  Server server(folder, -1);
  const auto entries = server.queue->list().value();
  EXPECT_EQ(entries.size(), 1U);
  if (entries.size() != 1) {
    return 0;
  }
  const jobs::QueueEntry& entry = entries[0];
  EXPECT_EQ(entry.waiting + entry.under_way + entry.done + entry.failed, kCopies);
  EXPECT_EQ(entry.under_way, 0) << "the machine keeps no jobs, so none can be under way";
  std::set<std::string> booked;
  std::int64_t not_started = 0;
  for (const jobs::QueueStart& start : entry.starts) {
    EXPECT_TRUE(booked.insert(start.id).second);
    if (start.state == "expired") {
      EXPECT_EQ(started.count(start.id), 0U) << "an expired start was carried out";
    } else if (started.count(start.id) == 0) {
      EXPECT_EQ(start.state, "failed") << "a copy that was never started counts as printed";
      ++not_started;
    }
  }
  for (const std::string& job : started) {
    EXPECT_EQ(booked.count(job), 1U) << "a start that is in no book";
  }
  EXPECT_LE(not_started, kKills) << "at most the one that a kill hit";
  return entry.done + entry.failed;
}

TEST(KilledQueue, StartsNoCopyTwiceAndLosesNone) {
  const StoreFolder folder;
  fill_queue(folder.path());
  std::mt19937 random(kSeed);
  for (int kill = 0; kill < kKills; ++kill) {
    SCOPED_TRACE("kill " + std::to_string(kill));
    std::array<int, 2> pipe{};
    ASSERT_EQ(::pipe(pipe.data()), 0);
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      ::close(pipe[0]);
      const Server server(folder.path(), pipe[1]);
      server.tidy();
      while (true) {
        server.print_one();
      }
    }
    ::close(pipe[1]);
    // After some starts, so that the speed of the machine does not matter, and then at any moment.
    const int before = std::uniform_int_distribution<int>(0, 4)(random);
    const auto moment =
        std::chrono::microseconds(std::uniform_int_distribution<int>(0, 30'000)(random));
    char beat = 0;
    int seen = 0;
    while (seen < before && ::read(pipe[0], &beat, 1) == 1) {
      ++seen;
    }
    ASSERT_EQ(seen, before) << "the child ended by itself";
    std::this_thread::sleep_for(moment);
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    ::close(pipe[0]);
  }
  EXPECT_GT(check_books(folder.path()), kKills);
}

// The moments that matter most, one by one: the server dies while the printer is being asked.
TEST(KilledQueue, DoesNotRepeatAStartWhoseAnswerItDidNotLiveToHear) {
  for (const bool accepted : {false, true}) {
    const StoreFolder folder;
    fill_queue(folder.path());
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      Server server(folder.path(), -1);
      server.script->on_start = [&](const printer::PrintRequest& request) {
        if (accepted) {
          server.machine.note_start(request.job_id);
        }
        ::raise(SIGKILL);
      };
      server.tidy();
      server.print_one();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
    EXPECT_EQ(check_books(folder.path()), 1) << "failed, and said so; not waiting again";
    EXPECT_EQ(lines_of(folder.path() / "machine").size(), accepted ? 1U : 0U);
    Server next(folder.path(), -1);
    EXPECT_EQ(next.queue->pass().value(), 0) << "somebody has to look at the bed first";
  }
}

// A claim that never became a job.
TEST(KilledQueue, GivesACopyBackThatWasClaimedButNotAsked) {
  const StoreFolder folder;
  fill_queue(folder.path());
  {
    Server server(folder.path(), -1);
    const auto entry = server.queue->list().value().at(0);
    ASSERT_TRUE(server.store->write([&](store::Session& session) {
      return store::add_queue_start(session, {.id = "claimed-by-the-dead",
                                              .entry = entry.id,
                                              .printer = "belt",
                                              .state = "claimed",
                                              .version = 1,
                                              .claimed = 1,
                                              .expires = 2,
                                              .reason = {}});
    }));
    EXPECT_EQ(server.queue->find(entry.id).value().waiting, kCopies - 1);
  }
  Server server(folder.path(), -1);
  const auto entry = server.queue->list().value().at(0);
  EXPECT_EQ(entry.waiting, kCopies);
  EXPECT_EQ(entry.starts.at(0).state, "expired");
  EXPECT_FALSE(entry.starts.at(0).reason.empty());
}

}  // namespace
}  // namespace stepcast::testing
