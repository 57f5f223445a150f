#include "stepcast/timelapse/recorder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <condition_variable>
#include <deque>
#include <fstream>
#include <iterator>
#include <mutex>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "stepcast/store/settings.hpp"
#include "stepcast/timelapse/avi.hpp"

#include "film_folder.hpp"

namespace stepcast::timelapse {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

// What people may choose: an hour between pictures still gives a film of a day's print.
constexpr std::uint32_t kLongestIntervalS = 3'600;
constexpr std::uint32_t kMostFramesPerS = 60;
constexpr std::uint32_t kLongestPostRollS = 60;
constexpr const char* kAbout = "about.json";

std::string dumped(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string scope_of(const std::string& printer) {
  return "timelapse/" + printer;
}

Result<void> check_range(const char* name, std::uint32_t value, std::uint32_t least,
                         std::uint32_t most) {
  if (value < least || value > most) {
    return fail(Errc::kOutOfRange, fmt::format("{} is not {} to {}", value, least, most), name);
  }
  return {};
}

Result<Config> load(store::Store& store, const std::string& printer) {
  Config config;
  auto read = store.read([&](store::Session& session) -> Result<void> {
    const auto rows = store::settings_of(session, scope_of(printer));
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    for (const store::SettingRow& row : *rows) {
      std::uint32_t value = 0;
      std::from_chars(row.value.data(), row.value.data() + row.value.size(), value);
      if (row.name == "when") {
        config.when = value == 1 ? When::kLayer : value == 2 ? When::kTimed : When::kOff;
      } else if (row.name == "interval_s") {
        config.interval_s = value;
      } else if (row.name == "frames_per_s") {
        config.frames_per_s = value;
      } else if (row.name == "post_roll_s") {
        config.post_roll_s = value;
      }
    }
    return {};
  });
  return read.map([&] { return config; });
}

Result<void> save(store::Store& store, const std::string& printer, const Config& config) {
  return store.write([scope = scope_of(printer), config](store::Session& session) -> Result<void> {
    const std::array values{std::pair{"when", static_cast<std::uint32_t>(config.when)},
                            std::pair{"interval_s", config.interval_s},
                            std::pair{"frames_per_s", config.frames_per_s},
                            std::pair{"post_roll_s", config.post_roll_s}};
    for (const auto& [name, value] : values) {
      if (auto put = store::put_setting(session, {scope, name, std::to_string(value)}); !put) {
        return put;
      }
    }
    return {};
  });
}

Result<std::string> read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(in), {}};
  if (!in) {
    return fail(Errc::kIo, "it cannot be read", file.string());
  }
  return bytes;
}

Result<void> write_all(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  return out ? Result<void>{}
             : fail(Errc::kIo, "it cannot be written", file.string(), "is the disk full?");
}

// What a print is called in the name of its film: no way out of the folder, no surprise on disks
// of other systems.
std::string stem_of(const std::string& gcode) {
  std::string stem = fs::path(gcode).stem().string();
  for (char& c : stem) {
    const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                       c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80U;
    c = plain ? c : '_';
  }
  constexpr std::size_t kLongest = 100;
  return stem.empty() ? "print" : stem.substr(0, kLongest);
}

// The film of the pictures in a folder. Pictures of another size than the first, and what is no
// JPEG, are left out.
Result<void> make_film(const fs::path& pictures, const fs::path& file, const Config& config) {
  std::optional<AviWriter> film;
  PictureSize size;
  for (const fs::path& picture : pictures_in(pictures)) {
    const auto jpeg = read_all(picture);
    const auto its_size = jpeg ? size_of_jpeg(*jpeg) : std::nullopt;
    if (!its_size) {
      continue;
    }
    if (!film) {
      auto created = AviWriter::create(file, *its_size, config.frames_per_s);
      if (!created) {
        return tl::unexpected(created.error());
      }
      film.emplace(std::move(*created));
      size = *its_size;
    }
    if (*its_size == size) {
      if (auto added = film->add(*jpeg); !added) {
        return added;
      }
    }
  }
  if (!film) {
    return fail(Errc::kMalformed, "none of its pictures is a JPEG", pictures.string(),
                "what does the camera send?");
  }
  for (std::uint32_t i = 0; i < config.post_roll_s * config.frames_per_s; ++i) {
    if (auto repeated = film->repeat(); !repeated) {
      return repeated;
    }
  }
  return film->finish();
}

}  // namespace

