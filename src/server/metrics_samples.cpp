#include "metrics_samples.hpp"

#include <array>
#include <string>

#include "stepcast/server/metrics.hpp"

namespace stepcast::server {
namespace {

using metrics::Page;
using printer::State;

constexpr std::array kStates{
    State::kOffline, State::kOperational, State::kStarting,   State::kPrinting,  State::kPausing,
    State::kPaused,  State::kResuming,    State::kCancelling, State::kFinishing, State::kError};
constexpr double kMsPerS = 1000.0;

void add_heaters(Page& page, std::string_view id, const printer::Status& status) {
  for (const auto& [heater, heat] : status.heaters) {
    if (heat.actual) {
      page.gauge("stepcast_printer_temperature_celsius", "Measured temperature of a heater.",
                 {{"printer", id}, {"heater", heater}}, heat.actual->v);
    }
    page.gauge("stepcast_printer_temperature_target_celsius",
               "Temperature that a heater shall have; 0: off.",
               {{"printer", id}, {"heater", heater}}, heat.target.v + heat.offset.v);
  }
}

void add_progress(Page& page, std::string_view id, const printer::Status& status) {
  if (status.job_id.empty()) {
    return;
  }
  const printer::Progress& progress = status.progress;
  page.gauge("stepcast_job_progress_ratio", "Share of the print time of the job that has passed.",
             {{"printer", id}}, progress.share);
  page.gauge("stepcast_job_elapsed_seconds", "Since the start of the job, without pauses.",
             {{"printer", id}}, progress.elapsed.v);
  if (progress.left) {
    page.gauge("stepcast_job_left_seconds", "Until the job is done.", {{"printer", id}},
               progress.left->v);
  }
  if (progress.layer) {
    page.gauge("stepcast_job_layer", "Layer that is printed, from 1.", {{"printer", id}},
               static_cast<double>(*progress.layer));
  }
}

void add_link(Page& page, std::string_view id, const printer::Link& link) {
  page.gauge("stepcast_link_buffer_seconds", "Motion that waits in the device.", {{"printer", id}},
             link.buffer_s);
  page.gauge("stepcast_link_rtt_seconds", "Round trip to the device.", {{"printer", id}},
             link.rtt_ms / kMsPerS);
  page.counter("stepcast_link_retransmissions_total", "Packets sent to the device again.",
               {{"printer", id}}, link.retransmissions);
  page.counter("stepcast_link_pauses_total",
               "Times that the device held because its buffer ran low.", {{"printer", id}},
               link.pauses);
}

}  // namespace

void add_printer(Page& page, jobs::Runner& runner) {
  const std::string& id = runner.identity().id;
  const printer::Status status = runner.status();
  page.gauge("stepcast_printer_info", "1, with what the printer is called and driven by.",
             {{"printer", id},
              {"title", runner.identity().title},
              {"kind", runner.printer().kind()},
              {"virtual", status.virtual_motors ? "true" : "false"}},
             1);
  for (const State state : kStates) {
    page.gauge("stepcast_printer_state", "1 for the state that the printer is in, else 0.",
               {{"printer", id}, {"state", state_text(state)}}, state == status.state ? 1 : 0);
  }
  page.gauge("stepcast_printer_feed_rate_ratio", "Factor on the speed of the job.",
             {{"printer", id}}, status.feed_rate_factor);
  page.gauge("stepcast_printer_flow_ratio", "Factor on the flow of the job.", {{"printer", id}},
             status.flow_factor);
  if (status.fan) {
    page.gauge("stepcast_printer_fan_ratio", "Speed of the part fan.", {{"printer", id}},
               *status.fan);
  }
  add_heaters(page, id, status);
  add_progress(page, id, status);
  if (status.link) {
    add_link(page, id, *status.link);
  }
}

Result<void> add_jobs(Page& page, store::Store& store, std::string_view printer) {
  return store.read([&](store::Session& session) {
    return store::job_counts(session).map([&](const std::vector<store::JobCount>& counts) {
      for (const store::JobCount& count : counts) {
        if (printer.empty() || printer == count.printer) {
          page.gauge("stepcast_jobs", "Jobs in the database, by state.",
                     {{"printer", count.printer}, {"state", count.state}},
                     static_cast<double>(count.count));
        }
      }
    });
  });
}

void add_store(Page& page, const Site& site) {
  const store::Store::Counters counters = site.store.counters();
  page.counter("stepcast_store_commits_total", "Transactions on disk.", {}, counters.commits);
  page.counter("stepcast_store_writes_total", "Pieces of work on disk.", {}, counters.done);
  page.counter("stepcast_store_failed_total", "Pieces of work that were rolled back.", {},
               counters.failed);
  page.counter("stepcast_store_dropped_total",
               "Pieces of telemetry dropped because too much was queued.", {}, counters.dropped);
  page.gauge("stepcast_store_schema_version", "Number of the newest migration.", {},
             site.store.schema_version());
  page.counter("stepcast_events_unsaved_total", "Events told that did not get onto the disk.", {},
               site.events.unsaved());
  page.gauge("stepcast_events_last", "Number of the newest event.", {},
             static_cast<double>(site.events.last()));
  const files::Library::Space space = site.library.space();
  page.gauge("stepcast_files_free_bytes", "Free on the volume of the files.", {},
             static_cast<double>(space.free_bytes));
  page.gauge("stepcast_files_total_bytes", "Size of the volume of the files.", {},
             static_cast<double>(space.total_bytes));
}

void add_http(Page& page, const http::Server::Counts& counts) {
  page.gauge("stepcast_http_connections", "Connections that are open.", {},
             static_cast<double>(counts.connections));
  page.gauge("stepcast_http_sockets", "WebSockets that are open.", {},
             static_cast<double>(counts.sockets));
  page.gauge("stepcast_http_uploads", "Uploads under way.", {},
             static_cast<double>(counts.uploads));
  page.counter("stepcast_http_upload_bytes_total", "Bytes of uploads received.", {},
               counts.upload_bytes);
}

}  // namespace stepcast::server
