# Third-party packages, all from Debian 12 (docs/decisions/0003-dependencies.md).
find_package(tl-expected REQUIRED)
find_package(Eigen3 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(Threads REQUIRED)
# Announces printers on the network; the daemon of the host may be absent.
find_library(STEPCAST_AVAHI_CLIENT avahi-client REQUIRED)
find_library(STEPCAST_AVAHI_COMMON avahi-common REQUIRED)
set(STEPCAST_AVAHI_LIBRARIES ${STEPCAST_AVAHI_CLIENT} ${STEPCAST_AVAHI_COMMON})
# Debian's OpenCVConfig.cmake comes with all of OpenCV, 600 MB; its parts have packages of their own.
find_path(STEPCAST_OPENCV_INCLUDE opencv2/dnn.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(part IN ITEMS core imgproc imgcodecs dnn)
  find_library(STEPCAST_OPENCV_${part} opencv_${part} REQUIRED)
  add_library(opencv::${part} UNKNOWN IMPORTED)
  set_target_properties(opencv::${part} PROPERTIES IMPORTED_LOCATION ${STEPCAST_OPENCV_${part}}
    INTERFACE_INCLUDE_DIRECTORIES ${STEPCAST_OPENCV_INCLUDE}
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES ${STEPCAST_OPENCV_INCLUDE})
endforeach()
# Training only (docs/decisions/0028-seeing-and-learning.md). Their headers are not ours to warn about.
find_package(Torch QUIET)
find_package(ONNX QUIET)
if(Torch_FOUND AND ONNX_FOUND)
  set(STEPCAST_TRAINING ON)
  # It says again what is GCC's default, which no precompiled header agrees with.
  set_property(TARGET torch PROPERTY INTERFACE_COMPILE_OPTIONS "")
  add_library(stepcast_libtorch INTERFACE)
  target_link_libraries(stepcast_libtorch INTERFACE ${TORCH_LIBRARIES})
  target_include_directories(stepcast_libtorch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  add_library(stepcast_onnx INTERFACE)
  target_link_libraries(stepcast_onnx INTERFACE onnx_proto)
  target_include_directories(stepcast_onnx SYSTEM INTERFACE $<TARGET_PROPERTY:onnx_proto,INTERFACE_INCLUDE_DIRECTORIES>)
else()
  set(STEPCAST_TRAINING OFF)
  message(STATUS "without training: scripts/install_dependencies.sh train installs what it needs")
endif()
if(STEPCAST_BUILD_TESTS)
  find_package(GTest REQUIRED)
endif()
if(STEPCAST_BUILD_BENCH)
  find_package(benchmark REQUIRED)
endif()

# Real data and oracles live beside the checkout; tests that need them say so when they are absent.
set(STEPCAST_SHARED_DIR "${CMAKE_SOURCE_DIR}/../shared" CACHE PATH "Folder with data/ and reference/")
# PyPI packages that tests talk to, installed by scripts/install_peers.sh.
set(STEPCAST_PEERS_DIR "${CMAKE_SOURCE_DIR}/build/peers" CACHE PATH "Virtual environment of the peers")
