#include "books.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include <nlohmann/json.hpp>

#include "stepcast/store/outbox.hpp"

#include "figures.hpp"

namespace stepcast::workshop {
namespace {

using nlohmann::json;

constexpr std::int64_t kBatch = 100;
constexpr std::int64_t kTool = 0;
// Tasks by days fall due without anything happening. Also how soon a database that failed is asked
// again.
constexpr std::chrono::minutes kLookAgain{10};

json payload_of(const events::Event& event) {
  json payload = json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
  return payload.is_object() ? payload : json::object();
}

std::optional<double> number_in(const json& payload, const char* key) {
  const auto found = payload.find(key);
  return found != payload.end() && found->is_number() ? std::optional(found->get<double>())
                                                      : std::nullopt;
}

std::string text_of(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

bool ends_a_print(const std::string& type) {
  return type == "PrintDone" || type == "PrintCancelled" || type == "PrintFailed";
}

// A print that was stopped took as much of its filament as of its time.
double share_printed(const events::Event& event, const json& payload) {
  if (event.type == "PrintDone") {
    return 1;
  }
  const double planned_s = number_in(payload, "estimated_s").value_or(0);
  return planned_s > 0 ? std::clamp(number_in(payload, "time").value_or(0) / planned_s, 0.0, 1.0)
                       : 0;
}

}  // namespace

Workshop::Books::Books(store::Store& store, events::Log& log, Options options, std::int64_t place)
    : store_(store), log_(log), options_(std::move(options)), place_(place), taken_in_(place) {
  heard_ = log_.listen([this](const events::Event& /*event*/) {
    const std::scoped_lock lock(mutex_);
    news_ = true;
    wake_.notify_all();
  });
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

Workshop::Books::~Books() = default;

void Workshop::Books::settle() {
  log_.flush();
  const std::int64_t target = log_.last();
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return taken_in_ >= target; });
}

void Workshop::Books::run(const std::stop_token& stop) {
  bool again = false;
  while (!stop.stop_requested()) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, kLookAgain, [this] { return news_; });
      again = !std::exchange(news_, false);
    }
    if (stop.stop_requested()) {
      return;
    }
    while (!read_on() && !stop.stop_requested()) {
    }
    if (again) {
      note(check_tasks({}));
    }
  }
}

bool Workshop::Books::read_on() {
  const auto events = log_.after(place_, kBatch);
  if (!events) {
    note(tl::unexpected(events.error()));
    return true;  // until the next look
  }
  for (const events::Event& event : *events) {
    if (auto taken = take_in(event); !taken) {
      note(taken);
      return true;  // the same event again, at the next look
    }
    place_ = event.sequence;
  }
  if (!events->empty()) {
    // At worst events are taken in twice, which books nothing twice.
    store_.write_later([place = place_](store::Session& session) {
      return store::put_outbox_place(session, {.channel = kPlace, .sequence = place});
    });
  }
  const std::scoped_lock lock(mutex_);
  taken_in_ = place_;
  settled_.notify_all();
  return events->size() < static_cast<std::size_t>(kBatch);
}

Result<void> Workshop::Books::take_in(const events::Event& event) {
  if (event.type == "PrintStarted") {
    return check_supply(event);
  }
  if (ends_a_print(event.type)) {
    return book_usage(event).and_then([&] { return check_tasks(event.printer); });
  }
  return {};
}

Result<void> Workshop::Books::book_usage(const events::Event& event) {
  const json payload = payload_of(event);
  const Mm length{number_in(payload, "filament_mm").value_or(0) * share_printed(event, payload)};
  if (length.v <= 0 || event.job.empty()) {
    return {};
  }
  return store_.write([&](store::Session& session) {
    return store::spool_at(session, event.printer, kTool)
        .and_then([&](const std::optional<Spool>& spool) -> Result<bool> {
          if (!spool) {
            return false;
          }
          return store::book_spool_usage(session, {.job = event.job,
                                                   .tool = kTool,
                                                   .spool = spool->id,
                                                   .filament_mm = length.v,
                                                   .weight_g = weight_of(*spool, length),
                                                   .at = event.at});
        })
        .map([](bool /*booked*/) {});
  });
}

Result<void> Workshop::Books::check_supply(const events::Event& event) {
  const json payload = payload_of(event);
  const Mm needed{number_in(payload, "filament_mm").value_or(0)};
  std::optional<Spool> spool;
  auto read = store_.read([&](store::Session& session) {
    return store::spool_at(session, event.printer, kTool).map([&](std::optional<Spool> found) {
      spool = std::move(found);
    });
  });
  if (!read || !spool || left_g(*spool) >= weight_of(*spool, needed)) {
    return read;
  }
  const json told{{"spool", spool->name},
                  {"spool_id", spool->id},
                  {"left_g", left_g(*spool)},
                  {"needed_g", weight_of(*spool, needed)},
                  {"name", payload.value("name", "")}};
  log_.append("SpoolShort", event.printer, event.job, text_of(told));
  return {};
}

Result<void> Workshop::Books::check_tasks(const std::string& printer) {
  std::vector<TaskState> due;
  auto told = store_.write([&](store::Session& session) -> Result<void> {
    due.clear();
    auto tasks = store::maintenance_tasks(session, printer);
    if (!tasks) {
      return tl::unexpected(tasks.error());
    }
    for (Task& task : *tasks) {
      if (task.told != 0) {
        continue;
      }
      auto totals = store::print_totals(session, task.printer);
      if (!totals) {
        return tl::unexpected(totals.error());
      }
      TaskState state = state_of(task, *totals, now());
      if (state.is_due()) {
        task.told = 1;
        if (auto put = store::put_maintenance_task(session, task); !put) {
          return put;
        }
        due.push_back(std::move(state));
      }
    }
    return {};
  });
  if (!told) {
    return told;
  }
  for (const TaskState& state : due) {
    const auto or_null = [](const std::optional<double>& value) {
      return value ? json(*value) : json(nullptr);
    };
    json payload{{"task", state.task.title}, {"task_id", state.task.id}};
    payload["hours"] = or_null(state.hours);
    payload["filament_m"] = or_null(state.filament_m);
    payload["days"] = or_null(state.days);
    log_.append("MaintenanceDue", state.task.printer, {}, text_of(payload));
  }
  return {};
}

void Workshop::Books::note(const Result<void>& result) const {
  if (!result) {
    options_.on_problem("workshop: " + result.error().to_string());
  }
}

}  // namespace stepcast::workshop
