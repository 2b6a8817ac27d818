// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace expertscope {

/// Sequences [first, end) of the list, recorded together; computed as `batches`.
struct BatchWindow
{
    std::uint32_t first = 0, end = 0;
    std::uint64_t firstToken = 0, numTokens = 0;
    std::vector<std::vector<std::uint32_t>> batches; ///< sequence numbers
};

/// Which sequences are computed together: a pure function of the lengths, so that a capture that is resumed, or run
/// again, gives the same bits. Windows are runs of the list of about `batchTokens * windowBatches` tokens; within one
/// the sequences are sorted by length (longest first, then by number) and cut into batches of at most `batchTokens`
/// tokens. A sequence longer than that is a batch of its own. The window's results are put back into the list's order.
std::vector<BatchWindow> planBatches(
    std::span<const std::uint32_t> lengths, std::uint64_t batchTokens, std::uint32_t windowBatches);

}
