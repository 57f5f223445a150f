#include "stepcast/history/recorder.hpp"

#include <chrono>
#include <map>
#include <utility>

#include "stepcast/history/metrics.hpp"

namespace stepcast::history {
namespace {

using std::chrono::milliseconds;

// A compromise between what a crash loses and how often a memory card is written to.
constexpr int kSecondsOfABatch = 10;
constexpr store::UnixMs kMsPerS = 1000;

store::UnixMs wall_clock_now() {
  return std::chrono::duration_cast<milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Half-way into the next second, so that a clock that is adjusted a little skips none.
milliseconds until_next_second(store::UnixMs now) {
  return milliseconds(kMsPerS - (now + kMsPerS / 2) % kMsPerS);
}

}  // namespace

Collector::Collector(store::Store& store, std::vector<Source> sources)
    : store_(store), sources_(std::move(sources)) {
  const auto now = wall_clock_now();
  for (const auto& source : sources_) {
    auto printer = source.printer;
    printer.first_seen = now;
    printer.last_seen = now;
    store_.write_soon([printer](store::Session& session) { return see_printer(session, printer); });
  }
}

Collector::~Collector() {
  write();
}

void Collector::collect(store::UnixS now) {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    for (auto& measured : measurements_of(sources_[i].status())) {
      samples_.push_back({i, std::move(measured.metric), now, measured.value});
    }
  }
  if (++seconds_ >= kSecondsOfABatch) {
    write();
  }
}

void Collector::write() {
  seconds_ = 0;
  if (samples_.empty()) {
    return;
  }
  std::vector<std::string> printers;
  printers.reserve(sources_.size());
  for (const auto& source : sources_) {
    printers.push_back(source.printer.id);
  }
  store_.write_later([printers = std::move(printers), samples = std::exchange(samples_, {})](
                         store::Session& session) -> Result<void> {
    std::map<std::pair<std::size_t, std::string_view>, std::int64_t> numbers;
    std::vector<store::TelemetryRow> rows;
    rows.reserve(samples.size());
    for (const auto& sample : samples) {
      auto [number, added] = numbers.try_emplace({sample.source, sample.metric}, 0);
      if (added) {
        const auto series = store::series_of(session, printers[sample.source], sample.metric);
        if (!series) {
          return tl::unexpected(series.error());
        }
        number->second = *series;
      }
      rows.push_back({number->second, sample.at, sample.value});
    }
    return store::add_telemetry(session, std::move(rows));
  });
}

Recorder::Recorder(store::Store& store, std::vector<Source> sources)
    : collector_(store, std::move(sources)),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

Recorder::~Recorder() {
  thread_.request_stop();
  thread_.join();
}

void Recorder::run(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_for(lock, stop, until_next_second(wall_clock_now()), [] { return false; });
    if (stop.stop_requested()) {
      return;
    }
    collector_.collect(wall_clock_now() / kMsPerS);
  }
}

}  // namespace stepcast::history
