# expertscope_tests(ROOM [GUI] [NEEDS targets...] [EXCEPT files...] LIBRARIES...): all tst_*.cpp of the current folder as one Qt Test
# executable build/*/tests/ROOM ("analysis_spine"), each a test of ctest by the name of its file, offscreen and with
# everything that could change a picture pinned; what sanitizers say of others is left out. NEEDS: executables that
# the tests start. EXCEPT: files that cannot be built here. A test file ends with `EXPERTSCOPE_TEST(CLASS)` and `#include "NAME.moc"`; EXPERTSCOPE_TEST_DATA is
# the path of tests/data. A new test file needs no line here.
set(EXPERTSCOPE_TEST_TIMEOUT 600 CACHE STRING "Seconds a test may take; sanitizers are slower")
find_package(Qt6 REQUIRED COMPONENTS Core Test)
if(EXPERTSCOPE_GUI)
    find_package(Qt6 REQUIRED COMPONENTS Widgets)
endif()
expertscope_include_root(expertscope_tests tests) # "tests/support/…"

# Tests need not run fast, they should compile fast. One precompiled header serves all rooms; executables are compiled
# as libraries are, so that they can share it.
# Qt tells each target where it lies: that would make the header another one for each, and only QFINDTESTDATA asks.
set(EXPERTSCOPE_TEST_OPTIONS -UQT_TESTCASE_BUILDDIR -UQT_TESTCASE_SOURCEDIR $<$<NOT:$<CONFIG:Debug>>:-O1;-g0> $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
set(CMAKE_CXX_COMPILE_OPTIONS_PIE ${CMAKE_CXX_COMPILE_OPTIONS_PIC})
function(expertscope_test_main name) # (NAME libraries...)
    add_library(${name} STATIC support/test_main.cpp)
    target_include_directories(${name} PUBLIC ${expertscope_tests_include_root})
    target_link_libraries(${name} PUBLIC Qt6::Core Qt6::Test ${ARGN} PRIVATE tl::expected)
    target_compile_options(${name} PRIVATE "${EXPERTSCOPE_TEST_OPTIONS}")
    if(EXPERTSCOPE_PRECOMPILE)
        target_precompile_headers(${name} PRIVATE ${CMAKE_SOURCE_DIR}/installer/standard_headers.h <QTest> <QProcess> <QTemporaryDir>)
    endif()
endfunction()
expertscope_test_main(expertscope_test_main)
if(EXPERTSCOPE_GUI)
    expertscope_test_main(expertscope_test_main_gui Qt6::Widgets)
    target_compile_definitions(expertscope_test_main_gui PUBLIC EXPERTSCOPE_TEST_GUI) # also of the rooms, whose precompiled header it makes
endif()

# expertscope_add_test(NAME ROOM TEST [ARGS...] [ENVIRONMENT...]): a test of ctest that runs TEST of a room.
function(expertscope_add_test name room test)
    cmake_parse_arguments(ARG "" "" "ARGS;ENVIRONMENT" ${ARGN})
    add_test(NAME ${name} COMMAND ${room} ${test} ${ARG_ARGS})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${EXPERTSCOPE_TEST_TIMEOUT} ENVIRONMENT
        "QT_QPA_PLATFORM=offscreen;QT_FONT_DPI=96;QT_SCALE_FACTOR=1;LC_ALL=C.UTF-8;TZ=UTC;\
LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.suppressions:print_suppressions=0;\
TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.suppressions die_after_fork=0;\
EXPERTSCOPE_CACHE=${CMAKE_BINARY_DIR}/tests/cache;QTEST_FUNCTION_TIMEOUT=${EXPERTSCOPE_TEST_TIMEOUT}000;${ARG_ENVIRONMENT}")
endfunction()

function(expertscope_tests room)
    cmake_parse_arguments(ARG "GUI" "" "NEEDS;EXCEPT" ${ARGN})
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/tst_*.cpp)
    foreach(file ${ARG_EXCEPT})
        list(REMOVE_ITEM sources ${CMAKE_CURRENT_SOURCE_DIR}/${file})
    endforeach()
    add_executable(${room} ${sources})
    set_target_properties(${room} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    set(main expertscope_test_main)
    if(ARG_GUI)
        set(main expertscope_test_main_gui)
    endif()
    target_link_libraries(${room} PRIVATE ${ARG_UNPARSED_ARGUMENTS} ${main})
    target_compile_options(${room} PRIVATE "${EXPERTSCOPE_TEST_OPTIONS}")
    if(EXPERTSCOPE_PRECOMPILE)
        target_precompile_headers(${room} REUSE_FROM ${main})
    endif()
    target_compile_definitions(${room} PRIVATE EXPERTSCOPE_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
        EXPERTSCOPE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" EXPERTSCOPE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    if(ARG_NEEDS)
        add_dependencies(${room} ${ARG_NEEDS})
    endif()
    # Beside threads of LibTorch that are just ending the leak sanitizer dies of itself; what our own processes lose the
    # other rooms tell.
    set(environment "")
    if("expertscope-capture" IN_LIST ARG_NEEDS)
        set(environment ENVIRONMENT ASAN_OPTIONS=detect_leaks=0)
    endif()
    foreach(source ${sources})
        get_filename_component(test ${source} NAME_WE)
        expertscope_add_test(${test} ${room} ${test} ${environment})
    endforeach()
endfunction()
