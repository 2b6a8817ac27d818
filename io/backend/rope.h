// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/checkpoint/arch_spec.h"

#include <cstdint>
#include <vector>

namespace expertscope {

/// Inverse frequencies, one a rotated pair, that the reference (transformers, modeling_rope_utils; formulas at
/// RopeSpec) uses for a sequence of this length that is seen afresh. Only Dynamic and LongRope depend on the length:
/// Dynamic (NTK) grows its base beyond `maxPositions`, LongRope takes the long factors beyond `originalMaxPositions`.
/// Computed in fp32 step by step as the reference does, so that angles agree to the last bit even at high positions.
std::vector<float> ropeFrequencies(const RopeSpec& spec, std::int64_t headDim, std::int64_t sequenceLength);

/// Lengths for which the frequencies are the same share a key.
std::int64_t ropeKey(const RopeSpec& spec, std::int64_t sequenceLength);

}
