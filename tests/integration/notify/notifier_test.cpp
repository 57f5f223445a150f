// Against real sockets and a real database: who delivers, when, and what survives.
#include "stepcast/notify/notifier.hpp"

#include <condition_variable>
#include <ctime>
#include <deque>
#include <mutex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codes.hpp"
#include "store_folder.hpp"
#include "test_server.hpp"

namespace stepcast::notify {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A server of somebody else: keeps what it is told and answers as told.
class Receiver {
 public:
  Receiver() {
    http::Router router;
    for (const auto method : {http::Method::kPost, http::Method::kPut}) {
      for (const char* pattern : {"/", "/{rest...}"}) {
        router.add(http::handler(method, pattern, [this](http::Request& request) {
          const std::scoped_lock lock(mutex_);
          requests_.push_back(request);
          changed_.notify_all();
          int status = 200;
          if (!answers_.empty()) {
            status = answers_.front();
            answers_.pop_front();
          }
          return http::Response::text("because", status);
        }));
      }
    }
    server_ = http::start_server(std::move(router));
  }

  [[nodiscard]] std::string url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(server_->port()) + path;
  }
  void answer_with(std::deque<int> statuses) {
    const std::scoped_lock lock(mutex_);
    answers_ = std::move(statuses);
  }
  /// The request of that number, from 0; waits for it.
  http::Request request(std::size_t number) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, std::chrono::seconds(20),
                           [&] { return requests_.size() > number; })) {
      ADD_FAILURE() << "no request " << number;
      return {};
    }
    return requests_[number];
  }
  [[nodiscard]] std::size_t count() {
    const std::scoped_lock lock(mutex_);
    return requests_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<http::Request> requests_;
  std::deque<int> answers_;
  std::unique_ptr<http::Server> server_;
};

std::string header(const http::Request& request, const char* name) {
  return std::string(request.headers.find(name).value_or("(none)"));
}

// Six hours of this time of the day and its neighbours.
QuietHours around_now() {
  constexpr int kDay = 24 * 60;
  constexpr int kHours = 3 * 60;
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  const int minute = local.tm_hour * 60 + local.tm_min;
  return {(minute + kDay - kHours) % kDay, (minute + kHours) % kDay};
}

class Notifications : public ::testing::Test {
 protected:
  Notifier::Options options() {
    Notifier::Options options;
    options.first_retry = milliseconds(10);
    options.last_retry = milliseconds(40);
    options.title_of = [](std::string_view /*printer*/) { return "TAZ 6"; };
    options.on_problem = [this](const std::string& problem) {
      const std::scoped_lock lock(mutex_);
      problems_.push_back(problem);
    };
    return options;
  }
  static Channel webhook(const std::string& url, const std::string& name = "hook") {
    Channel channel;
    channel.name = name;
    channel.url = url;
    return channel;
  }
  std::unique_ptr<Notifier> open(Notifier::Options options) {
    auto notifier = Notifier::open(*store_, *log_, std::move(options));
    EXPECT_TRUE(notifier) << notifier.error().to_string();
    return notifier ? std::move(*notifier) : nullptr;
  }
  std::unique_ptr<Notifier> open_with(Channel channel, std::vector<std::string> events = {"*"}) {
    auto all = options();
    all.rules = {{std::move(events), {}, {channel.name}, false}};
    all.channels = {std::move(channel)};
    return open(std::move(all));
  }
  std::vector<std::string> problems() {
    const std::scoped_lock lock(mutex_);
    return problems_;
  }

  testing::StoreFolder folder_;
  std::unique_ptr<store::Store> store_ = folder_.open();
  std::unique_ptr<events::Log> log_ = std::move(*events::Log::open(*store_));
  Receiver receiver_;
  std::mutex mutex_;
  std::vector<std::string> problems_;
};

TEST_F(Notifications, GoWhereARuleSendsThem) {
  const auto notifier = open_with(webhook(receiver_.url("/in")), {"PrintDone"});
  log_->append("PrintStarted", "taz6", "j1");
  log_->append("PrintDone", "taz6", "j1", R"({"name":"a.gcode"})");
  const auto request = receiver_.request(0);
  EXPECT_EQ(request.path, "/in");
  EXPECT_EQ(header(request, "X-Stepcast-Event"), "PrintDone");
  EXPECT_EQ(header(request, "X-Stepcast-Delivery"), "2");
  const auto body = json::parse(request.body);
  EXPECT_EQ(body["title"], "TAZ 6: print done");
  EXPECT_EQ(body["payload"]["name"], "a.gcode");
  EXPECT_TRUE(http::eventually([&] { return notifier->states()[0].delivered == 1; }));
  EXPECT_EQ(receiver_.count(), 1U);
}

