#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "stepcast/base/result.hpp"
#include "stepcast/printer/printer.hpp"
#include "stepcast/store/printers.hpp"
#include "stepcast/store/store.hpp"
#include "stepcast/store/telemetry.hpp"

namespace stepcast::history {

/// A printer of which records are kept.
struct Source {
  store::PrinterRow printer;  ///< The times of it are set by who records.
  std::function<printer::Status()> status;
};

/// Collects what printers measure and writes it in batches: a database on a memory card is written
/// to six times a minute, not sixty. A crash loses the batch.
///
/// Threads: one at a time.
class Collector {
 public:
  /// `store` must outlive it.
  Collector(store::Store& store, std::vector<Source> sources);
  ~Collector();  ///< Writes what it has.
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;
  Collector(Collector&&) = delete;
  Collector& operator=(Collector&&) = delete;

  /// Asks every printer once; does not wait for the disk.
  void collect(store::UnixS now);
  void write();

 private:
  struct Sample {
    std::size_t source{};
    std::string metric;
    store::UnixS at{};
    double value{};
  };

  store::Store& store_;
  const std::vector<Source> sources_;
  std::vector<Sample> samples_;
  int seconds_ = 0;  // since the last write()
};

/// Runs a Collector once a second.
///
/// The seconds are those of the wall clock, as people read charts by it. Set forward it leaves a
/// gap; set back, new values replace those of the same seconds.
class Recorder {
 public:
  /// `store` must outlive it.
  Recorder(store::Store& store, std::vector<Source> sources);
  ~Recorder();  ///< Writes what it has.
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;
  Recorder(Recorder&&) = delete;
  Recorder& operator=(Recorder&&) = delete;

 private:
  void run(const std::stop_token& stop);

  Collector collector_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;  // last: uses all of the above
};

}  // namespace stepcast::history
