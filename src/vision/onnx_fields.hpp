#pragma once

#include <cstdint>

/// Numbers of fields in onnx.proto (ONNX IR specification); they never change.
namespace stepcast::vision::onnx {

inline constexpr std::uint32_t kModelGraph = 7;
inline constexpr std::uint32_t kModelMetadata = 14;
inline constexpr std::uint32_t kEntryKey = 1;
inline constexpr std::uint32_t kEntryValue = 2;
inline constexpr std::uint32_t kGraphNode = 1;
inline constexpr std::uint32_t kGraphInitializer = 5;
inline constexpr std::uint32_t kGraphOutput = 12;
inline constexpr std::uint32_t kTensorDims = 1;
inline constexpr std::uint32_t kTensorName = 8;
inline constexpr std::uint32_t kValueName = 1;
inline constexpr std::uint32_t kNodeInput = 1;
inline constexpr std::uint32_t kNodeOutput = 2;
inline constexpr std::uint32_t kNodeName = 3;
inline constexpr std::uint32_t kNodeOperation = 4;
inline constexpr std::uint32_t kNodeAttribute = 5;
inline constexpr std::uint32_t kAttributeName = 1;
inline constexpr std::uint32_t kAttributeInt = 3;
inline constexpr std::uint32_t kAttributeInts = 8;

}  // namespace stepcast::vision::onnx
