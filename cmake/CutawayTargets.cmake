# Helpers for the folders' CMakeLists: warnings, sanitizers, ccache and the include fence.

find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

if(CUTAWAY_SANITIZE)
  add_compile_options(-fsanitize=${CUTAWAY_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${CUTAWAY_SANITIZE})
endif()

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
