// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <QTest>

namespace expertscope::testing {

template <class T> std::string messageOf(const Expected<T>& result)
{
    return result ? std::string() : result.error().message();
}

}

/// QVERIFY of an Expected; if it holds an error, that is what the test prints.
#define VERIFY_OK(expected)                                                                                            \
    do {                                                                                                               \
        const auto& es_verified = (expected);                                                                          \
        if (!QTest::qVerify(es_verified.has_value(), #expected, expertscope::testing::messageOf(es_verified).c_str(),  \
                __FILE__, __LINE__))                                                                                   \
            return;                                                                                                    \
    } while (false)