class Recorder::Impl {
 public:
  Impl(Options options, store::Store& store, events::Log& events, Config config)
      : options_(std::move(options)),
        store_(store),
        events_(events),
        folder_(options_.folder),
        config_(config) {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    heard_ = events_.listen([this](const events::Event& event) { hear(event); });
  }

  ~Impl() {
    heard_ = {};
    thread_.request_stop();
    thread_.join();
  }

  Config config() const {
    const std::scoped_lock lock(mutex_);
    return config_;
  }

  Result<void> set_config(const Config& config) {
    for (auto checked : {check_range("interval", config.interval_s, 1, kLongestIntervalS),
                         check_range("fps", config.frames_per_s, 1, kMostFramesPerS),
                         check_range("postRoll", config.post_roll_s, 0, kLongestPostRollS)}) {
      if (!checked) {
        return checked;
      }
    }
    if (auto saved = save(store_, options_.printer, config); !saved) {
      return saved;
    }
    {
      const std::scoped_lock lock(mutex_);
      config_ = config;
    }
    changed_.notify_all();
    return {};
  }

  [[nodiscard]] const FilmFolder& folder() const { return folder_; }

  std::vector<Unrendered> unrendered() const {
    std::vector<Unrendered> all = folder_.unrendered();
    const std::scoped_lock lock(mutex_);
    for (Unrendered& one : all) {
      one.recording = one.name == recording_;
    }
    return all;
  }

  Result<void> remove_unrendered(std::string_view name) {
    const std::scoped_lock lock(mutex_);
    return is_free(name).and_then([&] { return folder_.remove_pictures(name); });
  }

  Result<void> render(std::string_view name) {
    {
      const std::scoped_lock lock(mutex_);
      if (auto free = is_free(name); !free) {
        return free;
      }
      if (auto there = folder_.pictures_of(name); !there) {
        return tl::unexpected(there.error());
      }
      tasks_.push_back({.kind = Task::Kind::kRender, .text = std::string(name)});
    }
    changed_.notify_all();
    return {};
  }

 private:
  struct Task {
    enum class Kind { kBegin, kPause, kResume, kEnd, kRender } kind{};
    std::string text{};  ///< The file that is printed; of kRender the name of the pictures.
    std::string job{};
    bool done = false;  ///< kEnd: the print came to its end.
  };
  /// What is printed. Of the thread alone.
  struct Print {
    std::string gcode{};
    std::string job{};
    bool paused = false;
    std::string name{};  ///< Of its pictures; empty: none taken yet.
    std::int64_t taken = 0;
    std::int64_t each = 1;  ///< Of how many moments one is kept.
    std::int64_t moments = 0;
    Clock::time_point last{};
    std::optional<double> height{};
  };

  // With mutex_.
  Result<void> is_free(std::string_view name) const {
    return name == recording_ && !recording_.empty()
               ? fail(Errc::kBusy, fmt::format("'{}' is being recorded", name), {},
                      "wait for the end of the print")
               : Result<void>{};
  }

  void hear(const events::Event& event) {
    if (event.printer != options_.printer) {
      return;
    }
    Task task;
    if (event.type == "PrintStarted" || event.type == "PrintContinued") {
      const Json payload = Json::parse(event.payload, nullptr, /*allow_exceptions=*/false);
      task = {.kind = Task::Kind::kBegin,
              .text = payload.is_object() ? payload.value("name", std::string()) : std::string(),
              .job = event.job};
    } else if (event.type == "PrintPaused") {
      task.kind = Task::Kind::kPause;
    } else if (event.type == "PrintResumed") {
      task.kind = Task::Kind::kResume;
    } else if (event.type == "PrintDone" || event.type == "PrintFailed" ||
               event.type == "PrintCancelled") {
      task = {.kind = Task::Kind::kEnd, .job = event.job, .done = event.type == "PrintDone"};
    } else {
      return;
    }
    {
      const std::scoped_lock lock(mutex_);
      tasks_.push_back(std::move(task));
    }
    changed_.notify_all();
  }

