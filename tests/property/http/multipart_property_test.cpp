#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/http/multipart.hpp"

#include "../../unit/http/recording_sink.hpp"

namespace stepcast::http {
namespace {

constexpr int kRuns = 10'000;
constexpr std::string_view kBoundary = "-b-";

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t bound) {
  return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random);
}

// Text of the characters that boundaries are made of, so that near misses are frequent.
std::string random_bytes(Random& random) {
  constexpr std::string_view kAlphabet = "\r\n-b\r-x";
  std::string bytes(below(random, 60), ' ');
  for (char& c : bytes) {
    c = kAlphabet[below(random, kAlphabet.size())];
  }
  // What is a boundary by accident is none of the part's bytes.
  const std::string delimiter = "\r\n--" + std::string(kBoundary);
  while (("\r\n" + bytes).find(delimiter) != std::string::npos) {
    bytes.erase(("\r\n" + bytes).find(delimiter) == 0 ? 0 : bytes.find(delimiter), 3);
  }
  return bytes;
}

TEST(MultipartProperty, PartsComeBackWhateverTheyHoldAndHoweverTheyAreCut) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  for (int run = 0; run < kRuns; ++run) {
    std::vector<std::string> parts(below(random, 4));
    std::string body;
    for (std::string& part : parts) {
      part = random_bytes(random);
      body += "--" + std::string(kBoundary) +
              "\r\nContent-Disposition: form-data; name=a; filename=\"f\"\r\n\r\n" + part + "\r\n";
    }
    body += "--" + std::string(kBoundary) + "--\r\n";
    SCOPED_TRACE(testing::PrintToString(body));

    RecordingSink sink;
    MultipartParser parser(kBoundary, sink);
    std::string_view rest = body;
    while (!rest.empty()) {
      const std::size_t size = std::min(rest.size(), 1 + below(random, 1 + below(random, 40)));
      ASSERT_TRUE(parser.push(rest.substr(0, size)));
      rest.remove_prefix(size);
    }
    ASSERT_TRUE(parser.finish());
    ASSERT_TRUE(sink.in_order());
    ASSERT_EQ(sink.parts().size(), parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) {
      ASSERT_EQ(sink.parts()[i].bytes, parts[i]);
      ASSERT_TRUE(sink.parts()[i].complete);
    }
  }
}

// However bytes are cut, the parser says the same of them.
TEST(MultipartProperty, NoiseIsJudgedAlikeInOnePieceAndInMany) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  Random random(seed);
  const std::vector<std::string> pieces{
      "--",       "-b-",       "\r\n",
      "\r",       "--\r\n",    "x",
      ":",        ";",         "Content-Disposition: form-data; name=a",
      "\r\n\r\n", "\r\n---b-", "\r\n---b---"};
  for (int run = 0; run < kRuns; ++run) {
    std::string body = "---b-\r\n";
    for (std::size_t i = below(random, 20); i > 0; --i) {
      body += pieces[below(random, pieces.size())];
    }
    SCOPED_TRACE(testing::PrintToString(body));
    RecordingSink whole;
    MultipartParser at_once(kBoundary, whole);
    const bool taken = at_once.push(body).has_value();
    RecordingSink cut;
    MultipartParser bytewise(kBoundary, cut);
    bool cut_taken = true;
    for (std::size_t i = 0; i < body.size() && cut_taken; ++i) {
      cut_taken = bytewise.push(std::string_view(body).substr(i, 1)).has_value();
    }
    ASSERT_EQ(taken, cut_taken);
    ASSERT_EQ(whole.parts().size(), cut.parts().size());
    for (std::size_t i = 0; taken && i < cut.parts().size(); ++i) {
      ASSERT_EQ(whole.parts()[i].bytes, cut.parts()[i].bytes);
    }
    ASSERT_EQ(at_once.finish().has_value(), bytewise.finish().has_value());
  }
}

}  // namespace
}  // namespace stepcast::http
