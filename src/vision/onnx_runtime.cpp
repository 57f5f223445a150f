#include "onnx_runtime.hpp"

#include <array>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include <fmt/format.h>

#include "stepcast/base/contracts.hpp"

#include "onnx_file.hpp"
#include "onnx_runtime_library.hpp"

namespace stepcast::vision {
namespace {

using Library = OnnxRuntimeLibrary;
using LibraryPtr = std::shared_ptr<OnnxRuntimeLibrary>;

Result<LibraryPtr> find_library() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing of ours writes the environment
  if (const char* named = std::getenv("STEPCAST_ONNXRUNTIME"); named != nullptr && *named != 0) {
    return Library::load(named);
  }
  for (const char* usual : {"libonnxruntime.so.1", "libonnxruntime.so"}) {
    if (auto library = Library::load(usual); library) {
      return library;
    }
  }
  return fail(Errc::kNotFound, "ONNX Runtime's library is not installed", {},
              "install libonnxruntime.so.1, or name it in STEPCAST_ONNXRUNTIME");
}

class OnnxRuntimeNetwork : public Network {
 public:
  OnnxRuntimeNetwork(LibraryPtr library, std::string name, const OnnxFile& file)
      : library_(std::move(library)),
        name_(std::move(name)),
        session_(library_, Library::kReleaseSession),
        memory_(library_, Library::kReleaseMemoryInfo) {
    for (const auto output : file.outputs) {
      outputs_.push_back({.name = std::string(output), .shape = {}, .values = {}});
    }
  }

  Result<void> open(std::span<const std::byte> onnx) {
    constexpr int kAllOptimisations = 99;
    constexpr int kArenaAllocator = 1;
    constexpr int kDefaultMemory = 0;
    OnnxRuntimeObject options(library_, Library::kReleaseSessionOptions);
    return library_->call(Library::kCreateSessionOptions, options.out())
        .and_then([&] { return library_->call(Library::kSetIntraOpNumThreads, options.get(), 1); })
        .and_then([&] { return library_->call(Library::kSetInterOpNumThreads, options.get(), 1); })
        .and_then([&] {
          return library_->call(Library::kSetGraphOptimizationLevel, options.get(),
                                kAllOptimisations);
        })
        .and_then([&] {
          // It would make one operation of x * sigmoid(x) that its blocked layout does not know,
          // and convert every convolution's result for it.
          return library_->call(Library::kAddSessionConfigEntry, options.get(),
                                "optimization.disable_specified_optimizers", "QuickGeluFusion");
        })
        .and_then([&] {
          return library_->call(Library::kCreateSessionFromArray,
                                static_cast<const void*>(library_->environment()),
                                static_cast<const void*>(onnx.data()), onnx.size(),
                                static_cast<const void*>(options.get()), session_.out());
        })
        .and_then([&] {
          return library_->call(Library::kCreateCpuMemoryInfo, kArenaAllocator, kDefaultMemory,
                                memory_.out());
        })
        .and_then([&] { return read_input_name(); })
        .map_error([this](Error error) { return named(std::move(error)); });
  }

  Result<std::span<const Output>> run(std::span<const float> images,
                                      const InputShape& shape) override {
    const std::array<std::int64_t, 4> sizes{shape.batch, 3, shape.height, shape.width};
    STEPCAST_CHECK(images.size() ==
                   static_cast<std::size_t>(sizes[0] * sizes[1] * sizes[2] * sizes[3]));
    OnnxRuntimeObject input(library_, Library::kReleaseValue);
    constexpr int kFloat = 1;
    // The library takes a pointer to numbers that it could write, and only reads them.
    auto done =
        library_->call(Library::kCreateTensorWithData, static_cast<const void*>(memory_.get()),
                       static_cast<void*>(const_cast<float*>(images.data())), images.size_bytes(),
                       sizes.data(), sizes.size(), kFloat, input.out());
    if (done) {
      done = compute(input.get());
    }
    for (std::size_t i = 0; done && i < outputs_.size(); ++i) {
      done = read_output(i);
    }
    if (!done) {
      return tl::unexpected(named(done.error()));
    }
    return std::span<const Output>(outputs_);
  }

  [[nodiscard]] std::string runtime() const override {
    return fmt::format("onnxruntime {}", library_->version());
  }

