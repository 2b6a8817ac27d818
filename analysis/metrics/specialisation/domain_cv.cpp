// SPDX-License-Identifier: GPL-3.0-or-later
//
// How unevenly an expert is used by the values of a label (metrics 1.3): the coefficient of variation of its activation
// rate, as moe-lrc (arXiv 2505.16056, 31_srp_refine.py and 35_srp_spec.ipynb) takes it: rates from all windows of m
// tokens, so that tokens near a sequence's ends weigh less; sample SD; values that hardly use the expert are left out.
#include "analysis/chance/chance_value.h"
#include "analysis/counts/by_value.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace expertscope {

namespace {

constexpr double kLeastRate = 1e-5; // as moe-lrc
// Below so many expected choices of an expert a rate is not near normal: no closed form for chance then.
constexpr double kEnoughPerCell = 16;

/// What the windows of one label value hold.
struct WindowSums
{
    std::vector<std::uint64_t> choices; ///< [E] summed over windows
    std::uint64_t windows = 0;
    std::vector<std::uint64_t> squares; ///< [choices of a token] sum over such tokens of (windows that hold the token)^2

    WindowSums(std::size_t experts, std::size_t slots)
        : choices(experts)
        , squares(slots + 1)
    {
    }
    void add(const WindowSums& other)
    {
        for (std::size_t e = 0; e < choices.size(); ++e)
            choices[e] += other.choices[e];
        for (std::size_t size = 0; size < squares.size(); ++size)
            squares[size] += other.squares[size];
        windows += other.windows;
    }
    void persist(Archive& archive)
    {
        archive.fixed(choices);
        archive.fixed(squares);
        archive(windows);
    }
};

class DomainCvState
{
public:
    DomainCvState(const MetricContext& context, SiteIndex site)
        : m_label(context.by)
        , m_sequences(&context.shape->sequences)
        , m_site(site)
        , m_numExperts(context.shape->sites[std::size_t(site)].numExperts)
        , m_numSlots(context.shape->numSlots)
        , m_window(static_cast<std::uint64_t>(context.params.number("m")))
        , m_valuesOnly(context.valuesOnly)
        , m_values(*context.by, [experts = m_numExperts, slots = m_numSlots] { return WindowSums(experts, slots); })
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            const bool goesOn = m_cursor.continues(m_site, run);
            if (!goesOn)
                m_begin = run.position;
            const std::uint64_t length = (*m_sequences)[std::size_t(run.sequence)].length - m_begin;
            const std::int32_t code = m_label->codes[std::size_t(run.sequence)];
            if (code < 0 || length < m_window)
                continue;
            WindowSums& sums = m_values.of(std::size_t(code));
            if (!goesOn)
                sums.windows += length - m_window + 1;
            count(block, run, length, sums);
        }
    }

    void add(const DomainCvState& other) { m_values.add(other.m_values); }
    void persist(Archive& archive) { m_values.persist(archive); }

    void rows(std::vector<ResultRow>& rows) const
    {
        std::vector<const WindowSums*> seen;
        for (const auto& sums : m_values) {
            if (sums && sums->windows)
                seen.push_back(&*sums);
        }
        ResultRow row;
        row.metric = "domain_cv.value";
        row.params["m"] = double(m_window);
        const std::optional<ChanceValue> expected = m_valuesOnly ? ChanceValue() : chance(seen);
        std::vector<double> rates;
        for (std::uint16_t e = 0; e < m_numExperts; ++e) {
            rates.clear();
            for (const WindowSums* sums : seen) {
                const double rate = double(sums->choices[e]) / (double(m_window) * double(sums->windows));
                if (rate > kLeastRate)
                    rates.push_back(rate);
            }
            row.expert = ExpertIndex(e);
            row.n = rates.size();
            row.value.reset();
            row.uniform.reset();
            row.uniformSd.reset();
            row.uniformUndefined.clear();
            row.undefined = "fewer than two values of the label use the expert in windows of m tokens";
            if (rates.size() > 1) {
                row.value = variation(rates);
                row.undefined.clear();
                if (expected)
                    setUniform(row, *expected);
                else
                    row.uniformUndefined = "a value of the label has fewer than 16 choices an expert";
            }
            rows.push_back(row);
        }
    }

