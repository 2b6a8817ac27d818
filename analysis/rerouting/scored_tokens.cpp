// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/rerouting/scored_tokens.h"

#include "analysis/counts/probabilities.h"
#include "analysis/spine/pass.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace expertscope::rerouting {

using namespace simulation;

namespace {

/// Sorts the logits of its tokens; several threads, each its own tokens.
class Collector
{
public:
    Collector(const RoutingShape& shape, const std::vector<SiteIndex>& sites, const ScheduledTokens& tokens,
        std::vector<ScoredSite>& scored)
        : m_shape(shape)
        , m_sites(sites)
        , m_tokens(tokens)
        , m_scored(scored)
    {
    }
    void observe(const Tile& tile)
    {
        for (const Block& block : tile.blocks) {
            const auto place = std::ranges::find(m_sites, block.site) - m_sites.begin();
            for (const SequenceRun& run : block.runs) {
                const std::uint64_t first = m_tokens.numberOf(run);
                for (std::uint32_t t = 0; t < run.length && first + t < m_tokens.numTokens; ++t)
                    add(block, m_scored[std::size_t(place)], run.begin + t, first + t);
            }
        }
    }

private:
    void add(const Block& block, ScoredSite& site, std::uint32_t t, std::uint64_t token)
    {
        const auto choices = choicesOf(block, t);
        std::ranges::copy(choices, site.ids.begin() + std::ptrdiff_t(token * choices.size()));
        const std::size_t E = site.numExperts;
        // As recorded, then by id: ties stay so.
        const std::span order = std::span(site.order).subspan(token * E, E);
        m_chosen.assign(E, 0);
        std::size_t filled = 0, distinct = 0;
        for (const std::uint16_t id : choices) {
            if (id == kNoExpert)
                continue;
            ++filled;
            if (!m_chosen[id])
                order[distinct++] = id;
            m_chosen[id] = 1;
        }
        site.filled[token] = std::uint16_t(filled);
        for (std::size_t e = 0, at = distinct; e < E; ++e) {
            if (!m_chosen[e])
                order[at++] = std::uint16_t(e);
        }
        const auto logits = logitsOf(block, t);
        const auto sorted = std::span(site.logits).subspan(token * E, E);
        if (!std::ranges::all_of(logits, [](float z) { return std::isfinite(z); })) {
            site.state[token] = ScoredSite::NotFinite;
            return;
        }
        m_byLogit.clear(); // with its memory: a token is far shorter than an allocation
        for (std::size_t i = 0; i < E; ++i)
            m_byLogit.push_back({logits[order[i]], std::uint16_t(i), order[i]});
        std::ranges::sort(m_byLogit, [](const Place& a, const Place& b) {
            return a.logit != b.logit ? a.logit > b.logit : a.before < b.before;
        });
        for (std::size_t i = 0; i < E; ++i) {
            order[i] = m_byLogit[i].expert;
            sorted[i] = m_byLogit[i].logit;
        }
        bool largest = distinct == filled;
        for (std::size_t i = 0; i < distinct; ++i)
            largest &= m_chosen[order[i]] != 0;
        if (!largest) {
            site.state[token] = ScoredSite::Unlike;
            return;
        }
        // Routers without probabilities of their own: the softmax, as for the entropy in a trace.
        if (!routerProbabilities(m_shape.sites[std::size_t(block.site)], sorted, m_p) && !softmax(sorted, m_p)) {
            site.state[token] = ScoredSite::NotFinite;
            return;
        }
        std::ranges::transform(
            m_p, site.probabilities.begin() + std::ptrdiff_t(token * E), [](double p) { return float(p); });
    }

    struct Place
    {
        float logit;
        std::uint16_t before; ///< its place where logits do not tell
        std::uint16_t expert;
    };

    const RoutingShape& m_shape;
    const std::vector<SiteIndex>& m_sites;
    const ScheduledTokens& m_tokens;
    std::vector<ScoredSite>& m_scored;
    std::vector<Place> m_byLogit;
    std::vector<std::uint8_t> m_chosen;
    std::vector<double> m_p;
};

/// Running means and totals, in the order in which tokens come.
void finish(ScoredSite& site, const ScheduledTokens& tokens, const Schedule& schedule)
{
    double sum = 0;
    std::uint64_t count = 0;
    for (std::uint64_t i = 0; i < tokens.numTokens; ++i) {
        const std::uint64_t token = schedule.tokens.empty() ? i : schedule.tokens[i];
        if (site.state[token] != ScoredSite::NotFinite) {
            const auto logits = site.logitsOf(token);
            sum += double(logits.front()) - double(logits.back());
            ++count;
        }
        site.meanRange[token] = count ? sum / double(count) : 0;
        if (site.filled[token] == 0)
            continue;
        ++site.routed;
        site.unlike += site.state[token] == ScoredSite::Unlike;
        site.notFinite += site.state[token] == ScoredSite::NotFinite;
    }
}

std::string percent(std::uint64_t part, std::uint64_t whole)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %%", 100.0 * double(part) / double(whole));
    return text;
}

}

std::uint64_t scoredBytes(const RoutingShape& shape, const std::vector<SiteIndex>& sites)
{
    std::uint64_t bytes = 0;
    for (const SiteIndex site : sites)
        bytes += 10 * std::uint64_t(shape.sites[std::size_t(site)].numExperts) + 2 * std::uint64_t(shape.numSlots) + 11;
    return bytes;
}

Expected<std::vector<ScoredSite>> readScoredSites(BlockSource& source, const std::vector<SiteIndex>& sites,
    const PassOptions& selection, const ScheduledTokens& tokens, const Schedule& schedule, double tolerance)
{
    const RoutingShape& shape = source.shape();
    if (!shape.columns.logits)
        return fail(
            "the trace has no router logits, and choices cannot be made anew without them", {}, "capture with logits");
    std::vector<ScoredSite> scored(sites.size());
    for (std::size_t s = 0; s < sites.size(); ++s) {
        ScoredSite& site = scored[s];
        site.numExperts = shape.sites[std::size_t(sites[s])].numExperts;
        site.ids.assign(tokens.numTokens * shape.numSlots, kNoExpert);
        site.order.resize(tokens.numTokens * site.numExperts);
        site.logits.resize(site.order.size());
        site.probabilities.resize(site.order.size());
        site.meanRange.resize(tokens.numTokens);
        site.filled.resize(tokens.numTokens);
        site.state.resize(tokens.numTokens);
    }
    PassOptions pass = selection;
    pass.sites = sites;
    ES_TRY(runPassInto(
        source, {{.logits = true}}, [&] { return Collector(shape, sites, tokens, scored); }, pass));
    for (std::size_t s = 0; s < sites.size(); ++s) {
        ScoredSite& site = scored[s];
        finish(site, tokens, schedule);
        const std::uint64_t wrong = site.unlike + site.notFinite;
        if (double(wrong) <= tolerance * double(site.routed))
            continue;
        const std::string where = "site " + std::to_string(std::size_t(sites[s]));
        if (site.notFinite > site.unlike)
            return fail(where + ": " + percent(site.notFinite, site.routed) + " of the tokens have no finite logits",
                {}, "such tokens can stay as recorded: tolerance=1");
        return fail(where + ": for " + percent(site.unlike, site.routed)
                + " of the tokens the recorded experts are not those with the largest logits, so its router goes by "
                  "more "
                  "than these (a bias, groups, a capacity), and cannot be played anew from them",
            {}, "tolerance=1 leaves such tokens as recorded");
    }
    return scored;
}

}
