// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace expertscope::simulation {

/// Calls work(i) for i < count on several threads (0: all cores), and `progress` from this one meanwhile. False:
/// `progress` has returned false, and not all work was done.
bool runTasks(std::size_t count, unsigned threads, const std::function<void(std::size_t, const std::stop_token&)>& work,
    const std::function<bool(double)>& progress);

}
