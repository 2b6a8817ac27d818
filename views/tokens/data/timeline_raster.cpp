// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/data/timeline_raster.h"

#include <algorithm>
#include <numeric>

namespace expertscope {

namespace {

constexpr std::size_t kRankHues = 7;
constexpr std::uint64_t kMostTexts = 1 << 16;

Expected<std::vector<QString>> textsOf(const KeptTokens& kept, TokenRange range)
{
    std::vector<QString> texts;
    for (std::uint64_t at = range.begin.value; range.size() <= kMostTexts && at < range.end.value; at += kPartTokens) {
        ES_ASSIGN(const TokenTexts part,
            readTexts(kept.trace(), {TokenIndex(at), TokenIndex(std::min(at + kPartTokens, range.end.value))}));
        for (const ShownPiece& piece : part.pieces)
            texts.push_back(piece.kind == ShownPiece::Kind::Id ? QString() : piece.text);
    }
    return texts;
}

/// Reads the choices of a site in parts.
template <class Take>
Expected<void> readSite(const KeptTokens& kept, SiteIndex site, TokenRange range, const Progress& progress, double from,
    double share, const Take& take)
{
    for (std::uint64_t at = range.begin.value; at < range.end.value; at += kPartTokens) {
        const double done = double(at - range.begin.value) / double(range.size());
        if (progress && !progress(from + share * done))
            return fail(kCancelled);
        const TokenRange part{TokenIndex(at), TokenIndex(std::min(at + kPartTokens, range.end.value))};
        ES_ASSIGN(const SiteChoices choices, readChoices(kept.trace(), site, part));
        for (std::size_t t = 0; t < part.size(); ++t)
            take(std::size_t(at - range.begin.value) + t, choices, t);
    }
    return {};
}

}

Subject TimelineRaster::subject(std::size_t row, TokenIndex token) const
{
    if (row >= rows() || token < range.begin || token >= range.end)
        return {};
    const auto column = std::size_t(token.value - range.begin.value);
    if (!strips.has(row, column))
        return {};
    Subject subject{.sequence = sequence, .token = token};
    subject.site = experts ? site : SiteIndex(std::uint16_t(row));
    subject.expert = ExpertIndex(experts ? std::uint16_t(row) : first[row][column]);
    return subject;
}

TokenRange timelineRange(const RoutingShape& shape, TokenIndex at, std::size_t rows)
{
    const TokenRange sequence = rangeOf(shape.sequences[std::size_t(sequenceOf(shape, at))]);
    const std::uint64_t most = std::max<std::uint64_t>(kTimelineCells / std::max<std::size_t>(rows, 1), kPartTokens);
    if (sequence.size() <= most)
        return sequence;
    // In steps of half of it, so that it stays while the cursor moves a little.
    const std::uint64_t step = most / 2, position = at.value - sequence.begin.value;
    const std::uint64_t begin =
        std::min((position / step * step) - (position / step > 0 ? step / 2 : 0), sequence.size() - most);
    return {TokenIndex(sequence.begin.value + begin), TokenIndex(sequence.begin.value + begin + most)};
}

Expected<TimelineRasterPtr> siteTimeline(
    const KeptTokens& kept, TokenIndex at, const ColourSample& sample, const Progress& progress)
{
    const RoutingShape& shape = kept.shape();
    const std::size_t sites = shape.sites.size();
    auto raster = std::make_shared<TimelineRaster>();
    raster->sequence = sequenceOf(shape, at);
    raster->range = timelineRange(shape, at, sites);
    const std::size_t n = raster->range.size();
    Strips& strips = raster->strips;
    strips.numRows = sites;
    strips.numColumns = n;
    strips.values.assign(sites * n, Strips::kNothing);
    bool rest = false;
    for (std::size_t s = 0; s < sites; ++s) {
        const SiteIndex site{std::uint16_t(s)};
        std::vector<std::uint16_t> rank(shape.sites[s].numExperts, std::uint16_t(kRankHues + 1));
        const auto frequent = sample.mostFrequent(site);
        for (std::size_t i = 0; i < std::min(frequent.size(), kRankHues); ++i)
            rank[frequent[i]] = std::uint16_t(i + 1);
        auto& first = raster->first.emplace_back(n, kNoExpert);
        ES_TRY(readSite(kept, site, raster->range, progress, double(s) / double(sites), 1 / double(sites),
            [&](std::size_t column, const SiteChoices& choices, std::size_t t) {
                const std::uint16_t expert = first[column] = choices.expert(t, 0);
                if (expert >= rank.size())
                    return;
                strips.values[s * n + column] = rank[expert];
                rest = rest || rank[expert] > kRankHues;
            }));
    }
    ES_ASSIGN(raster->texts, textsOf(kept, raster->range));
    strips.categories = Categories(rest ? QString("less often") : QString());
    const char* const words[] = {"most often", "2nd", "3rd", "4th", "5th", "6th", "7th"};
    for (std::uint16_t i = 0; i < kRankHues; ++i)
        strips.categories.add(std::uint16_t(i + 1), words[i]);
    return raster;
}

Expected<TimelineRasterPtr> expertTimeline(
    const KeptTokens& kept, TokenIndex at, SiteIndex site, const Progress& progress)
{
    const RoutingShape& shape = kept.shape();
    auto raster = std::make_shared<TimelineRaster>();
    raster->experts = true;
    raster->site = site;
    raster->sequence = sequenceOf(shape, at);
    const std::size_t experts = shape.sites[std::size_t(site)].numExperts;
    raster->range = timelineRange(shape, at, experts);
    const std::size_t n = raster->range.size();
    Strips& strips = raster->strips;
    strips.numRows = experts;
    strips.numColumns = n;
    strips.values.assign(experts * n, Strips::kNothing);
    ES_TRY(readSite(
        kept, site, raster->range, progress, 0, 1, [&](std::size_t column, const SiteChoices& choices, std::size_t t) {
            for (std::size_t slot = 0; slot < choices.numSlots; ++slot) {
                if (const std::uint16_t expert = choices.expert(t, slot); expert < experts)
                    strips.values[expert * n + column] = slot == 0 ? 1 : 2;
            }
        }));
    ES_ASSIGN(raster->texts, textsOf(kept, raster->range));
    strips.categories.add(1, "first choice");
    strips.categories.add(2, "chosen behind it");
    return raster;
}

}
