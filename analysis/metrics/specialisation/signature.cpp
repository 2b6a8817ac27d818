// SPDX-License-Identifier: GPL-3.0-or-later
//
// Routing signatures: how often a sequence chooses each expert of each site, as a vector, and how alike those of
// sequences with the same value of a label are, and those with another (arXiv 2603.11114, abstract).
#include "analysis/counts/choice_sets.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace expertscope {

namespace {

constexpr std::array kNames{
    "signature.within", "signature.between", "signature.within_sd", "signature.between_sd", "signature.effect"};

/// A sequence at one site.
struct SiteSignature
{
    std::vector<std::uint32_t> counts; ///< [E] choices
    std::uint64_t spare = 0; ///< sum over its tokens of size^2: what of the norm chance takes away

    void persist(Archive& archive) { archive(counts, spare); }
};

/// Products of signatures, [n, n], and what chance gives of them: sums over sites.
struct Products
{
    std::vector<double> dot, dotByChance; ///< [n, n]
    std::vector<double> normByChance; ///< [n] squares

    explicit Products(std::size_t n)
        : dot(n * n)
        , dotByChance(n * n)
        , normByChance(n)
    {
    }
    void add(const Products& other)
    {
        const auto sum = [](std::vector<double>& to, const std::vector<double>& from) {
            std::ranges::transform(to, from, to.begin(), std::plus());
        };
        sum(dot, other.dot);
        sum(dotByChance, other.dotByChance);
        sum(normByChance, other.normByChance);
    }
};

class SignatureState
{
public:
    SignatureState(const MetricContext& context, SiteIndex site)
        : m_selection(context.selection)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_step(stepOf(context))
        , m_sets(m_numExperts)
    {
    }

    /// Every so-many-th selected sequence has a part.
    static std::size_t stepOf(const MetricContext& context)
    {
        const auto most = static_cast<std::size_t>(context.params.number("sequences"));
        return std::max<std::size_t>(1, (context.selection->sequences.size() + most - 1) / most);
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            if (m_selection->place(run.sequence) % m_step)
                continue;
            m_sets.assign(block, run.begin, run.length);
            for (std::size_t t = 0; t < run.length; ++t) {
                if (m_sets[t].empty())
                    continue;
                SiteSignature& own = of(run.sequence.value);
                for (const std::uint16_t e : m_sets[t])
                    ++own.counts[e];
                own.spare += std::uint64_t(m_sets[t].size()) * m_sets[t].size();
            }
        }
    }

    void add(const SignatureState& other)
    {
        for (const auto& [sequence, its] : other.m_sequences) {
            SiteSignature& own = of(sequence);
            for (std::size_t e = 0; e < m_numExperts; ++e)
                own.counts[e] += its.counts[e];
            own.spare += its.spare;
        }
    }

    void persist(Archive& archive)
    {
        archive(m_sequences);
        for (const auto& [sequence, own] : m_sequences) {
            if (own.counts.size() != m_numExperts)
                archive.refuse();
        }
        if (!archive.ok())
            m_sequences.clear();
    }

    const std::map<std::uint32_t, SiteSignature>& sequences() const { return m_sequences; }

    Products products(const std::vector<std::uint32_t>& sequences) const
    {
        const std::size_t n = sequences.size(), E = m_numExperts;
        Products all(n);
        std::vector<double> counts(n * E), choices(n);
        for (std::size_t s = 0; s < n; ++s) {
            const auto own = m_sequences.find(sequences[s]);
            if (own == m_sequences.end())
                continue;
            for (std::size_t e = 0; e < E; ++e) {
                counts[s * E + e] = own->second.counts[e];
                choices[s] += own->second.counts[e];
            }
            // A load c of t tokens that choose a of the experts each has the mean square (t a)^2 + t a (1 - a).
            all.normByChance[s] =
                choices[s] * choices[s] / double(E) + choices[s] - double(own->second.spare) / double(E);
        }
        for (std::size_t a = 0; a < n; ++a) {
            for (std::size_t b = a; b < n; ++b) {
                double dot = 0;
                for (std::size_t e = 0; e < E; ++e)
                    dot += counts[a * E + e] * counts[b * E + e];
                all.dot[a * n + b] = all.dot[b * n + a] = dot;
                all.dotByChance[a * n + b] = all.dotByChance[b * n + a] = choices[a] * choices[b] / double(E);
            }
        }
        return all;
    }

    void rows(std::vector<ResultRow>&) const { } // Signature makes them

private:
    SiteSignature& of(std::uint32_t sequence)
    {
        SiteSignature& own = m_sequences[sequence];
        own.counts.resize(m_numExperts);
        return own;
    }

    std::shared_ptr<const Selection> m_selection;
    std::size_t m_numExperts, m_step;
    ChoiceSets m_sets;
    std::map<std::uint32_t, SiteSignature> m_sequences;
};

/// Numbers: how many, their mean and SD.
struct Spread
{
    double n = 0, sum = 0, squares = 0;

    void add(double value)
    {
        ++n;
        sum += value;
        squares += value * value;
    }
    double mean() const { return sum / n; }
    double variance() const { return n > 1 ? std::max(0.0, squares - sum * sum / n) / (n - 1) : 0; }
};

