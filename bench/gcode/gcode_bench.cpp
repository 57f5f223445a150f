// Throughput of the reader and of the header scan, beside a plain std::getline + strtod.
//
//   bench_gcode [--benchmark_filter=...]
//
// The job is the benchy of the shared data, repeated to 100 MB; without that data, a made-up one.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include "stepcast/gcode/metadata.hpp"
#include "stepcast/gcode/reader.hpp"

namespace {

using namespace stepcast;

constexpr std::size_t kJobBytes = 100'000'000;

std::string one_job() {
  std::ifstream file(STEPCAST_SHARED_DIR "/data/gcode/benchy_prusaslicer_0.2mm.gcode",
                     std::ios::binary);
  std::string job((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  for (int i = 0; job.empty() || (job.size() < 1'000'000 && !file.is_open()); ++i) {
    job += "G1 X" + std::to_string(i % 200) + ".125 Y" + std::to_string(i % 190) + ".5 E0.03311\n";
  }
  return job;
}

// Written once, removed when the program ends.
class BigJob {
 public:
  BigJob()
      : path_(std::filesystem::temp_directory_path() /
              ("stepcast_bench_" + std::to_string(::getpid()) + ".gcode")) {
    const auto job = one_job();
    std::ofstream file(path_, std::ios::binary);
    for (std::size_t size = 0; size < kJobBytes; size += job.size()) {
      file << job;
      bytes_ += job.size();
    }
  }
  ~BigJob() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  BigJob(const BigJob&) = delete;
  BigJob& operator=(const BigJob&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

  // Asks the kernel to forget the file, so that the next read comes from the disk.
  void chill() const {
    const int descriptor = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
    static_cast<void>(::fdatasync(descriptor));
    static_cast<void>(::posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED));
    ::close(descriptor);
  }

 private:
  std::filesystem::path path_;
  std::size_t bytes_{};
};

const BigJob& big_job() {
  static const BigJob job;
  return job;
}

void report(benchmark::State& state, std::int64_t lines) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(big_job().bytes()));
  state.SetItemsProcessed(lines);
}

void read_with_reader(benchmark::State& state) {
  const auto& job = big_job();
  std::int64_t lines = 0;
  double sum = 0.0;
  for (auto _ : state) {
    auto reader = gcode::Reader::open(job.path()).value();
    gcode::Command command;
    while (reader.next(command).value()) {
      for (const auto& word : command.words()) {
        sum += word.value;
      }
    }
    lines += command.line;
  }
  benchmark::DoNotOptimize(sum);
  report(state, lines);
}
BENCHMARK(read_with_reader)->Unit(benchmark::kMillisecond);

// What a first version would do: no errors, no table, no checksums, no texts.
void read_with_getline_and_strtod(benchmark::State& state) {
  const auto& job = big_job();
  std::int64_t lines = 0;
  double sum = 0.0;
  for (auto _ : state) {
    std::ifstream file(job.path());
    std::string line;
    while (std::getline(file, line)) {
      ++lines;
      const char* p = line.c_str();
      while (*p != '\0' && *p != ';') {
        const char letter = *p++;
        if (letter >= 'A' && letter <= 'Z') {
          char* end = nullptr;
          sum += std::strtod(p, &end);
          p = end;
        }
      }
    }
  }
  benchmark::DoNotOptimize(sum);
  report(state, lines);
}
BENCHMARK(read_with_getline_and_strtod)->Unit(benchmark::kMillisecond);

void scan_metadata(benchmark::State& state) {
  const auto& job = big_job();
  for (auto _ : state) {
    benchmark::DoNotOptimize(gcode::scan_metadata(job.path()).value());
  }
  report(state, 0);
}
BENCHMARK(scan_metadata)->Unit(benchmark::kMillisecond);

void scan_metadata_from_cold_disk(benchmark::State& state) {
  const auto& job = big_job();
  for (auto _ : state) {
    state.PauseTiming();
    job.chill();
    state.ResumeTiming();
    benchmark::DoNotOptimize(gcode::scan_metadata(job.path()).value());
  }
  report(state, 0);
}
BENCHMARK(scan_metadata_from_cold_disk)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(3)
    ->UseRealTime();

}  // namespace
