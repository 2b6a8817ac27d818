// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QtGlobal>

#include <algorithm>
#include <cmath>

namespace expertscope::testing {

/// NaN is near nothing.
inline bool near(double value, double expected, double tolerance)
{
    if (std::abs(value - expected) <= tolerance)
        return true;
    qWarning("%.12g is not %.12g +- %.3g", value, expected, tolerance);
    return false;
}

/// `tolerance`: in units of the larger one.
inline bool nearly(double value, double expected, double tolerance = 1e-9)
{
    return near(value, expected, tolerance * std::max({std::abs(value), std::abs(expected), 1e-12}));
}

}
