#include "library_parts.hpp"

#include <cerrno>
#include <chrono>
#include <system_error>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "analysis_json.hpp"

namespace stepcast::files {
namespace {

constexpr std::size_t kReadBlock = std::size_t{256} * 1024;
constexpr int kNicest = 19;

}  // namespace

store::UnixMs wall_clock_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void make_way() {
  // On Linux this is of the calling thread alone. Refused, it is merely less polite.
  static_cast<void>(setpriority(PRIO_PROCESS, 0, kNicest));
}

Entry entry_of(const store::FileRow& row) {
  Entry entry{.path = row.path,
              .display = row.display,
              .is_folder = false,
              .sha256 = row.sha256,
              .size = row.size,
              .uploaded = row.uploaded,
              .user = row.user,
              .stated = {},
              .analysis = {}};
  if (!row.stated.empty()) {
    entry.stated = stated_from_json(row.stated);
  }
  return entry;
}

bool is_inside(std::string_view path, std::string_view folder) {
  return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

Result<void> read_file(const Descriptor& file, const std::string& name,
                       const std::function<Result<void>(std::span<const char>)>& take) {
  std::vector<char> block(kReadBlock);
  for (;;) {
    const ssize_t got = ::read(file.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return fail(Errc::kIo, fmt::format("cannot read: {}", std::generic_category().message(errno)),
                  name);
    }
    if (got == 0) {
      return {};
    }
    if (auto taken = take(std::span(block).first(static_cast<std::size_t>(got))); !taken) {
      return taken;
    }
  }
}

}  // namespace stepcast::files
