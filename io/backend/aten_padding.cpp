// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/backend/aten_padding.h"

#include <algorithm>

namespace expertscope {

at::Tensor PaddedSequences::pad(const at::Tensor& packed) const
{
    return packed.index_select(0, gather).unflatten(0, {sequences, longest});
}

void PaddedSequences::unpad(const at::Tensor& padded, const at::Tensor& packed) const
{
    packed.index_copy_(0, rows, padded.flatten(0, 1).index_select(0, scatter));
}

std::vector<PaddedSequences> padByLength(std::vector<Segment> segments, std::int64_t origin, const at::Device& device)
{
    const auto alone = [](const Segment& s) { return s.begun || s.goesOn; };
    std::stable_sort(
        segments.begin(), segments.end(), [](const Segment& a, const Segment& b) { return a.count > b.count; });
    std::stable_partition(segments.begin(), segments.end(), alone);
    std::vector<PaddedSequences> all;
    for (std::size_t i = 0; i < segments.size();) {
        const Segment& leader = segments[i];
        const std::int64_t longest = leader.count;
        std::vector<std::int64_t> gather, scatter, rows;
        PaddedSequences padded;
        padded.longest = longest;
        padded.first = leader.first - origin;
        padded.begun = leader.begun;
        padded.goesOn = leader.goesOn;
        // Down to 7/8 of the longest: at most an eighth of the work is padding.
        do {
            const std::int64_t length = segments[i].count, from = segments[i].first - origin;
            for (std::int64_t p = 0; p < longest; ++p) {
                gather.push_back(from + std::min(p, length - 1));
                if (p < length) {
                    scatter.push_back(padded.sequences * longest + p);
                    rows.push_back(from + p);
                }
            }
            ++padded.sequences;
            ++i;
        } while (i < segments.size() && !alone(leader) && 8 * segments[i].count >= 7 * longest);
        padded.gather = at::tensor(gather, at::kLong).to(device);
        padded.scatter = at::tensor(scatter, at::kLong).to(device);
        padded.rows = at::tensor(rows, at::kLong).to(device);
        all.push_back(std::move(padded));
    }
    return all;
}

}
