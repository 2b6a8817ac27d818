// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "app/cli/manual/manual.h"

#include <cstddef>

namespace expertscope {

/// What --help prints: lines of at most `width` columns, but for words that are longer.
std::string helpText(const Manual& manual, std::size_t width);

/// "expertscope analyze [OPTIONS] TRACE..."
std::string usageOf(const Manual& manual);
/// "-o,--output FILE"
std::string signatureOf(const ManualOption& option);

}
