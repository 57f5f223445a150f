#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "test_server.hpp"

namespace stepcast::http {
namespace {

// The thread sanitizer makes each connection many times as slow.
#if defined(__SANITIZE_THREAD__)
constexpr std::size_t kIdleClients = 500;
#else
constexpr std::size_t kIdleClients = 10'000;
#endif

// Both ends of each connection are in this process; some descriptors are for the rest of it.
std::size_t most_clients(std::size_t wanted) {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  constexpr std::size_t kForTheRest = 200;
  const std::size_t descriptors = static_cast<std::size_t>(limit.rlim_cur);
  const std::size_t fit = descriptors > kForTheRest ? (descriptors - kForTheRest) / 2 : 0;
  if (fit < wanted) {
    std::printf("note: the limit of open files allows %zu of %zu clients\n", fit, wanted);
  }
  return std::min(fit, wanted);
}

Router hello_router() {
  Router router;
  router.add(handler(Method::kGet, "/hello", [](Request&) { return Response::text("hello"); }));
  return router;
}

TEST(Load, ThousandsOfIdleClientsDoNotKeepOthersOut) {
  const std::size_t count = most_clients(kIdleClients);
  const auto server = start_server(hello_router());
  std::vector<RawClient> idle;
  for (std::size_t i = 0; i < count; ++i) {
    idle.emplace_back(server->port());
    ASSERT_TRUE(idle.back().connected()) << i;
    // Half of them have had an answer, some hang within a head.
    if (i % 2 == 0) {
      ASSERT_EQ(idle.back().get("/hello").status, 200) << i;
    } else if (i % 5 == 0) {
      idle.back().send("GET /hello HTTP/1.1\r\n");
    }
  }
  RawClient client(server->port());
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(client.get("/hello").body, "hello");
  }
  ASSERT_EQ(idle.front().get("/hello").status, 200);
  server->stop(milliseconds(0));
  EXPECT_TRUE(idle.back().is_closed());
}

TEST(Load, ClientsThatComeAndGoLeaveNothingBehind) {
  const auto server = start_server(hello_router(), {.max_connections = 50});
  for (int i = 0; i < 2'000; ++i) {
    RawClient client(server->port());
    if (i % 3 == 0) {
      client.send("GET /he");
    } else if (i % 3 == 1) {
      client.send("GET /hello HTTP/1.1\r\n\r\n");
    }
    if (i % 2 == 0) {
      client.reset();
    }
  }
  EXPECT_TRUE(eventually([&] {
    RawClient client(server->port());
    return client.get("/hello").status == 200;
  }));
}

}  // namespace
}  // namespace stepcast::http
