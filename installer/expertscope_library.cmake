# expertscope_library(NAME FOLDER sources... [PUBLIC deps...] [PRIVATE deps...])
#
# One library a folder. Headers are included as "io/trace/routing.h" from anywhere, but the compiler finds a folder's
# headers only in targets that depend on its library: each library exports an include root of its own that holds a
# link to just its folder. So an include against the arrows of the design does not compile.
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
    cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
    expertscope_include_root(${name} ${folder})
    add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
    target_include_directories(${name} PUBLIC ${${name}_include_root})
    target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
endfunction()

function(expertscope_header_library name folder)
    expertscope_include_root(${name} ${folder})
    add_library(${name} INTERFACE)
    target_include_directories(${name} INTERFACE ${${name}_include_root})
    target_link_libraries(${name} INTERFACE ${ARGN})
endfunction()
