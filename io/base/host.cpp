// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/host.h"

#include <algorithm>
#include <fstream>
#include <thread>

#include <sched.h>
#include <unistd.h>

namespace expertscope {

int usableCpus()
{
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        return std::max(1, CPU_COUNT(&set));
    return std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
}

std::uint64_t hostMemory()
{
    const long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);
    std::uint64_t bytes = pages > 0 && size > 0 ? std::uint64_t(pages) * std::uint64_t(size) : 0;
    for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
        std::uint64_t limit = 0; // "max" is no number
        if (std::ifstream file(path); file >> limit && limit > 0)
            bytes = bytes > 0 ? std::min(bytes, limit) : limit;
    }
    return bytes;
}

std::string hostCpuName()
{
    std::ifstream file("/proc/cpuinfo");
    std::string line;
    while (std::getline(file, line)) {
        if (line.rfind("model name", 0) == 0) {
            const auto colon = line.find(':');
            if (colon != std::string::npos)
                return line.substr(line.find_first_not_of(" \t", colon + 1));
        }
    }
    return "unknown CPU";
}

}
