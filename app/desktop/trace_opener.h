// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/load/load_view.h"

namespace expertscope {

/// Opens a trace file and gathers what the summary panel says of it. Runs on a worker thread.
Expected<OpenedTrace> openTraceFile(const QString& path);

}
