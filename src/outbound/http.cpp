// ask(): one HTTP exchange by libcurl.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <string>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include "stepcast/outbound/client.hpp"

#include "curl_handle.hpp"

namespace stepcast::outbound {
namespace {

struct Reception {
  Answer answer;
  std::size_t limit;
  bool too_large = false;
  const TakeBody* take = nullptr;  ///< In place of keeping the body.
  bool ended = false;              ///< By `take`.
  const std::stop_token* stop = nullptr;
};

std::size_t take_body(const char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& reception = *static_cast<Reception*>(context);
  if (reception.take != nullptr) {
    reception.ended = !(*reception.take)(reception.answer, {bytes, size * count});
    return reception.ended ? 0 : size * count;
  }
  if (size * count > reception.limit - reception.answer.body.size()) {
    reception.too_large = true;
    return 0;
  }
  reception.answer.body.append(bytes, size * count);
  return size * count;
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) {
    return {};
  }
  return text.substr(begin, text.find_last_not_of(" \t\r\n") - begin + 1);
}

std::size_t take_header(const char* bytes, std::size_t size, std::size_t count, void* context) {
  auto& headers = static_cast<Reception*>(context)->answer.headers;
  const std::string_view line(bytes, size * count);
  if (line.starts_with("HTTP/")) {
    headers.clear();  // of an answer before the last one, such as 100
    const auto digits = line.find(' ');
    int& status = static_cast<Reception*>(context)->answer.status;
    std::from_chars(line.data() + std::min(digits, line.size() - 1) + 1, line.data() + line.size(),
                    status);
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos) {
    std::string name(trimmed(line.substr(0, colon)));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    headers.emplace_back(std::move(name), std::string(trimmed(line.substr(colon + 1))));
  }
  return size * count;
}

Result<void> check(const Request& request, const UrlNames& names) {
  if (names.scheme != "http" && names.scheme != "https") {
    return fail(Errc::kInvalidArgument,
                fmt::format("'{}' is no scheme for a request", names.scheme), names.host,
                "use http or https");
  }
  const auto is_letter = [](unsigned char c) { return std::isupper(c) != 0; };
  if (request.method.empty() ||
      !std::all_of(request.method.begin(), request.method.end(), is_letter)) {
    return fail(Errc::kInvalidArgument, "a method is a word in capitals, like GET", names.host);
  }
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || name.find(':') != std::string::npos || has_line_break(name) ||
        has_line_break(value)) {
      return fail(Errc::kInvalidArgument,
                  "a header has a line break, or a colon in its name, or no name", names.host);
    }
  }
  for (const auto& part : request.parts) {
    std::error_code error;
    if (!part.file.empty() && !std::filesystem::is_regular_file(part.file, error)) {
      return fail(Errc::kNotFound, "there is no such file", part.file.string());
    }
  }
  return {};
}

void add_parts(const Request& request, curl_mime* mime) {
  for (const auto& from : request.parts) {
    curl_mimepart* part = curl_mime_addpart(mime);
    curl_mime_name(part, from.name.c_str());
    if (from.file.empty()) {
      curl_mime_data(part, from.value.data(), from.value.size());
    } else {
      curl_mime_filedata(part, from.file.c_str());
    }
    // After filedata, which names the part after the file on this disk.
    if (!from.file_name.empty()) {
      curl_mime_filename(part, from.file_name.c_str());
    }
    if (!from.content_type.empty()) {
      curl_mime_type(part, from.content_type.c_str());
    }
  }
}

int on_progress(void* context, curl_off_t /*down_total*/, curl_off_t /*down*/,
                curl_off_t /*up_total*/, curl_off_t /*up*/) {
  auto& reception = *static_cast<Reception*>(context);
  if (reception.stop->stop_requested()) {
    return 1;
  }
  // Also while nothing comes.
  reception.ended =
      reception.ended || (reception.take != nullptr && !(*reception.take)(reception.answer, {}));
  return reception.ended ? 1 : 0;
}

void set_timeouts(CurlHandle& curl, const Request& request) {
  curl.set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request.connect_timeout.count()));
  curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
  if (request.timeout.count() == 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request.connect_timeout);
    curl.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl.set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(seconds.count()));
  }
}

}  // namespace

namespace {

Result<Answer> exchange(const Request& request, Reception& reception) {
  const auto names = names_of(request.url);
  if (!names) {
    return tl::unexpected(names.error());
  }
  if (auto checked = check(request, *names); !checked) {
    return tl::unexpected(checked.error());
  }

  CurlHandle curl;
  curl.prepare(request.url, *names, "http,https", request.authorities);
  set_timeouts(curl, request);
  CurlList headers;
  for (const auto& [name, value] : request.headers) {
    // libcurl's way to send a header without a value.
    headers.add(value.empty() ? name + ";" : name + ": " + value);
  }
  // Many small servers never answer it, and libcurl would wait for a second.
  headers.add("Expect:");
  curl.set(CURLOPT_HTTPHEADER, headers.get());

  const CurlMime mime(request.parts.empty() ? nullptr : curl_mime_init(curl.get()));
  if (mime != nullptr) {
    add_parts(request, mime.get());
    curl.set(CURLOPT_MIMEPOST, mime.get());
  } else if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
             request.method == "PATCH") {
    curl.set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl.set(CURLOPT_POSTFIELDS, request.body.data());
  } else if (request.method == "HEAD") {
    curl.set(CURLOPT_NOBODY, 1L);
  }
  if (request.method != "HEAD") {
    curl.set(CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }

  curl.set(CURLOPT_WRITEFUNCTION, &take_body);
  curl.set(CURLOPT_WRITEDATA, &reception);
  curl.set(CURLOPT_HEADERFUNCTION, &take_header);
  curl.set(CURLOPT_HEADERDATA, &reception);

  reception.stop = &request.stop;
  if (request.stop.stop_possible() || reception.take != nullptr) {
    curl.set(CURLOPT_NOPROGRESS, 0L);
    curl.set(CURLOPT_XFERINFOFUNCTION, &on_progress);
    curl.set(CURLOPT_XFERINFODATA, &reception);
  }

  const CURLcode done = curl_easy_perform(curl.get());
  if (reception.too_large) {
    return fail(Errc::kFull, fmt::format("the answer is larger than {} bytes", request.max_answer),
                names->host);
  }
  if (done == CURLE_ABORTED_BY_CALLBACK && !reception.ended) {
    return fail(Errc::kInterrupted, "the exchange was broken off", names->host);
  }
  if (done != CURLE_OK && !reception.ended) {
    return fail(done == CURLE_URL_MALFORMAT ? Errc::kInvalidArgument : Errc::kNetwork,
                "no answer: " + curl.reason(done), names->host,
                done == CURLE_PEER_FAILED_VERIFICATION
                    ? "trust the certificate of that server, or give the one that signed it"
                    : "is the server on, and the address right?");
  }
  return std::move(reception.answer);
}

}  // namespace

Result<Answer> ask(const Request& request) {
  Reception reception{.answer = {}, .limit = request.max_answer};
  return exchange(request, reception);
}

Result<Answer> receive(const Request& request, const TakeBody& take) {
  Reception reception{.answer = {}, .limit = request.max_answer, .take = &take};
  return exchange(request, reception);
}

}  // namespace stepcast::outbound
