#include "stepcast/workshop/workshop.hpp"

#include <atomic>
#include <limits>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stepcast/store/jobs.hpp"

#include "store_folder.hpp"

namespace stepcast::workshop {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;

constexpr store::UnixMs kDay = 86'400'000;

class Workshops : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    auto workshop =
        Workshop::open(*store_, *log_,
                       {.wall = [this] { return now_.load(); },
                        .on_problem = [](const auto& problem) { ADD_FAILURE() << problem; }});
    ASSERT_TRUE(workshop) << workshop.error().to_string();
    workshop_ = std::move(*workshop);
  }

  Spool spool(double weight_g = 1000) {
    Spool spool;
    spool.name = "PLA blue";
    spool.material = "PLA";
    spool.diameter_mm = 1.75;
    spool.density_g_cm3 = 1.24;
    spool.weight_g = weight_g;
    auto added = workshop_->add_spool(spool);
    EXPECT_TRUE(added);
    return *added;
  }

  // A print of an hour and 100 m that came to an end.
  void print(const std::string& job, const std::string& type, double actual_s = 3600) {
    store::JobRow row;
    row.id = job;
    row.printer = "taz6";
    row.file = "a.gcode";
    row.state = type == "PrintDone" ? "done" : type == "PrintFailed" ? "failed" : "cancelled";
    row.created = now_;
    row.ended = now_;
    row.estimated_s = 3600;
    row.actual_s = actual_s;
    row.filament_mm = 100'000;
    ASSERT_TRUE(store_->write([&](auto& session) { return store::put_job(session, row); }));
    log_->append(type, "taz6", job,
                 json{{"estimated_s", 3600}, {"filament_mm", 100'000}, {"time", actual_s}}.dump());
  }

  std::vector<events::Event> told(const std::string& type) {
    log_->flush();
    std::vector<events::Event> found;
    const auto events = log_->after(0, 1000);
    for (const auto& event : *events) {
      if (event.type == type) {
        found.push_back(event);
      }
    }
    return found;
  }

  testing::StoreFolder folder_;
  std::atomic<store::UnixMs> now_{1'763'000'000'000};
  std::unique_ptr<store::Store> store_ = folder_.open();
  std::unique_ptr<events::Log> log_ = std::move(*events::Log::open(*store_));
  std::unique_ptr<Workshop> workshop_;
};

TEST_F(Workshops, TakeFromTheMountedSpoolWhatAPrintUsed) {
  const auto id = spool().id;
  ASSERT_TRUE(workshop_->mount(id, "taz6", 0));
  print("j1", "PrintDone");
  print("j2", "PrintCancelled", 900);
  print("j3", "PrintFailed", 7200);
  workshop_->settle();
  const auto usage = workshop_->usage(id, 10);
  ASSERT_TRUE(usage);
  std::map<std::string, double> metres;
  for (const auto& row : *usage) {
    metres[row.job] = row.filament_mm / 1000;
  }
  EXPECT_EQ(metres, (std::map<std::string, double>{{"j1", 100}, {"j2", 25}, {"j3", 100}}))
      << "by the share of the time, and never more than the file has";
  EXPECT_NEAR(workshop_->spool(id)->used_g, 225 * 2.98255, 0.01);
}

TEST_F(Workshops, BookAJobOnceHoweverOftenItIsTold) {
  const auto id = spool().id;
  ASSERT_TRUE(workshop_->mount(id, "taz6", 0));
  print("j1", "PrintDone");
  print("j1", "PrintDone");
  workshop_->settle();
  EXPECT_NEAR(workshop_->spool(id)->used_g, 298.26, 0.01);
}

TEST_F(Workshops, MakeUpForWhatHappenedWhileTheyWereClosed) {
  const auto id = spool().id;
  ASSERT_TRUE(workshop_->mount(id, "taz6", 0));
  print("j0", "PrintDone");
  workshop_->settle();
  ASSERT_TRUE(store_->flush());
  workshop_.reset();
  print("j1", "PrintDone");
  log_->flush();
  open();
  workshop_->settle();
  EXPECT_EQ(workshop_->usage(id, 10)->size(), 2U);
}

TEST_F(Workshops, MountOneSpoolOnATool) {
  const auto first = spool().id;
  const auto second = spool().id;
  ASSERT_TRUE(workshop_->mount(first, "taz6", 0));
  ASSERT_TRUE(workshop_->mount(second, "taz6", 0));
  EXPECT_EQ(workshop_->spool(first)->printer, "");
  EXPECT_EQ(workshop_->spool(second)->printer, "taz6");
  ASSERT_TRUE(workshop_->mount(first, "taz6", 1));
  EXPECT_EQ(workshop_->spool(second)->printer, "taz6");
  ASSERT_TRUE(workshop_->mount(second, "", 0));
  EXPECT_EQ(workshop_->spool(second)->printer, "");
}

TEST_F(Workshops, TakeArchivedSpoolsOffPrintersAndDoNotMountThem) {
  auto archived = spool();
  ASSERT_TRUE(workshop_->mount(archived.id, "taz6", 0));
  archived.archived = 1;
  ASSERT_TRUE(workshop_->change_spool(archived));
  EXPECT_EQ(workshop_->spool(archived.id)->printer, "");
  EXPECT_EQ(workshop_->mount(archived.id, "taz6", 0).error().code, Errc::kBusy);
  EXPECT_TRUE(workshop_->spools(false)->empty());
  EXPECT_EQ(workshop_->spools(true)->size(), 1U);
}

TEST_F(Workshops, WeighSpools) {
  const auto id = spool().id;
  EXPECT_EQ(workshop_->weigh(id, 400)->used_g, 600);
  EXPECT_EQ(workshop_->weigh(id, 1001).error().code, Errc::kOutOfRange);
  EXPECT_EQ(workshop_->weigh(id, -1).error().code, Errc::kOutOfRange);
  EXPECT_EQ(workshop_->spool(id)->used_g, 600);
  EXPECT_EQ(workshop_->weigh(id + 1, 1).error().code, Errc::kNotFound);
}

TEST_F(Workshops, TellWhenAJobNeedsMoreThanIsLeft) {
  ASSERT_TRUE(workshop_->mount(spool(200).id, "taz6", 0));
  const std::string payload = R"({"name":"a.gcode","filament_mm":60000})";
  log_->append("PrintStarted", "taz6", "small", payload);
  log_->append("PrintStarted", "mini", "elsewhere", R"({"filament_mm":1e9})");
  log_->append("PrintStarted", "taz6", "large", R"({"name":"b.gcode","filament_mm":100000})");
  workshop_->settle();
  const auto warnings = told("SpoolShort");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_EQ(warnings[0].job, "large");
  const auto said = json::parse(warnings[0].payload);
  EXPECT_EQ(said["left_g"], 200);
  EXPECT_NEAR(said["needed_g"].get<double>(), 298.26, 0.01);
  EXPECT_EQ(said["name"], "b.gcode");
}

TEST_F(Workshops, TellOnceThatMaintenanceIsDueAndCountAnewWhenItIsDone) {
  Task task;
  task.printer = "taz6";
  task.title = "Oil the rods";
  task.every_hours = 2;
  const auto added = workshop_->add_task(task);
  ASSERT_TRUE(added);
  print("j1", "PrintDone");
  workshop_->settle();
  EXPECT_TRUE(told("MaintenanceDue").empty());
  EXPECT_DOUBLE_EQ(workshop_->tasks("taz6")->front().share, 0.5);
  print("j2", "PrintDone");
  print("j3", "PrintDone");
  workshop_->settle();
  const auto due = told("MaintenanceDue");
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].printer, "taz6");
  EXPECT_EQ(json::parse(due[0].payload)["task"], "Oil the rods");

  const auto done = workshop_->complete_task(added->task.id, "ada", "two drops");
  ASSERT_TRUE(done);
  EXPECT_EQ(done->share, 0);
  print("j4", "PrintDone");
  print("j5", "PrintDone");
  workshop_->settle();
  EXPECT_EQ(told("MaintenanceDue").size(), 2U);
  const auto log = workshop_->maintenance_log("taz6", 10);
  ASSERT_TRUE(log);
  ASSERT_EQ(log->size(), 1U);
  EXPECT_EQ(log->front().user, "ada");
  EXPECT_DOUBLE_EQ(log->front().hours, 3);
}

