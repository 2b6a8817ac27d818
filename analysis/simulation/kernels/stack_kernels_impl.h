// SPDX-License-Identifier: GPL-3.0-or-later
//
// The body of stack_kernels_*.cpp, which define ES_KERNELS (namespace), ES_NAME and ES_VECTOR
// (bytes of a vector). Nothing of the standard library is
// called here: an inline function emitted with this file's instruction set could be the copy that the linker keeps for
// everybody.
#include "analysis/simulation/kernels/stack_kernels_leading.h"
#include "analysis/simulation/kernels/stack_kernels_order.h"
#include "analysis/simulation/kernels/stack_kernels_recency.h"
#include "analysis/simulation/kernels/stack_kernels_stack.h"

namespace expertscope::simulation::ES_KERNELS {
namespace {

StackOutcome step(StackState& state, const StackEvent& event)
{
#if defined(__AVX512VBMI2__)
    if (state.rankBytes == 1 && event.size <= kMostCounted) {
        if (state.depth <= 64)
            return state.depth <= 16 ? stepBytes<1, true>(state, event) : stepBytes<1, false>(state, event);
        return state.depth <= 128 ? stepBytes<2, false>(state, event) : stepBytes<4, false>(state, event);
    }
#endif
    if (state.rankBytes == 1)
        return stepOf<u8>(state, event);
    return state.rankBytes == 2 ? stepOf<u16>(state, event) : stepOf<u32>(state, event);
}

}

extern const StackKernels kTable;
const StackKernels kTable = {ES_NAME, kFewByRank, recency, count, drops, reorder, step, kStepLeading};

}
