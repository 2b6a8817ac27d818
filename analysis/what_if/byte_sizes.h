// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/base/error.h"

#include <string>

namespace expertscope {

/// "512", "1.5MiB", "12 MB": bytes; K, M, G are powers of 1024 with or without "iB", of 1000 with "B".
Expected<double> parseSize(const std::string& text, const std::string& option);
/// "27.5 MiB"
std::string sizeText(double bytes);

}
