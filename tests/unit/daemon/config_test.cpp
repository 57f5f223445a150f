#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "daemon_config.hpp"

namespace stepcast::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Configuration : public ::testing::Test {
 protected:
  ~Configuration() override { std::filesystem::remove(file_); }

  Result<daemon::Config> load(const std::string& text) const {
    std::ofstream(file_) << text;
    return daemon::load_config(file_);
  }

  // Of a configuration that must not be understood: "LINE: message (remedy)".
  [[nodiscard]] std::string problem(const std::string& text) const {
    const auto config = load(text);
    if (config) {
      return "(understood)";
    }
    std::string said = config.error().to_string();
    EXPECT_TRUE(said.starts_with(file_.string() + ":")) << said;
    EXPECT_FALSE(config.error().remedy.empty()) << said;
    EXPECT_EQ(said.find(". "), std::string::npos) << "a dot that names nothing: " << said;
    return said.substr(std::min(said.size(), file_.string().size() + 1));
  }

 private:
  std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                ("stepcast_config_" + std::to_string(::getpid()) + ".toml");
};

TEST_F(Configuration, OfATableInAnotherShapeIsRefusedAndNotSkipped) {
  for (const char* key : {"server", "storage", "files", "queue", "timelapse", "history", "system",
                          "notify", "mqtt"}) {
    const std::string name = key;
    EXPECT_THAT(problem("\n" + name + " = 5\n"),
                AllOf(HasSubstr("2: " + name + " is a value"), HasSubstr("write [" + name + "]")));
    EXPECT_THAT(problem("\n[[" + name + "]]\n"),
                AllOf(HasSubstr("2: " + name + " is a list"), HasSubstr("write [" + name + "]")));
  }
}

TEST_F(Configuration, OfOneTableWhereThereMayBeSeveralIsRefusedAndNotSkipped) {
  for (const char* key : {"printer", "hook", "notify.channel", "notify.rule"}) {
    const std::string name = key;
    const auto remedy = HasSubstr("write [[" + name + "]]");
    EXPECT_THAT(problem("\n[" + name + "]\nid = \"a\"\n"),
                AllOf(HasSubstr("2: " + name + " is one table"), remedy));
    EXPECT_THAT(problem("\n" + name + " = \"a\"\n"),
                AllOf(HasSubstr("2: " + name + " is a value"), remedy));
    EXPECT_THAT(problem("\n" + name + " = [\"a\"]\n"),
                AllOf(HasSubstr("2: " + name + " is a value"), remedy));
  }
}

TEST_F(Configuration, NamesPlannersAndCompensatorsThatThereAre) {
  EXPECT_THAT(problem("[[printer]]\nid = \"a\"\nplanner = \"quick\"\n"),
              AllOf(HasSubstr("3: printer.planner is 'quick'"), HasSubstr("lookahead")));
  EXPECT_THAT(problem("[[printer]]\nid = \"a\"\ncompensator = \"magic\"\n"),
              AllOf(HasSubstr("3: printer.compensator is 'magic'"), HasSubstr("lpfbs-sharp")));
  EXPECT_TRUE(load("[[printer]]\nplanner = \"marlin\"\ncompensator = \"lpfbs-sharp\"\n"));
}

TEST_F(Configuration, OfRulesAndHooksNamesEventsPrintersAndChannelsThatThereAre) {
  const std::string hook = "[[hook]]\nname = \"x\"\nurl = \"http://x\"\n";
  EXPECT_THAT(problem(hook + "events = [\"PrintDon\"]\n"),
              AllOf(HasSubstr("4: hook.events names 'PrintDon'"), HasSubstr("PrintDone")));
  EXPECT_THAT(problem(hook + "events = [\"*\"]\nprinters = [\"ender\"]\n"),
              AllOf(HasSubstr("5: hook.printers names 'ender'"), HasSubstr("taz6")));
  const std::string rule =
      "[[notify.channel]]\nname = \"phone\"\nurl = \"http://x\"\n[[notify.rule]]\n";
  EXPECT_THAT(problem(rule + "events = [\"*\"]\nchannels = [\"fone\"]\n"),
              AllOf(HasSubstr("6: notify.rule.channels names 'fone'"), HasSubstr("phone")));
  EXPECT_THAT(problem(rule + "channels = [\"phone\"]\nevents = [\"Done\"]\n"),
              HasSubstr("6: notify.rule.events names 'Done'"));
  EXPECT_TRUE(load(rule + "events = [\"PrintDone\"]\nprinters = [\"taz6\"]\n" +
                   "channels = [\"phone\"]\n" + hook + "events = [\"*\"]\n"));
}

