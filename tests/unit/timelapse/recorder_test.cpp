#include "stepcast/timelapse/recorder.hpp"

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <map>
#include <mutex>

#include <gtest/gtest.h>

#include "jpegs.hpp"
#include "store_folder.hpp"

namespace stepcast::timelapse {
namespace {

using testing::StoreFolder;

// A printer that is at the layer that the test says, in front of a camera.
class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    options_.printer = "taz6";
    options_.folder = folder_.path() / "films";
    options_.minimum_free_bytes = 0;
    options_.look = std::chrono::milliseconds(1);
    options_.picture = [this]() -> Result<std::string> {
      if (camera_off_) {
        return fail(Errc::kNetwork, "the camera is off");
      }
      return jpeg_of(64, 48, "at layer " + std::to_string(layer_));
    };
    options_.height = [this]() -> std::optional<double> {
      return layer_ > 0 ? std::optional<double>(layer_) : std::nullopt;
    };
    heard_ = events_->listen([this](const events::Event& event) {
      const std::scoped_lock lock(mutex_);
      ++told_[event.type];
      last_[event.type] = event.payload;
      changed_.notify_all();
    });
    open();
  }

  void open() {
    recorder_.reset();
    auto opened = Recorder::open(options_, *store_, *events_);
    ASSERT_TRUE(opened) << opened.error().to_string();
    recorder_ = std::move(*opened);
  }

  void film_layers() {
    ASSERT_TRUE(recorder_->set_config({.when = When::kLayer, .frames_per_s = 10}));
  }
  void begin(const std::string& job, const char* type = "PrintStarted") {
    events_->append(type, "taz6", job, R"({"name":"a part.gcode"})");
    events_->flush();
  }
  void end(const std::string& job, const char* type = "PrintDone") {
    events_->append(type, "taz6", job);
    events_->flush();
  }
  // As the print comes to it, and is filmed.
  void reach(int layer) {
    const int before = count("CaptureDone");
    layer_ = layer;
    ASSERT_TRUE(wait_for("CaptureDone", before + 1)) << layer;
  }
  int count(const std::string& type) {
    const std::scoped_lock lock(mutex_);
    return told_[type];
  }
  bool wait_for(const std::string& type, int times = 1) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), [&] { return told_[type] >= times; });
  }

  StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
  std::unique_ptr<events::Log> events_ = events::Log::open(*store_).value();
  std::atomic<int> layer_{0};
  std::atomic<bool> camera_off_{false};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, int> told_;
  std::map<std::string, std::string> last_;
  Recorder::Options options_;
  std::unique_ptr<Recorder> recorder_;
  events::Log::Subscription heard_;
};

TEST_F(RecorderTest, FilmsEachLayerOfAPrint) {
  film_layers();
  begin("1");
  for (const int layer : {1, 2, 3}) {
    reach(layer);
  }
  ASSERT_EQ(recorder_->unrendered().size(), 1U);
  EXPECT_TRUE(recorder_->unrendered()[0].recording);
  EXPECT_EQ(recorder_->unrendered()[0].count, 3);
  EXPECT_EQ(recorder_->remove_unrendered(recorder_->unrendered()[0].name).error().code,
            Errc::kBusy);
  end("1");
  ASSERT_TRUE(wait_for("MovieDone"));
  EXPECT_TRUE(recorder_->unrendered().empty());
  ASSERT_EQ(recorder_->movies().size(), 1U);
  const std::string name = recorder_->movies()[0].name;
  EXPECT_EQ(name.rfind("a_part_", 0), 0U) << name;
  const auto path = recorder_->movie(name);
  ASSERT_TRUE(path);
  EXPECT_GT(std::filesystem::file_size(*path), 3 * jpeg_of(64, 48, "at layer 1").size());
  EXPECT_TRUE(recorder_->remove_movie(name));
  EXPECT_FALSE(recorder_->movie(name));
}

TEST_F(RecorderTest, TakesNothingUnlessItIsTold) {
  begin("1");
  layer_ = 1;
  end("1");
  film_layers();
  begin("2");
  reach(2);
  end("2", "PrintCancelled");
  ASSERT_TRUE(wait_for("MovieDone"));
  EXPECT_EQ(count("CaptureStart"), 1);
  ASSERT_EQ(recorder_->movies().size(), 1U);
  EXPECT_NE(recorder_->movies()[0].name.find("-fail.avi"), std::string::npos)
      << "a print that came to no end says so";
}

