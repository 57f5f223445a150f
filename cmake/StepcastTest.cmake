# stepcast_add_test(<name> KIND unit|contract|property|golden|integration|fault [COMPUTES] [THREADS] [TOGETHER <pattern>] SOURCES ... [LIBS stepcast libs...] [LINK ...])
#
# One executable per library and kind; every TEST in it becomes one CTest case labelled with its kind.
# With STEPCAST_TESTS_TOGETHER, executables of many short ones (unit, contract) are one case each.
# COMPUTES: as for a library; for tests that run much of the planner's or the device's inline code.
# Tests that run threads say THREADS (integration tests always do): they carry the label `<kind>_threads`
# and are what the target `threaded_tests` builds, for the thread sanitizer.
# TOGETHER <pattern>: the tests of that pattern are one CTest case, `<name>.together`, because they share
# something that takes long to start.
include(GoogleTest)

option(STEPCAST_TESTS_TOGETHER
  "Run executables of many short tests as one case: with sanitizers, to start takes longer than such a test" OFF)

# GoogleTest is most of what a test has to compile: once for all of them.
add_custom_target(threaded_tests)
if(STEPCAST_BUILD_TESTS)
  file(WRITE ${CMAKE_BINARY_DIR}/test_pch.cpp "// carries the precompiled header of the tests\n")
  add_library(stepcast_test_pch OBJECT ${CMAKE_BINARY_DIR}/test_pch.cpp)
  target_link_libraries(stepcast_test_pch PRIVATE GTest::gmock)
  target_compile_features(stepcast_test_pch PRIVATE cxx_std_20)
  target_precompile_headers(stepcast_test_pch PRIVATE <gtest/gtest.h> <gmock/gmock.h>)
  # What ccache needs to see through a precompiled header.
  target_compile_options(stepcast_test_pch PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
endif()

function(stepcast_add_test name)
  cmake_parse_arguments(A "COMPUTES;THREADS" "KIND;TIMEOUT;TOGETHER" "SOURCES;LIBS;LINK" ${ARGN})
  add_executable(${name} ${A_SOURCES})
  list(TRANSFORM A_SOURCES PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_property(GLOBAL APPEND PROPERTY STEPCAST_TEST_SOURCES ${A_SOURCES})
  list(TRANSFORM A_LIBS PREPEND stepcast::)
  target_link_libraries(${name} PRIVATE ${A_LIBS} ${A_LINK} GTest::gmock_main)
  if(A_COMPUTES AND STEPCAST_COMPUTE_OPTIONS)  # GCC takes no header compiled with other options
    target_compile_options(${name} PRIVATE ${STEPCAST_COMPUTE_OPTIONS})
  else()
    target_precompile_headers(${name} REUSE_FROM stepcast_test_pch)
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess>)
  endif()
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/support)
  target_compile_definitions(${name} PRIVATE
    STEPCAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}" STEPCAST_SHARED_DIR="${STEPCAST_SHARED_DIR}")
  if(NOT A_TIMEOUT)
    set(A_TIMEOUT 120)
  endif()
  set(labels ${A_KIND})
  if(A_THREADS OR A_KIND STREQUAL "integration")
    set(labels "${A_KIND}_threads")
    add_dependencies(threaded_tests ${name})
  endif()
  if(STEPCAST_TESTS_TOGETHER AND A_KIND MATCHES "^(unit|contract)$" AND NOT A_TOGETHER)
    # The report counts its tests (scripts/count_tests.py).
    add_test(NAME ${name} COMMAND ${name} --gtest_output=xml:${CMAKE_BINARY_DIR}/gtest/${name}.xml)
    set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 600)
    return()
  endif()
  set(alone "*")
  if(A_TOGETHER)
    set(alone "-${A_TOGETHER}")
    add_test(NAME ${name}.together COMMAND ${name} "--gtest_filter=${A_TOGETHER}")
    set_tests_properties(${name}.together PROPERTIES LABELS "${labels}" TIMEOUT ${A_TIMEOUT})
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 TEST_FILTER "${alone}"
    PROPERTIES LABELS "${labels}" TIMEOUT ${A_TIMEOUT})
endfunction()

# stepcast_add_fuzz(<name> SOURCES ... [LIBS ...])
#
# With Clang and STEPCAST_FUZZ: a libFuzzer target. Otherwise the same entry point is linked with a
# main that replays fuzz/corpus/<name>, so every past crash is a regression test on every compiler.
function(stepcast_add_fuzz name)
  cmake_parse_arguments(A "" "" "SOURCES;LIBS" ${ARGN})
  list(TRANSFORM A_LIBS PREPEND stepcast::)
  if(STEPCAST_FUZZ)
    add_executable(${name} ${A_SOURCES})
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${name} ${A_SOURCES} ${CMAKE_SOURCE_DIR}/fuzz/replay_main.cpp)
  endif()
  target_link_libraries(${name} PRIVATE ${A_LIBS})
  add_test(NAME fuzz.${name} COMMAND ${name} -runs=0 ${CMAKE_SOURCE_DIR}/fuzz/corpus/${name})
  set_tests_properties(fuzz.${name} PROPERTIES LABELS fuzz TIMEOUT 120)
endfunction()
