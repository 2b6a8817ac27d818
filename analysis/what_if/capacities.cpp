// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/what_if/capacities.h"

#include "analysis/what_if/byte_sizes.h"
#include "analysis/what_if/named_params.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <set>

namespace expertscope {

namespace {

constexpr std::uint32_t kMostSlots = 1u << 20;
constexpr const char* kCapacityHint = "such as 8, 1-64, 8,16,32, 50% or 8GiB";

}

Expected<CapacityList> parseCapacities(const std::string& text)
{
    CapacityList list;
    if (text.empty()) {
        for (int i = 1; i <= 16; ++i)
            list.percent.push_back(i * 6.25);
        return list;
    }
    for (const std::string& part : splitAt(text, ',')) {
        const auto wrong = [&] { return fail("'" + part + "' is no capacity", "--capacity", kCapacityHint); };
        if (part.ends_with('%')) {
            double percent = 0;
            if (!readWhole(part.substr(0, part.size() - 1), percent) || !(percent > 0 && percent <= 100))
                return wrong();
            list.percent.push_back(percent);
            continue;
        }
        if (!part.empty() && std::isalpha(static_cast<unsigned char>(part.back()))) {
            ES_ASSIGN(const double bytes, parseSize(part, "--capacity"));
            list.bytes.push_back(bytes);
            continue;
        }
        const auto dash = part.find('-');
        std::uint32_t first = 0, last = 0;
        if (!readWhole(part.substr(0, dash), first))
            return wrong();
        last = first;
        if (dash != std::string::npos && !readWhole(part.substr(dash + 1), last))
            return wrong();
        if (first < 1 || last < first || last > kMostSlots)
            return wrong();
        list.slotRanges.emplace_back(first, last);
    }
    return list;
}

std::vector<std::uint32_t> capacitiesOf(const CapacityList& list, std::uint32_t poolSize, bool& cut)
{
    std::set<std::uint32_t> slots;
    cut = false;
    for (const auto& [first, last] : list.slotRanges) {
        for (std::uint32_t c = first; c <= std::min(last, poolSize); ++c)
            slots.insert(c);
        if (last > poolSize) {
            slots.insert(poolSize);
            cut = true;
        }
    }
    for (const double percent : list.percent)
        slots.insert(std::clamp<std::uint32_t>(std::uint32_t(std::lround(percent / 100 * poolSize)), 1, poolSize));
    return {slots.begin(), slots.end()};
}

Expected<void> bytesToSlots(CapacityList& list, const ModelSizes& sizes, std::size_t pools)
{
    for (const double bytes : list.bytes) {
        if (!sizes.noExpertBytes.empty())
            return fail("how many slots bytes are is not known: " + sizes.noExpertBytes, "--capacity", kNoExpertHint);
        const double slots = std::floor(bytes / sizes.model.expertBytes / double(pools));
        if (slots < 1)
            return fail("less than one expert of " + sizeText(sizes.model.expertBytes) + " for each of "
                    + std::to_string(pools) + (pools == 1 ? " pool" : " pools"),
                "--capacity", "at least " + sizeText(sizes.model.expertBytes * double(pools)));
        const auto whole = static_cast<std::uint32_t>(std::min(slots, double(kMostSlots)));
        list.slotRanges.emplace_back(whole, whole);
    }
    list.bytes.clear();
    return {};
}

}
