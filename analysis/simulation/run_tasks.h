// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <stop_token>

namespace expertscope::simulation {

/// 0: all cores.
unsigned threadsOf(unsigned asked);

/// Calls work(i) for i < count on several threads (threadsOf), and `progress` meanwhile, from the caller's thread.
/// False: cancelled, since `progress` returned false.
bool runTasks(std::size_t count, unsigned threads, const std::function<void(std::size_t, const std::stop_token&)>& work,
    const std::function<bool(double)>& progress);

}
