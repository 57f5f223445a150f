// send_mail(): one mail by SMTP, by libcurl.
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "stepcast/outbound/client.hpp"

#include "curl_handle.hpp"
#include "mail_text.hpp"

namespace stepcast::outbound {
namespace {

Result<void> check(const Mail& mail, const UrlNames& names) {
  if (names.scheme != "smtp" && names.scheme != "smtps") {
    return fail(Errc::kInvalidArgument,
                fmt::format("'{}' is no scheme of a mail server", names.scheme), names.host,
                "use smtp://host:587 or smtps://host:465");
  }
  if (mail.to.empty()) {
    return fail(Errc::kInvalidArgument, "the mail goes to nobody", names.host);
  }
  const auto is_address = [](std::string_view text) {
    const auto bare = bare_address(text);
    return !has_line_break(text) && bare.find('@') != std::string_view::npos &&
           bare.find_first_of("<> \t,;") == std::string_view::npos;
  };
  for (const auto& address : mail.to) {
    if (!is_address(address)) {
      return fail(Errc::kInvalidArgument, fmt::format("'{}' is no mail address", address),
                  names.host);
    }
  }
  if (!is_address(mail.from)) {
    return fail(Errc::kInvalidArgument, fmt::format("'{}' is no mail address", mail.from),
                names.host);
  }
  return {};
}

/// The headers of the mail itself, as the reader sees them.
CurlList headers_of(const Mail& mail) {
  CurlList headers;
  std::string to;
  for (const auto& address : mail.to) {
    to.append(to.empty() ? "" : ", ").append(address);
  }
  headers.add("Date: " + mail_date(std::chrono::system_clock::now()));
  headers.add("From: " + mail.from);
  headers.add("To: " + to);
  headers.add("Subject: " + header_text(mail.subject));
  std::random_device random;
  const auto sender = bare_address(mail.from);
  headers.add(fmt::format("Message-ID: <{:08x}{:08x}{:08x}@{}>", random(), random(), random(),
                          sender.substr(sender.rfind('@') + 1)));
  return headers;
}

void add_parts(const Mail& mail, curl_mime* mime) {
  curl_mimepart* text = curl_mime_addpart(mime);
  curl_mime_data(text, mail.text.data(), mail.text.size());
  curl_mime_type(text, "text/plain; charset=utf-8");
  curl_mime_encoder(text, "quoted-printable");
  if (mail.attachment) {
    curl_mimepart* part = curl_mime_addpart(mime);
    curl_mime_data(part, mail.attachment->bytes.data(), mail.attachment->bytes.size());
    curl_mime_filename(part, mail.attachment->name.c_str());
    curl_mime_type(part, mail.attachment->content_type.c_str());
    curl_mime_encoder(part, "base64");
  }
}

/// Keeps the newest line of the server that says no.
std::size_t take_reply(const char* bytes, std::size_t size, std::size_t count, void* context) {
  const std::string_view line(bytes, size * count);
  if (!line.empty() && (line.front() == '4' || line.front() == '5')) {
    *static_cast<std::string*>(context) = line.substr(0, line.find_last_not_of("\r\n") + 1);
  }
  return size * count;
}

}  // namespace

Result<void> send_mail(const Mail& mail) {
  const auto names = names_of(mail.server);
  if (!names) {
    return tl::unexpected(names.error());
  }
  if (auto checked = check(mail, *names); !checked) {
    return checked;
  }

  CurlHandle curl;
  curl.prepare(mail.server, *names, "smtp,smtps", mail.authorities);
  curl.set(CURLOPT_TIMEOUT_MS, static_cast<long>(mail.timeout.count()));
  curl.set(CURLOPT_USE_SSL, static_cast<long>(mail.require_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
  if (!mail.user.empty()) {
    curl.set(CURLOPT_USERNAME, mail.user.c_str());
    curl.set(CURLOPT_PASSWORD, mail.password.c_str());
  }
  curl.set(CURLOPT_MAIL_FROM, fmt::format("<{}>", bare_address(mail.from)).c_str());
  CurlList recipients;
  for (const auto& address : mail.to) {
    recipients.add(fmt::format("<{}>", bare_address(address)));
  }
  curl.set(CURLOPT_MAIL_RCPT, recipients.get());
  const CurlList headers = headers_of(mail);
  curl.set(CURLOPT_HTTPHEADER, headers.get());
  const CurlMime mime(curl_mime_init(curl.get()));
  add_parts(mail, mime.get());
  curl.set(CURLOPT_MIMEPOST, mime.get());
  std::string refusal;
  curl.set(CURLOPT_HEADERFUNCTION, &take_reply);
  curl.set(CURLOPT_HEADERDATA, &refusal);

  const CURLcode done = curl_easy_perform(curl.get());
  if (done == CURLE_OK) {
    return {};
  }
  const auto reason = curl.reason(done);
  return fail(Errc::kNetwork,
              refusal.empty()
                  ? "the mail was not sent: " + reason
                  : fmt::format("the mail was not sent: {}; the server said '{}'", reason, refusal),
              names->host,
              done == CURLE_USE_SSL_FAILED
                  ? "the server offers no TLS: use another port, or allow sending in the clear"
                  : "");
}

}  // namespace stepcast::outbound