TEST_F(Notifications, AreSignedWithTheSecret) {
  auto channel = webhook(receiver_.url("/"));
  channel.secret = "shared";
  const auto notifier = open_with(channel);
  log_->append("PrintDone", "taz6");
  const auto request = receiver_.request(0);
  EXPECT_EQ(header(request, "X-Stepcast-Signature"),
            "sha256=" + hmac_sha256("shared", request.body));
}

TEST_F(Notifications, ComeLaterWhenTheOtherSideIsAwayAndInOrder) {
  receiver_.answer_with({503, 500, 429, 408});
  const auto notifier = open_with(webhook(receiver_.url("/")));
  log_->append("First");
  log_->append("Second");
  std::vector<std::string> types;
  for (std::size_t i = 0; i < 6; ++i) {
    types.push_back(header(receiver_.request(i), "X-Stepcast-Event"));
  }
  EXPECT_THAT(types, ElementsAre("First", "First", "First", "First", "First", "Second"));
  ASSERT_TRUE(http::eventually([&] { return notifier->states()[0].delivered == 2; }));
  EXPECT_EQ(notifier->states()[0].failed, 4U);
  EXPECT_EQ(notifier->states()[0].dropped, 0U);
  ASSERT_EQ(problems().size(), 1U) << "told once, not with each try";
  EXPECT_THAT(problems()[0], HasSubstr("503"));
}

TEST_F(Notifications, ThatAreRefusedAreGivenUpAndSeen) {
  receiver_.answer_with({404});
  const auto notifier = open_with(webhook(receiver_.url("/")));
  log_->append("First");
  log_->append("Second");
  EXPECT_EQ(header(receiver_.request(1), "X-Stepcast-Event"), "Second");
  ASSERT_TRUE(http::eventually([&] { return notifier->states()[0].delivered == 1; }));
  EXPECT_EQ(notifier->states()[0].dropped, 1U);
  EXPECT_THAT(problems()[0], HasSubstr("404: because"));
}

TEST_F(Notifications, SurviveARestart) {
  {
    const auto notifier = open_with(webhook(receiver_.url("/")));
    log_->append("First");
    EXPECT_EQ(header(receiver_.request(0), "X-Stepcast-Event"), "First");
    ASSERT_TRUE(http::eventually([&] { return notifier->states()[0].delivered == 1; }));
  }
  log_->append("WhileAway");
  log_.reset();
  store_.reset();
  store_ = folder_.open();
  log_ = std::move(*events::Log::open(*store_));
  const auto notifier = open_with(webhook(receiver_.url("/")));
  EXPECT_EQ(header(receiver_.request(1), "X-Stepcast-Event"), "WhileAway");
  log_->append("Last");
  EXPECT_EQ(header(receiver_.request(2), "X-Stepcast-Event"), "Last");
}

TEST_F(Notifications, OfANewChannelBeginWithWhatHappensNext) {
  log_->append("LongAgo");
  log_->flush();
  const auto notifier = open_with(webhook(receiver_.url("/")));
  log_->append("Now");
  EXPECT_EQ(header(receiver_.request(0), "X-Stepcast-Event"), "Now");
}

TEST_F(Notifications, ThatAreTooOldAreGivenUp) {
  auto old = options();
  old.keep = milliseconds(-1);
  old.channels = {webhook(receiver_.url("/"))};
  old.rules = {{{"*"}, {}, {"hook"}, false}};
  const auto notifier = open(std::move(old));
  log_->append("First");
  EXPECT_TRUE(http::eventually([&] { return notifier->states()[0].dropped == 1; }));
  EXPECT_EQ(receiver_.count(), 0U);
}

TEST_F(Notifications, ThatAreUrgentPassThoseThatWaitForTheMorning) {
  auto channel = webhook(receiver_.url("/"));
  channel.quiet = around_now();
  auto all = options();
  all.rules = {{{"*"}, {}, {"hook"}, false}, {{"PrintFailed"}, {}, {"hook"}, true}};
  all.channels = {channel};
  const auto notifier = open(std::move(all));
  log_->append("PrintDone", "taz6");
  log_->append("PrintFailed", "taz6");
  EXPECT_EQ(header(receiver_.request(0), "X-Stepcast-Event"), "PrintFailed");
  EXPECT_TRUE(http::eventually([&] { return notifier->states()[0].delivered == 1; }));
}

