// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/sequence_caches/ranked_caches.h"

#include "io/base/cpu_level.h"

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
        if (cpuLevel() >= CpuLevel::Avx512Bits)
            return avx512::kRanked;
        if (cpuLevel() >= CpuLevel::Avx2)
            return avx2::kRanked;
#endif
        return baseline::kRanked;
    }();
    return best;
}

}
