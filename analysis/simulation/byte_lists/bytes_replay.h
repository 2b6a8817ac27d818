// SPDX-License-Identifier: GPL-3.0-or-later
//
// Replays of ByteKernels: several sizes side by side, of pools with few enough objects and events.
#pragma once

#include "analysis/simulation/byte_lists/byte_kernels.h"
#include "analysis/simulation/counters.h"
#include "analysis/simulation/events.h"

#include <span>
#include <stop_token>

namespace expertscope::simulation {

/// Whether replayBytes() can: atomic events that fit the smallest capacity, forced admission.
bool servesBytes(ServeBytes serve, const EventStream& stream, const Contract& contract, std::uint32_t smallest);

/// Adds these capacities, at most kMostSizes, to the curve.
void replayBytes(ServeBytes serve, const EventStream& stream, const Contract& contract,
    std::span<const std::uint32_t> capacities, const std::stop_token& stop, PoolCurve& curve);

}
