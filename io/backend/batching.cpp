// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/batching.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

std::vector<BatchWindow> planBatches(
    std::span<const std::uint32_t> lengths, std::uint64_t batchTokens, std::uint32_t windowBatches)
{
    const std::uint64_t windowTokens = batchTokens * windowBatches;
    std::vector<BatchWindow> windows;
    std::uint64_t token = 0;
    for (std::uint32_t s = 0; s < lengths.size();) {
        BatchWindow window;
        window.first = s;
        window.firstToken = token;
        do {
            window.numTokens += lengths[s++];
        } while (s < lengths.size() && window.numTokens + lengths[s] <= windowTokens);
        window.end = s;
        token += window.numTokens;

        if (window.numTokens <= batchTokens) { // one batch anyway: the list's order saves putting it back
            auto& all = window.batches.emplace_back(window.end - window.first);
            std::iota(all.begin(), all.end(), window.first);
            windows.push_back(std::move(window));
            continue;
        }
        std::vector<std::uint32_t> order(window.end - window.first);
        std::iota(order.begin(), order.end(), window.first);
        std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return lengths[a] > lengths[b]; });
        std::uint64_t inBatch = batchTokens + 1; // starts the first batch
        for (const std::uint32_t sequence : order) {
            if (inBatch + lengths[sequence] > batchTokens) {
                window.batches.emplace_back();
                inBatch = 0;
            }
            window.batches.back().push_back(sequence);
            inBatch += lengths[sequence];
        }
        windows.push_back(std::move(window));
    }
    return windows;
}

}
