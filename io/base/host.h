// SPDX-License-Identifier: GPL-3.0-or-later
//
// The machine that this process runs on.
#pragma once

#include <cstdint>
#include <string>

namespace expertscope {

/// CPUs that this process may run on; at least 1.
int usableCpus();

/// Bytes of main memory, or less where the system holds this process to less (cgroup); 0: not known.
std::uint64_t hostMemory();

/// "AMD EPYC 7B13"; "unknown CPU" where the system does not say.
std::string hostCpuName();

}
