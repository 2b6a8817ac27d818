// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace expertscope {

constexpr double kMiB = 1024.0 * 1024, kGiB = 1024 * kMiB;

}
