// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/cpu_kernels.h"

#include <cstdlib>
#include <string_view>

namespace expertscope::cpu {

namespace baseline {
extern const KernelTable kTable;
}
#ifdef ES_X86_KERNELS
namespace avx2 {
extern const KernelTable kTable;
}
namespace avx512 {
extern const KernelTable kTable;
}
#endif

const KernelTable& kernels()
{
    static const KernelTable& best = []() -> const KernelTable& {
#ifdef ES_X86_KERNELS
        // EXPERTSCOPE_CPU_KERNELS=avx2|baseline asks for less than the CPU can do, to compare.
        const char* asked = std::getenv("EXPERTSCOPE_CPU_KERNELS");
        const std::string_view limit = asked ? asked : "";
        if (limit == "baseline")
            return baseline::kTable;
        __builtin_cpu_init();
        if (limit != "avx2" && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
            && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw"))
            return avx512::kTable;
        if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
            return avx2::kTable;
#endif
        return baseline::kTable;
    }();
    return best;
}

}
