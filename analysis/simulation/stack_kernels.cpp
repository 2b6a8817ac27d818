// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/stack_kernels.h"

#include <cstdlib>
#include <string_view>

namespace expertscope::simulation {

namespace baseline {
extern const StackKernels kTable;
}
#ifdef ES_X86_KERNELS
namespace avx2 {
extern const StackKernels kTable;
}
namespace avx512 {
extern const StackKernels kTable;
}
#endif

const StackKernels& stackKernels()
{
    static const StackKernels& best = []() -> const StackKernels& {
#ifdef ES_X86_KERNELS
        const char* asked = std::getenv("EXPERTSCOPE_CPU_KERNELS");
        const std::string_view limit = asked ? asked : "";
        if (limit == "baseline")
            return baseline::kTable;
        __builtin_cpu_init();
        const bool bits = __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        if (limit != "avx2" && bits && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2"))
            return avx512::kTable;
        if (bits && __builtin_cpu_supports("avx2"))
            return avx2::kTable;
#endif
        return baseline::kTable;
    }();
    return best;
}

}
