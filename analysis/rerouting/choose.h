// SPDX-License-Identifier: GPL-3.0-or-later
//
// The choice itself: rule.h in a merge of two sorted lists, so that only as many experts are looked at as it takes.
#pragma once

#include "analysis/rerouting/rule.h"

#include <vector>

namespace expertscope::rerouting {

/// `places` [k]: which experts are chosen, as places in the order of `logits` (largest first), ascending.
/// `held(place)`: that expert is resident. Of equals the earlier place wins, so a bonus of 0 chooses 0 .. k - 1.
template <typename Held>
void chooseExperts(std::span<const float> logits, std::uint32_t k, std::uint32_t keep, const Promotion& promotion,
    const Held& held, std::vector<std::uint32_t>& places)
{
    const auto numExperts = std::uint32_t(logits.size());
    const std::uint32_t window = std::min(promotion.window, numExperts);
    places.clear();
    for (std::uint32_t place = 0; place < std::min(keep, k); ++place)
        places.push_back(place);
    std::uint32_t promoted = std::uint32_t(places.size()), plain = promoted;
    const auto isPromoted = [&](std::uint32_t place) { return place < window && held(place); };
    while (places.size() < k) {
        while (promoted < window && !held(promoted))
            ++promoted;
        while (plain < numExperts && isPromoted(plain))
            ++plain;
        bool first = promoted < window;
        if (first && plain < numExperts) {
            const double a = double(logits[promoted]) + promotion.bonus, b = logits[plain];
            first = a > b || (a == b && promoted < plain);
        }
        places.push_back(first ? promoted++ : plain++);
    }
    std::sort(places.begin(), places.end());
}

}
