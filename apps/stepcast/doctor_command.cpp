#include <algorithm>
#include <memory>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "command.hpp"
#include "doctor.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

using Grade = Finding::Grade;

struct DoctorOptions {
  std::string config;
  std::string data = daemon::default_data_folder().string();
  bool json = false;
};

const char* grade_name(Grade grade) {
  return grade == Grade::kGood ? "good" : grade == Grade::kWarning ? "warning" : "failure";
}

void print_json(const std::vector<Finding>& findings) {
  nlohmann::json list = nlohmann::json::array();
  for (const Finding& finding : findings) {
    list.push_back({{"grade", grade_name(finding.grade)},
                    {"subject", finding.subject},
                    {"text", finding.text},
                    {"remedy", finding.remedy}});
  }
  const nlohmann::json report{{"findings", std::move(list)}};
  fmt::print("{}\n", report.dump(2));
}

void print_for_people(const std::vector<Finding>& findings) {
  const Terminal terminal(stdout);
  for (const Finding& finding : findings) {
    const std::string mark = finding.grade == Grade::kGood      ? terminal.good("  ok  ")
                             : finding.grade == Grade::kWarning ? terminal.warn(" warn ")
                                                                : terminal.bad(" FAIL ");
    fmt::print("{} {:<14} {}\n", mark, finding.subject, finding.text);
    if (!finding.remedy.empty()) {
      fmt::print("{:22}{}\n", "", terminal.dim(finding.remedy));
    }
  }
}

int run(const DoctorOptions& options) {
  std::vector<Finding> findings;
  auto config = options.config.empty() ? Result<daemon::Config>(daemon::default_config())
                                       : daemon::load_config(options.config);
  if (config) {
    findings.push_back(
        {Grade::kGood,
         "configuration",
         fmt::format("{}, {} {}", options.config.empty() ? "built in" : options.config,
                     config->printers.size(),
                     config->printers.size() == 1 ? "printer" : "printers"),
         {}});
    const auto more = examine(*config, options.data);
    findings.insert(findings.end(), more.begin(), more.end());
  } else {
    const Error& error = config.error();
    findings.push_back({Grade::kFailure, "configuration",
                        fmt::format("{}: {}", error.location, error.message), error.remedy});
  }
  if (options.json) {
    print_json(findings);
  } else {
    print_for_people(findings);
  }
  const bool failed = std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.grade == Grade::kFailure;
  });
  return failed ? kBadInput : kSuccess;
}

}  // namespace

void add_doctor_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("doctor", "Check a configuration of stepcastd, and this machine");
  auto options = std::make_shared<DoctorOptions>();
  command->add_option("--config", options->config, "Configuration of stepcastd, TOML")
      ->type_name("FILE");
  command->add_option("--data", options->data, "Its data folder")
      ->type_name("DIR")
      ->capture_default_str();
  command->add_flag("--json", options->json, "For programs");
  command->footer("Changes nothing. Exit status 0: nothing failed; warnings may remain.");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
