#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <fstream>
#include <memory>
#include <mutex>

#include <fmt/format.h>

#include "stepcast/http/server.hpp"
#include "stepcast/predict/answer.hpp"
#include "stepcast/vision/classifier.hpp"

#include "command.hpp"
#include "exit_status.hpp"
#include "interrupt.hpp"
#include "model_folder.hpp"

namespace stepcast::cli {
namespace {

struct ServePredictOptions {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8080;
  std::string model;
  std::string runtime = "auto";
  std::string key_file;
  std::string certificate;
  std::string private_key;
};

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1" || address == "localhost";
}

/// In a time that does not tell how much of it is right.
bool same_key(std::string_view one, std::string_view other) {
  unsigned difference = one.size() == other.size() ? 0 : 1;
  for (std::size_t i = 0; i < one.size() && i < other.size(); ++i) {
    difference |= static_cast<unsigned>(one[i] ^ other[i]);
  }
  return difference == 0;
}

Result<std::string> read_key(const ServePredictOptions& options) {
  std::string key;
  if (options.key_file.empty()) {
    if (!is_loopback(options.address)) {
      return fail(Errc::kInvalidArgument,
                  "whoever reaches this address could send pictures: it needs --key-file",
                  options.address, "write a long random word into a file and name it");
    }
    return key;
  }
  constexpr std::size_t kShortestKey = 16;
  if (!(std::ifstream(options.key_file) >> key) || key.size() < kShortestKey) {
    return fail(Errc::kInvalidArgument,
                fmt::format("holds no key of at least {} characters", kShortestKey),
                options.key_file, "write a long random word into it");
  }
  return key;
}

std::optional<http::Response> refuse_without(const std::string& key, const http::Request& request) {
  const auto given = request.headers.find("X-Api-Key").value_or("");
  if (predict::is_of_this_machine(request) || (!key.empty() && same_key(key, given))) {
    return std::nullopt;
  }
  return predict::refusal(403, {Errc::kDenied, "the key in X-Api-Key is missing or wrong", {}, {}});
}

int run(const ServePredictOptions& options) {
  const auto runtime = vision::runtime_of(options.runtime);
  const auto key = read_key(options);
  for (const Error* error : {runtime ? nullptr : &runtime.error(), key ? nullptr : &key.error()}) {
    if (error != nullptr) {
      report(*error);
      return kUsage;
    }
  }
  // What is wrong with the network is told now, not to the first who asks.
  const auto tried = vision::Classifier::load(options.model, *runtime);
  if (!tried) {
    return report(tried.error());
  }
  Interrupt interrupt;  // before there are threads
  constexpr unsigned kWorkers = 8;
  predict::Predictor predictor(
      {.model = options.model, .runtime = *runtime, .most_waiting = kWorkers - 1, .niceness = 0});
  http::Router router;
  router.add(predict::predict_route(
      predictor,
      {.refuse = [&](const http::Request& request) { return refuse_without(*key, request); },
       .judged = {}}));
  http::Server::Options server_options;
  server_options.address = options.address;
  server_options.port = options.port;
  server_options.workers = kWorkers;
  if (!options.certificate.empty()) {
    server_options.tls = {options.certificate, options.private_key};
  }
  const auto server = http::Server::start(std::move(router), std::move(server_options));
  if (!server) {
    return report(server.error());
  }
  fmt::print(stderr, "POST {}://{}:{}/predict is answered by {}, run by {}; Ctrl-C stops it.\n",
             options.certificate.empty() ? "http" : "https", options.address, (*server)->port(),
             tried->info().name, tried->runtime());
  std::mutex mutex;
  std::condition_variable_any stopped;
  std::unique_lock lock(mutex);
  stopped.wait(lock, interrupt.token(), [] { return false; });
  constexpr std::chrono::seconds kGrace{2};
  (*server)->stop(kGrace);
  return kSuccess;
}

}  // namespace

void add_serve_predict_command(CLI::App& app, int& status) {
  auto* command =
      app.add_subcommand("serve-predict", "Answer POST /predict, as small cameras call it");
  auto options = std::make_shared<ServePredictOptions>();
  options->model = model_path("classifier.onnx");
  command->add_option("--port", options->port, "Where to listen; 0: any")->capture_default_str();
  command->add_option("--address", options->address, "Of which interface of this machine")
      ->capture_default_str();
  command->add_option("--model", options->model, "The network, an ONNX file")
      ->capture_default_str();
  command->add_option("--runtime", options->runtime, "What runs it: auto, opencv or onnxruntime")
      ->capture_default_str();
  command
      ->add_option("--key-file", options->key_file,
                   "Holds what other machines have to send as X-Api-Key")
      ->type_name("FILE");
  auto* certificate = command->add_option("--tls-certificate", options->certificate,
                                          "Chain of certificates (PEM): serve HTTPS");
  command->add_option("--tls-key", options->private_key, "Its private key (PEM)")
      ->needs(certificate);
  certificate->needs("--tls-key");
  command->footer(
      "Examples:\n"
      "  stepcast serve-predict\n"
      "  curl -F file=@snapshot.jpg http://127.0.0.1:8080/predict\n"
      "  curl --data-binary @snapshot.jpg -H 'Content-Type: image/jpeg' "
      "http://127.0.0.1:8080/predict");
  command->callback([options, &status] { status = run(*options); });
}

}  // namespace stepcast::cli
