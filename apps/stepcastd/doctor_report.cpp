#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "doctor.hpp"
#include "exit_status.hpp"
#include "terminal.hpp"

namespace stepcast::daemon {
namespace {

using Grade = Finding::Grade;

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
  const cli::Terminal terminal(stdout);
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

}  // namespace

int run_doctor(const DoctorOptions& options) {
  std::vector<Finding> findings;
  auto config =
      options.config.empty() ? Result<Config>(default_config()) : load_config(options.config);
  if (config) {
    findings.push_back(
        {Grade::kGood,
         "configuration",
         fmt::format("{}, {} {}", options.config.empty() ? "built in" : options.config.string(),
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
  return failed ? cli::kBadInput : cli::kSuccess;
}

}  // namespace stepcast::daemon
