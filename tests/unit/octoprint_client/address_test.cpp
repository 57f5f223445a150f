#include "address.hpp"

#include <gtest/gtest.h>

namespace stepcast::octoprint_client {
namespace {

TEST(OctoPrintAddress, HasTheUsualPortAndNoSlashAtTheEnd) {
  EXPECT_EQ(parse_address("http://octopi.local")->url("/api/job"),
            "http://octopi.local:80/api/job");
  EXPECT_EQ(parse_address("https://octopi.local/")->url("/api/job"),
            "https://octopi.local:443/api/job");
}

TEST(OctoPrintAddress, KeepsPortAndPrefix) {
  const auto address = parse_address("http://10.0.0.7:5000/printers/ender//");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->prefix, "/printers/ender");
  EXPECT_EQ(address->url("/api/job"), "http://10.0.0.7:5000/printers/ender/api/job");
}

TEST(OctoPrintAddress, TakesIpv6InBrackets) {
  const auto address = parse_address("http://[fe80::1]:5000");
  ASSERT_TRUE(address);
  EXPECT_EQ(address->host, "fe80::1");
  EXPECT_EQ(address->url(""), "http://[fe80::1]:5000");
  EXPECT_EQ(parse_address("http://[::1]")->port, "80");
}

TEST(OctoPrintAddress, RefusesWhatIsNone) {
  for (const char* url :
       {"", "octopi.local", "ftp://octopi.local", "http://", "http://:5000", "http://host:port",
        "http://host:123456", "http://user@host", "http://host/?a=b", "http://ho st"}) {
    const auto address = parse_address(url);
    ASSERT_FALSE(address) << url;
    EXPECT_EQ(address.error().code, Errc::kInvalidArgument) << url;
  }
}

}  // namespace
}  // namespace stepcast::octoprint_client
