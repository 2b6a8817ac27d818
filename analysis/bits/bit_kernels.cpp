// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/bits/bit_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope {

ES_KERNEL_TABLES(BitKernels, bits_, CpuLevel::Avx512Bits)

std::size_t numBitKernels()
{
    return numAllowed(kTables);
}

const BitKernels& bitKernels(std::size_t i)
{
    return *kTables[i].table;
}

const BitKernels& bitKernels()
{
    static const BitKernels& best = bestFor(kTables);
    return best;
}

}
