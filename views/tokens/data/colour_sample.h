// SPDX-License-Identifier: GPL-3.0-or-later
//
// What colours of tokens are chosen by: how often experts come first, and how far a quantity reaches. Of all kept
// tokens where they are few, else of some from all over the trace, so that colours stay while the text is scrolled.
#pragma once

#include "views/tokens/data/kept_tokens.h"
#include "views/tokens/data/token_parts.h"
#include "views/tokens/data/token_quantity.h"

#include <map>

namespace expertscope {

struct ColourSample
{
    std::map<SiteIndex, std::vector<std::uint64_t>> firstChoices; ///< [expert] of each site
    double least = 0, largest = 0; ///< of the quantity, but for a few extremes of many; least > largest: there is none
    std::uint64_t tokens = 0; ///< that were looked at
    bool all = true; ///< all that are kept

    /// Experts of a site by how often they come first, most first, equal ones by id; those that never do are left out.
    std::vector<std::uint16_t> mostFrequent(SiteIndex site) const;
};
using ColourSamplePtr = std::shared_ptr<const ColourSample>;

/// Errors: what reading says; kCancelled.
Expected<ColourSamplePtr> sampleColours(
    const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity, const Progress& progress);

/// Samples that were taken of one trace, so that a second look reads nothing; those longest unused go first.
class ColourSamples
{
public:
    ColourSamplePtr find(
        const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity) const;
    void keep(const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity,
        ColourSamplePtr sample);
    void clear() { m_kept.clear(); }

private:
    static std::string keyOf(const KeptTokens& kept, const std::vector<SiteIndex>& sites, const std::string& quantity);
    struct Entry
    {
        ColourSamplePtr sample;
        mutable std::uint64_t used = 0;
    };
    std::map<std::string, Entry> m_kept;
    mutable std::uint64_t m_clock = 0;
};

/// The parts of the trace that are looked at: at most about kSampleTokens tokens, all of them where `all`.
inline constexpr std::uint64_t kSampleTokens = 1 << 16;
std::vector<TokenRange> sampledRanges(const KeptTokens& kept, bool& all);

}
