// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/result.h"
#include "io/base/error.h"

#include <string>

namespace expertscope {

/// Results as a JSON text that loses nothing of them, numbers that are not finite apart.
std::string keptText(const Results& results);
/// Error: none of those; `where` is what it is called.
Expected<Results> readKeptText(const std::string& text, const std::string& where);

}
