#include "stepcast/workshop/workshop.hpp"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "stepcast/store/outbox.hpp"

#include "books.hpp"
#include "figures.hpp"

namespace stepcast::workshop {
namespace {

store::UnixMs unix_now() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// What `work(session)` gives.
template <class Work>
auto read_from(store::Store& store, Work&& work) {
  decltype(work(std::declval<store::Session&>())) answer;
  auto done = store.read([&](store::Session& session) -> Result<void> {
    answer = work(session);
    return answer.map([](const auto& /*value*/) {});
  });
  return done ? std::move(answer) : decltype(answer)(tl::unexpected(done.error()));
}

template <class Work>
auto write_to(store::Store& store, Work&& work) {
  decltype(work(std::declval<store::Session&>())) answer;
  auto done = store.write([&](store::Session& session) -> Result<void> {
    answer = work(session);
    return answer.map([](const auto& /*value*/) {});
  });
  return done ? std::move(answer) : decltype(answer)(tl::unexpected(done.error()));
}

// Finding nothing is an error that names what was looked for.
template <class Row>
Result<Row> needed(Result<std::optional<Row>> found, const char* what, std::int64_t id) {
  return std::move(found).and_then([&](std::optional<Row> row) -> Result<Row> {
    if (!row) {
      return fail(Errc::kNotFound, fmt::format("there is no {} {}", what, id));
    }
    return std::move(*row);
  });
}

Result<Spool> spool_in(store::Session& session, std::int64_t id) {
  return needed(store::find_spool(session, id), "spool", id);
}

Result<Task> task_in(store::Session& session, std::int64_t id) {
  return needed(store::find_maintenance_task(session, id), "maintenance task", id);
}

Result<TaskState> state_in(store::Session& session, const Task& task, store::UnixMs now) {
  return store::print_totals(session, task.printer).map([&](const store::PrintTotals& totals) {
    return state_of(task, totals, now);
  });
}

}  // namespace

Result<std::unique_ptr<Workshop>> Workshop::open(store::Store& store, events::Log& log,
                                                 Options options) {
  if (!options.wall) {
    options.wall = unix_now;
  }
  if (!options.on_problem) {
    options.on_problem = [](const std::string& /*problem*/) {};
  }
  auto place = read_from(store, [](store::Session& session) {
    return store::find_outbox_place(session, Books::kPlace);
  });
  if (!place) {
    return tl::unexpected(place.error());
  }
  // The first time, history is not gone through: no spool was mounted in it.
  const std::int64_t from = *place ? (*place)->sequence : log.last();
  return std::unique_ptr<Workshop>(
      new Workshop(std::make_unique<Books>(store, log, std::move(options), from)));
}

Workshop::Workshop(std::unique_ptr<Books> books) : books_(std::move(books)) {}
Workshop::~Workshop() = default;

void Workshop::settle() {
  books_->settle();
}

Result<std::vector<Spool>> Workshop::spools(bool archived) const {
  return read_from(books_->store(),
                   [&](store::Session& session) { return store::all_spools(session, archived); });
}

Result<Spool> Workshop::spool(std::int64_t id) const {
  return read_from(books_->store(), [&](store::Session& session) { return spool_in(session, id); });
}

Result<Spool> Workshop::add_spool(Spool spool) {
  if (auto fit = check_spool(spool); !fit) {
    return tl::unexpected(fit.error());
  }
  spool.printer.clear();
  spool.tool = 0;
  spool.created = books_->now();
  return write_to(books_->store(), [&](store::Session& session) {
    return store::add_spool(session, spool).and_then([&](std::int64_t id) {
      return spool_in(session, id);
    });
  });
}

Result<Spool> Workshop::change_spool(Spool spool) {
  return write_to(books_->store(), [&](store::Session& session) {
    return spool_in(session, spool.id).and_then([&](const Spool& before) -> Result<Spool> {
      Spool after = spool;
      after.used_g = before.used_g;
      after.printer = spool.archived != 0 ? "" : before.printer;
      after.tool = before.tool;
      if (auto fit = check_spool(after); !fit) {
        return tl::unexpected(fit.error());
      }
      return store::update_spool(session, after).and_then([&](bool /*found*/) {
        return spool_in(session, spool.id);
      });
    });
  });
}

Result<Spool> Workshop::mount(std::int64_t id, const std::string& printer, std::int64_t tool) {
  return write_to(books_->store(), [&](store::Session& session) {
    return spool_in(session, id).and_then([&](Spool spool) -> Result<Spool> {
      if (spool.archived != 0 && !printer.empty()) {
        return fail(Errc::kBusy, fmt::format("the spool '{}' is archived", spool.name), {},
                    "take it back out of the archive first");
      }
      if (!printer.empty()) {
        if (auto cleared = store::clear_spool_place(session, printer, tool); !cleared) {
          return tl::unexpected(cleared.error());
        }
      }
      spool.printer = printer;
      spool.tool = tool;
      return store::update_spool(session, spool).map([&](bool /*found*/) { return spool; });
    });
  });
}

Result<Spool> Workshop::weigh(std::int64_t id, double left) {
  return write_to(books_->store(), [&](store::Session& session) {
    return spool_in(session, id).and_then([&](Spool spool) -> Result<Spool> {
      if (!(left >= 0 && left <= spool.weight_g)) {
        return fail(
            Errc::kOutOfRange, fmt::format("left_g is {}", left), "left_g",
            fmt::format("from 0 to {}, what the spool held when it was full", spool.weight_g));
      }
      spool.used_g = spool.weight_g - left;
      return store::set_spool_used(session, id, spool.used_g).map([&] { return spool; });
    });
  });
}

Result<std::vector<store::SpoolUsageRow>> Workshop::usage(std::int64_t id,
                                                          std::int64_t limit) const {
  return read_from(books_->store(), [&](store::Session& session) {
    return spool_in(session, id).and_then([&](const Spool& /*spool*/) {
      return store::usage_of_spool(session, id, limit);
    });
  });
}

Result<std::vector<TaskState>> Workshop::tasks(std::string_view printer) const {
  return read_from(books_->store(), [&](store::Session& session) -> Result<std::vector<TaskState>> {
    auto tasks = store::maintenance_tasks(session, printer);
    if (!tasks) {
      return tl::unexpected(tasks.error());
    }
    std::vector<TaskState> states;
    for (const Task& task : *tasks) {
      auto state = state_in(session, task, books_->now());
      if (!state) {
        return tl::unexpected(state.error());
      }
      states.push_back(std::move(*state));
    }
    return states;
  });
}

Result<TaskState> Workshop::task(std::int64_t id) const {
  return read_from(books_->store(), [&](store::Session& session) {
    return task_in(session, id).and_then([&](const Task& task) {
      return state_in(session, task, books_->now());
    });
  });
}

Result<TaskState> Workshop::add_task(Task task) {
  if (auto fit = check_task(task); !fit) {
    return tl::unexpected(fit.error());
  }
  return write_to(books_->store(), [&](store::Session& session) {
    return store::print_totals(session, task.printer)
        .and_then([&](const store::PrintTotals& totals) {
          task.done = books_->now();
          task.done_hours = totals.hours;
          task.done_filament_m = totals.filament_m;
          task.told = 0;
          return store::add_maintenance_task(session, task);
        })
        .and_then([&](std::int64_t id) {
          task.id = id;
          return state_in(session, task, books_->now());
        });
  });
}

Result<void> Workshop::remove_task(std::int64_t id) {
  return write_to(books_->store(),
                  [&](store::Session& session) {
                    return task_in(session, id).and_then([&](const Task& /*task*/) {
                      return store::remove_maintenance_task(session, id);
                    });
                  })
      .map([](bool /*removed*/) {});
}

Result<TaskState> Workshop::complete_task(std::int64_t id, const std::string& user,
                                          const std::string& note) {
  return write_to(books_->store(), [&](store::Session& session) -> Result<TaskState> {
    auto task = task_in(session, id);
    if (!task) {
      return tl::unexpected(task.error());
    }
    auto totals = store::print_totals(session, task->printer);
    if (!totals) {
      return tl::unexpected(totals.error());
    }
    task->done = books_->now();
    task->done_hours = totals->hours;
    task->done_filament_m = totals->filament_m;
    task->told = 0;
    return store::put_maintenance_task(session, *task)
        .and_then([&] {
          return store::add_maintenance_log(session, {.id = 0,
                                                      .task = id,
                                                      .printer = task->printer,
                                                      .title = task->title,
                                                      .at = task->done,
                                                      .user = user,
                                                      .note = note,
                                                      .hours = totals->hours,
                                                      .filament_m = totals->filament_m});
        })
        .map([&](std::int64_t /*id*/) { return state_of(*task, *totals, books_->now()); });
  });
}

Result<std::vector<store::MaintenanceLogRow>> Workshop::maintenance_log(std::string_view printer,
                                                                        std::int64_t limit) const {
  return read_from(books_->store(), [&](store::Session& session) {
    return store::maintenance_log(session, printer, limit);
  });
}

Result<Statistics> Workshop::statistics(std::string_view printer, store::UnixMs from,
                                        store::UnixMs to) const {
  return read_from(books_->store(), [&](store::Session& session) -> Result<Statistics> {
    auto days = store::print_totals_by_day(session, printer, from, to);
    if (!days) {
      return tl::unexpected(days.error());
    }
    auto materials = store::material_totals(session, printer, from, to);
    if (!materials) {
      return tl::unexpected(materials.error());
    }
    return statistics_of(*days, std::move(*materials));
  });
}

}  // namespace stepcast::workshop
