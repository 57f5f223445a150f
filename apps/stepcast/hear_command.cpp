#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/acoustic/model.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "hear_source.hpp"
#include "model_folder.hpp"
#include "terminal.hpp"

namespace stepcast::cli {
namespace {

using acoustic::HitRow;
using acoustic::TableFormat;
using acoustic::Verdict;

struct HearOptions {
  HearSourceOptions source;
  std::string model;
  std::string kind = "auto";
  std::size_t window = 0;
  bool json = false;
  std::string out;
  std::string out_format = "csv";
};

// Lines on their way to a stream: one write for many.
class LineWriter {
 public:
  explicit LineWriter(std::FILE* stream) : stream_(stream) {}
  LineWriter(const LineWriter&) = delete;
  LineWriter& operator=(const LineWriter&) = delete;
  ~LineWriter() { flush(); }

  void add(const std::string& line) {
    constexpr std::size_t kFull = 1U << 16U;
    text_ += line;
    text_ += '\n';
    if (text_.size() > kFull) {
      flush();
    }
  }
  bool flush() {
    good_ = std::fwrite(text_.data(), 1, text_.size(), stream_) == text_.size() &&
            std::fflush(stream_) == 0 && good_;
    text_.clear();
    return good_;
  }

 private:
  std::FILE* stream_;
  std::string text_;
  bool good_ = true;
};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

struct Tally {
  std::size_t rows = 0;
  std::size_t defected = 0;
  std::size_t unfamiliar = 0;
  std::size_t labelled = 0;
  std::size_t agreed = 0;
  std::vector<std::size_t> by_model;
};

std::string json_line(const Tally& tally, const HitRow& row, const Verdict& verdict,
                      const acoustic::Judge& judge, std::optional<double> window, bool measured) {
  std::string line =
      fmt::format(R"({{"row":{},"prediction":"{}","probability":{:.6g},"model":"{}","familiar":{})",
                  tally.rows, acoustic::prediction_of(verdict.defected), verdict.probability,
                  judge.models()[verdict.model].name, verdict.familiar);
  if (row.label) {
    line += fmt::format(R"(,"label":{})", *row.label);
  }
  if (window) {
    line += fmt::format(R"(,"window_prediction":"{}","window_probability":{:.6g})",
                        acoustic::prediction_of(*window >= 0.5), *window);
  }
  if (measured) {
    const acoustic::Hit& hit = row.hit;
    line += fmt::format(
        R"(,"time":{},"amplitude":{},"duration":{},"energy":{},"rms":{},"rise_time":{},"counts":{})",
        hit.time.v, hit.amplitude.v, hit.duration.v, hit.energy.v, hit.rms.v, hit.rise_time.v,
        hit.counts);
  }
  return line + "}";
}

std::string text_line(const Tally& tally, const HitRow& row, const Verdict& verdict,
                      std::optional<double> window, const Terminal& terminal) {
  constexpr double kMicro = 1e6;
  const acoustic::Hit& hit = row.hit;
  const auto word = fmt::format("{:<13}", acoustic::prediction_of(verdict.defected));
  std::string line =
      fmt::format("{:>8} {:>12.6f} {:>8.1f} {:>11.1f} {:>10.1f} {:>11.4g} {:>7} {:>11.3f}  {}",
                  tally.rows, hit.time.v, acoustic::decibels(hit.amplitude),
                  hit.duration.v * kMicro, hit.rise_time.v * kMicro, hit.energy.v, hit.counts,
                  verdict.probability, verdict.defected ? terminal.bad(word) : terminal.good(word));
  if (window) {
    line += fmt::format(" {:>6.3f} {}", *window, acoustic::prediction_of(*window >= 0.5));
  }
  if (!verdict.familiar) {
    line += terminal.warn("  unlike what was learned from");
  }
  return line;
}

void print_summary(const Tally& tally, const acoustic::Judge& judge, const Terminal& terminal) {
  if (tally.rows == 0) {
    fmt::print("No hits.\n");
    return;
  }
  constexpr double kPercent = 100.0;
  const auto share = [](std::size_t part, std::size_t whole) {
    return kPercent * static_cast<double>(part) / static_cast<double>(whole);
  };
  std::string models;
  for (std::size_t i = 0; i < tally.by_model.size(); ++i) {
    if (tally.by_model[i] != 0) {
      models += fmt::format("{}{} by model {}", models.empty() ? "" : ", ", tally.by_model[i],
                            judge.models()[i].name);
    }
  }
  fmt::print("{} hits, {} defected ({:.1f} %); {}.\n",
             terminal.strong(fmt::format("{}", tally.rows)), tally.defected,
             share(tally.defected, tally.rows), models);
  if (tally.unfamiliar != 0) {
    fmt::print("{}\n", terminal.warn(fmt::format(
                           "{} are unlike any hit the model learned from: do not trust these.",
                           tally.unfamiliar)));
  }
  if (tally.labelled != 0) {
    fmt::print("{:.1f} % of {} labels agree.\n", share(tally.agreed, tally.labelled),
               tally.labelled);
  }
}

Result<std::optional<std::size_t>> chosen_model(const acoustic::Judge& judge,
                                                const std::string& kind) {
  if (kind == "auto") {
    return std::nullopt;
  }
  std::string names = "auto";
  for (std::size_t i = 0; i < judge.models().size(); ++i) {
    if (judge.models()[i].name == kind) {
      return i;
    }
    names += fmt::format(", {}", judge.models()[i].name);
  }
  return fail(Errc::kInvalidArgument, fmt::format("the model file has no '{}'", kind), "--kind",
              fmt::format("it has {}", names));
}

TableFormat format_of(const std::string& name) {
  return name == "tsv"      ? TableFormat::kSource
         : name == "vallen" ? TableFormat::kVallen
                            : TableFormat::kCsv;
}

int run(const HearOptions& options) {
  const std::string model_file =
      options.model.empty() ? model_path("acoustic.json") : options.model;
  auto judge = acoustic::Judge::load(model_file);
  if (!judge) {
    return report(judge.error(), options.json);
  }
  auto forced = chosen_model(*judge, options.kind);
  if (!forced) {
    return report(forced.error(), options.json);
  }
  auto source = HearSource::open(options.source, !options.out.empty());
  if (!source) {
    return report(source.error(), options.json);
  }
  std::unique_ptr<std::FILE, FileCloser> out_file;
  std::optional<LineWriter> out;
  if (!options.out.empty()) {
    out_file.reset(std::fopen(options.out.c_str(), "wb"));
    if (out_file == nullptr) {
      return report(Error{Errc::kIo, "cannot be written", options.out, ""}, options.json);
    }
    out.emplace(out_file.get());
    out->add(acoustic::table_header(format_of(options.out_format)));
  }
  const Terminal terminal(stdout);
  LineWriter lines(stdout);
  if (!options.json) {
    lines.add(terminal.dim(fmt::format("{:>8} {:>12} {:>8} {:>11} {:>10} {:>11} {:>7} {:>11}  {}",
                                       "row", "time/s", "dB(AE)", "duration/us", "rise/us",
                                       "energy/eu", "counts", "probability", "prediction")));
  }
  std::optional<acoustic::HitWindow> window;
  if (options.window > 0) {
    window.emplace(options.window);
  }
  Tally tally;
  tally.by_model.resize(judge->models().size());
  for (;;) {
    auto row = source->next();
    if (!row) {
      lines.flush();
      return report(row.error());  // an object of many lines has no place among objects of one
    }
    if (!*row) {
      break;
    }
    const HitRow& hit = **row;
    const Verdict verdict = *forced ? judge->judge(hit.hit, **forced) : judge->judge(hit.hit);
    ++tally.rows;
    ++tally.by_model[verdict.model];
    tally.defected += verdict.defected ? 1U : 0U;
    tally.unfamiliar += verdict.familiar ? 0U : 1U;
    if (hit.label && *hit.label <= 1) {
      ++tally.labelled;
      tally.agreed += (*hit.label == 1) == verdict.defected ? 1U : 0U;
    }
    std::optional<double> together;
    if (window) {
      window->add(verdict.evidence);
      together = window->full() ? std::optional(window->probability()) : std::nullopt;
    }
    lines.add(options.json ? json_line(tally, hit, verdict, *judge, together, source->measured())
                           : text_line(tally, hit, verdict, together, terminal));
    if (out) {
      out->add(acoustic::table_line(
          format_of(options.out_format), hit,
          acoustic::TableVerdict{acoustic::prediction_of(verdict.defected), verdict.probability}));
    }
  }
  const bool written = lines.flush() && (!out || out->flush());
  if (!options.json) {
    print_summary(tally, *judge, terminal);
  }
  return written ? kSuccess
                 : report(Error{Errc::kIo, "the answer could not be written", "", ""}, false);
}

}  // namespace

void add_hear_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("hear", "Judge acoustic emission hits, from a table or from a waveform");
  auto options = std::make_shared<HearOptions>();
  options->source.add_to(*command);
  command->add_option("--model", options->model, "Model file; without it the one shipped");
  command
      ->add_option("--kind", options->kind,
                   "Which model of the file: auto chooses for each hit by what its rms is of")
      ->capture_default_str();
  command
      ->add_option("--window", options->window,
                   "Also decide over the last N hits together, as of one state of the machine")
      ->check(CLI::Range(1, 100000).description(""));
  command->add_flag("--json", options->json, "Print one JSON object a hit");
  command->add_option("--out", options->out,
                      "Also write the hits with their verdicts to this file");
  command->add_option("--out-format", options->out_format, "csv, tsv (of the source) or vallen")
      ->check(CLI::IsMember({"csv", "tsv", "vallen"}).description(""))
      ->capture_default_str();
  command->footer(
      "Examples:\n"
      "  stepcast hear hits.csv --json | jq -r .prediction\n"
      "  stepcast hear hits.tsv --window 10\n"
      "  stepcast hear list.txt --unit amplitude=mV --unit time=100ns\n"
      "  stepcast hear --waveform sensor.f32 --rate 2e6 --threshold-uv 1000 --out hits.csv");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
