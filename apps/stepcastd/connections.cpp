#include "connections.hpp"

#include <algorithm>
#include <string>

#include <spdlog/spdlog.h>

namespace stepcast::daemon {
namespace {

constexpr std::size_t kMostAtATime = 16;
// Often enough for somebody who has just switched a printer on, and waits.
constexpr std::chrono::seconds kBetweenRounds{5};

}  // namespace

Connections::Connections(std::vector<jobs::Runner*> printers) : printers_(std::move(printers)) {
  const std::size_t threads = std::min(kMostAtATime, printers_.size());
  for (std::size_t i = 0; i < threads; ++i) {
    threads_.emplace_back(
        [this, i, threads](const std::stop_token& stop) { keep(stop, i, threads); });
  }
}

void Connections::wait_for_first_round(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, patience, [this] { return tried_ >= printers_.size(); });
}

void Connections::keep(const std::stop_token& stop, std::size_t first, std::size_t stride) {
  std::vector<std::string> said(printers_.size());
  for (bool first_round = true; !stop.stop_requested(); first_round = false) {
    for (std::size_t i = first; i < printers_.size() && !stop.stop_requested(); i += stride) {
      const auto connected = printers_[i]->keep_connected();
      const std::string problem = connected ? std::string() : connected.error().to_string();
      if (problem != said[i]) {
        said[i] = problem;
        const std::string& id = printers_[i]->identity().id;
        if (connected) {
          spdlog::info("{}: connected", id);
        } else {
          spdlog::warn("{}: {}", id, problem);
        }
      }
      if (first_round) {
        const std::scoped_lock lock(mutex_);
        ++tried_;
        changed_.notify_all();
      }
    }
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, kBetweenRounds, [] { return false; });
  }
}

}  // namespace stepcast::daemon
