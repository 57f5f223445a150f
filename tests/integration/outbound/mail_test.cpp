// Against a mail server that others wrote (aiosmtpd).
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "stepcast/outbound/client.hpp"

#include "child_process.hpp"
#include "tls_files.hpp"

namespace stepcast::outbound {
namespace {

using Json = nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

class MailServer {
 public:
  explicit MailServer(const std::vector<std::string>& options = {})
      : process_([&] {
          std::vector<std::string> arguments = {
              std::string(STEPCAST_PEERS_DIR) + "/bin/python",
              std::string(STEPCAST_SOURCE_DIR) + "/tests/peers/smtp_server.py"};
          arguments.insert(arguments.end(), options.begin(), options.end());
          return arguments;
        }()),
        port_(process_.wait_for_line("port ")) {}

  [[nodiscard]] std::string url() const { return "smtp://localhost:" + port_; }
  [[nodiscard]] Json mail() { return Json::parse("{" + process_.wait_for_line("{")); }

 private:
  testing::ChildProcess process_;
  std::string port_;
};

Mail mail_to(const MailServer& server) {
  return {.server = server.url(),
          .require_tls = false,
          .from = "Stepcast <printer@workshop.example>",
          .to = {"anna@workshop.example", "Ben <ben@workshop.example>"},
          .subject = "Print done: T\u00fcrgriff.gcode",
          .text = "First line.\n.\nA line with \u00fc after a lonely dot.\n"};
}

TEST(SendMail, ArrivesAsItWasWritten) {
  MailServer server;
  auto mail = mail_to(server);
  const std::string picture("\xff\xd8\x00\x01\r\n.\r\n\xff\xd9", 11);
  mail.attachment = {.name = "snapshot.jpg", .content_type = "image/jpeg", .bytes = picture};
  const auto sent = send_mail(mail);
  ASSERT_TRUE(sent) << sent.error().to_string();

  const Json got = server.mail();
  EXPECT_EQ(got["from"], "printer@workshop.example");
  EXPECT_EQ(got["to"], Json({"anna@workshop.example", "ben@workshop.example"}));
  EXPECT_EQ(got["headers"]["Subject"], mail.subject);
  EXPECT_EQ(got["headers"]["From"], mail.from);
  EXPECT_EQ(got["headers"]["To"], "anna@workshop.example, Ben <ben@workshop.example>");
  EXPECT_THAT(got["headers"]["Message-ID"].get<std::string>(), HasSubstr("@workshop.example>"));
  EXPECT_TRUE(got["headers"].contains("Date"));
  EXPECT_EQ(got["text"], mail.text);
  ASSERT_EQ(got["attachments"].size(), 1U);
  EXPECT_EQ(got["attachments"][0]["name"], "snapshot.jpg");
  EXPECT_EQ(got["attachments"][0]["type"], "image/jpeg");
  EXPECT_EQ(got["attachments"][0]["base64"], "/9gAAQ0KLg0K/9k=");
}

TEST(SendMail, LogsInOverTlsOnly) {
  const http::TlsFiles tls;
  MailServer server({"--tls", tls.certificate(), tls.key(), "--login", "printer", "secret 7"});
  auto mail = mail_to(server);
  mail.user = "printer";
  mail.password = "secret 7";
  mail.require_tls = true;
  mail.authorities = tls.certificate();
  const auto sent = send_mail(mail);
  ASSERT_TRUE(sent) << sent.error().to_string();
  const Json got = server.mail();
  EXPECT_EQ(got["tls"], true);
  EXPECT_EQ(got["login"], true);
}

TEST(SendMail, AWrongPasswordIsAnErrorThatDoesNotSayIt) {
  const http::TlsFiles tls;
  const MailServer server(
      {"--tls", tls.certificate(), tls.key(), "--login", "printer", "secret 7"});
  auto mail = mail_to(server);
  mail.user = "printer";
  mail.password = "guess 9";
  mail.authorities = tls.certificate();
  const auto sent = send_mail(mail);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNetwork);
  EXPECT_THAT(sent.error().message, HasSubstr("535"));
  EXPECT_THAT(sent.error().to_string(), Not(HasSubstr("guess 9")));
}

TEST(SendMail, SendsNothingInTheClearUnlessAllowed) {
  const MailServer server;
  auto mail = mail_to(server);
  mail.require_tls = true;
  const auto sent = send_mail(mail);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNetwork);
  EXPECT_THAT(sent.error().remedy, HasSubstr("TLS"));
}

TEST(SendMail, TrustsNoCertificateThatNobodyVouchesFor) {
  const http::TlsFiles tls;
  const MailServer server({"--tls", tls.certificate(), tls.key()});
  auto mail = mail_to(server);
  mail.require_tls = true;
  const auto sent = send_mail(mail);
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNetwork);
  EXPECT_THAT(sent.error().message, HasSubstr("certificate"));
}

TEST(SendMail, TellsWhatTheServerSaid) {
  const MailServer server({"--refuse", "anna@workshop.example"});
  const auto sent = send_mail(mail_to(server));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Errc::kNetwork);
  EXPECT_THAT(sent.error().message, HasSubstr("nobody called anna@workshop.example lives here"));
}

TEST(SendMail, RefusesAddressesWithALineBreakAndNone) {
  const MailServer server;
  for (const char* address :
       {"a@b.example\r\nRCPT TO:<c@d.example>", "nobody", "", "a@b.example> <c@d.example"}) {
    auto mail = mail_to(server);
    mail.to = {address};
    const auto sent = send_mail(mail);
    ASSERT_FALSE(sent) << address;
    EXPECT_EQ(sent.error().code, Errc::kInvalidArgument) << address;
  }
  auto mail = mail_to(server);
  mail.to.clear();
  EXPECT_EQ(send_mail(mail).error().code, Errc::kInvalidArgument);
  mail = mail_to(server);
  mail.from = "x@y.example\nBcc: z@y.example";
  EXPECT_EQ(send_mail(mail).error().code, Errc::kInvalidArgument);
  mail = mail_to(server);
  mail.server = "http://localhost/";
  EXPECT_EQ(send_mail(mail).error().code, Errc::kInvalidArgument);
}

}  // namespace
}  // namespace stepcast::outbound
