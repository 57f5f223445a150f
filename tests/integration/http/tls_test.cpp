#include <cstdio>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "test_server.hpp"
#include "tls_files.hpp"

namespace stepcast::http {
namespace {

using testing::HasSubstr;

struct FreeSsl {
  void operator()(SSL* ssl) const { ::SSL_free(ssl); }
  void operator()(SSL_CTX* context) const { ::SSL_CTX_free(context); }
};

// A blocking TLS client.
class TlsClient {
 public:
  TlsClient(std::uint16_t port, int version)
      : context_(::SSL_CTX_new(::TLS_client_method())), raw_(port) {
    ::SSL_CTX_set_min_proto_version(context_.get(), version);
    ::SSL_CTX_set_max_proto_version(context_.get(), version);
    ::SSL_CTX_set_security_level(context_.get(), 0);
    ssl_.reset(::SSL_new(context_.get()));
    ::SSL_set_fd(ssl_.get(), raw_.descriptor());
    connected_ = ::SSL_connect(ssl_.get()) == 1;
  }
  [[nodiscard]] bool connected() const { return connected_; }
  void send(std::string_view bytes) {
    EXPECT_EQ(::SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size())),
              static_cast<int>(bytes.size()));
  }
  /// All up to the orderly end of TLS; what came before another end is dropped.
  std::string read_all() {
    std::string all;
    char bytes[4096];
    int count = 0;
    while ((count = ::SSL_read(ssl_.get(), bytes, sizeof(bytes))) > 0) {
      all.append(bytes, static_cast<std::size_t>(count));
    }
    return ::SSL_get_error(ssl_.get(), count) == SSL_ERROR_ZERO_RETURN ? all : "";
  }

 private:
  std::unique_ptr<SSL_CTX, FreeSsl> context_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  RawClient raw_;
  bool connected_ = false;
};

class TlsTest : public testing::Test {
 protected:
  void start(Server::Options options = {}) {
    Router router;
    router.add(handler(Method::kGet, "/hello", [](Request& request) {
      return Response::text(request.secure ? "secure" : "plain");
    }));
    router.add(upload_to(log_, kRoom, kRoom));
    options.tls = Server::Tls{files_.certificate(), files_.key()};
    server_ = start_server(std::move(router), std::move(options));
  }

  static constexpr std::size_t kRoom = std::size_t{64} << 20;
  TlsFiles files_;
  SinkLog log_;
  std::unique_ptr<Server> server_;
};

TEST_F(TlsTest, ServesVersions12And13) {
  start();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server_->port(), version);
    ASSERT_TRUE(client.connected());
    client.send("GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.read_all(), HasSubstr("\r\n\r\nsecure"));
  }
}

TEST_F(TlsTest, RefusesOlderVersions) {
  start();
  EXPECT_FALSE(TlsClient(server_->port(), TLS1_1_VERSION).connected());
}

TEST_F(TlsTest, ClosesWhenTheHandshakeDoesNotArriveInTime) {
  start({.header_timeout = milliseconds(100)});
  RawClient client(server_->port());
  client.send("\x16\x03");
  EXPECT_TRUE(client.is_closed());
}

TEST_F(TlsTest, ClosesOnPlainRequests) {
  start();
  RawClient client(server_->port());
  EXPECT_EQ(client.get("/hello").status, 0);
}

TEST_F(TlsTest, TakesUploads) {
  start();
  TlsClient client(server_->port(), TLS1_3_VERSION);
  ASSERT_TRUE(client.connected());
  const std::string piece(1 << 20, 'x');
  client.send(upload_head(8 * piece.size(), "Connection: close\r\n") + kFileHead);
  for (int i = 0; i < 8; ++i) {
    client.send(piece);
  }
  client.send(kFileTail);
  EXPECT_THAT(client.read_all(), HasSubstr("201 Created"));
  EXPECT_EQ(log_.bytes, 8 * piece.size());
}

TEST_F(TlsTest, NamesTheFileThatItCannotRead) {
  Server::Options options;
  options.tls = Server::Tls{"/absent/chain.pem", files_.key()};
  const auto no_chain = Server::start({}, options);
  ASSERT_FALSE(no_chain);
  EXPECT_EQ(no_chain.error().code, Errc::kInvalidArgument);
  EXPECT_EQ(no_chain.error().location, "/absent/chain.pem");
  options.tls = Server::Tls{files_.certificate(), files_.certificate()};
  const auto no_key = Server::start({}, options);
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().location, files_.certificate());
}

}  // namespace
}  // namespace stepcast::http
