// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/profile/label_shares.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Of sequences with a_s tokens, b_s of them looked at. Whole numbers all of them: exact below 2^53.
struct Sums
{
    double sequences = 0, a = 0, b = 0, aa = 0, ab = 0, bb = 0;

    void add(double all, double some)
    {
        sequences += 1;
        a += all;
        b += some;
        aa += all * all;
        ab += all * some;
        bb += some * some;
    }
    Sums without(const Sums& part) const
    {
        return {sequences - part.sequences, a - part.a, b - part.b, aa - part.aa, ab - part.ab, bb - part.bb};
    }
    double share() const { return b / a; }
    /// Variance of share() by linearisation of the ratio: m / (m - 1) sum_s (b_s - share a_s)^2 / a^2, of m sequences.
    double variance() const
    {
        const double p = share();
        return std::max(0.0, bb - 2 * p * ab + p * p * aa) * sequences / (sequences - 1) / (a * a);
    }
};

std::optional<double> deviationsBetween(const Sums& with, const Sums& without)
{
    if (with.sequences < 2 || without.sequences < 2)
        return std::nullopt;
    const double sd = std::sqrt(with.variance() + without.variance());
    return sd > 0 ? std::optional((with.share() - without.share()) / sd) : std::nullopt;
}

}

std::vector<LabelShare> labelShares(
    const RoutingShape& shape, std::span<const std::uint32_t> all, std::span<const std::uint32_t> some)
{
    std::vector<LabelShare> shares;
    for (const Label& label : shape.labels) {
        std::vector<Sums> values(label.values.size());
        Sums total;
        for (std::size_t s = 0; s < all.size(); ++s) {
            if (all[s] == 0)
                continue;
            total.add(all[s], some[s]);
            if (label.codes[s] >= 0)
                values[std::size_t(label.codes[s])].add(all[s], some[s]);
        }
        for (std::size_t v = 0; v < values.size(); ++v) {
            const Sums& sums = values[v];
            if (sums.a == 0)
                continue;
            LabelShare share{label.name, label.values[v], std::uint64_t(sums.a), std::uint64_t(sums.b)};
            share.shareOfAll = sums.a / total.a;
            if (total.b > 0) {
                share.share = sums.b / total.b;
                share.lift = share.share / share.shareOfAll;
            }
            share.z = deviationsBetween(sums, total.without(sums));
            shares.push_back(std::move(share));
        }
    }
    return shares;
}

std::vector<const LabelShare*> sharesByLift(const std::vector<LabelShare>& shares, const std::string& label)
{
    std::vector<const LabelShare*> own;
    for (const LabelShare& share : shares) {
        if (share.label == label)
            own.push_back(&share);
    }
    std::ranges::stable_sort(own, std::greater(), [](const LabelShare* share) { return share->lift.value_or(0); });
    return own;
}

}
