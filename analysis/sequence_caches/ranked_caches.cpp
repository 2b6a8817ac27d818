// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/sequence_caches/ranked_caches.h"

#include "io/base/cpu_level.h"

namespace expertscope {

ES_KERNEL_TABLES(RankedKernels, ranked_, CpuLevel::Avx512Bits)

const RankedKernels& rankedKernels()
{
    static const RankedKernels& best = bestFor(kTables);
    return best;
}

}
