#include "closing.hpp"

namespace stepcast::training {

int Closing::first(std::span<const EpochRecord> history) const {
  const int planned = planned_epochs - closing_epochs + 1;
  if (patience == 0) {
    return planned;
  }
  const EpochRecord* best = nullptr;
  for (const auto& record : history) {
    if (!record.validation_loss || record.epoch >= planned) {
      break;
    }
    if (best == nullptr || *record.validation_loss < *best->validation_loss) {
      best = &record;
    } else if (record.epoch - best->epoch >= patience) {
      return record.epoch + 1;
    }
  }
  return planned;
}

}  // namespace stepcast::training