  void run(const std::stop_token& stop) {
    while (true) {
      std::optional<Task> task;
      Config config;
      {
        std::unique_lock lock(mutex_);
        const auto due = [this] { return !tasks_.empty(); };
        if (print_ && config_.when != When::kOff) {
          changed_.wait_until(lock, stop, next_look(config_), due);
        } else {
          changed_.wait(lock, stop,
                        [&] { return due() || (print_ && config_.when != When::kOff); });
        }
        if (stop.stop_requested()) {
          return;
        }
        if (!tasks_.empty()) {
          task = std::move(tasks_.front());
          tasks_.pop_front();
        }
        config = config_;
      }
      if (task) {
        carry_out(*task, config);
      } else if (print_ && is_moment(config)) {
        capture();
      }
    }
  }

  [[nodiscard]] Clock::time_point next_look(const Config& config) const {
    if (config.when == When::kTimed && !print_->paused) {
      return print_->last + std::chrono::seconds(config.interval_s);
    }
    return Clock::now() + options_.look;
  }

  bool is_moment(const Config& config) {
    if (config.when == When::kOff || print_->paused) {
      return false;
    }
    if (config.when == When::kTimed) {
      return Clock::now() >= print_->last + std::chrono::seconds(config.interval_s);
    }
    const auto height = options_.height();
    return height && std::exchange(print_->height, height) != height;
  }

  void carry_out(const Task& task, const Config& config) {
    switch (task.kind) {
      case Task::Kind::kBegin:
        print_ = Print{.gcode = task.text, .job = task.job};
        take_up();
        break;
      case Task::Kind::kPause:
      case Task::Kind::kResume:
        if (print_) {
          print_->paused = task.kind == Task::Kind::kPause;
        }
        break;
      case Task::Kind::kEnd:
        if (print_ && print_->job == task.job) {
          const Print print = *std::exchange(print_, std::nullopt);
          set_recording({});
          if (!print.name.empty()) {
            film(print.name, config, task.done ? "" : "-fail");
          }
        }
        break;
      case Task::Kind::kRender:
        film(task.text, config, "");
        break;
    }
  }

  // The pictures that an earlier run of the server took of this print.
  void take_up() {
    for (const Unrendered& left : folder_.unrendered()) {
      if (about(left.name).value("job", std::string()) == print_->job) {
        print_->name = left.name;
        print_->taken = left.count;
        const auto pictures = pictures_in(folder_.new_pictures(left.name));
        if (!pictures.empty()) {
          const std::string last = pictures.back().stem().string();
          std::from_chars(last.data(), last.data() + last.size(), print_->moments);
          ++print_->moments;
        }
        set_recording(left.name);
      }
    }
  }

  [[nodiscard]] Json about(const std::string& name) const {
    const auto text = read_all(folder_.new_pictures(name) / kAbout);
    Json value = text ? Json::parse(*text, nullptr, /*allow_exceptions=*/false) : Json();
    return value.is_object() ? value : Json::object();
  }

  void set_recording(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    recording_ = name;
  }

  Result<void> begin_pictures() {
    const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    print_->name = fmt::format("{}_{:%Y%m%d%H%M%S}", stem_of(print_->gcode), fmt::gmtime(now));
    const fs::path folder = folder_.new_pictures(print_->name);
    std::error_code code;
    fs::create_directories(folder, code);
    if (code) {
      return fail(Errc::kIo, fmt::format("the folder cannot be made: {}", code.message()),
                  folder.string());
    }
    set_recording(print_->name);
    const Json about{{"job", print_->job}, {"gcode", print_->gcode}};
    return write_all(folder / kAbout, dumped(about));
  }

  void capture() {
    print_->last = Clock::now();
    if (print_->moments++ % print_->each != 0) {
      return;
    }
    if (auto taken = take_picture(); !taken) {
      tell("CaptureFailed", {{"file", print_->name}, {"error", taken.error().to_string()}});
    }
  }

