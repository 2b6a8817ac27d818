// SPDX-License-Identifier: GPL-3.0-or-later
//
// One executable a room holds all its tests; the first argument says which of them runs, the others are Qt Test's.
#pragma once

#include <QTest>

namespace expertscope::testing {

/// Makes the test of a file known by the stem of its name ("tst_pass").
bool registerTest(const char* file, int (*run)(int argc, char** argv));

}

/// At the end of a test file, before its .moc: runs the test functions of a class.
#define EXPERTSCOPE_TEST(CLASS)                                                                                        \
    static const bool registered##CLASS                                                                                \
        = expertscope::testing::registerTest(__FILE__, [](int argc, char** argv) {                                     \
              CLASS test;                                                                                              \
              return QTest::qExec(&test, argc, argv);                                                                  \
          });
