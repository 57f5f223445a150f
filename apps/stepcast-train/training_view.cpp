#include "training_view.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "format.hpp"
#include "progress_bar.hpp"

namespace stepcast::cli {

TrainingView::TrainingView(std::string what) : terminal_(stderr), what_(std::move(what)) {}

TrainingView::~TrainingView() {
  if (terminal_.interactive()) {
    fmt::print(stderr, "\r\x1b[K");
  }
}

void TrainingView::show(const training::TrainingProgress& progress) {
  const double share = (progress.epoch - 1 + static_cast<double>(progress.step) / progress.steps) /
                       std::max(1, progress.epochs);
  if (share_at_begin_ < 0) {
    share_at_begin_ = share;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  const double done = share - share_at_begin_;
  const auto validation = progress.validation_loss
                              ? fmt::format("validation {:.3f} ", *progress.validation_loss)
                              : std::string();
  const auto left =
      done > 0 ? duration_text(Seconds{seconds * (1 - share) / done}) + " left" : std::string();
  if (terminal_.interactive()) {
    fmt::print(stderr, "\r{} {} epoch {}/{} loss {:.3f} {}{}\x1b[K", what_,
               progress_bar(std::max(0.0, share)), progress.epoch, progress.epochs, progress.loss,
               validation, left);
  } else if (progress.step == progress.steps) {
    fmt::print(stderr, "{} epoch {}/{} loss {:.3f} {}{}\n", what_, progress.epoch, progress.epochs,
               progress.loss, validation, left);
  }
}

}  // namespace stepcast::cli
