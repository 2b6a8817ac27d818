// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/bits/bit_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope {

namespace bits_baseline {
extern const BitKernels kTable;
}
#ifdef ES_X86_KERNELS
namespace bits_avx2 {
extern const BitKernels kTable;
}
namespace bits_avx512 {
extern const BitKernels kTable;
}
#endif

std::size_t numBitKernels()
{
#ifdef ES_X86_KERNELS
    return cpuLevel() >= CpuLevel::Avx512Bits ? 3 : cpuLevel() >= CpuLevel::Avx2 ? 2 : 1;
#else
    return 1;
#endif
}

const BitKernels& bitKernels(std::size_t i)
{
#ifdef ES_X86_KERNELS
    if (i == 2)
        return bits_avx512::kTable;
    if (i == 1)
        return bits_avx2::kTable;
#endif
    static_cast<void>(i);
    return bits_baseline::kTable;
}

const BitKernels& bitKernels()
{
    static const BitKernels& best = bitKernels(numBitKernels() - 1);
    return best;
}

}
