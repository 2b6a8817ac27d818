// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/figure_module/figure_request.h"

namespace expertscope {

/// Draws and writes the figure; returns the exit status: 0, 1 (failed) or 2 (an option makes no sense). Errors go to
/// stderr as one line. In a build without figures: says so and returns 1.
int runFigureCommand(const FigureRequest& request);

}
