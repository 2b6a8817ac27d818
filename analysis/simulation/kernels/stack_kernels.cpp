// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/kernels/stack_kernels.h"

#include "io/base/cpu_level.h"

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
        if (cpuLevel() >= CpuLevel::Avx512Bits)
            return avx512::kTable;
        if (cpuLevel() >= CpuLevel::Avx2)
            return avx2::kTable;
#endif
        return baseline::kTable;
    }();
    return best;
}

}
