#pragma once

#include <optional>
#include <string_view>

#include "stepcast/accounts/accounts.hpp"
#include "stepcast/jobs/command.hpp"
#include "stepcast/server/site.hpp"

namespace stepcast::server {

/// Somebody's hand on a printer: what they make it do is entered into the audit trail once the
/// printer has accepted it. The runner tells the log of events.
///
/// Threads: any; all are to outlive it.
class Hand {
 public:
  Hand(Site& site, jobs::Runner& runner, const accounts::Principal& who)
      : site_(site), runner_(runner), who_(who) {}

  [[nodiscard]] Result<void> connect() const;
  [[nodiscard]] Result<void> disconnect() const;
  [[nodiscard]] Result<void> start() const;
  [[nodiscard]] Result<void> restart() const;
  [[nodiscard]] Result<void> recover(std::optional<Mm> nozzle_height) const;
  [[nodiscard]] Result<void> pause() const;
  [[nodiscard]] Result<void> resume() const;
  [[nodiscard]] Result<void> cancel() const;
  [[nodiscard]] Result<void> command(const jobs::Command& command) const;

 private:
  [[nodiscard]] Result<void> enter(std::string_view action, std::string_view detail,
                                   Result<void> result) const;

  Site& site_;
  jobs::Runner& runner_;
  const accounts::Principal& who_;
};

}  // namespace stepcast::server
