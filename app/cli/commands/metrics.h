// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

namespace expertscope {

/// expertscope metrics: lists the named metrics, or all, with definition, source, parameters and needs.
/// Exit status: 0, 1 when standard output cannot be written, 2 for a name that there is not.
int runMetrics(const std::vector<std::string>& names, bool json);

}
