# The imported target expertscope_torch: LibTorch >= 2.1 for the one executable that computes.
#
# Our own target instead of find_package(Torch): a CUDA-flavoured wheel's TorchConfig.cmake ends in FATAL_ERROR where no
# CUDA toolkit is installed. Only libtorch_cpu and libc10 are linked; libtorch_cuda is opened at run time when
# `--device cuda` asks for it, so one executable serves both.
#
# EXPERTSCOPE_TORCH_DIR is the folder that holds include/ and lib/: the `torch` folder of an unpacked wheel (its
# nvidia-cuda-runtime and nvidia-cuda-cupti companions beside it, where the wheel is a CUDA one) or of a libtorch zip.

if(NOT EXPERTSCOPE_TORCH_DIR)
    message(FATAL_ERROR "EXPERTSCOPE_TORCH is ON but EXPERTSCOPE_TORCH_DIR is empty: give the folder of a LibTorch >= 2.1 "
        "(holds include/ and lib/), run installer/bootstrap, or configure with -DEXPERTSCOPE_TORCH=OFF")
endif()
set(torch_include ${EXPERTSCOPE_TORCH_DIR}/include)
set(torch_lib ${EXPERTSCOPE_TORCH_DIR}/lib)
find_library(EXPERTSCOPE_TORCH_CPU torch_cpu PATHS ${torch_lib} NO_DEFAULT_PATH NO_CACHE)
find_library(EXPERTSCOPE_C10 c10 PATHS ${torch_lib} NO_DEFAULT_PATH NO_CACHE)
if(NOT EXPERTSCOPE_TORCH_CPU OR NOT EXPERTSCOPE_C10 OR NOT EXISTS ${torch_include}/ATen/ATen.h)
    message(FATAL_ERROR "EXPERTSCOPE_TORCH_DIR=${EXPERTSCOPE_TORCH_DIR} holds no LibTorch: include/ATen/ATen.h, "
        "lib/libtorch_cpu and lib/libc10 are needed (in a Python environment: its site-packages/torch)")
endif()

# The version: macros of a header that has moved once.
set(torch_version "")
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
    if(torch_version STREQUAL "" AND EXISTS ${torch_include}/${header})
        file(STRINGS ${torch_include}/${header} lines REGEX "^#define TORCH_VERSION_(MAJOR|MINOR|PATCH) +[0-9]+")
        foreach(part MAJOR MINOR PATCH)
            if("${lines}" MATCHES "TORCH_VERSION_${part} +([0-9]+)")
                set(torch_${part} ${CMAKE_MATCH_1})
            endif()
        endforeach()
        if(DEFINED torch_MAJOR AND DEFINED torch_MINOR AND DEFINED torch_PATCH)
            set(torch_version ${torch_MAJOR}.${torch_MINOR}.${torch_PATCH})
        endif()
    endif()
endforeach()
if(torch_version STREQUAL "")
    message(FATAL_ERROR "${torch_include}: cannot tell the LibTorch version from its headers")
endif()
if(torch_version VERSION_LESS 2.1)
    message(FATAL_ERROR "LibTorch ${torch_version} in ${EXPERTSCOPE_TORCH_DIR} is too old: 2.1 or later is needed "
        "(Debian 12 packages 1.13). A PyTorch wheel or a libtorch zip will do; installer/bootstrap fetches one.")
endif()

# Wheels up to 2.6 were built with the old std::string. Ask the library itself: a c10 symbol that takes a std::string is
# mangled with __cxx11 in the new ABI only.
find_program(CMAKE_NM nm)
set(torch_cxx11_abi 1)
set(torch_abi_source "assumed")
if(CMAKE_NM)
    execute_process(COMMAND ${CMAKE_NM} -D --defined-only ${EXPERTSCOPE_C10} OUTPUT_VARIABLE torch_symbols ERROR_QUIET)
    string(REGEX MATCH "_ZN3c105ErrorC[12]E[^\n]*" torch_error_symbol "${torch_symbols}")
    if(torch_error_symbol)
        set(torch_abi_source "from its symbols")
        if(NOT torch_symbols MATCHES "_ZN3c105ErrorC[12]E[^\n]*__cxx11")
            set(torch_cxx11_abi 0)
        endif()
    endif()
endif()
if(torch_abi_source STREQUAL "assumed" AND EXISTS ${EXPERTSCOPE_TORCH_DIR}/share/cmake/Torch/TorchConfig.cmake)
    file(STRINGS ${EXPERTSCOPE_TORCH_DIR}/share/cmake/Torch/TorchConfig.cmake lines REGEX "_GLIBCXX_USE_CXX11_ABI=[01]")
    if("${lines}" MATCHES "_GLIBCXX_USE_CXX11_ABI=([01])")
        set(torch_cxx11_abi ${CMAKE_MATCH_1})
        set(torch_abi_source "from TorchConfig.cmake")
    endif()
endif()
if(NOT torch_cxx11_abi)
    # std::string crosses our own libraries too, so all of them follow. HDF5, PCRE2, utf8proc are C and do not mind.
    add_compile_definitions(_GLIBCXX_USE_CXX11_ABI=0)
endif()

add_library(expertscope_torch INTERFACE)
target_include_directories(expertscope_torch SYSTEM INTERFACE ${torch_include} ${torch_include}/torch/csrc/api/include)
# A plain DT_RPATH, not RUNPATH: the wheel's libtorch_cpu looks for libcudart beside itself by its own rpath, and a
# libgomp of the system must not come first when torch brings its own.
target_link_libraries(expertscope_torch INTERFACE ${EXPERTSCOPE_TORCH_CPU} ${EXPERTSCOPE_C10} Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(expertscope_torch INTERFACE "LINKER:-rpath,${torch_lib}" "LINKER:--disable-new-dtags")
message(STATUS "LibTorch ${torch_version} in ${EXPERTSCOPE_TORCH_DIR} (C++11 ABI ${torch_cxx11_abi}, ${torch_abi_source})")