TEST_F(Notifications, WaitWhenThereWereTooManyInAnHour) {
  auto channel = webhook(receiver_.url("/"));
  channel.per_hour = 2;
  auto second = webhook(receiver_.url("/free"), "free");
  auto all = options();
  all.rules = {{{"*"}, {}, {"hook", "free"}, false}};
  all.channels = {channel, second};
  const auto notifier = open(std::move(all));
  for (int i = 0; i < 3; ++i) {
    log_->append("PrintDone", "taz6");
  }
  ASSERT_TRUE(http::eventually([&] {
    const auto states = notifier->states();
    return states[0].delivered == 2 && states[1].delivered == 3;
  })) << "and hold up nobody else";
  EXPECT_EQ(receiver_.count(), 5U);
}

TEST_F(Notifications, GoToNtfyWithATopicAndAPicture) {
  Channel channel;
  channel.name = "phone";
  channel.kind = Channel::Kind::kNtfy;
  channel.url = receiver_.url("/prints");
  channel.secret = "tk_1";
  channel.language = texts::Language::kSpanish;
  const Message plain{.event = {}, .title = "impresión", .text = "Archivo: a", .picture = {}};
  ASSERT_TRUE(deliver(channel, plain));
  const auto first = receiver_.request(0);
  EXPECT_EQ(first.path, "/");
  EXPECT_EQ(header(first, "Authorization"), "Bearer tk_1");
  EXPECT_EQ(json::parse(first.body),
            json({{"topic", "prints"}, {"title", "impresión"}, {"message", "Archivo: a"}}));
  Message with_picture = plain;
  with_picture.picture = "\xff\xd8jpeg";
  ASSERT_TRUE(deliver(channel, with_picture));
  const auto second = receiver_.request(1);
  EXPECT_EQ(second.method, http::Method::kPut);
  EXPECT_EQ(second.path, "/prints");
  EXPECT_EQ(header(second, "X-Title"), "=?UTF-8?B?aW1wcmVzacOzbg==?=");
  EXPECT_EQ(second.body, "\xff\xd8jpeg");
}

TEST_F(Notifications, GoToChatsOfTelegram) {
  Channel channel;
  channel.name = "telegram";
  channel.kind = Channel::Kind::kTelegram;
  channel.url = receiver_.url("");
  channel.secret = "12:AB";
  channel.to = {"1", "-2"};
  ASSERT_TRUE(deliver(channel, {.event = {}, .title = "done", .text = "a", .picture = {}}));
  EXPECT_EQ(receiver_.request(0).path, "/bot12:AB/sendMessage");
  EXPECT_EQ(json::parse(receiver_.request(0).body), json({{"chat_id", "1"}, {"text", "done\na"}}));
  EXPECT_EQ(json::parse(receiver_.request(1).body), json({{"chat_id", "-2"}, {"text", "done\na"}}));
  channel.to = {"1"};
  ASSERT_TRUE(deliver(channel, {.event = {}, .title = "done", .text = "", .picture = "JPEG"}));
  EXPECT_EQ(receiver_.request(2).path, "/bot12:AB/sendPhoto");
  EXPECT_THAT(receiver_.request(2).body, HasSubstr("filename=\"snapshot.jpg\""));
  EXPECT_THAT(receiver_.request(2).body, HasSubstr("JPEG"));
}

TEST_F(Notifications, RunACommandOnceWhetherItSucceedsOrNot) {
  Channel channel;
  channel.name = "lamp";
  channel.kind = Channel::Kind::kCommand;
  const auto file = folder_.path() / "told";
  channel.command = {"/bin/sh", "-c", "cat >> \"$0\"; echo >> \"$0\"; exit 1", file.string()};
  const auto notifier = open_with(channel, {"PrintDone"});
  log_->append("PrintDone", "taz6");
  log_->append("PrintDone", "taz6");
  ASSERT_TRUE(http::eventually([&] { return notifier->states()[0].dropped == 2; }));
  std::ifstream stream(file);
  std::vector<std::int64_t> sequences;
  for (std::string line; std::getline(stream, line);) {
    sequences.push_back(json::parse(line)["sequence"].get<std::int64_t>());
  }
  EXPECT_THAT(sequences, ElementsAre(1, 2));
}

TEST_F(Notifications, AreRefusedWhenARuleNamesAChannelThatThereIsNot) {
  auto wrong = options();
  wrong.rules = {{{"*"}, {}, {"nobody"}, false}};
  const auto notifier = Notifier::open(*store_, *log_, std::move(wrong));
  ASSERT_FALSE(notifier);
  EXPECT_THAT(notifier.error().message, HasSubstr("'nobody'"));
}

}  // namespace
}  // namespace stepcast::notify
