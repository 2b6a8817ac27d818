// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/cpu_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope::cpu {

ES_KERNEL_TABLES(KernelTable, cpu_, CpuLevel::Avx512)

const KernelTable& kernels()
{
    static const KernelTable& best = bestFor(kTables);
    return best;
}

}
