# expertscope_library(NAME FOLDER [FOLDERS subfolder...] [EXCEPT files...] [PUBLIC deps...] [PRIVATE deps...])
#
# One library a folder, of all its sources: a new file needs no line here. FOLDERS: those below that are parts of it and
# export nothing of their own (policies, planners, families of metrics, kernels). main.cpp and what EXCEPT names belong
# to executables. Headers are included as
# "io/trace/routing.h" from anywhere, but the compiler finds a folder's headers only in targets that depend on its
# library: each library exports an include root of its own that holds a link to just its folder. So an include against
# the arrows of the design does not compile (tests/walls holds files that must not).
function(expertscope_include_root name folder)
    set(root ${CMAKE_BINARY_DIR}/include-roots/${name})
    get_filename_component(parent ${folder} DIRECTORY)
    file(MAKE_DIRECTORY ${root}/${parent})
    if(NOT EXISTS ${root}/${folder})
        file(CREATE_LINK ${CMAKE_SOURCE_DIR}/${folder} ${root}/${folder} SYMBOLIC)
    endif()
    set(${name}_include_root ${root} PARENT_SCOPE)
endfunction()

function(expertscope_library name folder)
    cmake_parse_arguments(ARG "" "" "FOLDERS;EXCEPT;PUBLIC;PRIVATE" ${ARGN})
    expertscope_include_root(${name} ${folder})
    set(patterns ${CMAKE_SOURCE_DIR}/${folder}/*.cpp)
    foreach(subfolder ${ARG_FOLDERS})
        list(APPEND patterns ${CMAKE_SOURCE_DIR}/${folder}/${subfolder}/*.cpp)
    endforeach()
    file(GLOB sources CONFIGURE_DEPENDS ${patterns})
    foreach(file main.cpp ${ARG_EXCEPT})
        list(REMOVE_ITEM sources ${CMAKE_SOURCE_DIR}/${folder}/${file})
    endforeach()
    if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        list(FILTER sources EXCLUDE REGEX "_avx(2|512)\\.cpp$")
    endif()
    add_library(${name} STATIC ${sources})
    target_include_directories(${name} PUBLIC ${${name}_include_root})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

# expertscope_forbid(TARGET HEADERS...): a wall before headers that lie where every target finds them (/usr/include): those
# of the target's sources that include one, by whatever way, do not compile.
function(expertscope_forbid name)
    set(root ${CMAKE_BINARY_DIR}/include-roots/forbidden_${name})
    foreach(header ${ARGN})
        file(CONFIGURE OUTPUT ${root}/${header} CONTENT "#error ${header} is not for ${name}\n")
    endforeach()
    target_include_directories(${name} BEFORE PRIVATE ${root})
endfunction()

# expertscope_kernels(NAME [OPTIONS...] [AVX2...] [AVX512...])
#
# NAME.cpp chooses among NAME_baseline.cpp, NAME_avx2.cpp and NAME_avx512.cpp: one source compiled for each instruction
# set. OPTIONS go to all three, the other two lists to theirs alone.
function(expertscope_kernels name)
    cmake_parse_arguments(ARG "" "" "OPTIONS;AVX2;AVX512" ${ARGN})
    if(ARG_OPTIONS)
        set_source_files_properties(${name}_baseline.cpp PROPERTIES COMPILE_OPTIONS "${ARG_OPTIONS}")
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        set_source_files_properties(${name}.cpp PROPERTIES COMPILE_DEFINITIONS ES_X86_KERNELS)
        set_source_files_properties(${name}_avx2.cpp PROPERTIES COMPILE_OPTIONS "${ARG_OPTIONS};${ARG_AVX2}")
        # GCC 12 warns of uninitialised variables in its own header (GCC bug 105593).
        set_source_files_properties(${name}_avx512.cpp PROPERTIES COMPILE_OPTIONS
            "${ARG_OPTIONS};${ARG_AVX512};$<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized>")
    endif()
endfunction()
