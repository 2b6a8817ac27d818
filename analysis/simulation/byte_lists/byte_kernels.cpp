// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/byte_lists/byte_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope::simulation {

ES_KERNEL_TABLES(ByteKernels, byte_, CpuLevel::Avx512Bits)

const ByteKernels& byteKernels()
{
    static const ByteKernels& best = bestFor(kTables);
    return best;
}

}
