// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where the checkpoints of a training stand on an axis.
#pragma once

#include "analysis/study/study.h"

#include <QString>

#include <map>

namespace expertscope {

struct Checkpoints
{
    std::map<std::string, double> places; ///< by the trace's name, rising
    QString title; ///< "Checkpoint (million tokens)"
    double units = 1; ///< that one on the axis stands for
    double first = 0, last = 0;
};

/// At the numbers that end their names, if these rise behind one word ("tokens-000106496"); else at 1, 2, …
Checkpoints checkpointsOf(const Study& study);

}