class Signature final : public PerSiteAccumulator<SignatureState>
{
public:
    using PerSiteAccumulator::PerSiteAccumulator;

    Results result() const override
    {
        std::vector<std::uint32_t> sequences;
        for (const SiteIndex site : context().sites) {
            if (const SignatureState* const state = seen(site)) {
                for (const auto& [sequence, own] : state->sequences())
                    sequences.push_back(sequence);
            }
        }
        std::ranges::sort(sequences);
        sequences.erase(std::unique(sequences.begin(), sequences.end()), sequences.end());
        std::erase_if(sequences, [&](std::uint32_t s) { return s >= context().by->codes.size(); });
        Results results;
        Products all(sequences.size());
        for (const SiteIndex site : context().sites) {
            const SignatureState* const state = seen(site);
            const Products own = state ? state->products(sequences) : Products(sequences.size());
            addRows(results.rows, sequences, own, site);
            all.add(own);
        }
        addRows(results.rows, sequences, all, std::nullopt);
        if (!context().valuesOnly && !sequences.empty())
            results.matrices.push_back(cosines(sequences, all));
        return results;
    }

private:
    void addRows(std::vector<ResultRow>& rows, const std::vector<std::uint32_t>& sequences, const Products& of,
        std::optional<SiteIndex> site) const
    {
        const std::size_t n = sequences.size();
        std::array<Spread, 2> found, byChance; // of other values, of the same
        for (std::size_t a = 0; a < n; ++a) {
            for (std::size_t b = a + 1; b < n; ++b) {
                const double norms = of.dot[a * n + a] * of.dot[b * n + b];
                const std::int32_t x = context().by->codes[sequences[a]], y = context().by->codes[sequences[b]];
                if (x < 0 || y < 0 || !(norms > 0))
                    continue;
                found[x == y].add(of.dot[a * n + b] / std::sqrt(norms));
                byChance[x == y].add(of.dotByChance[a * n + b] / std::sqrt(of.normByChance[a] * of.normByChance[b]));
            }
        }
        const auto add = [&](const char* name, const Spread& spread, bool enough, double value) -> ResultRow& {
            ResultRow& row = rows.emplace_back();
            row.metric = name;
            row.site = site;
            row.params["sequences"] = context().params.number("sequences");
            row.n = std::uint64_t(spread.n);
            if (enough)
                row.value = value;
            else
                row.undefined = "too few pairs of sequences with a value of the label";
            return row;
        };
        const auto& [between, within] = found;
        for (const bool same : {true, false}) {
            ResultRow& row = add(kNames[same ? 0 : 1], found[same], found[same].n > 0, found[same].mean());
            if (row.value && !context().valuesOnly)
                row.uniform = byChance[same].mean();
        }
        for (const bool same : {true, false})
            add(kNames[same ? 2 : 3], found[same], found[same].n > 1, std::sqrt(found[same].variance()));
        const double pooled = std::sqrt(
            ((within.n - 1) * within.variance() + (between.n - 1) * between.variance()) / (within.n + between.n - 2));
        const bool any = within.n > 1 && between.n > 1 && pooled > 0;
        add(kNames[4], within, any, any ? (within.mean() - between.mean()) / pooled : 0);
        rows.back().n += std::uint64_t(between.n);
    }

    ResultMatrix cosines(const std::vector<std::uint32_t>& sequences, const Products& of) const
    {
        const std::size_t n = sequences.size();
        ResultMatrix matrix;
        matrix.metric = "signature.cosine";
        matrix.n = n;
        matrix.params["sequences"] = context().params.number("sequences");
        matrix.axes = {{"sequence", {}}, {"with", {}}};
        for (const std::uint32_t s : sequences)
            matrix.axes[0].keys.push_back(std::to_string(s));
        matrix.axes[1].keys = matrix.axes[0].keys;
        for (std::size_t a = 0; a < n; ++a) {
            for (std::size_t b = 0; b < n; ++b) {
                const double norms = of.dot[a * n + a] * of.dot[b * n + b];
                matrix.values.push_back(norms > 0 ? of.dot[a * n + b] / std::sqrt(norms) : std::nan(""));
            }
        }
        return matrix;
    }
};

}

MetricSpec signatureMetric()
{
    return {
        .name = "signature",
        .definition =
            "cosine of how often two sequences choose each expert, of a site and of all sites together: mean and SD "
            "over "
            "pairs of sequences with the same value of the label (within) and with two (between); their difference "
            "over the "
            "pooled SD (effect, Cohen's d); n = pairs. Of more than `sequences` sequences every so-many-th is taken",
        .source = "routing signatures, arXiv 2603.11114 (abstract)",
        .needsLabel = true,
        .ranges = {{kNames[0], kNoInterval}, {kNames[1], kNoInterval}, {kNames[2], kNoInterval},
            {kNames[3], kNoInterval}, {kNames[4], kNoInterval}},
        .anyTokens = true,
        .params = {{"sequences", "400", "sequences at most", ParameterSpec::Kind::Number, 2, 5000, true}},
        .make = [](const MetricContext& context) { return std::make_unique<Signature>(context); },
    };
}

}
