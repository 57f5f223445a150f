# stepcast_add_library(<name> LAYER <n> [COMPUTES] [SOURCES ...] [DEPS stepcast libs...] [LINK third-party...] [PRIVATE_LINK ...])
#
# Layers are a one-way street: configuring fails when a library depends on its own layer or above.
# COMPUTES: most of its time is its own arithmetic, not a library's templates. With sanitizers it is
# optimised and has all their checks; the rest is not and has not, because Beast, SOCI and JSON then
# take most of an hour to compile.
# Every public header is a file set, so `all_verify_interface_header_sets` compiles each one alone.
set(STEPCAST_COMPUTE_OPTIONS "" CACHE STRING "Compiler options of libraries that compute, after all others")

function(stepcast_add_library name)
  cmake_parse_arguments(A "COMPUTES" "LAYER" "SOURCES;DEPS;LINK;PRIVATE_LINK" ${ARGN})
  if(A_SOURCES)
    add_library(stepcast_${name} STATIC ${A_SOURCES})
    set(scope PUBLIC)
    target_include_directories(stepcast_${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
    if(A_COMPUTES)
      target_compile_options(stepcast_${name} PRIVATE ${STEPCAST_COMPUTE_OPTIONS})
    endif()
  else()
    add_library(stepcast_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(stepcast::${name} ALIAS stepcast_${name})
  file(GLOB_RECURSE headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/include/*.hpp)
  target_sources(stepcast_${name} ${scope} FILE_SET HEADERS BASE_DIRS include FILES ${headers})
  target_compile_features(stepcast_${name} ${scope} cxx_std_20)
  set_target_properties(stepcast_${name} PROPERTIES
    STEPCAST_LAYER ${A_LAYER} EXPORT_NAME ${name} VERIFY_INTERFACE_HEADER_SETS ON)
  foreach(dep IN LISTS A_DEPS)
    get_target_property(dep_layer stepcast_${dep} STEPCAST_LAYER)
    if(NOT dep_layer LESS A_LAYER)
      message(FATAL_ERROR
        "stepcast_${name} (layer ${A_LAYER}) may not depend on stepcast_${dep} (layer ${dep_layer})")
    endif()
    target_link_libraries(stepcast_${name} ${scope} stepcast::${dep})
  endforeach()
  target_link_libraries(stepcast_${name} ${scope} ${A_LINK})
  if(A_PRIVATE_LINK)
    target_link_libraries(stepcast_${name} PRIVATE ${A_PRIVATE_LINK})
  endif()
endfunction()