private:
    /// Token i of a sequence of T lies in min(i + 1, T - i, m, T - m + 1) windows.
    void count(const Block& block, const SequenceRun& run, std::uint64_t length, WindowSums& sums)
    {
        const std::size_t stride = block.numSlots;
        const std::uint16_t* token = block.expertIds.data() + run.begin * stride;
        const unsigned slots = block.evenSlots ? block.evenSlots : block.numSlots;
        const std::uint64_t most = std::min(m_window, length - m_window + 1);
        std::uint64_t* const choices = sums.choices.data();
        for (std::uint64_t i = run.position - m_begin, end = i + run.length; i < end; ++i, token += stride) {
            const std::uint64_t held = std::min(std::min(i + 1, length - i), most);
            if (block.evenSlots) {
                sums.squares[slots] += held * held;
                for (unsigned r = 0; r < slots; ++r)
                    choices[token[r]] += held;
                continue;
            }
            unsigned filled = 0;
            for (unsigned r = 0; r < slots; ++r) {
                if (token[r] < m_numExperts) {
                    choices[token[r]] += held;
                    ++filled;
                }
            }
            sums.squares[filled] += held * held;
        }
    }

    /// Sample SD over mean.
    static double variation(const std::vector<double>& rates)
    {
        const double n = double(rates.size());
        double mean = 0, squares = 0;
        for (const double rate : rates)
            mean += rate / n;
        for (const double rate : rates)
            squares += (rate - mean) * (rate - mean);
        return std::sqrt(squares / (n - 1)) / mean;
    }

    /// Rates by chance are nearly normal; of a token that chose so many of E experts and lies in w of W windows' places the
    /// variance is a (1 - a) w^2 / W^2 with a its share of E. The mean is the value's own, the same for all where all tokens choose as many.
    /// The factor is the mean of a sample SD of so many normal numbers.
    std::optional<ChanceValue> chance(const std::vector<const WindowSums*>& seen) const
    {
        const double V = double(seen.size());
        std::vector<double> means;
        double variance = 0;
        for (const WindowSums* sums : seen) {
            const double weight = double(m_window) * double(sums->windows);
            const auto chosen = double(std::accumulate(sums->choices.begin(), sums->choices.end(), std::uint64_t(0)));
            double first = 0, second = 0; // sums of a w^2 and a^2 w^2
            for (std::size_t size = 0; size < sums->squares.size(); ++size) {
                const double a = double(size) / m_numExperts, squares = double(sums->squares[size]);
                first += a * squares;
                second += a * a * squares;
            }
            means.push_back(chosen / m_numExperts / weight);
            // So many independent choices of an expert are worth as much.
            if (V < 2 || !(means.back() * means.back() * weight * weight >= kEnoughPerCell * first))
                return std::nullopt;
            variance += std::max(0.0, first - second) / weight / weight / V;
        }
        const double mean = std::accumulate(means.begin(), means.end(), 0.0) / V;
        double apart = 0;
        for (const double of : means)
            apart += (of - mean) * (of - mean) / (V - 1);
        const double factor = std::sqrt(2 / (V - 1)) * std::exp(std::lgamma(V / 2) - std::lgamma((V - 1) / 2));
        return ChanceValue{std::sqrt(apart + factor * factor * variance) / mean,
            std::sqrt(variance * std::max(0.0, 1 - factor * factor)) / mean};
    }

    const Label* m_label;
    const std::vector<Sequence>* m_sequences;
    SiteIndex m_site;
    std::uint16_t m_numExperts, m_numSlots;
    std::uint64_t m_window;
    RunCursor m_cursor;
    std::uint32_t m_begin = 0; ///< position of the first token that is looked at in the sequence at hand
    bool m_valuesOnly; ///< nobody looks at what chance gives
    ByValue<WindowSums> m_values;
};

class DomainCv final : public PerSiteAccumulator<DomainCvState>
{
public:
    using PerSiteAccumulator::PerSiteAccumulator;

    /// Adds the means over the experts of each site, and over all experts of all sites.
    Results result() const override
    {
        Results results = PerSiteAccumulator::result();
        std::vector<ResultRow> means;
        for (const SiteIndex site : context().sites)
            means.push_back(mean(results.rows, site));
        means.push_back(mean(results.rows, std::nullopt));
        std::ranges::move(means, std::back_inserter(results.rows));
        return results;
    }

private:
    ResultRow mean(const std::vector<ResultRow>& rows, std::optional<SiteIndex> site) const
    {
        ResultRow mean;
        mean.metric = "domain_cv.mean";
        mean.params["m"] = context().params.number("m");
        mean.site = site;
        double sum = 0, uniform = 0, variance = 0;
        bool withUniform = true;
        for (const ResultRow& row : rows) {
            if (!row.value || (site && row.site != site))
                continue;
            sum += *row.value;
            withUniform &= row.uniform.has_value();
            uniform += row.uniform.value_or(0);
            variance += row.uniformSd.value_or(0) * row.uniformSd.value_or(0);
            if (mean.uniformUndefined.empty())
                mean.uniformUndefined = row.uniformUndefined;
            ++mean.n;
        }
        if (mean.n == 0) {
            mean.undefined = "no expert is used by two values of the label in windows of m tokens";
            return mean;
        }
        mean.value = sum / double(mean.n);
        if (withUniform)
            setUniform(mean, {uniform / double(mean.n), std::sqrt(variance) / double(mean.n)});
        return mean;
    }
};

}

MetricSpec domainCvMetric()
{
    return {
        .name = "domain_cv",
        .definition =
            "sample SD over mean, over the label's values, of an expert's activation rate in all windows of m "
            "tokens; values with a rate up to 1e-5 left out (n = those that count); means over experts",
        .source = "domain specialisation of arXiv 2505.16056, as its code takes it (SD with n - 1)",
        .needsLabel = true,
        .ranges = {{"domain_cv.value", kNotNegative}, {"domain_cv.mean", kNotNegative}},
        .params = {{"m", "16", "tokens in a window", ParameterSpec::Kind::Number, 1, 1 << 20, true}},
        .make = [](const MetricContext& context) { return std::make_unique<DomainCv>(context); },
    };
}

}