 private:
  Result<void> read_input_name() {
    std::size_t count = 0;
    if (auto got = library_->call(Library::kSessionGetInputCount,
                                  static_cast<const void*>(session_.get()), &count);
        !got || count != 1) {
      return got ? fail(Errc::kUnsupported,
                        fmt::format("the network has {} inputs instead of one", count))
                 : got;
    }
    void* allocator = nullptr;
    char* text = nullptr;
    return library_->call(Library::kGetAllocatorWithDefaultOptions, &allocator)
        .and_then([&] {
          return library_->call(Library::kSessionGetInputName,
                                static_cast<const void*>(session_.get()), std::size_t{0}, allocator,
                                &text);
        })
        .and_then([&] {
          input_name_ = text;
          return library_->call(Library::kAllocatorFree, allocator, static_cast<void*>(text));
        });
  }

  Result<void> compute(void* input) {
    std::vector<const char*> names;
    for (const Output& output : outputs_) {
      names.push_back(output.name.c_str());
    }
    std::vector<void*> made(outputs_.size(), nullptr);
    const std::array<const char*, 1> input_names{input_name_.c_str()};
    const std::array<const void*, 1> inputs{input};
    results_.clear();
    auto done =
        library_->call(Library::kRun, session_.get(), static_cast<const void*>(nullptr),
                       input_names.data(), inputs.data(), inputs.size(),
                       static_cast<const char* const*>(names.data()), names.size(), made.data());
    for (void* value : made) {
      *results_.emplace_back(library_, Library::kReleaseValue).out() = value;
    }
    return done;
  }

  Result<void> read_output(std::size_t index) {
    void* const value = results_[index].get();
    Output& output = outputs_[index];
    OnnxRuntimeObject info(library_, Library::kReleaseTensorTypeAndShapeInfo);
    std::size_t rank = 0;
    int type = 0;
    void* numbers = nullptr;
    auto done =
        library_->call(Library::kGetTensorTypeAndShape, static_cast<const void*>(value), info.out())
            .and_then([&] {
              return library_->call(Library::kGetTensorElementType,
                                    static_cast<const void*>(info.get()), &type);
            })
            .and_then([&] {
              return library_->call(Library::kGetDimensionsCount,
                                    static_cast<const void*>(info.get()), &rank);
            })
            .and_then(
                [&] { return library_->call(Library::kGetTensorMutableData, value, &numbers); });
    constexpr int kFloat = 1;
    std::array<std::int64_t, 4> sizes{1, 1, 1, 1};
    if (done && (type != kFloat || rank > sizes.size())) {
      return fail(
          Errc::kUnsupported,
          fmt::format("the output `{}` is not of floats in up to four dimensions", output.name));
    }
    if (done) {
      done = library_->call(Library::kGetDimensions, static_cast<const void*>(info.get()),
                            sizes.data(), rank);
    }
    std::size_t count = 1;
    for (std::size_t d = 0; d < sizes.size(); ++d) {
      output.shape.at(d) = static_cast<int>(sizes.at(d));
      count *= static_cast<std::size_t>(sizes.at(d));
    }
    output.values = {static_cast<const float*>(numbers), count};
    return done;
  }

  [[nodiscard]] Error named(Error error) const {
    error.location = name_;
    return error;
  }

  LibraryPtr library_;
  std::string name_;
  OnnxRuntimeObject session_;
  OnnxRuntimeObject memory_;
  std::string input_name_;
  std::vector<Output> outputs_;
  std::vector<OnnxRuntimeObject> results_;
};

}  // namespace

const Result<std::shared_ptr<OnnxRuntimeLibrary>>& onnx_runtime() {
  static const auto library = find_library();
  return library;
}

Result<std::unique_ptr<Network>> load_with_onnx_runtime(std::span<const std::byte> onnx,
                                                        std::string_view name) {
  STEPCAST_CHECK(onnx_runtime().has_value());
  const auto file = read_onnx(onnx, name);
  if (!file) {
    return tl::unexpected(file.error());
  }
  auto network = std::make_unique<OnnxRuntimeNetwork>(*onnx_runtime(), std::string(name), *file);
  if (auto opened = network->open(onnx); !opened) {
    return tl::unexpected(opened.error());
  }
  return network;
}

}  // namespace stepcast::vision
