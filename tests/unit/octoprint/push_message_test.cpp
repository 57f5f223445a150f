#include "stepcast/octoprint/push_message.hpp"

#include <string>

#include <gmock/gmock.h>

#include "stepcast/octoprint/sockjs.hpp"

namespace stepcast::octoprint {
namespace {

TEST(PushMessage, PassesOverWhatItDoesNotKnow) {
  for (const char* text : {"{}", "", "[]", "{\"auth\":1}", "{\"throttle\":\"2\"}", "{\"x\":{}}"}) {
    const auto message = parse_push_message(text);
    EXPECT_FALSE(message.auth || message.throttle || message.subscribe) << text;
  }
}

TEST(PushMessage, KeepsThrottleWithinItsLimits) {
  EXPECT_EQ(parse_push_message(R"({"throttle":3})").throttle, 3);
  EXPECT_EQ(parse_push_message(R"({"throttle":-1})").throttle, 1);
  EXPECT_EQ(parse_push_message(R"({"throttle":1000000})").throttle, kMostThrottle);
}

TEST(PushMessage, SubscribesToWhatIsNamedAlone) {
  const auto subscription =
      parse_push_message(R"({"subscribe":{"state":{"logs":"^Send: "},"events":["PrintDone"]}})")
          .subscribe;
  ASSERT_TRUE(subscription);
  EXPECT_TRUE(subscription->state);
  EXPECT_FALSE(subscription->messages);
  EXPECT_TRUE(subscription->logs.has("Send: N1 G28"));
  EXPECT_FALSE(subscription->logs.has("Recv: ok"));
  EXPECT_TRUE(subscription->events.has("PrintDone"));
  EXPECT_FALSE(subscription->events.has("PrintStarted"));
  EXPECT_FALSE(subscription->plugins.has("any"));
}

TEST(PushMessage, ShowsEveryLineForAnExpressionThatItDoesNotRun) {
  const auto subscription =
      parse_push_message(R"({"subscribe":{"state":{"logs":"(a+)+$"}}})").subscribe;
  ASSERT_TRUE(subscription);
  EXPECT_TRUE(subscription->logs.has("anything"));
}

TEST(SockJs, FramesMessagesAsListsOfObjects) {
  EXPECT_EQ(sockjs::message_frame(R"({"a":1})"), R"(a[{"a":1}])");
  EXPECT_EQ(sockjs::close_frame(3000, "Go away!"), R"(c[3000,"Go away!"])");
}

TEST(SockJs, UnderstandsListsTextsAndBareMessages) {
  using testing::ElementsAre;
  EXPECT_THAT(sockjs::messages_in(R"(["{}","{\"throttle\":1}"])"),
              ElementsAre("{}", R"({"throttle":1})"));
  EXPECT_THAT(sockjs::messages_in(R"("{}")"), ElementsAre("{}"));
  EXPECT_THAT(sockjs::messages_in(R"({"auth":"a:b"})"), ElementsAre(R"({"auth":"a:b"})"));
  EXPECT_THAT(sockjs::messages_in("[1,null]"), ElementsAre());
  EXPECT_THAT(sockjs::messages_in("not JSON"), ElementsAre());
}

TEST(SockJs, PassesOverWhatNestsTooDeepToBeWritten) {
  constexpr std::size_t kLevels = 200'000;
  std::string deep;
  for (std::size_t i = 0; i < kLevels; ++i) {
    deep += "{\"a\":";
  }
  deep += "1" + std::string(kLevels, '}');
  EXPECT_THAT(sockjs::messages_in("[" + deep + "]"), testing::ElementsAre());
  EXPECT_FALSE(parse_push_message(deep).subscribe);
}

}  // namespace
}  // namespace stepcast::octoprint
