// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/kernels/arc_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope::simulation {

ES_KERNEL_TABLES(ArcKernels, arc_, CpuLevel::Avx512)

const ArcKernels& arcKernels()
{
    static const ArcKernels& best = bestFor(kTables);
    return best;
}

}
