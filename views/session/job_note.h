// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QString>

namespace expertscope {

/// What became of a job: a line of the log.
struct JobNote
{
    enum class End
    {
        Computed,
        Known, ///< asked before in this window: nothing was computed
        Cancelled, ///< withdrawn before it was done
        Failed
    };
    QString what;
    End end = End::Computed;
    qint64 milliseconds = 0; ///< since it was asked for
    QString error = {};
};

}
