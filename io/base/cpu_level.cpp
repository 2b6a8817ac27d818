// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/base/cpu_level.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace expertscope {

namespace {

CpuLevel levelOfCpu()
{
#if defined(__x86_64__) && defined(__GNUC__)
    __builtin_cpu_init();
    if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("popcnt")
            && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2")))
        return CpuLevel::Baseline;
    if (!(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl")))
        return CpuLevel::Avx2;
    if (!(__builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512vbmi")
            && __builtin_cpu_supports("avx512vbmi2") && __builtin_cpu_supports("avx512vpopcntdq")
            && __builtin_cpu_supports("avx512bitalg") && __builtin_cpu_supports("gfni")))
        return CpuLevel::Avx512;
    return CpuLevel::Avx512Bits;
#else
    return CpuLevel::Baseline;
#endif
}

CpuLevel levelAskedFor()
{
    const char* asked = std::getenv("EXPERTSCOPE_CPU_KERNELS");
    const std::string_view limit = asked ? asked : "";
    if (limit == "baseline")
        return CpuLevel::Baseline;
    if (limit == "avx2")
        return CpuLevel::Avx2;
    return limit == "avx512" ? CpuLevel::Avx512 : CpuLevel::Avx512Bits;
}

}

CpuLevel cpuLevel()
{
    static const CpuLevel level = std::min(levelOfCpu(), levelAskedFor());
    return level;
}

}
