#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "stepcast/events/log.hpp"
#include "stepcast/files/library.hpp"
#include "stepcast/jobs/runner.hpp"
#include "stepcast/store/store.hpp"

#include "scripted_printer.hpp"
#include "store_folder.hpp"

namespace stepcast::testing {

/// A job of one move: what is in it does not matter to those who hand it around.
inline constexpr std::string_view kSmallJob = "G28\nG1 X10 F3000\n";

template <class T>
T take(Result<T> result) {
  if (!result) {
    throw std::runtime_error(result.error().to_string());
  }
  return std::move(*result);
}

/// A server's parts below the routes, with printers that a test plays.
class JobsRig {
 public:
  JobsRig() { open(); }

  /// The same server after a stop: everything but the disk is new.
  void open() {
    close();
    store = folder.open();
    events = take(events::Log::open(*store));
    library = take(files::Library::open(*store,
                                        {.root = folder.path() / "files", .minimum_free_bytes = 0},
                                        {{.settings = "any",
                                          .analyse =
                                              [this](const auto& /*file*/, const auto& /*stop*/) {
                                                const std::scoped_lock lock(analysing);
                                                return analysis;
                                              },
                                          .printers = {}}}));
    subscription = events->listen([this](const events::Event& event) {
      const std::lock_guard lock(hearing);
      heard.push_back(event);
    });
  }
  void close() {
    subscription = {};
    library.reset();
    events.reset();
    store.reset();
  }

  files::Entry upload(const std::string& name, std::string_view text = kSmallJob) {
    auto entry = upload_unanalysed(name, text);
    const auto path = take(files::LibraryPath::parse(name));
    while (!take(library->find(path))->analysis) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return entry;
  }
  files::Entry upload_unanalysed(const std::string& name, std::string_view text) {
    auto upload = take(library->begin_upload(take(files::LibraryPath::parse(name)), "ada"));
    if (auto written = upload->write(text); !written) {
      throw std::runtime_error(written.error().to_string());
    }
    return take(upload->commit());
  }

  /// A runner whose printer a test plays by `machine`; `script` says how it answers.
  std::unique_ptr<jobs::Runner> open_runner(std::shared_ptr<PrinterScript> script,
                                            ScriptedPrinter*& machine, std::string id = "taz6") {
    auto printer = std::make_unique<ScriptedPrinter>(std::move(script));
    machine = printer.get();
    jobs::Runner::Identity identity;
    identity.id = id;
    identity.title = id;
    identity.nozzle_mm = 0.4;
    return take(
        jobs::Runner::open(std::move(identity), *store, *library, *events, std::move(printer)));
  }

  std::vector<std::string> types_heard() {
    events->flush();
    const std::lock_guard lock(hearing);
    std::vector<std::string> types;
    for (const events::Event& event : heard) {
      types.push_back(event.type);
    }
    return types;
  }
  std::vector<store::JobRow> rows(const std::string& printer = "taz6") {
    return read_from(
        *store, [&](store::Session& session) { return store::jobs_of(session, printer, 100, 0); });
  }

  StoreFolder folder;
  files::Analysis analysis;  ///< Of every file.
  std::mutex analysing;      ///< Who holds it delays the analyses.
  std::mutex hearing;        ///< Of `heard`, which the log's thread writes.
  std::vector<events::Event> heard;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<events::Log> events;
  std::unique_ptr<files::Library> library;
  events::Log::Subscription subscription;
};

}  // namespace stepcast::testing
