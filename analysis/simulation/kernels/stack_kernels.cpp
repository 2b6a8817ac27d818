// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/simulation/kernels/stack_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope::simulation {

ES_KERNEL_TABLES(StackKernels, stack_, CpuLevel::Avx512Bits)

const StackKernels& stackKernels()
{
    static const StackKernels& best = bestFor(kTables);
    return best;
}

}