TEST_F(Workshops, CountDaysToo) {
  Task task;
  task.printer = "taz6";
  task.title = "Clean";
  task.every_days = 7;
  ASSERT_TRUE(workshop_->add_task(task));
  now_ += 8 * kDay;
  EXPECT_TRUE(workshop_->tasks({})->front().is_due());
  print("j1", "PrintDone");  // days are looked at when a print ends, and now and then
  workshop_->settle();
  EXPECT_EQ(told("MaintenanceDue").size(), 1U);
}

TEST_F(Workshops, KnowWhatWasPrinted) {
  ASSERT_TRUE(workshop_->mount(spool().id, "taz6", 0));
  print("j1", "PrintDone");
  print("j2", "PrintFailed", 1800);
  now_ += 40 * kDay;
  print("j3", "PrintCancelled", 360);
  workshop_->settle();
  // What is taken from spools is of the time that the log gave the event, not of this test.
  const auto all = workshop_->statistics({}, 0, std::numeric_limits<store::UnixMs>::max());
  ASSERT_TRUE(all) << all.error().to_string();
  EXPECT_EQ(all->all.done, 1);
  EXPECT_EQ(all->all.failed, 1);
  EXPECT_EQ(all->all.cancelled, 1);
  EXPECT_NEAR(all->all.hours, 1.6, 1e-9);
  EXPECT_NEAR(all->all.filament_m, 160, 1e-9);
  EXPECT_EQ(all->by_month.size(), 2U);
  ASSERT_EQ(all->by_material.size(), 1U);
  EXPECT_EQ(all->by_material[0].material, "PLA");
  EXPECT_EQ(all->by_material[0].jobs, 3);
  EXPECT_NEAR(all->by_material[0].filament_m, 160, 1e-9);
  const auto last = workshop_->statistics("taz6", now_ - kDay, now_ + 1);
  ASSERT_TRUE(last);
  EXPECT_EQ(last->all.cancelled, 1);
  EXPECT_EQ(last->all.done, 0);
  EXPECT_TRUE(workshop_->statistics("mini", 0, now_ + 1)->by_printer.empty());
}

}  // namespace
}  // namespace stepcast::workshop
