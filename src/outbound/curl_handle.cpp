#include "curl_handle.hpp"

#include <new>

namespace stepcast::outbound {
namespace {

/// Global state of libcurl: made once, never freed, so that no thread at the end of the process
/// finds it gone.
void initialise_libcurl() {
  static const CURLcode kDone = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kDone != CURLE_OK) {
    throw std::bad_alloc();
  }
}

std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) {
    return {};
  }
  std::string copy = text;
  curl_free(text);
  return copy;
}

bool is_this_machine(std::string_view host) {
  return host.starts_with("localhost") || host.starts_with("127.") || host.starts_with("[::1]");
}

}  // namespace

void CurlList::add(const std::string& line) {
  curl_slist* grown = curl_slist_append(list_.get(), line.c_str());
  if (grown == nullptr) {
    throw std::bad_alloc();
  }
  static_cast<void>(list_.release());
  list_.reset(grown);
}

Result<UrlNames> names_of(const std::string& url) {
  initialise_libcurl();
  const CurlUrl parsed(curl_url());
  if (parsed == nullptr) {
    throw std::bad_alloc();
  }
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK) {
    // Not quoted: a mistyped URL holds the same secrets as a right one.
    return fail(Errc::kInvalidArgument, "this is no URL", {}, "write it as http://host:port/path");
  }
  UrlNames names{.scheme = url_part(parsed.get(), CURLUPART_SCHEME),
                 .host = url_part(parsed.get(), CURLUPART_HOST)};
  if (const auto port = url_part(parsed.get(), CURLUPART_PORT); !port.empty()) {
    names.host.append(":").append(port);
  }
  return names;
}

CurlHandle::CurlHandle() {
  initialise_libcurl();
  handle_.reset(curl_easy_init());
  if (handle_ == nullptr) {
    throw std::bad_alloc();
  }
}

void CurlHandle::prepare(const std::string& url, const UrlNames& names, const char* schemes,
                         const std::filesystem::path& authorities) {
  set(CURLOPT_ERRORBUFFER, static_cast<char*>(error_));
  set(CURLOPT_NOSIGNAL, 1L);  // signals belong to the program
  set(CURLOPT_PROTOCOLS_STR, schemes);
  set(CURLOPT_URL, url.c_str());
  if (!authorities.empty()) {
    set(CURLOPT_CAINFO, authorities.c_str());
  }
  if (is_this_machine(names.host)) {
    set(CURLOPT_PROXY, "");
  }
}

std::string CurlHandle::reason(CURLcode code) const {
  return error_[0] != '\0' ? static_cast<const char*>(error_) : curl_easy_strerror(code);
}

bool has_line_break(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

}  // namespace stepcast::outbound
