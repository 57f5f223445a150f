#include "stepcast/dataset/contact_sheet.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <random>

#include <fmt/format.h>

#include "stepcast/figures/canvas.hpp"

namespace stepcast::dataset {
namespace {

using figures::Canvas;
using figures::Point;

constexpr double kGap = 14;
constexpr double kCaption = 40;  // two lines
constexpr double kLetters = 8;
constexpr double kHead = 84;
constexpr double kEdge = 28;

std::string shown_text(const Dataset& data, const Item& item) {
  if (item.picture_class) {
    return data.classes[*item.picture_class];
  }
  if (!item.boxes) {
    return "no labels";
  }
  if (item.boxes->empty()) {
    return "nothing to see";
  }
  std::map<std::size_t, std::size_t> counts;
  for (const LabelledBox& marked : *item.boxes) {
    ++counts[marked.class_index];
  }
  std::string text;
  for (const auto& [label, count] : counts) {
    text += (text.empty() ? "" : ", ") + data.classes[label];
    text += count > 1 ? fmt::format(" x{}", count) : "";
  }
  return text;
}

/// Where a picture lies in its cell, and how much smaller it is.
struct Placed {
  vision::Box area;
  double scale = 1;

  [[nodiscard]] vision::Box box(const vision::Box& inside) const {
    return {area.x + scale * inside.x, area.y + scale * inside.y, scale * inside.width,
            scale * inside.height};
  }
};

Placed place(const vision::Picture& picture, double x, double y, double side) {
  const double scale = std::min(side / picture.width, side / picture.height);
  const double width = scale * picture.width;
  const double height = scale * picture.height;
  return {{x + (side - width) / 2, y + (side - height) / 2, width, height}, scale};
}

void draw_said(Canvas& canvas, const Placed& placed, const vision::Detection& said) {
  const auto box = placed.box(said.box);
  const auto colour = figures::series_colour(said.class_index);
  const std::array corners = {Point{box.x, box.y}, Point{box.x + box.width, box.y},
                              Point{box.x + box.width, box.y + box.height},
                              Point{box.x, box.y + box.height}, Point{box.x, box.y}};
  canvas.line(corners, figures::kPaper, 2.6);
  canvas.line(corners, colour, 1.6, true);
  const auto words = fmt::format("{:.2f}", said.confidence);
  const double width = Canvas::text_width(words, kLetters) + 4;
  const double y = std::min(box.y + box.height, placed.area.y + placed.area.height - 2);
  canvas.fill({box.x, y - kLetters - 5, width, kLetters + 5}, colour);
  canvas.text({box.x + 2, y - 2.5}, words, kLetters, figures::kPaper);
}

void draw_cell(Canvas& canvas, const Dataset& data, const SheetCell& cell,
               const vision::Picture& picture, Point corner, double side) {
  const Item& item = data.items[cell.item];
  canvas.fill({corner.x, corner.y, side, side}, {246, 247, 249});
  const Placed placed = place(picture, corner.x, corner.y, side);
  canvas.picture(picture, placed.area);
  for (const LabelledBox& marked : item.boxes.value_or(std::vector<LabelledBox>{})) {
    canvas.outline(placed.box(marked.box), figures::kPaper, 3);
    canvas.outline(placed.box(marked.box), figures::series_colour(marked.class_index), 1.8);
  }
  for (const vision::Detection& said : cell.said) {
    draw_said(canvas, placed, said);
  }
  const auto name = std::filesystem::path(item.path).filename().string();
  const double baseline = corner.y + side + 6 + kLetters;
  canvas.text({corner.x, baseline}, Canvas::fitting(name, kLetters, side), kLetters, figures::kInk);
  const auto caption = cell.caption.empty() ? shown_text(data, item) : cell.caption;
  canvas.text({corner.x, baseline + kLetters + 6}, Canvas::fitting(caption, kLetters, side),
              kLetters, figures::kFaintInk);
}

/// The classes of a sheet with the colours of their boxes, to the right of the title.
void draw_classes(Canvas& canvas, const Dataset& data) {
  double x = kEdge;
  const double y = kHead - 16;
  for (std::size_t c = 0; c < data.classes.size(); ++c) {
    const double width = 16 + Canvas::text_width(data.classes[c], kLetters) + 18;
    if (x + width > canvas.width() - kEdge) {
      return;
    }
    canvas.fill({x, y - kLetters - 1, 10, 10}, figures::series_colour(c));
    canvas.text({x + 16, y}, data.classes[c], kLetters, figures::kInk);
    x += width;
  }
}

}  // namespace

Result<vision::Picture> contact_sheet(const Dataset& data, std::span<const SheetCell> cells,
                                      const SheetOptions& options, const Progress& progress) {
  const double side = options.cell;
  const auto columns = static_cast<std::size_t>(std::max(options.columns, 1));
  constexpr double kTallest = 9000;
  const auto most_rows = static_cast<std::size_t>((kTallest - kHead) / (side + kCaption + kGap));
  const auto rows = std::clamp<std::size_t>((cells.size() + columns - 1) / columns, 1, most_rows);
  const auto shown = std::min(cells.size(), rows * columns);
  const double across = static_cast<double>(columns) * (side + kGap) - kGap;
  const double down = static_cast<double>(rows) * (side + kCaption + kGap);
  const bool boxes = std::any_of(cells.begin(), cells.end(), [&](const SheetCell& cell) {
    return data.items[cell.item].boxes.has_value() || !cell.said.empty();
  });
  Canvas canvas(static_cast<int>(across + 2 * kEdge), static_cast<int>(kHead + down + kEdge));
  canvas.text({kEdge, 34}, Canvas::fitting(options.title, 13, across), 13, figures::kInk,
              figures::Align::kLeft, true);
  if (boxes) {
    draw_classes(canvas, data);
  }
  canvas.text({canvas.width() - kEdge, 34}, options.subtitle, 9, figures::kFaintInk,
              figures::Align::kRight);
  for (std::size_t i = 0; i < shown; ++i) {
    const auto path = picture_path(data, data.items[cells[i].item]).string();
    const auto picture = vision::read_picture(path);
    if (!picture) {
      return tl::unexpected(picture.error());
    }
    const Point corner{kEdge + static_cast<double>(i % columns) * (side + kGap),
                       kHead + static_cast<double>(i / columns) * (side + kCaption + kGap)};
    draw_cell(canvas, data, cells[i], *picture, corner, side);
    if (progress) {
      progress(i + 1, shown);
    }
  }
  return canvas.finish();
}

std::vector<SheetCell> varied_cells(const Dataset& data, std::span<const std::size_t> wanted,
                                    std::size_t count, std::uint64_t seed) {
  std::map<std::string, std::vector<std::size_t>> kinds;
  for (const std::size_t i : wanted) {
    const Item& item = data.items[i];
    const bool boxed = item.boxes && !item.boxes->empty();
    kinds[boxed ? data.classes[item.boxes->front().class_index] : shown_text(data, item)].push_back(
        i);
  }
  std::mt19937_64 random(seed);
  for (auto& [kind, items] : kinds) {
    for (std::size_t i = items.size(); i > 1; --i) {  // std::shuffle differs between libraries
      std::swap(items[i - 1], items[random() % i]);
    }
  }
  std::vector<SheetCell> cells;
  for (std::size_t round = 0; cells.size() < count; ++round) {
    const auto before = cells.size();
    for (const auto& [kind, items] : kinds) {
      if (round < items.size() && cells.size() < count) {
        cells.push_back({items[round], {}, {}});
      }
    }
    if (cells.size() == before) {
      break;
    }
  }
  return cells;
}

}  // namespace stepcast::dataset
