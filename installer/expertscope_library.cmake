# The headers of the standard library take a second a file to read, those of Qt two more; precompiled a tenth of it. All
# targets share one precompiled header, those that draw another, those with widgets a third. It is another file in each build folder, so that
# ccache would find nothing again: where ccache is there, it does the saving.
set(EXPERTSCOPE_LOOPS $<$<NOT:$<CONFIG:Debug>>:-O3>)
# At -O1 GCC takes what std::optional and std::variant may hold for uninitialised.
set(EXPERTSCOPE_NO_LOOPS $<$<NOT:$<CONFIG:Debug>>:-O1> $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
if(CCACHE)
    set(precompile OFF)
else()
    set(precompile ON)
endif()
option(EXPERTSCOPE_PRECOMPILE "Precompile the headers of the standard library and of Qt" ${precompile})

# expertscope_precompiled(TARGET standard|qt|widgets): gives TARGET installer/*_headers.h.
function(expertscope_precompiled target kind)
    if(NOT EXPERTSCOPE_PRECOMPILE)
        return()
    endif()
    set(holder expertscope_${kind}_headers)
    if(NOT TARGET ${holder})
        file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/${holder}.cpp CONTENT "// Holds the precompiled header.\n")
        add_library(${holder} STATIC ${CMAKE_BINARY_DIR}/${holder}.cpp)
        target_link_libraries(${holder} PRIVATE tl::expected $<$<STREQUAL:${kind},qt>:Qt6::Gui> $<$<STREQUAL:${kind},widgets>:Qt6::Widgets>)
        target_precompile_headers(${holder} PRIVATE ${CMAKE_SOURCE_DIR}/installer/${kind}_headers.h)
    endif()
    target_precompile_headers(${target} REUSE_FROM ${holder})
    # GCC 12 forgets that precompiled headers are the system's, and warns of its own std::string (GCC bug 105651).
    target_compile_options(${target} PRIVATE
        $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>)
endfunction()

# expertscope_library(NAME FOLDER [LOOPS | NO_LOOPS] [QT | WIDGETS] [OWN_HEADER header] [FOLDERS subfolder...] [EXCEPT files...] [ALONE files...] [PUBLIC deps...] [PRIVATE deps...])
#
# One library a folder, of all its sources: a new file needs no line here. FOLDERS: those below that are parts of it and
# export nothing of their own (policies, planners, families of metrics, kernels). main.cpp and what EXCEPT names belong
# to executables. ALONE: their names are also those of others, they are compiled by themselves. LOOPS: holds loops over choices that are worth vectorising. NO_LOOPS: holds none that
# anyone waits for (words, widgets, commands), and compiles a third faster for it. QT, WIDGETS: builds on
# Qt, on its widgets. OWN_HEADER: what most of its files include and takes longest to read, precompiled for it. Headers
# are included as "io/trace/routing.h" from anywhere, but the compiler finds a folder's headers only in targets that depend on its
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
    cmake_parse_arguments(ARG "LOOPS;NO_LOOPS;QT;WIDGETS" "OWN_HEADER" "FOLDERS;EXCEPT;ALONE;PUBLIC;PRIVATE" ${ARGN})
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
    if(ARG_LOOPS)
        target_compile_options(${name} PRIVATE ${EXPERTSCOPE_LOOPS})
    elseif(ARG_NO_LOOPS)
        target_compile_options(${name} PRIVATE ${EXPERTSCOPE_NO_LOOPS})
    endif()
    if(ARG_ALONE)
        list(TRANSFORM ARG_ALONE PREPEND ${CMAKE_SOURCE_DIR}/${folder}/)
        file(GLOB alone ${ARG_ALONE})
        set_source_files_properties(${alone} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
    if(ARG_QT OR ARG_WIDGETS)
        set_target_properties(${name} PROPERTIES AUTOMOC ON)
    endif()
    if(ARG_OWN_HEADER)
        target_precompile_headers(${name} PRIVATE ${ARG_OWN_HEADER})
    elseif(ARG_WIDGETS)
        expertscope_precompiled(${name} widgets)
    elseif(ARG_QT)
        expertscope_precompiled(${name} qt)
    else()
        expertscope_precompiled(${name} standard)
    endif()
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
    set_source_files_properties(${name}_baseline.cpp PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON) # it defines ES_KERNELS
    if(ARG_OPTIONS)
        set_source_files_properties(${name}_baseline.cpp PROPERTIES COMPILE_OPTIONS "${ARG_OPTIONS}")
    endif()
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
        set_source_files_properties(${name}.cpp PROPERTIES COMPILE_DEFINITIONS ES_X86_KERNELS)
        set_source_files_properties(${name}_avx2.cpp ${name}_avx512.cpp PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
        set_source_files_properties(${name}_avx2.cpp PROPERTIES COMPILE_OPTIONS "${ARG_OPTIONS};${ARG_AVX2}")
        # GCC 12 warns of uninitialised variables in its own header (GCC bug 105593).
        set_source_files_properties(${name}_avx512.cpp PROPERTIES COMPILE_OPTIONS
            "${ARG_OPTIONS};${ARG_AVX512};$<$<CXX_COMPILER_ID:GNU>:-Wno-uninitialized;-Wno-maybe-uninitialized>")
    endif()
endfunction()
