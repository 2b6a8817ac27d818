// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/result.h"

namespace expertscope {

/// What routing by chance gives on average, and how far single traces scatter around that.
struct ChanceValue
{
    double mean = 0, sd = 0;
};

inline void setUniform(ResultRow& row, const ChanceValue& chance)
{
    row.uniform = chance.mean;
    row.uniformSd = chance.sd;
}

}
