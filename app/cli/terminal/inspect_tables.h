// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/inspect/inspection.h"

#include <cstddef>
#include <string>

namespace expertscope {

/// A model in words, its sizes, the machines, the rows of its routers.
std::string inspectTables(const inspect::Answer& answer, std::size_t width);

}
