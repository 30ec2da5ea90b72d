# Helpers for the folders' CMakeLists: warnings, sanitizers, ccache and the include fence.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  # The sloppiness is what ccache asks for with precompiled headers, and so is -fpch-preprocess below.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

if(CUTAWAY_SANITIZE)
  add_compile_options(-fsanitize=${CUTAWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CUTAWAY_SANITIZE})
endif()

# Where parsing headers is most of the work, they are precompiled. The release build of core and gpu is not, so that a
# missing include is found.
set(CUTAWAY_STANDARD_HEADERS <algorithm> <array> <chrono> <cmath> <deque> <expected> <fstream> <functional>
                             <map> <memory> <mutex> <optional> <random> <span> <sstream> <string> <string_view> <thread>
                             <unordered_map> <variant> <vector>)

# cutaway_precompile(target <a> <b> ...); cutaway_precompile(library FOR_PROGRAMS <a> ...) lends them to programs that say
# cutaway_precompile(program REUSE_FROM library).
function(cutaway_precompile target)
  if(ARGV1 STREQUAL "FOR_PROGRAMS") # that reuse it; a program's code is -fPIE, which a precompiled header must match
    list(POP_FRONT ARGN)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
    target_compile_options(${target} PRIVATE -fPIE)
  endif()
  if(ARGV1 STREQUAL "REUSE_FROM")
    target_precompile_headers(${target} ${ARGN})
  else()
    target_precompile_headers(${target} PRIVATE ${CUTAWAY_STANDARD_HEADERS} ${ARGN})
  endif()
  target_compile_options(${target} PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
endfunction()

# For code whose speed nobody waits for: the optimizer spends more time on it than it will ever run.
function(cutaway_quick_compile target)
  target_compile_options(${target} PRIVATE $<$<AND:$<COMPILE_LANGUAGE:CXX>,$<CONFIG:Release>>:-O1>)
endfunction()

# The include fence. Headers are included as "core/graph/graph.h". Instead of the source
# root, a folder's target offers a directory that holds a link to that folder alone, so that
# a file sees exactly the folders its target links: "gpu/..." from core does not compile.
function(cutaway_fence target folder)
  set(fence ${CMAKE_BINARY_DIR}/fence/${folder})
  file(MAKE_DIRECTORY ${fence})
  if(NOT EXISTS ${fence}/${folder})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${fence}/${folder} SYMBOLIC)
  endif()
  target_include_directories(${target} PUBLIC ${fence})
endfunction()

function(cutaway_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion -Werror=return-type
                                           -Werror=switch)
endfunction()

# A folder of the house: a static library behind its fence.
function(cutaway_library target folder)
  add_library(${target} STATIC ${ARGN})
  cutaway_fence(${target} ${folder})
  cutaway_warnings(${target})
endfunction()
