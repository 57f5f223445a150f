#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "stepcast/base/result.hpp"

namespace stepcast::vision {

/// ONNX Runtime by its C interface, without its headers: a table of functions that only ever grows
/// at its end (onnxruntime_c_api.h, struct OrtApi). Safe for several threads, as the library is.
class OnnxRuntimeLibrary {
 public:
  /// Places in that table.
  enum Slot : std::size_t {
    kGetErrorMessage = 2,
    kCreateEnv = 3,
    kCreateSessionFromArray = 8,
    kRun = 9,
    kCreateSessionOptions = 10,
    kSetGraphOptimizationLevel = 23,
    kSetIntraOpNumThreads = 24,
    kSetInterOpNumThreads = 25,
    kSessionGetInputCount = 30,
    kSessionGetInputName = 36,
    kCreateTensorWithData = 49,
    kGetTensorMutableData = 51,
    kGetTensorElementType = 60,
    kGetDimensionsCount = 61,
    kGetDimensions = 62,
    kGetTensorTypeAndShape = 65,
    kCreateCpuMemoryInfo = 69,
    kAllocatorFree = 76,
    kGetAllocatorWithDefaultOptions = 78,
    kReleaseStatus = 93,
    kReleaseMemoryInfo = 94,
    kReleaseSession = 95,
    kReleaseValue = 96,
    kReleaseTensorTypeAndShapeInfo = 99,
    kReleaseSessionOptions = 100,
    kAddSessionConfigEntry = 130,
  };

  /// @returns kNotFound where there is no such library, kUnsupported where it is another one.
  [[nodiscard]] static Result<std::shared_ptr<OnnxRuntimeLibrary>> load(const std::string& file);

  /// Calls a function that answers with a status. The types of the arguments are the ones of the
  /// function: nothing checks them.
  template <class... Arguments>
  [[nodiscard]] Result<void> call(Slot slot, Arguments... arguments) const {
    using Function = void* (*)(Arguments...);
    // The table holds pointers to functions of many types.
    auto* const function = reinterpret_cast<Function>(const_cast<void*>(table_[slot]));
    void* const status = function(arguments...);
    return status == nullptr ? Result<void>() : refused(status);
  }

  /// Gives an object back by the function for its kind; nothing for nullptr.
  void release(Slot slot, void* object) const;

  [[nodiscard]] void* environment() const { return environment_; }
  [[nodiscard]] const std::string& version() const { return version_; }

 private:
  OnnxRuntimeLibrary() = default;
  [[nodiscard]] Result<void> refused(void* status) const;

  const void* const* table_ = nullptr;
  void* environment_ = nullptr;
  std::string version_;
};

/// An object of ONNX Runtime that gives itself back.
class OnnxRuntimeObject {
 public:
  OnnxRuntimeObject(std::shared_ptr<const OnnxRuntimeLibrary> library,
                    OnnxRuntimeLibrary::Slot release)
      : library_(std::move(library)), release_(release) {}
  OnnxRuntimeObject(const OnnxRuntimeObject&) = delete;
  OnnxRuntimeObject& operator=(const OnnxRuntimeObject&) = delete;
  OnnxRuntimeObject(OnnxRuntimeObject&& other) noexcept
      : library_(std::move(other.library_)),
        release_(other.release_),
        object_(std::exchange(other.object_, nullptr)) {}
  OnnxRuntimeObject& operator=(OnnxRuntimeObject&&) = delete;
  ~OnnxRuntimeObject() { reset(); }

  [[nodiscard]] void* get() const { return object_; }
  /// Where a creating function writes the object; what was there is given back.
  [[nodiscard]] void** out() {
    reset();
    return &object_;
  }

 private:
  void reset() {
    if (object_ != nullptr) {
      library_->release(release_, std::exchange(object_, nullptr));
    }
  }

  std::shared_ptr<const OnnxRuntimeLibrary> library_;
  OnnxRuntimeLibrary::Slot release_;
  void* object_ = nullptr;
};

}  // namespace stepcast::vision
