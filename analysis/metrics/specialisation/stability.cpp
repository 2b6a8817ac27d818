// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which experts of a list of "experts of this kind of text" would be on it again: share of bootstrap draws of the
// sequences in which an expert is among the first ones (stability selection, Meinshausen and Buhlmann 2010; of experts:
// SAFEx, arXiv 2506.17368).
#include "analysis/metrics/specialisation/value_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>

namespace expertscope {

namespace {

constexpr const char* kFrequency = "stability.frequency";
constexpr const char* kStable = "stability.stable";
constexpr std::uint32_t kGroups = 100; ///< of sequences, dealt in turn; draws are of groups

/// Sequences by their place in the selection, dealt to groups.
std::shared_ptr<const std::vector<std::uint32_t>> groupsOf(const MetricContext& context)
{
    auto groups = std::make_shared<std::vector<std::uint32_t>>(context.shape->sequences.size());
    for (std::size_t i = 0; i < context.selection->sequences.size(); ++i)
        (*groups)[std::size_t(context.selection->sequences[i])] = std::uint32_t(i % kGroups);
    return groups;
}

/// Deterministic numbers below n.
class Draws
{
public:
    std::uint32_t below(std::uint32_t n)
    {
        m_state += 0x9E3779B97F4A7C15u;
        std::uint64_t x = m_state;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
        return std::uint32_t((x ^ (x >> 31)) % n);
    }

private:
    std::uint64_t m_state = 1;
};

class StabilityState
{
public:
    StabilityState(const MetricContext& context, SiteIndex site)
        : m_groups(std::min<std::uint32_t>(kGroups, std::uint32_t(context.selection->sequences.size())))
        , m_lists(context.params.choices("list"))
        , m_length(context.params.number("experts"))
        , m_least(context.params.number("least"))
        , m_draws(unsigned(context.params.number("draws")))
        , m_valuesOnly(context.valuesOnly)
        , m_counts(*context.by, context.shape->sites[std::size_t(site)], groupsOf(context))
    {
    }

    void observe(const Block& block)
    {
        if (!m_valuesOnly)
            m_counts.observe(block);
    }
    void add(const StabilityState& other) { m_counts.add(other.m_counts); }
    void persist(Archive& archive) { m_counts.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        const std::size_t before = rows.size();
        for (const std::string& list : m_lists)
            listRows(rows, list == "share");
        if (rows.size() == before)
            rows.push_back(undefinedRow(kFrequency, "no value of the label has tokens to compare"));
    }

private:
    struct Sums
    {
        std::vector<double> counts; ///< [E]
        double tokens = 0;
    };

    void listRows(std::vector<ResultRow>& rows, bool share) const
    {
        const std::size_t E = m_counts.site().numExperts, V = m_counts.label().values.size();
        std::vector<std::vector<std::uint32_t>> listed(V, std::vector<std::uint32_t>(E));
        std::vector<std::uint32_t> drawn(V);
        Draws draws;
        std::vector<std::uint32_t> times(kGroups);
        for (unsigned d = 0; d < m_draws && m_groups > 0; ++d) {
            std::ranges::fill(times, 0);
            for (std::uint32_t i = 0; i < m_groups; ++i)
                ++times[draws.below(m_groups)];
            draw(times, share, listed, drawn);
        }
        for (std::size_t v = 0; v < V; ++v) {
            if (drawn[v] == 0)
                continue;
            ResultRow row;
            row.label = {m_counts.label().name, m_counts.label().values[v]};
            row.params["list"] = std::string(share ? "share" : "risk_difference");
            row.params["experts"] = m_length;
            row.n = drawn[v];
            double stable = 0;
            row.metric = kFrequency;
            row.uniform = std::min(1.0, m_length / double(E));
            for (std::size_t e = 0; e < E; ++e) {
                row.expert = ExpertIndex(std::uint16_t(e));
                row.value = double(listed[v][e]) / double(drawn[v]);
                stable += *row.value >= m_least;
                rows.push_back(row);
            }
            row.metric = kStable;
            row.unit = "experts";
            row.params["least"] = m_least;
            row.expert.reset();
            row.uniform.reset();
            row.value = stable;
            rows.push_back(row);
        }
    }

    /// One draw: groups so many times each.
    void draw(const std::vector<std::uint32_t>& times, bool share, std::vector<std::vector<std::uint32_t>>& listed,
        std::vector<std::uint32_t>& drawn) const
    {
        const std::size_t E = m_counts.site().numExperts;
        std::vector<Sums> values(listed.size(), Sums{std::vector<double>(E)});
        Sums all{std::vector<double>(E)};
        for (const auto& [key, counts] : m_counts.all()) {
            const double weight = key.first < times.size() ? times[key.first] : 0;
            if (weight == 0)
                continue;
            for (Sums* const sums : {&values[key.second], &all}) {
                for (std::size_t e = 0; e < E; ++e)
                    sums->counts[e] += weight * double(counts.counts()[e]);
                sums->tokens += weight * double(counts.tokens());
            }
        }
        std::vector<double> score(E), sorted;
        for (std::size_t v = 0; v < values.size(); ++v) {
            const double rest = all.tokens - values[v].tokens;
            if (values[v].tokens == 0 || (!share && rest == 0))
                continue;
            for (std::size_t e = 0; e < E; ++e) {
                score[e] = values[v].counts[e] / values[v].tokens;
                if (!share)
                    score[e] -= (all.counts[e] - values[v].counts[e]) / rest;
            }
            ++drawn[v];
            sorted = score;
            const std::size_t last = std::min(E, std::size_t(m_length)) - 1; // equal ones are all on the list
            std::ranges::nth_element(sorted, sorted.begin() + std::ptrdiff_t(last), std::greater());
            for (std::size_t e = 0; e < E; ++e)
                listed[v][e] += score[e] >= sorted[last];
        }
    }

    std::uint32_t m_groups;
    std::vector<std::string> m_lists;
    double m_length, m_least;
    unsigned m_draws;
    bool m_valuesOnly;
    ValueCounts m_counts;
};

}

MetricSpec stabilityMetric()
{
    return {
        .name = "stability",
        .definition =
            "share of the draws, with replacement, of the sequences (dealt to 100 groups) in which an expert is among "
            "the "
            "`experts` with the largest risk difference of a label value against the rest, or the largest share of its "
            "tokens; how many experts are in a share `least` of the draws or more; n = draws",
        .source = "stability selection, Meinshausen and Buhlmann 2010; of experts: SAFEx, arXiv 2506.17368",
        .needsLabel = true,
        .ranges = {{kFrequency, kNoInterval}, {kStable, kNoInterval}},
        .groupsSequences = true,
        .params = {{.name = "list",
                       .standard = "risk_difference",
                       .meaning = "what the list is by",
                       .kind = ParameterSpec::Kind::Choices,
                       .choices = {"risk_difference", "share"}},
            {"experts", "10", "length of the list", ParameterSpec::Kind::Number, 1, 65535, true},
            {"draws", "200", "draws of the sequences", ParameterSpec::Kind::Number, 1, 100000, true},
            {"least", "0.9", "share of the draws that a stable expert is in", ParameterSpec::Kind::Number, 0, 1}},
        .make =
            [](const MetricContext& context) {
                return std::make_unique<PerSiteAccumulator<StabilityState>>(context, true);
            },
    };
}

}
