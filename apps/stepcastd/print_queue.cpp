#include "print_queue.hpp"

#include <chrono>
#include <cstddef>
#include <utility>
#include <vector>

namespace stepcast::daemon {

Result<std::unique_ptr<jobs::Queue>> open_queue(const Config& config, server::Site& site) {
  std::vector<jobs::Queue::Printer> printers;
  for (std::size_t i = 0; i < config.printers.size(); ++i) {
    const PrinterConfig& printer = config.printers[i];
    printers.push_back({site.printers[i].get(), printer.group, printer.clears_itself});
  }
  jobs::Queue::Options options;
  options.lease = std::chrono::seconds(config.queue_lease_s);
  options.most_open = config.queue_most_entries;
  return jobs::Queue::open(site.store, site.library, site.events, std::move(printers), options);
}

}  // namespace stepcast::daemon
