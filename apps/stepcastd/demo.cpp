#include "demo.hpp"

#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <span>
#include <thread>

#include <fmt/format.h>

#include "stepcast/files/library.hpp"
#include "stepcast/jobs/runner.hpp"

#include "format.hpp"
#include "progress_bar.hpp"
#include "terminal.hpp"

namespace stepcast::daemon {
namespace {

namespace fs = std::filesystem;
using printer::State;

constexpr const char* kDemoUser = "demo";
constexpr std::chrono::milliseconds kRedraw{100};
// Off a terminal a line this often is enough to see that it lives.
constexpr std::chrono::seconds kLogLine{2};

Result<files::LibraryPath> put_into_library(files::Library& library, const fs::path& file) {
  auto path = files::LibraryPath::from_upload("", file.filename().string());
  if (!path) {
    return path;
  }
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    return fail(Errc::kNotFound, "the part cannot be read", file.string());
  }
  auto upload = library.begin_upload(*path, kDemoUser);
  if (!upload) {
    return tl::unexpected(upload.error());
  }
  constexpr std::size_t kPiece = std::size_t{64} << 10;
  std::array<char, kPiece> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    const std::span<const char> bytes(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (auto written = (*upload)->write(bytes); !written) {
      return tl::unexpected(written.error());
    }
  }
  if (auto entered = (*upload)->commit(); !entered) {
    return tl::unexpected(entered.error());
  }
  return path;
}

bool is_under_way(State state) {
  return state != State::kOperational && state != State::kOffline && state != State::kError;
}

// The plan, once the library has it.
std::optional<files::Analysis> wait_for_analysis(const jobs::Runner& runner,
                                                 const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const auto file = runner.view().file;
    if (file && file->analysis) {
      return file->analysis;
    }
    std::this_thread::sleep_for(kRedraw);
  }
  return std::nullopt;
}

std::string line_of(const printer::Status& status) {
  const printer::Progress& progress = status.progress;
  constexpr double kPercent = 100.0;
  std::string line =
      fmt::format("{} {:5.1f} %", cli::progress_bar(progress.share), kPercent * progress.share);
  if (progress.layer) {
    line += fmt::format("  layer {}", *progress.layer);
  }
  if (progress.left) {
    line += fmt::format("  left {}", cli::duration_text(*progress.left));
  }
  for (const auto& [name, heater] : status.heaters) {
    if (heater.actual) {
      line += fmt::format("  {} {:.0f}/{:.0f} °C", name, heater.actual->v, heater.target.v);
    }
  }
  return fmt::format("{}  [{}]", line, printer::state_text(status.state));
}

void show_until_it_ends(const jobs::Runner& runner, const cli::Terminal& terminal,
                        const std::stop_token& stop) {
  auto next_line = std::chrono::steady_clock::now();
  for (printer::Status status = runner.status();
       is_under_way(status.state) && !stop.stop_requested(); status = runner.status()) {
    if (terminal.interactive()) {
      fmt::print("\r{}\033[K", line_of(status));
      std::fflush(stdout);
    } else if (const auto now = std::chrono::steady_clock::now(); now >= next_line) {
      next_line = now + kLogLine;
      fmt::print("{}\n", line_of(status));
      std::fflush(stdout);
    }
    std::this_thread::sleep_for(kRedraw);
  }
  if (terminal.interactive()) {
    fmt::print("\r\033[K");
  }
}

}  // namespace

Result<void> print_demo(server::Site& site, const fs::path& file, const std::stop_token& stop) {
  const cli::Terminal terminal(stdout);
  jobs::Runner& runner = *site.printers.front();
  const auto path = put_into_library(site.library, file);
  if (!path) {
    return tl::unexpected(path.error());
  }
  if (auto selected = runner.select(*path, kDemoUser); !selected) {
    return selected;
  }
  const auto plan = wait_for_analysis(runner, stop);
  if (!plan) {
    return {};
  }
  if (!plan->error.empty()) {
    return fail(Errc::kOutOfRange, plan->error, file.string());
  }
  fmt::print("{} {} on {}: {}, {} layers, {} of filament\n", terminal.strong("Print"), path->text(),
             runner.identity().title, cli::duration_text(Seconds(plan->print_time_s)), plan->layers,
             cli::length_text(Mm(plan->filament_mm)));
  if (auto started = runner.start(kDemoUser); !started) {
    return started;
  }
  show_until_it_ends(runner, terminal, stop);
  const jobs::Runner::View view = runner.view();
  if (!stop.stop_requested()) {
    const bool done = view.counts.last_succeeded;
    fmt::print("{} {}: {}\n", done ? terminal.good("Done") : terminal.bad("Failed"), path->text(),
               done ? "every step was executed" : view.status.error);
  }
  return {};
}

}  // namespace stepcast::daemon
