#include "onnx_runtime_library.hpp"

#include <dlfcn.h>
#include <fmt/format.h>

namespace stepcast::vision {
namespace {

/// What the library's one exported function answers.
struct OrtApiBase {
  const void* const* (*get_api)(std::uint32_t version);
  const char* (*version_text)();
};

/// That of release 1.8; the table of any later one begins with it.
constexpr std::uint32_t kTableVersion = 8;
constexpr int kLogErrorsOnly = 3;

}  // namespace

Result<std::shared_ptr<OnnxRuntimeLibrary>> OnnxRuntimeLibrary::load(const std::string& file) {
  void* const handle = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) {
    const char* const why = dlerror();  // NOLINT(concurrency-mt-unsafe): glibc's is per thread
    return fail(Errc::kNotFound, fmt::format("ONNX Runtime is not loaded: {}", why), {},
                "name its library in STEPCAST_ONNXRUNTIME");
  }
  // Never closed: it starts threads and registers functions that run at exit.
  using BaseFunction = const OrtApiBase* (*)();
  const auto get_base = reinterpret_cast<BaseFunction>(dlsym(handle, "OrtGetApiBase"));
  const OrtApiBase* const base = get_base == nullptr ? nullptr : get_base();
  if (base == nullptr) {
    return fail(Errc::kUnsupported, "this library is not ONNX Runtime: it has no OrtGetApiBase",
                file, "name ONNX Runtime's library in STEPCAST_ONNXRUNTIME");
  }
  std::shared_ptr<OnnxRuntimeLibrary> library(new OnnxRuntimeLibrary);
  library->version_ = base->version_text();
  library->table_ = base->get_api(kTableVersion);
  if (library->table_ == nullptr) {
    return fail(Errc::kUnsupported,
                fmt::format("ONNX Runtime {} does not have the interface of 1.{}",
                            library->version_, kTableVersion),
                file, "use ONNX Runtime 1.8 or newer");
  }
  if (auto made = library->call(kCreateEnv, kLogErrorsOnly, "stepcast", &library->environment_);
      !made) {
    return tl::unexpected(made.error());
  }
  return library;
}

Result<void> OnnxRuntimeLibrary::refused(void* status) const {
  using Message = const char* (*)(const void*);
  auto* const message = reinterpret_cast<Message>(const_cast<void*>(table_[kGetErrorMessage]));
  std::string text = message(status);
  release(kReleaseStatus, status);
  return fail(Errc::kUnsupported, fmt::format("ONNX Runtime {}: {}", version_, text));
}

void OnnxRuntimeLibrary::release(Slot slot, void* object) const {
  using Release = void (*)(void*);
  if (object != nullptr) {
    reinterpret_cast<Release>(const_cast<void*>(table_[slot]))(object);
  }
}

}  // namespace stepcast::vision
