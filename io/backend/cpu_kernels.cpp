// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/cpu_kernels.h"

#include "io/base/cpu_level.h"

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
        if (cpuLevel() >= CpuLevel::Avx512)
            return avx512::kTable;
        if (cpuLevel() >= CpuLevel::Avx2)
            return avx2::kTable;
#endif
        return baseline::kTable;
    }();
    return best;
}

}
