#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "stepcast/training/classifier_training.hpp"
#include "stepcast/training/detector_training.hpp"
#include "stepcast/vision/network.hpp"
#include "stepcast/vision/picture.hpp"

#include "onnx_writer.hpp"
#include "torch_network.hpp"

namespace stepcast::training {
namespace {

namespace fs = std::filesystem;

class Learning : public ::testing::Test {
 protected:
  Learning() {
    std::string name = (fs::temp_directory_path() / "stepcast_learning_XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  ~Learning() override { fs::remove_all(folder_); }

  /// Noise with a bright square on it.
  LabelledPicture square(int index) {
    constexpr int kSide = 64;
    std::mt19937 random(static_cast<unsigned>(index));
    vision::Picture picture{.width = kSide, .height = kSide, .bgr = {}};
    const int x0 = static_cast<int>(random() % 30);
    const int y0 = static_cast<int>(random() % 30);
    constexpr int kSquare = 28;
    for (int y = 0; y < kSide; ++y) {
      for (int x = 0; x < kSide; ++x) {
        const bool inside = x >= x0 && x < x0 + kSquare && y >= y0 && y < y0 + kSquare;
        for (int c = 0; c < 3; ++c) {
          picture.bgr.push_back(static_cast<std::uint8_t>(random() % 40 + (inside ? 200 : 20)));
        }
      }
    }
    const auto path = folder_ / (std::to_string(index) + ".png");
    const auto bytes = vision::encode_png(picture);
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
    return {path.string(),
            {{index % 2, {static_cast<double>(x0), static_cast<double>(y0), kSquare, kSquare}}}};
  }
  DetectorTraining small_training(const std::string& checkpoint) {
    DetectorTraining training;
    for (int i = 0; i < 8; ++i) {
      training.pictures.push_back(square(i));
    }
    training.classes = {"even", "odd"};
    training.folder = (folder_ / checkpoint).string();
    training.size = 64;
    training.epochs = 3;
    training.closing_epochs = 1;
    training.batch = 4;
    training.threads = 1;
    return training;
  }
  std::string written(const TrainedDetector& detector, const std::string& name) {
    const auto path = (folder_ / name).string();
    EXPECT_TRUE(detector.write(path, "{}"));
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }

  fs::path folder_;
};

bool go_on(const TrainingProgress& /*progress*/) {
  return true;
}

TEST_F(Learning, TheLossFallsFromThePublishedWeights) {
  auto training = small_training("a");
  training.pretrained = STEPCAST_SHARED_DIR "/weights/yolox_nano_coco.npz";
  if (!fs::exists(training.pretrained)) {
    GTEST_SKIP() << "no " << training.pretrained;
  }
  training.epochs = 12;
  training.closing_epochs = 0;  // they add a term
  double first = 0;
  double last = 0;
  const auto detector = train_detector(training, [&](const TrainingProgress& progress) {
    (progress.epoch == 1 ? first : last) = progress.loss;
    return true;
  });
  ASSERT_TRUE(detector) << detector.error().to_string();
  EXPECT_LT(last, 0.8 * first) << first;
}

TEST_F(Learning, TheSameSeedGivesTheSameNetworkAndAnotherAnother) {
  const auto one = train_detector(small_training("a"), go_on);
  const auto two = train_detector(small_training("b"), go_on);
  auto other_training = small_training("c");
  other_training.seed = 2;
  const auto other = train_detector(other_training, go_on);
  ASSERT_TRUE(one && two && other);
  EXPECT_EQ(written(*one, "one.onnx"), written(*two, "two.onnx"));
  EXPECT_NE(written(*one, "one.onnx"), written(*other, "other.onnx"));
}

TEST_F(Learning, AnInterruptedTrainingGoesOnToTheSameNetwork) {
  const auto whole = train_detector(small_training("a"), go_on);
  const auto broken = train_detector(
      small_training("b"), [](const TrainingProgress& progress) { return progress.epoch < 3; });
  ASSERT_FALSE(broken);
  EXPECT_EQ(broken.error().code, Errc::kInterrupted);
  int first_epoch = 0;
  const auto rest = train_detector(small_training("b"), [&](const TrainingProgress& progress) {
    first_epoch = first_epoch == 0 ? progress.epoch : first_epoch;
    return true;
  });
  ASSERT_TRUE(whole && rest);
  EXPECT_EQ(first_epoch, 3);
  EXPECT_EQ(written(*whole, "whole.onnx"), written(*rest, "rest.onnx"));
}

TEST_F(Learning, ACheckpointOfAnotherTrainingIsRefusedAndLeftAsItIs) {
  const auto first = train_detector(small_training("a"), go_on);
  ASSERT_TRUE(first);
  auto other = small_training("a");
  other.pictures.pop_back();
  const auto refused = train_detector(other, go_on);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
  EXPECT_THAT(refused.error().location, ::testing::HasSubstr("checkpoint"));
  const auto again = train_detector(small_training("a"), go_on);
  ASSERT_TRUE(again);
  EXPECT_EQ(written(*first, "first.onnx"), written(*again, "again.onnx"));
}

TEST_F(Learning, TwoProcessorsLearnTheSameEveryTimeAndNearlyWhatOneLearns) {
  const auto losses = [&](const std::string& checkpoint, int threads) {
    auto training = small_training(checkpoint);
    training.pretrained = STEPCAST_SHARED_DIR "/weights/yolox_nano_coco.npz";
    training.threads = threads;
    training.epochs = 1;
    std::vector<double> all;
    EXPECT_TRUE(train_detector(training, [&](const TrainingProgress& progress) {
      all.push_back(progress.loss);
      return true;
    }));
    return all;
  };
  if (!fs::exists(STEPCAST_SHARED_DIR "/weights/yolox_nano_coco.npz")) {
    GTEST_SKIP() << "no published weights";
  }
  const auto two = losses("a", 2);
  EXPECT_EQ(two, losses("b", 2));
  const auto one = losses("c", 1);
  ASSERT_EQ(one.size(), two.size());
  EXPECT_NEAR(one.front(), two.front(), 1e-3 * one.front());
}

TEST_F(Learning, TheValidationLossOfEveryEpochIsToldAndKept) {
  auto training = small_training("a");
  training.validation = {square(100), square(101)};
  training.epochs = 2;
  const auto detector = train_detector(training, [&](const TrainingProgress& progress) {
    EXPECT_EQ(progress.validation_loss.has_value(), progress.step == progress.steps);
    return true;
  });
  ASSERT_TRUE(detector) << detector.error().to_string();
  ASSERT_EQ(detector->history().size(), 2U);
  // A finished training is there again as it was.
  const auto again = train_detector(training, go_on);
  ASSERT_TRUE(again);
  ASSERT_EQ(again->history().size(), 2U);
  EXPECT_EQ(again->history()[1].epoch, 2);
  EXPECT_EQ(again->history()[1].validation_loss, detector->history()[1].validation_loss);
}

TEST_F(Learning, PatienceWantsValidationPictures) {
  auto training = small_training("a");
  training.patience = 2;
  const auto refused = train_detector(training, go_on);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kInvalidArgument);
}

TEST_F(Learning, ALabelThatIsNoClassIsRefused) {
  auto training = small_training("a");
  training.pictures[3].marks[0].class_index = 2;
  const auto refused = train_detector(training, go_on);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::kOutOfRange);
  EXPECT_EQ(refused.error().location, training.pictures[3].path);
}

/// The answers of the file in OpenCV beside those of LibTorch.
void expect_same_answers(const std::string& onnx, const torch::Tensor& input,
                         const std::vector<torch::Tensor>& expected) {
  std::ifstream file(onnx, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file),
                                std::istreambuf_iterator<char>()};
  auto network =
      vision::load_network(std::as_bytes(std::span(bytes)), onnx, vision::Runtime::kOpenCv);
  ASSERT_TRUE(network) << network.error().to_string();
  const auto plain = input.contiguous();
  const auto outputs =
      (*network)->run({plain.data_ptr<float>(), static_cast<std::size_t>(plain.numel())},
                      {.batch = static_cast<int>(plain.size(0)),
                       .height = static_cast<int>(plain.size(2)),
                       .width = static_cast<int>(plain.size(3))});
  ASSERT_TRUE(outputs) << outputs.error().to_string();
  ASSERT_EQ(outputs->size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const auto values = expected[i].contiguous();
    ASSERT_EQ((*outputs)[i].values.size(), static_cast<std::size_t>(values.numel()));
    for (std::size_t k = 0; k < (*outputs)[i].values.size(); ++k) {
      ASSERT_NEAR((*outputs)[i].values[k], values.data_ptr<float>()[k], 1e-3);
    }
  }
}

TEST_F(Learning, TheWrittenDetectorSaysWhatLibTorchSays) {
  const torch::NoGradGuard no_gradients;
  torch::manual_seed(3);
  TorchNetwork network({}, torch::kCPU);
  network.eval();
  const auto input = torch::rand({1, 3, 96, 64}) * 255;
  const auto maps = YoloxNano<TorchNetwork>(network, 2)(input);
  TrainedDetector detector(network.folded(), 2, {});
  const auto path = (folder_ / "detector.onnx").string();
  ASSERT_TRUE(detector.write(path, "{}"));
  expect_same_answers(path, input, {maps[0], maps[1], maps[2]});
}

TEST_F(Learning, CalibrationChangesNothingThatANetworkSays) {
  const torch::NoGradGuard no_gradients;
  torch::manual_seed(4);
  TorchNetwork network({}, torch::kCPU);
  YoloxNano<TorchNetwork> yolox(network, 2);
  const auto input = torch::rand({2, 3, 64, 64}) * 255;
  network.eval();
  const auto before = yolox(input);
  network.begin_calibration();
  static_cast<void>(yolox(input));
  network.end_calibration();
  const auto after = yolox(input);
  network.freeze_statistics();
  network.train();
  const auto frozen = yolox(input);
  for (std::size_t level = 0; level < before.size(); ++level) {
    EXPECT_TRUE(torch::allclose(before[level], after[level], 1e-3, 1e-3));
    EXPECT_TRUE(torch::allclose(before[level], frozen[level], 1e-3, 1e-3));
  }
}

TEST_F(Learning, AClassifierLearnsWhatItSeesAndSaysItInTheWrittenFile) {
  const std::string pretrained = STEPCAST_SHARED_DIR "/weights/mobilenet_v2_imagenet.npz";
  if (!fs::exists(pretrained)) {
    GTEST_SKIP() << "no " << pretrained;
  }
  ClassifierTraining training;
  std::vector<std::string> paths;
  std::vector<std::size_t> everyone;
  for (int i = 0; i < 6; ++i) {
    auto picture = square(i);
    // One class is noise with a square, the other the same turned dark.
    if (i % 2 == 1) {
      auto read = vision::read_picture(picture.path);
      ASSERT_TRUE(read);
      for (auto& value : read->bgr) {
        value = static_cast<std::uint8_t>(255 - value);
      }
      const auto bytes = vision::encode_png(*read);
      std::ofstream(picture.path, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()),
                 static_cast<std::streamsize>(bytes.size()));
    }
    paths.push_back(picture.path);
    everyone.push_back(static_cast<std::size_t>(i));
    training.pictures.push_back({picture.path, i % 2, 1});
  }
  training.classes = {"bright square", "dark square"};
  training.pretrained = pretrained;
  training.views = 2;
  training.head_epochs = 30;
  training.fine_epochs = 1;
  training.threads = 1;
  auto trainer = ClassifierTrainer::create(training, go_on);
  ASSERT_TRUE(trainer) << trainer.error().to_string();
  auto network = trainer->train(everyone, go_on);
  ASSERT_TRUE(network) << network.error().to_string();
  const auto logits = network->logits(paths);
  ASSERT_TRUE(logits);
  for (std::size_t i = 0; i < logits->size(); ++i) {
    EXPECT_GT((*logits)[i][i % 2], (*logits)[i][1 - i % 2]) << paths[i];
  }
  const auto path = (folder_ / "classifier.onnx").string();
  EXPECT_TRUE(network->write(path, "{}"));
  EXPECT_GT(fs::file_size(path), 8'000'000U);
}

}  // namespace
}  // namespace stepcast::training
