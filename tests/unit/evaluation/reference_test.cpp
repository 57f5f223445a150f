// Figures of pycocotools and scikit-learn on the same judgements; make_reference.py made them.
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "stepcast/evaluation/classification.hpp"
#include "stepcast/evaluation/detection_scores.hpp"
#include "stepcast/evaluation/ranking.hpp"

namespace stepcast::evaluation {
namespace {

struct Reference {
  std::vector<JudgedPicture> pictures = std::vector<JudgedPicture>(60);
  std::vector<Logits> logits;
  std::map<std::string, double> figures;
};

const Reference& reference() {
  static const Reference kReference = [] {
    Reference out;
    std::ifstream file(STEPCAST_SOURCE_DIR "/tests/unit/evaluation/reference.txt");
    std::string line;
    while (std::getline(file, line)) {
      std::istringstream words(line);
      std::string kind;
      words >> kind;
      std::size_t picture = 0;
      if (kind == "truth") {
        Truth truth;
        words >> picture >> truth.class_index >> truth.box.x >> truth.box.y >> truth.box.width >>
            truth.box.height;
        out.pictures.at(picture).truths.push_back(truth);
      } else if (kind == "said") {
        vision::Detection said;
        words >> picture >> said.class_index >> said.confidence >> said.box.x >> said.box.y >>
            said.box.width >> said.box.height;
        out.pictures.at(picture).detections.push_back(said);
      } else if (kind == "logits") {
        Logits logits;
        words >> logits.truth;
        for (double value = 0; words >> value;) {
          logits.values.push_back(value);
        }
        out.logits.push_back(logits);
      } else if (kind == "ap50" || kind == "ap50_95") {
        std::string index;
        words >> index >> out.figures[kind + index];
      } else {
        words >> out.figures[kind];
      }
    }
    return out;
  }();
  return kReference;
}

std::vector<Judgement> judgements() {
  std::vector<Judgement> list;
  for (const Logits& logits : reference().logits) {
    const auto best = std::max_element(logits.values.begin(), logits.values.end());
    list.push_back({logits.truth, static_cast<std::size_t>(best - logits.values.begin())});
  }
  return list;
}

TEST(Reference, AveragePrecisionIsThatOfPycocotools) {
  ASSERT_FALSE(reference().figures.empty());
  const auto classes = match(reference().pictures, 3);
  for (std::size_t c = 0; c < 3; ++c) {
    EXPECT_NEAR(average_precision(classes[c], 0).value(),
                reference().figures.at("ap50" + std::to_string(c)), 1e-12);
    EXPECT_NEAR(average_precision_50_95(classes[c]).value(),
                reference().figures.at("ap50_95" + std::to_string(c)), 1e-12);
  }
}

TEST(Reference, FailureAucIsThatOfScikitLearn) {
  EXPECT_NEAR(area_under_roc(failure_scores(reference().pictures)).value(),
              reference().figures.at("auc"), 1e-12);
}

TEST(Reference, MacroF1AndAccuracyAreThoseOfScikitLearn) {
  EXPECT_NEAR(macro_f1(judgements(), 4).value(), reference().figures.at("macro_f1"), 1e-12);
  EXPECT_NEAR(accuracy(judgements()).value(), reference().figures.at("accuracy"), 1e-12);
}

TEST(Reference, LikelihoodIsThatOfScikitLearnAndTheTemperatureThatOfScipy) {
  EXPECT_NEAR(negative_log_likelihood(reference().logits, 1), reference().figures.at("log_loss"),
              1e-12);
  EXPECT_NEAR(fit_temperature(reference().logits), reference().figures.at("temperature"), 1e-6);
}

}  // namespace
}  // namespace stepcast::evaluation