TEST_F(Configuration, NamesTheLineAndTheKeyOfWhatCannotBe) {
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{
           {"\nsever = 5\n", "2: sever is an unknown key"},
           {"[server]\nadress = \"::1\"\n", "2: server.adress is an unknown key"},
           {"[server]\ntls_key = \"k\"\n", "1: server has one of"},
           {"[[printer]]\n\nid = \"A b\"\n", "3: printer.id is 'A b'"},
           {"[[printer]]\n\nid = \"a\"\ngroup = \"\"\n", "4: printer.group is ''"},
           {"[[printer]]\nname = \" \"\n", "2: printer.name is ' '"},
           {"[[printer]]\ndevice = \"here\"\n", "2: printer.device: 'here' has no port"},
           {"[[printer]]\nbed_clear = \"robot\"\n", "2: printer.bed_clear is 'robot'"},
           {"[[printer]]\nkind = \"klipper\"\nurl = \"x\"\n", "2: printer.kind is 'klipper'"},
           {"[[printer]]\nkind = \"octoprint\"\nurl = \"http://x\"\n", "1: printer of the kind"},
           {"[[printer]]\nid = \"a\"\n[[printer]]\nid = \"a\"\n", "4: printer.id 'a' is that of"},
           {"[[printer]]\nid = \"a\"\nname = \"N\"\n[[printer]]\nid = \"b\"\nname = \"N\"\n",
            "6: printer.name 'N' is that of"},
           {"[[notify.channel]]\nname = \"x\"\nurl = \"http://x\"\nquiet = \"night\"\n",
            "4: notify.channel.quiet: 'night'"},
           {"[mqtt]\nserver = \"mqtt://b:0\"\n", "2: mqtt.server is 'mqtt://b:0'"},
           {"[mqtt]\nsever = \"mqtt://b\"\n", "2: mqtt.sever is an unknown key"},
       }) {
    EXPECT_THAT(problem(text), HasSubstr(wanted)) << text;
  }
}

TEST_F(Configuration, OfChannelsAndBrokersIsWhatTheyAreMadeOf) {
  const auto config = load(
      "[[notify.channel]]\nname = \"mail\"\nkind = \"email\"\nurl = \"smtp://x\"\nfrom = \"a@b\"\n"
      "to = [\"c@d\"]\nlanguage = \"es\"\ntimeout_s = 7\nquiet = \"22:00-07:00\"\n"
      "[[hook]]\nname = \"lamp\"\nevents = [\"PrintDone\"]\ncommand = [\"/bin/true\"]\n"
      "[mqtt]\nserver = \"mqtts://broker\"\n");
  ASSERT_TRUE(config) << config.error().to_string();
  const auto& channels = config->integrations.channels;
  ASSERT_EQ(channels.size(), 2U);
  const notify::Channel& mail = channels[0].channel;
  EXPECT_EQ(mail.kind, notify::Channel::Kind::kEmail);
  EXPECT_EQ(mail.language, texts::Language::kSpanish);
  EXPECT_EQ(mail.time_limit, std::chrono::seconds(7));
  ASSERT_TRUE(mail.quiet);
  EXPECT_EQ(mail.quiet->from_min, 22 * 60);
  EXPECT_EQ(channels[1].channel.kind, notify::Channel::Kind::kCommand);
  ASSERT_EQ(config->integrations.rules.size(), 1U);
  EXPECT_EQ(config->integrations.rules[0].channels, std::vector<std::string>{"hook lamp"});
  ASSERT_TRUE(config->integrations.mqtt);
  EXPECT_EQ(config->integrations.mqtt->options.host, "broker");
  EXPECT_EQ(config->integrations.mqtt->options.port, 8883);
  EXPECT_TRUE(config->integrations.mqtt->options.tls);
}

}  // namespace
}  // namespace stepcast::testing
