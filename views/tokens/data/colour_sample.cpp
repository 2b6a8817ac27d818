// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/colour_sample.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

constexpr std::uint64_t kWindow = 1024; ///< tokens in a row of a sample
constexpr std::size_t kMany = 200; ///< values of which some may be exceptions
constexpr double kExceptions = 0.005; ///< of them, at each end

std::pair<double, double> extentOf(std::vector<float>& values)
{
    if (values.empty())
        return {1, 0};
    if (values.size() < kMany) {
        const auto [least, largest] = std::ranges::minmax(values);
        return {double(least), double(largest)};
    }
    const auto cut = std::ptrdiff_t(kExceptions * double(values.size()));
    std::ranges::nth_element(values, values.begin() + cut);
    const double low = double(values[std::size_t(cut)]);
    std::ranges::nth_element(values, values.end() - 1 - cut);
    return {low, double(values[values.size() - 1 - std::size_t(cut)])};
}

}

std::vector<std::uint16_t> ColourSample::mostFrequent(SiteIndex site) const
{
    const auto found = firstChoices.find(site);
    if (found == firstChoices.end())
        return {};
    const auto& counts = found->second;
    std::vector<std::uint16_t> experts(counts.size());
    std::iota(experts.begin(), experts.end(), std::uint16_t(0));
    std::ranges::stable_sort(experts, std::greater(), [&](std::uint16_t e) { return counts[e]; });
    std::erase_if(experts, [&](std::uint16_t e) { return counts[e] == 0; });
    return experts;
}

std::vector<TokenRange> sampledRanges(const KeptTokens& kept, bool& all)
{
    const auto& sequences = kept.sequences();
    std::vector<std::uint64_t> before{0}; // tokens of the sequences before each
    for (const SequenceIndex s : sequences)
        before.push_back(before.back() + kept.shape().sequences[std::size_t(s)].length);
    const std::uint64_t total = before.back();
    std::vector<TokenRange> ranges;
    all = total <= kSampleTokens;
    if (all) {
        for (const SequenceIndex s : sequences) {
            const TokenRange range = rangeOf(kept.shape().sequences[std::size_t(s)]);
            for (std::uint64_t t = range.begin.value; t < range.end.value; t += kPartTokens)
                ranges.push_back({TokenIndex(t), TokenIndex(std::min(t + kPartTokens, range.end.value))});
        }
        return ranges;
    }
    const std::uint64_t mean = std::clamp<std::uint64_t>(total / sequences.size(), 1, kWindow);
    const std::uint64_t windows = std::min<std::uint64_t>(kSampleTokens / mean, 1024);
    for (std::uint64_t w = 0; w < windows; ++w) {
        const auto at = std::uint64_t((double(w) + 0.5) / double(windows) * double(total));
        const auto s = std::size_t(std::ranges::upper_bound(before, at) - before.begin() - 1);
        const TokenRange range = rangeOf(kept.shape().sequences[std::size_t(sequences[s])]);
        // Whole sequences where they are short: each is looked at once.
        const std::uint64_t begin =
            range.size() <= kWindow ? range.begin.value : range.begin.value + (at - before[s]) / kWindow * kWindow;
        const TokenRange window{TokenIndex(begin), TokenIndex(std::min(begin + kWindow, range.end.value))};
        if (ranges.empty() || ranges.back().begin < window.begin)
            ranges.push_back(window);
    }
    return ranges;
}

Expected<ColourSamplePtr> sampleColours(
    const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity, const Progress& progress)
{
    auto sample = std::make_shared<ColourSample>();
    const std::vector<TokenRange> ranges = sampledRanges(kept, sample->all);
    const NamedTrace& trace = kept.trace();
    std::vector<float> values;
    double done = 0;
    const double total = double(ranges.size()) * double(sites.size());
    for (const SiteIndex site : sites) {
        auto& counts = sample->firstChoices[site];
        counts.resize(kept.shape().sites[std::size_t(site)].numExperts);
        for (const TokenRange& range : ranges) {
            if (progress && !progress(done++ / total))
                return fail(kCancelled);
            ES_ASSIGN(const SiteChoices choices, readChoices(trace, site, range));
            TokenTexts texts;
            if (quantity == kLoss && site == sites.front()) {
                const auto* const file = dynamic_cast<const TraceFile*>(trace.source.get());
                if (file && file->summary().columns.loss) {
                    ES_ASSIGN(texts.loss, file->loss(range));
                }
            }
            for (std::size_t t = 0; t < range.size(); ++t) {
                if (!kept.has(TokenIndex(range.begin.value + t)))
                    continue;
                sample->tokens += site == sites.front();
                if (const std::uint16_t first = choices.expert(t, 0); first < counts.size())
                    ++counts[first];
                const float value =
                    isKeyed(quantity) ? tokenValue(quantity, &texts, &choices, nullptr, {}, t) : std::nanf("");
                if (std::isfinite(value))
                    values.push_back(value);
            }
        }
    }
    std::tie(sample->least, sample->largest) = extentOf(values);
    return sample;
}

std::string ColourSamples::keyOf(
    const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity)
{
    std::string key;
    addKey(key, isKeyed(quantity) ? quantity : std::string(kFirstChoice)); // names need the same counts
    for (const SiteIndex site : sites)
        addKey(key, std::to_string(site.value));
    return key + keyText(kept.scope());
}

ColourSamplePtr ColourSamples::find(
    const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity) const
{
    const auto found = m_kept.find(keyOf(kept, sites, quantity));
    if (found == m_kept.end())
        return {};
    found->second.used = ++m_clock;
    return found->second.sample;
}

void ColourSamples::keep(
    const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity, ColourSamplePtr sample)
{
    constexpr std::size_t kMost = 32;
    m_kept[keyOf(kept, sites, quantity)] = {std::move(sample), ++m_clock};
    if (m_kept.size() > kMost)
        m_kept.erase(std::ranges::min_element(m_kept, {}, [](const auto& entry) { return entry.second.used; }));
}

}
