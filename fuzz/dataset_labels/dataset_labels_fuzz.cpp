// Label files of strangers: the first byte chooses the kind, the rest is the file. Whatever parses
// must hold only boxes that fit their picture, and a data set must come back from its own text.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "stepcast/dataset/answers.hpp"
#include "stepcast/dataset/dataset.hpp"

#include "labels.hpp"

namespace {

using namespace stepcast;  // NOLINT(google-build-using-namespace)

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check_fit(const std::vector<dataset::RawBox>& raw, bool cut) {
  constexpr vision::PictureSize kSize{100, 80};
  const auto fitted = dataset::fit_boxes(raw, kSize, "fuzz", cut);
  require(fitted || !cut || fitted.error().code == Errc::kMalformed);
  if (fitted) {
    for (const auto& marked : fitted->boxes) {
      require(marked.box.x >= 0 && marked.box.y >= 0 && marked.box.width > 0 &&
              marked.box.height > 0 && marked.box.x + marked.box.width <= kSize.width + 1e-9 &&
              marked.box.y + marked.box.height <= kSize.height + 1e-9);
    }
  }
}

void check_own(std::string_view text) {
  const auto data = dataset::parse(text, "/data", "fuzz");
  if (data) {
    const auto again = dataset::parse(dataset::to_text(*data, "/data"), "/data", "again");
    require(again.has_value());
    require(again->items.size() == data->items.size());
  }
}

dataset::Dataset one_picture() {
  dataset::Dataset data{.name = "fuzz", .root = "/data", .classes = {"a"}, .items = {}};
  data.items.push_back({.path = "p.png", .width = 100, .height = 80, .source = "s"});
  data.items.front().boxes.emplace();
  data.items.front().picture_class = 0;
  return data;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const std::string_view text(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  switch (bytes[0] % 6) {
    case 0:
      if (const auto boxes = dataset::parse_yolo(text, "fuzz", 3, {100, 80})) {
        check_fit(*boxes, true);
        check_fit(*boxes, false);
      }
      break;
    case 1:
      if (const auto picture = dataset::parse_voc(text, "fuzz")) {
        check_fit(picture->boxes, true);
      }
      break;
    case 2:
      if (const auto file = dataset::parse_coco(text, "fuzz")) {
        for (const auto& picture : file->pictures) {
          check_fit(picture.boxes, true);
        }
      }
      break;
    case 3:
      if (const auto names = dataset::parse_data_yaml(text, "fuzz")) {
        require(!names->empty());
      }
      break;
    case 4:
      check_own(text);
      break;
    default:
      static_cast<void>(dataset::read_answers(text, "fuzz", one_picture(), std::nullopt));
      break;
  }
  return 0;
}
