# expertscope_test(NAME source libraries...): a Qt Test executable run by ctest, offscreen and with everything that could
# change a picture pinned; what sanitizers say of others is left out. Test files end with `#include "NAME.moc"`;
# EXPERTSCOPE_TEST_DATA is the path of tests/data.
set(EXPERTSCOPE_TEST_TIMEOUT 300 CACHE STRING "Seconds a test may take; sanitizers are slower")
find_package(Qt6 REQUIRED COMPONENTS Core Test)
function(expertscope_test name source)
    add_executable(${name} ${source})
    set_target_properties(${name} PROPERTIES AUTOMOC ON RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
    target_link_libraries(${name} PRIVATE Qt6::Core Qt6::Test ${ARGN})
    target_compile_definitions(${name} PRIVATE EXPERTSCOPE_TEST_DATA="${CMAKE_SOURCE_DIR}/tests/data"
        EXPERTSCOPE_SOURCE_DIR="${CMAKE_SOURCE_DIR}" EXPERTSCOPE_BIN_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT ${EXPERTSCOPE_TEST_TIMEOUT} ENVIRONMENT
        "QT_QPA_PLATFORM=offscreen;QT_FONT_DPI=96;QT_SCALE_FACTOR=1;LC_ALL=C.UTF-8;TZ=UTC;\
LSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/lsan.suppressions:print_suppressions=0;\
TSAN_OPTIONS=suppressions=${CMAKE_SOURCE_DIR}/tests/tsan.suppressions die_after_fork=0;\
QTEST_FUNCTION_TIMEOUT=${EXPERTSCOPE_TEST_TIMEOUT}000")
endfunction()
