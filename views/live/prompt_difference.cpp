// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/live/prompt_difference.h"

#include <algorithm>

namespace expertscope {

std::vector<std::pair<std::uint32_t, std::uint32_t>> alignTokens(
    std::span<const std::int32_t> before, std::span<const std::int32_t> after, std::size_t mostCells)
{
    std::vector<std::pair<std::uint32_t, std::uint32_t>> pairs;
    std::size_t head = 0;
    const std::size_t shorter = std::min(before.size(), after.size());
    while (head < shorter && before[head] == after[head])
        ++head;
    std::size_t tail = 0;
    while (tail < shorter - head && before[before.size() - 1 - tail] == after[after.size() - 1 - tail])
        ++tail;
    const auto pair = [&](std::size_t i, std::size_t j) {
        pairs.emplace_back(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j));
    };
    for (std::size_t i = 0; i < head; ++i)
        pair(i, i);

    // lengths[i][j]: of the longest one of what is left from i and j on
    const std::size_t rows = before.size() - head - tail, columns = after.size() - head - tail;
    if (rows > 0 && columns > 0 && rows * columns <= mostCells) {
        const std::size_t width = columns + 1;
        std::vector<std::uint16_t> lengths((rows + 1) * width, 0); // below kServeTokens, so 16 bits do
        for (std::size_t i = rows; i-- > 0;) {
            for (std::size_t j = columns; j-- > 0;) {
                lengths[i * width + j] = before[head + i] == after[head + j]
                    ? static_cast<std::uint16_t>(lengths[(i + 1) * width + j + 1] + 1)
                    : std::max(lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
            }
        }
        for (std::size_t i = 0, j = 0; i < rows && j < columns;) {
            if (before[head + i] == after[head + j])
                pair(head + i++, head + j++);
            else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
                ++i;
            else
                ++j;
        }
    }
    for (std::size_t i = tail; i > 0; --i)
        pair(before.size() - i, after.size() - i);
    return pairs;
}

bool sameExperts(std::span<const std::uint16_t> a, std::span<const std::uint16_t> b)
{
    return a.size() == b.size() && std::ranges::is_permutation(a, b);
}

PromptDifference differenceOf(const ServedRouting& before, const ServedRouting& after)
{
    PromptDifference difference;
    difference.tokens.resize(after.numTokens());
    difference.changedAtSite.assign(after.sites.size(), 0);
    if (before.sites.size() == after.sites.size()) {
        for (const auto& [i, j] : alignTokens(before.tokenIds, after.tokenIds)) {
            PromptDifference::Token& token = difference.tokens[j];
            token.before = i;
            for (std::size_t s = 0; s < after.sites.size(); ++s) {
                if (sameExperts(before.experts(s, i), after.experts(s, j)))
                    continue;
                ++token.sitesChanged;
                ++difference.changedAtSite[s];
            }
            ++difference.kept;
            if (token.sitesChanged > 0)
                ++difference.keptChanged;
        }
    }
    difference.added = static_cast<std::uint32_t>(after.numTokens()) - difference.kept;
    difference.removed = static_cast<std::uint32_t>(before.numTokens()) - difference.kept;
    return difference;
}

}
