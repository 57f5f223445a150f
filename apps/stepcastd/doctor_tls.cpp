#include "doctor_tls.hpp"

#include <cstdio>
#include <memory>
#include <optional>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <sys/stat.h>

namespace stepcast::daemon {
namespace {

using Grade = Finding::Grade;

constexpr const char* kTlsSubject = "certificate";
constexpr int kDaysToRenew = 14;

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using File = std::unique_ptr<std::FILE, FreedBy<std::fclose>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;

Finding unreadable(const std::filesystem::path& file, const char* what) {
  return {Grade::kFailure, kTlsSubject, fmt::format("{}: no {} can be read", file.string(), what),
          "name a PEM file that the user of stepcastd may read"};
}

// Whole days from now; nothing where OpenSSL cannot read the date.
std::optional<int> days_until(const ASN1_TIME* time) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, time) != 1) {
    return std::nullopt;
  }
  return days > 0 || seconds >= 0 ? days : days - 1;
}

Finding validity(const X509& certificate, const std::filesystem::path& file) {
  const auto begins_in = days_until(X509_get0_notBefore(&certificate));
  const auto ends_in = days_until(X509_get0_notAfter(&certificate));
  if (!begins_in || !ends_in) {
    return unreadable(file, "date of validity");
  }
  if (*begins_in > 0) {
    return {Grade::kFailure, kTlsSubject,
            fmt::format("{} is not valid for another {} days", file.string(), *begins_in),
            "set the clock, or wait"};
  }
  if (*ends_in < 0) {
    return {Grade::kFailure, kTlsSubject,
            fmt::format("{} ended {} days ago", file.string(), -*ends_in), "renew it"};
  }
  if (*ends_in < kDaysToRenew) {
    return {Grade::kWarning, kTlsSubject,
            fmt::format("{} ends in {} days", file.string(), *ends_in), "renew it"};
  }
  return {Grade::kGood,
          kTlsSubject,
          fmt::format("{} is valid for another {} days", file.string(), *ends_in),
          {}};
}

}  // namespace

std::vector<Finding> examine_tls(const Config& config) {
  if (config.tls_certificate.empty()) {
    if (config.address == "127.0.0.1" || config.address == "::1") {
      return {};
    }
    return {{Grade::kWarning, kTlsSubject,
             fmt::format("keys and pictures cross the network of {} unencrypted", config.address),
             "set server.tls_certificate and server.tls_key, or listen on 127.0.0.1 behind a "
             "proxy"}};
  }
  std::vector<Finding> findings;
  const File certificate_file(std::fopen(config.tls_certificate.c_str(), "re"));
  const Certificate certificate(
      certificate_file ? PEM_read_X509(certificate_file.get(), nullptr, nullptr, nullptr)
                       : nullptr);
  const File key_file(std::fopen(config.tls_key.c_str(), "re"));
  const Key key(key_file ? PEM_read_PrivateKey(key_file.get(), nullptr, nullptr, nullptr)
                         : nullptr);
  if (certificate) {
    findings.push_back(validity(*certificate, config.tls_certificate));
  } else {
    findings.push_back(unreadable(config.tls_certificate, "certificate"));
  }
  if (!key) {
    findings.push_back(unreadable(config.tls_key, "private key"));
  } else if (certificate && X509_check_private_key(certificate.get(), key.get()) != 1) {
    findings.push_back({Grade::kFailure, kTlsSubject,
                        fmt::format("{} is not the key of {}", config.tls_key.string(),
                                    config.tls_certificate.string()),
                        "name the two that were made together"});
  }
  ERR_clear_error();
  struct stat facts {};
  if (key && stat(config.tls_key.c_str(), &facts) == 0 && (facts.st_mode & S_IROTH) != 0) {
    findings.push_back(
        {Grade::kFailure, kTlsSubject,
         fmt::format("everybody on this machine can read {}", config.tls_key.string()),
         fmt::format("chmod 600 {}", config.tls_key.string())});
  }
  return findings;
}

}  // namespace stepcast::daemon
