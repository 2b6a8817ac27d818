// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/kernels/prediction_kernels.h"

#include "io/base/cpu_level.h"

namespace expertscope {

ES_KERNEL_TABLES(PredictionKernels, prediction_, CpuLevel::Avx512)

std::size_t numPredictionKernels()
{
    return numAllowed(kTables);
}

const PredictionKernels& predictionKernels(std::size_t i)
{
    return *kTables[i].table;
}

const PredictionKernels& predictionKernels()
{
    static const PredictionKernels& best = bestFor(kTables);
    return best;
}

}
