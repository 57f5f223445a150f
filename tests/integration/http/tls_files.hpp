#pragma once

#include <cstdio>
#include <string>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <unistd.h>

namespace stepcast::http {

/// A key and a certificate that signs itself, made anew: nothing secret lies in the repository.
class TlsFiles {
 public:
  TlsFiles() {
    EVP_PKEY* key = ::EVP_EC_gen("P-256");
    X509* certificate = ::X509_new();
    ::X509_set_version(certificate, X509_VERSION_3);
    ::ASN1_INTEGER_set(::X509_get_serialNumber(certificate), 1);
    ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -3600);
    ::X509_gmtime_adj(::X509_getm_notAfter(certificate), 3600);
    ::X509_set_pubkey(certificate, key);
    X509_NAME* name = ::X509_get_subject_name(certificate);
    ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                 reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    ::X509_set_issuer_name(certificate, name);
    EXPECT_GT(::X509_sign(certificate, key, ::EVP_sha256()), 0);
    std::FILE* file = std::fopen(certificate_.c_str(), "w");
    ::PEM_write_X509(file, certificate);
    std::fclose(file);
    file = std::fopen(key_.c_str(), "w");
    ::PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    ::X509_free(certificate);
    ::EVP_PKEY_free(key);
  }
  TlsFiles(const TlsFiles&) = delete;
  TlsFiles& operator=(const TlsFiles&) = delete;
  TlsFiles(TlsFiles&&) = delete;
  TlsFiles& operator=(TlsFiles&&) = delete;
  ~TlsFiles() {
    std::remove(certificate_.c_str());
    std::remove(key_.c_str());
  }

  [[nodiscard]] const std::string& certificate() const { return certificate_; }
  [[nodiscard]] const std::string& key() const { return key_; }

 private:
  // Tests run at the same time, each in its own process.
  std::string base_ = ::testing::TempDir() + "stepcast_tls_" + std::to_string(::getpid());
  std::string certificate_ = base_ + ".crt";
  std::string key_ = base_ + ".key";
};

}  // namespace stepcast::http
