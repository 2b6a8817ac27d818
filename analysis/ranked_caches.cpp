// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/ranked_caches.h"

#include <cstdlib>
#include <string_view>

namespace expertscope {

namespace baseline {
extern const RankedKernels kRanked;
}
#ifdef ES_X86_KERNELS
namespace avx2 {
extern const RankedKernels kRanked;
}
namespace avx512 {
extern const RankedKernels kRanked;
}
#endif

const RankedKernels& rankedKernels()
{
    static const RankedKernels& best = []() -> const RankedKernels& {
#ifdef ES_X86_KERNELS
        const char* asked = std::getenv("EXPERTSCOPE_CPU_KERNELS");
        const std::string_view limit = asked ? asked : "";
        if (limit == "baseline")
            return baseline::kRanked;
        __builtin_cpu_init();
        const bool bits =
            __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
        if (limit != "avx2" && bits && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl")
            && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vpopcntdq"))
            return avx512::kRanked;
        if (bits && __builtin_cpu_supports("avx2"))
            return avx2::kRanked;
#endif
        return baseline::kRanked;
    }();
    return best;
}

}