  Result<void> take_picture() {
    if (const auto free = folder_.free_bytes(); free < options_.minimum_free_bytes) {
      return fail(Errc::kFull, fmt::format("the disk has {} MiB left", free >> 20),
                  options_.folder.string(),
                  fmt::format("{} MiB are kept free", options_.minimum_free_bytes >> 20));
    }
    if (print_->name.empty()) {
      if (auto begun = begin_pictures(); !begun) {
        return begun;
      }
    }
    const std::string number = fmt::format("{:08}.jpg", print_->moments - 1);
    const fs::path file = folder_.new_pictures(print_->name) / number;
    const Json payload{{"file", fmt::format("{}/{}", print_->name, number)}};
    tell("CaptureStart", payload);
    auto taken =
        options_.picture().and_then([&](const std::string& jpeg) { return write_all(file, jpeg); });
    if (!taken) {
      return taken;
    }
    tell("CaptureDone", payload);
    if (++print_->taken >= options_.most_pictures) {
      thin_out();
    }
    return {};
  }

  void thin_out() {
    bool goes = false;
    for (const fs::path& picture : pictures_in(folder_.new_pictures(print_->name))) {
      std::error_code code;
      if (std::exchange(goes, !goes)) {
        print_->taken -= fs::remove(picture, code) ? 1 : 0;
      }
    }
    print_->each *= 2;
  }

  void film(const std::string& name, const Config& config, std::string_view suffix) {
    const fs::path file = folder_.new_movie(fmt::format("{}{}", name, suffix));
    Json payload{{"gcode", about(name).value("gcode", std::string())},
                 {"movie", file.filename().string()},
                 {"movie_basename", file.filename().string()},
                 {"movie_prefix", name}};
    tell("MovieRendering", payload);
    const fs::path unfinished = fs::path(file).replace_extension(".part");
    auto made = make_film(folder_.new_pictures(name), unfinished, config);
    std::error_code code;
    if (made) {
      fs::rename(unfinished, file, code);
      if (code) {
        made = fail(Errc::kIo, fmt::format("it cannot be renamed: {}", code.message()),
                    unfinished.string());
      }
    }
    if (!made) {
      fs::remove(unfinished, code);
      payload["reason"] = "returncode";
      payload["error"] = made.error().to_string();
      tell("MovieFailed", payload);
      return;
    }
    static_cast<void>(folder_.remove_pictures(name));  // left, they are listed
    folder_.make_room(options_.most_bytes);
    tell("MovieDone", payload);
  }

  void tell(const char* type, const Json& payload) {
    events_.append(type, options_.printer, print_ ? print_->job : std::string(), dumped(payload));
  }

  const Options options_;
  store::Store& store_;
  events::Log& events_;
  const FilmFolder folder_;

  mutable std::mutex mutex_;  // guards what follows, up to the thread's own
  std::condition_variable_any changed_;
  Config config_;
  std::deque<Task> tasks_;
  std::string recording_;  ///< Name of the pictures of the print under way.

  std::optional<Print> print_;  // of the thread alone

  std::jthread thread_;
  events::Log::Subscription heard_;
};

Result<std::unique_ptr<Recorder>> Recorder::open(Options options, store::Store& store,
                                                 events::Log& events) {
  if (auto made = FilmFolder(options.folder).make(); !made) {
    return tl::unexpected(made.error());
  }
  return load(store, options.printer).map([&](const Config& config) {
    return std::unique_ptr<Recorder>(
        new Recorder(std::make_unique<Impl>(std::move(options), store, events, config)));
  });
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recorder::~Recorder() = default;
Config Recorder::config() const {
  return impl_->config();
}
Result<void> Recorder::set_config(const Config& config) {
  return impl_->set_config(config);
}
std::vector<Movie> Recorder::movies() const {
  return impl_->folder().movies();
}
std::vector<Unrendered> Recorder::unrendered() const {
  return impl_->unrendered();
}
Result<fs::path> Recorder::movie(std::string_view name) const {
  return impl_->folder().movie(name);
}
Result<void> Recorder::remove_movie(std::string_view name) {
  return impl_->folder().remove_movie(name);
}
Result<void> Recorder::remove_unrendered(std::string_view name) {
  return impl_->remove_unrendered(name);
}
Result<void> Recorder::render(std::string_view name) {
  return impl_->render(name);
}

}  // namespace stepcast::timelapse
