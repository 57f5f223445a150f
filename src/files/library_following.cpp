// How a file is analysed while it arrives.
//
// A follower reads the incoming file behind the upload that writes it. Whoever comes second, the
// follower with its result or the upload with the hash, enters the analysis into the store.
#include <algorithm>
#include <mutex>
#include <utility>

#include "analysis_json.hpp"
#include "library_impl.hpp"
#include "library_parts.hpp"

namespace stepcast::files {

/// All at once, so that nobody takes up what another one leaves.
Library::Impl::~Impl() {
  analyst_.request_stop();
  for (std::jthread& follower : followers_) {
    follower.request_stop();
  }
}

std::vector<Arriving> Library::Impl::arriving() const {
  std::vector<Arriving> all;
  const std::lock_guard lock(mutex_);
  for (const auto& arrival : arrivals_) {
    if (!arrival->sha256.empty()) {
      continue;  // it has arrived
    }
    Arriving& one = all.emplace_back(Arriving{.path = arrival->path.text(),
                                              .user = arrival->user,
                                              .received = arrival->file->size(),
                                              .analysed = {},
                                              .error = {}});
    if (arrival->stage == Arrival::Stage::kFollowed || arrival->result) {
      one.analysed = arrival->file->read_to();
    }
    if (arrival->result) {
      one.error = arrival->result->error;
    }
  }
  return all;
}

void Library::Impl::begin_to_follow(const std::shared_ptr<Arrival>& arrival) {
  {
    const std::lock_guard lock(mutex_);
    arrival->stage = Arrival::Stage::kQueued;
    to_follow_.push_back(arrival);
  }
  arrival_.notify_one();
}

void Library::Impl::follow_all(const std::stop_token& stop) {
  make_way();
  for (;;) {
    std::shared_ptr<Arrival> next;
    {
      std::unique_lock lock(mutex_);
      arrival_.wait(lock, stop, [this] { return !to_follow_.empty(); });
      if (stop.stop_requested()) {
        return;
      }
      next = std::move(to_follow_.front());
      to_follow_.pop_front();
      next->stage = Arrival::Stage::kFollowed;
    }
    const std::stop_callback at_the_end(stop, [&next] { next->needless.request_stop(); });
    follow(next);
  }
}

void Library::Impl::follow(const std::shared_ptr<Arrival>& arrival) {
  const std::stop_token needless = arrival->needless.get_token();
  auto result = analysts_[arrival->analyst].analyse(
      gcode::Reader::from_bytes(GrowingFile::reader(arrival->file, options_.patience, needless),
                                arrival->path.name()),
      needless);
  {
    const std::lock_guard lock(mutex_);
    arrival->result = std::move(result);
    if (arrival->sha256.empty()) {
      arrival->stage = Arrival::Stage::kDone;  // the rest is the upload's
      return;
    }
  }
  if (arrival->result) {
    keep_result(*arrival);
  }
  {
    // In one step, so that the analysis of the rest either leaves this to the follower, or finds
    // what it did.
    const std::lock_guard lock(mutex_);
    arrival->stage = Arrival::Stage::kDone;
    std::erase(arrivals_, arrival);
    // Also without a result: somebody may have relied on it. What has gone is found to have gone.
    to_analyse_.push_front({.path = arrival->path.text(),
                            .sha256 = arrival->sha256,
                            .is_news = arrival->result.has_value()});
  }
  work_.notify_all();
}

/// What was read is what was hashed: the bytes of the incoming file, whatever its name is now.
void Library::Impl::keep_result(const Arrival& arrival) {
  // A database that fails leaves this undone; it is done after the next open().
  static_cast<void>(store_.write([&](store::Session& session) -> Result<void> {
    const auto files = store::files_with(session, arrival.sha256);
    if (!files) {
      return tl::unexpected(files.error());
    }
    if (files->empty()) {
      return {};  // it has gone meanwhile
    }
    return store::put_analysis(session, {.sha256 = arrival.sha256,
                                         .settings = settings_[arrival.analyst],
                                         .result = analysis_to_json(*arrival.result)});
  }));
  tell_news();
}

/// The file is in its place and in the store.
void Library::Impl::hand_over(const std::shared_ptr<Arrival>& arrival, const std::string& sha256) {
  {
    const std::lock_guard lock(mutex_);
    arrival->sha256 = sha256;
    if (arrival->stage == Arrival::Stage::kQueued) {
      std::erase(to_follow_, arrival);
      arrival->stage = Arrival::Stage::kAlone;
    }
    if (arrival->stage != Arrival::Stage::kDone) {
      return;
    }
  }
  if (arrival->result) {
    keep_result(*arrival);
  }
}

/// The upload is over, well or not.
void Library::Impl::end_arrival(const std::shared_ptr<Arrival>& arrival) {
  {
    const std::lock_guard lock(mutex_);
    const bool has_arrived = !arrival->sha256.empty();
    if (has_arrived && arrival->stage == Arrival::Stage::kFollowed) {
      return;  // to its end
    }
    std::erase(to_follow_, arrival);
    std::erase(arrivals_, arrival);
  }
  arrival->needless.request_stop();
}

/// Whether somebody is about to know the analysis of a content, so that it need not be made.
bool Library::Impl::leave_to_follower(const std::string& sha256, std::size_t analyst) {
  std::shared_ptr<Arrival> followed;
  {
    const std::lock_guard lock(mutex_);
    const auto found = std::find_if(arrivals_.begin(), arrivals_.end(), [&](const auto& arrival) {
      return arrival->stage == Arrival::Stage::kFollowed && arrival->analyst == analyst &&
             arrival->sha256 == sha256;
    });
    if (found == arrivals_.end()) {
      return false;
    }
    followed = *found;
  }
  if (const auto is_known = knows_analysis(sha256, analyst); is_known && *is_known) {
    followed->needless.request_stop();  // the same was here before
    return false;
  }
  return true;
}

}  // namespace stepcast::files
