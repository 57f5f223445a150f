#include <cmath>
#include <filesystem>

#include <gtest/gtest.h>

#include "stepcast/acoustic/hit_table.hpp"
#include "stepcast/acoustic/model.hpp"

namespace stepcast::acoustic {
namespace {

const std::string kShipped = STEPCAST_SOURCE_DIR "/models/acoustic.json";

Hit hit_of_its_own_rms() {
  Hit hit{.time = {},
          .amplitude = Volts{1e-4},
          .duration = Seconds{2e-3},
          .energy = EnergyUnits{120.0},
          .rms = {},
          .rise_time = Seconds{3e-4},
          .counts = 60};
  hit.rms = Volts{std::sqrt(hit.energy.v * kVoltSquareSecondsPerEu / hit.duration.v)};
  return hit;
}

// One network that says `bias` of everything.
HitModel constant_model(const char* name, double bias, double kind) {
  HitModel model;
  model.name = name;
  model.rms_kind_range = {kind - 0.1, kind + 0.1};
  model.mean = features_of(hit_of_its_own_rms());
  model.scale.fill(1.0);
  model.networks.emplace_back();
  model.networks.back().output_bias = bias;
  return model;
}

TEST(Judge, TakesTheModelOfTheSameKindOfRms) {
  const Judge judge({constant_model("background", -2.0, -4.0), constant_model("own", 3.0, 0.0)});
  Hit hit = hit_of_its_own_rms();
  const Verdict own = judge.judge(hit);
  EXPECT_EQ(judge.models()[own.model].name, "own");
  EXPECT_TRUE(own.defected);
  EXPECT_TRUE(own.familiar);
  EXPECT_NEAR(own.probability, 1.0 / (1.0 + std::exp(-3.0)), 1e-12);
  hit.rms.v *= std::exp(-4.0);
  const Verdict background = judge.judge(hit);
  EXPECT_EQ(judge.models()[background.model].name, "background");
  EXPECT_FALSE(background.defected);
}

TEST(Judge, SaysWhenAHitIsUnlikeAllItLearnedFrom) {
  const Judge judge({constant_model("own", 3.0, 0.0)});
  Hit hit = hit_of_its_own_rms();
  hit.rms.v *= 10.0;
  EXPECT_FALSE(judge.judge(hit).familiar);
  hit = hit_of_its_own_rms();
  hit.counts = 1e9;
  EXPECT_FALSE(judge.judge(hit).familiar);
}

TEST(Judge, AnswersHitsOfNothingButZeros) {
  const Judge judge({constant_model("own", 0.5, 0.0)});
  const Verdict verdict = judge.judge(Hit{});
  EXPECT_TRUE(std::isfinite(verdict.probability));
  EXPECT_TRUE(std::isfinite(verdict.evidence));
}

TEST(Judge, IsTheSameAfterItsFileIsRead) {
  HitModel model = constant_model("own", 0.25, 0.0);
  model.networks.front().hidden_weights[2][5] = 0.125;
  model.networks.front().output_weights[5] = -2.0;
  model.prior = 0.375;
  const Judge written({model});
  const auto read = Judge::parse(written.to_json(), "acoustic.json");
  ASSERT_TRUE(read) << read.error().to_string();
  EXPECT_EQ(read->to_json(), written.to_json());
  Hit hit = hit_of_its_own_rms();
  hit.energy.v *= 3.0;
  EXPECT_NEAR(read->judge(hit).probability, written.judge(hit).probability, 1e-6);
}

TEST(Judge, RefusesAFileThatIsNoModel) {
  const std::string good = Judge({constant_model("own", 0.25, 0.0)}).to_json();
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
  };
  EXPECT_FALSE(Judge::parse("", "m"));
  EXPECT_FALSE(Judge::parse("{}", "m"));
  EXPECT_FALSE(Judge::parse("[1,2]", "m"));
  EXPECT_FALSE(Judge::parse(with("acoustic", "detector"), "m"));
  EXPECT_FALSE(Judge::parse(with("\"format\":1", "\"format\":2"), "m"));
  EXPECT_FALSE(Judge::parse(with("\"prior\":0.5", "\"prior\":1.5"), "m"));
  EXPECT_FALSE(Judge::parse(with("\"scale\":[1.0", "\"scale\":[0.0"), "m"));
  EXPECT_FALSE(Judge::parse(with("\"hidden_biases\":[0.0,", "\"hidden_biases\":["), "m"));
  const auto missing = Judge::parse(with("\"slope\"", "\"slop\""), "m");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().message.find("slope"), std::string::npos) << missing.error().message;
  EXPECT_EQ(Judge::load("/nowhere/acoustic.json").error().code, Errc::kNotFound);
}

TEST(HitWindow, AddsTheEvidenceOfItsLastHits) {
  HitWindow window(3);
  window.add(5.0);
  window.add(-1.0);
  EXPECT_FALSE(window.full());
  window.add(0.5);
  EXPECT_NEAR(window.probability(), probability_of(4.5), 1e-12);
  window.add(0.25);
  EXPECT_NEAR(window.probability(), probability_of(-0.25), 1e-12);
}

TEST(ShippedModel, TellsTheTablesApartAndKnowsTheirHits) {
  const std::filesystem::path folder = STEPCAST_SHARED_DIR "/data/ae";
  if (!std::filesystem::exists(folder)) {
    GTEST_SKIP() << folder << " is not there";
  }
  const auto judge = Judge::load(kShipped);
  ASSERT_TRUE(judge) << judge.error().to_string();
  for (const std::string name : {"overflow", "binary"}) {
    auto table = HitTable::open(folder / (name + "_train.csv"), {}).value();
    int rows = 0;
    int unfamiliar = 0;
    for (;; ++rows) {
      const auto row = table.next().value();
      if (!row) {
        break;
      }
      const Verdict verdict = judge->judge(row->hit);
      ASSERT_EQ(judge->models()[verdict.model].name, name) << "line " << row->line;
      unfamiliar += verdict.familiar ? 0 : 1;
    }
    EXPECT_LE(unfamiliar * 100, rows) << name;
  }
}

}  // namespace
}  // namespace stepcast::acoustic
