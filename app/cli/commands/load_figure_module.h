// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/figure_module/figure_request.h"
#include "io/base/error.h"

namespace expertscope {

/// Loaded once, for good. Errors: this build has no figures; what the loader says.
Expected<const FigureModule*> loadFigureModule();

}