TEST_F(RecorderTest, GoesOnWithTheFilmOfAPrintThatOutlivesTheServer) {
  film_layers();
  begin("1");
  reach(1);
  const std::string name = recorder_->unrendered()[0].name;
  open();
  EXPECT_EQ(recorder_->config().when, When::kLayer) << "kept";
  begin("1", "PrintContinued");
  reach(2);
  ASSERT_EQ(recorder_->unrendered().size(), 1U);
  EXPECT_EQ(recorder_->unrendered()[0].name, name);
  EXPECT_EQ(recorder_->unrendered()[0].count, 2);
}

TEST_F(RecorderTest, MakesAFilmOfPicturesThatWereLeft) {
  film_layers();
  begin("1");
  reach(1);
  open();
  const std::string name = recorder_->unrendered().at(0).name;
  ASSERT_TRUE(recorder_->render(name));
  ASSERT_TRUE(wait_for("MovieDone"));
  EXPECT_EQ(recorder_->movies().at(0).name, name + ".avi");
  EXPECT_EQ(recorder_->render(name).error().code, Errc::kNotFound);
}

TEST_F(RecorderTest, SaysWhyThereIsNoFilm) {
  film_layers();
  camera_off_ = true;
  begin("1");
  layer_ = 1;
  ASSERT_TRUE(wait_for("CaptureFailed"));
  end("1");
  ASSERT_TRUE(wait_for("MovieFailed"));
  EXPECT_NE(last_["CaptureFailed"].find("the camera is off"), std::string::npos);
  EXPECT_TRUE(recorder_->movies().empty());
}

TEST_F(RecorderTest, LeavesTheDiskWhatOthersNeed) {
  options_.minimum_free_bytes = std::int64_t{1} << 60;
  open();
  film_layers();
  begin("1");
  layer_ = 1;
  ASSERT_TRUE(wait_for("CaptureFailed"));
  EXPECT_TRUE(recorder_->unrendered().empty());
}

TEST_F(RecorderTest, ThinsOutAFilmThatGrowsTooLong) {
  options_.most_pictures = 8;
  open();
  film_layers();
  begin("1");
  for (int layer = 1; layer <= 8; ++layer) {
    reach(layer);
  }
  // The eighth has halved them; now every second layer is taken.
  EXPECT_EQ(recorder_->unrendered().at(0).count, 4);
  reach(9);
  EXPECT_EQ(recorder_->unrendered().at(0).count, 5);
}

TEST_F(RecorderTest, LetsTheOldestFilmsGo) {
  options_.most_bytes = 1;
  open();
  film_layers();
  for (const int number : {1, 2}) {
    begin(std::to_string(number));
    reach(number);
    end(std::to_string(number), number == 1 ? "PrintDone" : "PrintFailed");
    ASSERT_TRUE(wait_for("MovieDone", number));
  }
  ASSERT_EQ(recorder_->movies().size(), 1U);
  EXPECT_NE(recorder_->movies()[0].name.find("-fail"), std::string::npos) << "the newest";
}

TEST_F(RecorderTest, KnowsNoWayOutOfItsFolder) {
  const auto outside = folder_.path() / "outside.avi";
  std::filesystem::copy_file(folder_.database(), outside);
  for (const char* name : {"../outside.avi", "..", ".", "", "/etc/passwd", "unrendered/x.avi"}) {
    EXPECT_FALSE(recorder_->movie(name)) << name;
    EXPECT_FALSE(recorder_->remove_movie(name)) << name;
    EXPECT_FALSE(recorder_->remove_unrendered(name)) << name;
    EXPECT_FALSE(recorder_->render(name)) << name;
  }
  EXPECT_TRUE(std::filesystem::exists(outside));
}

TEST_F(RecorderTest, RefusesSettingsThatMakeNoFilm) {
  for (const Config& config : {Config{.interval_s = 0}, Config{.frames_per_s = 0},
                               Config{.frames_per_s = 61}, Config{.post_roll_s = 61}}) {
    EXPECT_EQ(recorder_->set_config(config).error().code, Errc::kOutOfRange);
  }
}

}  // namespace
}  // namespace stepcast::timelapse
