#include "film_folder.hpp"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include <fmt/format.h>

namespace stepcast::timelapse {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPicture = ".jpg";

store::UnixMs written_at(const fs::directory_entry& entry) {
  std::error_code code;
  const auto at = std::chrono::file_clock::to_sys(entry.last_write_time(code));
  return code
             ? 0
             : std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

// The name of something in a folder, not a way out of it.
bool is_plain(std::string_view name) {
  return !name.empty() && name.front() != '.' && name.find('/') == std::string_view::npos &&
         name.find('\0') == std::string_view::npos;
}

template <class Visit>
void for_each_entry(const fs::path& folder, Visit visit) {
  std::error_code code;
  for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
    visit(*it);
  }
}

template <class T>
void sort_by_age(std::vector<T>& list) {
  std::sort(list.begin(), list.end(), [](const T& one, const T& other) {
    return one.at != other.at ? one.at > other.at : one.name < other.name;
  });
}

tl::unexpected<Error> no_film(std::string_view name) {
  return fail(Errc::kNotFound, fmt::format("there is no time-lapse '{}'", name));
}

Result<void> removed(const fs::path& path) {
  std::error_code code;
  fs::remove_all(path, code);
  return code ? fail(Errc::kIo, fmt::format("it cannot be removed: {}", code.message()),
                     path.string())
              : Result<void>{};
}

}  // namespace

std::vector<fs::path> pictures_in(const fs::path& folder) {
  std::vector<fs::path> pictures;
  for_each_entry(folder, [&](const fs::directory_entry& entry) {
    if (entry.path().extension() == kPicture) {
      pictures.push_back(entry.path());
    }
  });
  std::sort(pictures.begin(), pictures.end());
  return pictures;
}

Result<void> FilmFolder::make() const {
  std::error_code code;
  fs::create_directories(folder_ / kUnrendered, code);
  return code
             ? fail(Errc::kIo,
                    fmt::format("the folder of the time-lapses cannot be made: {}", code.message()),
                    folder_.string())
             : Result<void>{};
}

std::vector<Movie> FilmFolder::movies() const {
  std::vector<Movie> movies;
  for_each_entry(folder_, [&](const fs::directory_entry& entry) {
    std::error_code code;
    if (entry.path().extension() == kSuffix && entry.is_regular_file(code)) {
      movies.push_back({entry.path().filename().string(),
                        static_cast<std::int64_t>(entry.file_size(code)), written_at(entry)});
    }
  });
  sort_by_age(movies);
  return movies;
}

std::vector<Unrendered> FilmFolder::unrendered() const {
  std::vector<Unrendered> all;
  for_each_entry(folder_ / kUnrendered, [&](const fs::directory_entry& entry) {
    Unrendered one;
    one.name = entry.path().filename().string();
    one.at = written_at(entry);
    for (const fs::path& picture : pictures_in(entry.path())) {
      std::error_code code;
      const auto bytes = fs::file_size(picture, code);
      one.bytes += code ? 0 : static_cast<std::int64_t>(bytes);
      ++one.count;
    }
    all.push_back(std::move(one));
  });
  sort_by_age(all);
  return all;
}

Result<fs::path> FilmFolder::movie(std::string_view name) const {
  const fs::path path = folder_ / name;
  std::error_code code;
  if (!is_plain(name) || !name.ends_with(kSuffix) || !fs::is_regular_file(path, code)) {
    return no_film(name);
  }
  return path;
}

Result<fs::path> FilmFolder::pictures_of(std::string_view name) const {
  const fs::path path = folder_ / kUnrendered / name;
  std::error_code code;
  if (!is_plain(name) || !fs::is_directory(path, code)) {
    return no_film(name);
  }
  return path;
}

Result<void> FilmFolder::remove_movie(std::string_view name) const {
  return movie(name).and_then(removed);
}
Result<void> FilmFolder::remove_pictures(std::string_view name) const {
  return pictures_of(name).and_then(removed);
}

void FilmFolder::make_room(std::int64_t most_bytes) const {
  std::int64_t kept = 0;
  for (const Movie& movie : movies()) {
    const bool is_newest = kept == 0;
    kept += movie.bytes;
    if (kept > most_bytes && !is_newest) {
      static_cast<void>(remove_movie(movie.name));  // what is in use now goes the next time
    }
  }
}

std::int64_t FilmFolder::free_bytes() const {
  std::error_code code;
  const auto space = fs::space(folder_, code);
  return code ? 0 : static_cast<std::int64_t>(space.available);
}

}  // namespace stepcast::timelapse
