// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of byte_kernels_*.cpp, which define ES_KERNELS (namespace) and ES_NAME. Nothing of the standard library is
// called here (see stack_kernels_impl.h).
#if defined(__AVX512VBMI2__)
#include "analysis/simulation/byte_lists/byte_lfru.h"
#include "analysis/simulation/byte_lists/byte_queues.h"
#include "analysis/simulation/byte_lists/byte_twoq.h"
#else
#include "analysis/simulation/byte_lists/byte_kernels.h"
#endif

namespace expertscope::simulation::ES_KERNELS {

extern const ByteKernels kTable;
#if defined(__AVX512VBMI2__)
const ByteKernels kTable
    = {ES_NAME, serveAll<Fifo>, serveAll<Clock>, serveAll<Sieve>, serveAll<LfuCounts>, serveTogether<TwoQ>,
        serveTogether<LfruStack>};
#else
const ByteKernels kTable = {ES_NAME, nullptr, nullptr, nullptr, nullptr, nullptr, nullptr};
#endif

}
