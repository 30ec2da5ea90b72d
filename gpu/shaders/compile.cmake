# Compiles kernels to SPIR-V at build time and embeds them as C arrays, one variant per lane class and format.

# The cooperative-matrix path needs a glslc that knows the extension (Debian 12's does not).
set(coopmat_probe ${CMAKE_CURRENT_BINARY_DIR}/coopmat_probe.comp)
file(WRITE ${coopmat_probe} "#version 460\n#extension GL_KHR_cooperative_matrix : require\nvoid main() {}\n")
execute_process(COMMAND ${GLSLC} --target-env=vulkan1.3 -fshader-stage=compute -o ${coopmat_probe}.spv ${coopmat_probe}
                RESULT_VARIABLE coopmat_missing OUTPUT_QUIET ERROR_QUIET)
if(coopmat_missing)
  message(STATUS "gpu: ${GLSLC} does not know GL_KHR_cooperative_matrix; kernels on cooperative matrices are left out")
endif()

# Where SPIR-V and the header that includes it are written.
set(CUTAWAY_SPIRV_DIR ${CMAKE_CURRENT_BINARY_DIR}/spirv)
file(MAKE_DIRECTORY ${CUTAWAY_SPIRV_DIR})
set_property(GLOBAL PROPERTY CUTAWAY_SPIRV_NAMES "")

# cutaway_spirv(NAME source [include folders and -D definitions]): one module, `NAME` in spirv_modules.h.
function(cutaway_spirv name source)
  set(out ${CUTAWAY_SPIRV_DIR}/${name}.inc)
  add_custom_command(
    OUTPUT ${out}
    COMMAND ${GLSLC} --target-env=vulkan1.2 -O -mfmt=c -Werror -I ${CMAKE_CURRENT_SOURCE_DIR}/shaders ${ARGN} -MD -MF ${out}.d
            -o ${out} ${CMAKE_CURRENT_SOURCE_DIR}/shaders/${source}
    DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/shaders/${source}
    DEPFILE ${out}.d
    COMMENT "Compiling kernel ${name}"
    VERBATIM)
  set_property(GLOBAL APPEND PROPERTY CUTAWAY_SPIRV_NAMES ${name})
endfunction()

# cutaway_kernel(NAME): a kernel in both lane classes, `NAME_lanes8` and `NAME_portable`.
function(cutaway_kernel name source)
  cutaway_spirv(${name}_lanes8 ${source} -DLANES8=1 ${ARGN})
  cutaway_spirv(${name}_portable ${source} -DLANES8=0 ${ARGN})
endfunction()

# cutaway_format_kernel(NAME source formats...): the same, once per number format, `NAME_q4_0_lanes8`.
function(cutaway_format_kernel name source)
  foreach(format ${ARGN})
    set(folder ${CUTAWAY_SPIRV_DIR}/format/${format})
    file(CONFIGURE OUTPUT ${folder}/format.glsl CONTENT "#include \"formats/${format}.glsl\"\n")
    cutaway_kernel(${name}_${format} ${source} -I ${folder})
  endforeach()
endfunction()

# cutaway_matrix_kernel(NAME source ...): a module on cooperative matrices; an empty one where glslc does not know them.
function(cutaway_matrix_kernel name source)
  if(coopmat_missing)
    set_property(GLOBAL APPEND PROPERTY CUTAWAY_SPIRV_MISSING ${name})
  else()
    cutaway_spirv(${name} ${source} ${ARGN})
  endif()
endfunction()

# Writes the header that includes every module.
function(cutaway_spirv_header)
  get_property(names GLOBAL PROPERTY CUTAWAY_SPIRV_NAMES)
  set(content "// Every compiled kernel; made by gpu/shaders/compile.cmake.\n#pragma once\n#include <cstdint>\n#include <span>\nnamespace cutaway::gpu::spirv {\n")
  foreach(name ${names})
    string(APPEND content "inline constexpr std::uint32_t ${name}[] =\n#include \"${name}.inc\"\n;\n")
  endforeach()
  get_property(missing GLOBAL PROPERTY CUTAWAY_SPIRV_MISSING)
  foreach(name ${missing})
    string(APPEND content "inline constexpr std::span<const std::uint32_t> ${name}{};\n")
  endforeach()
  string(APPEND content "}\n")
  file(CONFIGURE OUTPUT ${CUTAWAY_SPIRV_DIR}/spirv_modules.h CONTENT "${content}" @ONLY)
  target_include_directories(cutaway_gpu PRIVATE ${CUTAWAY_SPIRV_DIR})
  list(TRANSFORM names PREPEND ${CUTAWAY_SPIRV_DIR}/ OUTPUT_VARIABLE modules)
  list(TRANSFORM modules APPEND .inc)
  set_source_files_properties(kernels.cpp PROPERTIES OBJECT_DEPENDS "${modules}")
endfunction()
