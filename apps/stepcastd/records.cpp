#include "records.hpp"

#include <spdlog/spdlog.h>

namespace stepcast::daemon {
namespace {

std::vector<history::Source> sources_of(
    const Config& config, const std::vector<std::unique_ptr<jobs::Runner>>& printers) {
  std::vector<history::Source> sources;
  for (std::size_t i = 0; i < printers.size(); ++i) {
    jobs::Runner& runner = *printers[i];
    sources.push_back({{.id = runner.identity().id,
                        .title = runner.identity().title,
                        .kind = std::string(runner.printer().kind()),
                        .profile = config.printers[i].profile,
                        .first_seen = 0,
                        .last_seen = 0},
                       [&printer = runner.printer()] { return printer.status(); }});
  }
  return sources;
}

}  // namespace

Records::Records(store::Store& store, const Config& config,
                 const std::vector<std::unique_ptr<jobs::Runner>>& printers)
    : recorder_(store, sources_of(config, printers)),
      retention_(
          store,
          {.seconds = config.history.seconds_days,
           .minutes = config.history.minutes_days,
           .events = config.history.events_days,
           .ae_hits = config.history.ae_hits_days},
          [](const Error& error) { spdlog::warn("old records stay: {}", error.to_string()); }) {}

}  // namespace stepcast::daemon
