#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include <curl/curl.h>

#include "stepcast/base/result.hpp"

namespace stepcast::outbound {

struct CurlUrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
struct CurlListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct CurlMimeDeleter {
  void operator()(curl_mime* mime) const { curl_mime_free(mime); }
};
using CurlUrl = std::unique_ptr<CURLU, CurlUrlDeleter>;
using CurlMime = std::unique_ptr<curl_mime, CurlMimeDeleter>;

/// Lines that libcurl keeps in a list of its own.
class CurlList {
 public:
  void add(const std::string& line);
  [[nodiscard]] curl_slist* get() const { return list_.get(); }

 private:
  std::unique_ptr<curl_slist, CurlListDeleter> list_;
};

/// "http", "host:port": what may be said of a URL in a message. The rest can hold secrets.
struct UrlNames {
  std::string scheme;
  std::string host;  ///< With the port, if the URL names one.
};
/// @returns kInvalidArgument: no URL.
[[nodiscard]] Result<UrlNames> names_of(const std::string& url);

/// One exchange by libcurl. Threads: one at a time.
class CurlHandle {
 public:
  CurlHandle();

  [[nodiscard]] CURL* get() const { return handle_.get(); }
  template <class Value>
  void set(CURLoption option, Value value) {
    curl_easy_setopt(handle_.get(), option, value);
  }
  /// No signals, no URL schemes but `schemes`, the certificates of `authorities` if not empty, and
  /// no proxy of the environment towards this very machine.
  void prepare(const std::string& url, const UrlNames& names, const char* schemes,
               const std::filesystem::path& authorities);
  /// What libcurl has to say about `code`.
  [[nodiscard]] std::string reason(CURLcode code) const;

 private:
  struct Deleter {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  std::unique_ptr<CURL, Deleter> handle_;
  char error_[CURL_ERROR_SIZE] = {};
};

/// A line break would begin a header of its own.
[[nodiscard]] bool has_line_break(std::string_view text);

}  // namespace stepcast::outbound
