// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a capacity would drop (metrics 4, 6.2): every sequence fills its experts in the order of positions.
#include "analysis/chance/uniform_drop.h"
#include "analysis/counts/load_counts.h"
#include "analysis/spine/per_site.h"

#include <algorithm>
#include <cmath>

namespace expertscope {

namespace {

/// Capacity of an expert: its even share of so many tokens' slots, filled or not, times the factor, rounded up; 1.1 *
/// 10 is 11, not 12.
std::uint64_t capacity(double factor, std::uint64_t tokens, const Site& site)
{
    const double share = factor * double(tokens) * site.topK / site.numExperts;
    return static_cast<std::uint64_t>(std::min(0x1p62, std::ceil(share - 1e-9 * std::max(1.0, share))));
}

/// Positions 0 to the longest sequence's last in equal parts.
struct PositionBins
{
    PositionBins(const RoutingShape& shape, std::size_t count)
        : ends(count)
    {
        std::uint64_t longest = 0;
        for (const Sequence& sequence : shape.sequences)
            longest = std::max<std::uint64_t>(longest, sequence.length);
        for (std::size_t b = 0; b < count; ++b)
            ends[b] = ((b + 1) * longest + count - 1) / count;
    }

    std::size_t count() const { return ends.size(); }
    std::uint64_t begin(std::size_t b) const { return b ? ends[b - 1] : 0; }
    std::size_t of(std::uint64_t position) const
    {
        return std::size_t(std::ranges::upper_bound(ends, position) - ends.begin());
    }

    std::vector<std::uint64_t> ends; ///< one past the last position of each
};

/// Choices of one sequence by position.
struct SequenceLoad
{
    void clear()
    {
        for (LoadCounts& bin : bins) {
            if (bin.choices())
                bin.clear();
        }
        length = 0;
    }

    std::vector<LoadCounts> bins;
    std::uint32_t first = 0, length = 0; ///< first position, tokens
};

/// An expert takes its first choices up to the capacity and drops the others, its last ones: counts by bin of positions
/// are all that is needed.
class DropState
{
public:
    DropState(const MetricContext& context, SiteIndex site)
        : m_index(site)
        , m_site(context.shape->sites[std::size_t(site)])
        , m_valuesOnly(context.valuesOnly)
        , m_factors(context.params.numbers("cf"))
        , m_bins(*context.shape, std::size_t(context.params.number("bins")))
        , m_all(m_site)
        , m_open{std::vector(m_bins.count(), m_all)}
        , m_assigned(m_bins.count())
        , m_dropped(m_factors.size() * m_bins.count())
    {
    }

    void observe(const Block& block, ChoiceBits& bits)
    {
        for (const SequenceRun& run : block.runs) {
            if (!m_cursor.continues(m_index, run)) {
                closeSequence();
                m_open.first = run.position;
            }
            for (std::uint32_t done = 0; done < run.length;) {
                const std::size_t b = m_bins.of(run.position + done);
                const auto end =
                    static_cast<std::uint32_t>(std::min<std::uint64_t>(m_bins.ends[b] - run.position, run.length));
                m_open.bins[b].add(
                    block, bits, {run.sequence, run.begin + done, end - done, run.position + done});
                done = end;
            }
            m_open.length += run.length;
        }
    }

    void add(const DropState& other)
    {
        closeSequence();
        m_all.add(other.m_all);
        m_tokens += other.m_tokens;
        for (std::size_t i = 0; i < m_assigned.size(); ++i)
            m_assigned[i] += other.m_assigned[i];
        for (std::size_t i = 0; i < m_dropped.size(); ++i)
            m_dropped[i] += other.m_dropped[i];
        for (const auto& [span, sequences] : other.m_spans)
            m_spans[span] += sequences;
        addSequence(other.m_open);
    }

    void persist(Archive& archive)
    {
        closeSequence();
        archive(m_all, m_tokens, m_spans);
        archive.fixed(m_assigned);
        archive.fixed(m_dropped);
    }

    void rows(std::vector<ResultRow>& rows) const
    {
        DropState whole = *this;
        whole.closeSequence();
        whole.closedRows(rows);
    }

private:
    void closeSequence()
    {
        addSequence(m_open);
        m_open.clear();
    }

    void addSequence(const SequenceLoad& sequence)
    {
        if (sequence.length == 0)
            return;
        LoadCounts whole(m_site);
        for (std::size_t b = 0; b < m_bins.count(); ++b) {
            if (sequence.bins[b].choices() == 0)
                continue;
            m_assigned[b] += sequence.bins[b].choices();
            whole.add(sequence.bins[b]);
        }
        for (std::size_t f = 0; f < m_factors.size(); ++f)
            drop(sequence, whole, capacity(m_factors[f], sequence.length, m_site), &m_dropped[f * m_bins.count()]);
        m_all.add(whole);
        m_tokens += sequence.length;
        ++m_spans[{sequence.first, sequence.length}];
    }

    /// Adds what is dropped in each bin: of each expert the last choices, those beyond the capacity.
    void drop(
        const SequenceLoad& sequence, const LoadCounts& whole, std::uint64_t capacity, std::uint64_t* dropped) const
    {
        for (std::size_t e = 0; e < m_site.numExperts; ++e) {
            std::uint64_t until = whole.counts()[e]; // choices up to the end of a bin
            for (std::size_t b = m_bins.count(); b > 0 && until > capacity; --b) {
                const std::uint64_t here = sequence.bins[b - 1].counts()[e];
                dropped[b - 1] += std::min(here, until - capacity);
                until -= here;
            }
        }
    }

    void closedRows(std::vector<ResultRow>& rows) const
    {
        for (std::size_t f = 0; f < m_factors.size(); ++f) {
            const std::uint64_t* const dropped = &m_dropped[f * m_bins.count()];
            const std::vector<double> chance = chanceOf(m_factors[f]);
            const auto add = [&](const char* metric, std::uint64_t assigned, std::uint64_t lost,
                                 std::optional<double> uniform, const char* whyNot) -> ResultRow& {
                ResultRow row;
                row.metric = metric;
                row.params["cf"] = m_factors[f];
                row.n = assigned;
                if (assigned) {
                    row.value = double(lost) / double(assigned);
                    row.uniform = uniform;
                } else {
                    row.undefined = whyNot;
                }
                rows.push_back(std::move(row));
                return rows.back();
            };
            std::uint64_t lost = 0;
            for (std::size_t b = 0; b < m_bins.count(); ++b)
                lost += dropped[b];
            const auto uniform = [&](std::size_t i) {
                return chance.empty() ? std::nullopt : std::optional(chance[i]);
            };
            add("drop.ratio", m_all.choices(), lost, uniform(m_bins.count()), kNoTokens);
            for (std::size_t b = 0; b < m_bins.count(); ++b) {
                if (m_bins.begin(b) == m_bins.ends[b])
                    continue; // more bins than positions
                add("drop.ratio", m_assigned[b], dropped[b], uniform(b), "no choices at these positions")
                    .other["position"] = std::to_string(m_bins.begin(b)) + "-" + std::to_string(m_bins.ends[b] - 1);
            }
            const std::uint64_t room = capacity(m_factors[f], m_tokens, m_site);
            lost = 0;
            for (const std::uint64_t c : m_all.counts())
                lost += c > room ? c - room : 0;
            const EqualSets sets = m_all.sizes().worth();
            add("drop.corpus", m_all.choices(), lost,
                uniformDropped(m_all.numExperts(), sets.size, sets.tokens, room) / double(m_all.choices()), kNoTokens);
        }
    }

    /// Tokens of a span before the end of a bin.
    std::uint64_t tokensUntil(std::size_t bin, std::uint32_t first, std::uint32_t length) const
    {
        return std::min<std::uint64_t>(m_bins.ends[bin] - std::min<std::uint64_t>(m_bins.ends[bin], first), length);
    }

    /// Drop ratios of routing by chance, of each bin and of all sequences; empty when tokens differ in their number of
    /// choices: then there is no closed form.
    std::vector<double> chanceOf(double factor) const
    {
        const unsigned E = m_all.numExperts();
        const std::uint64_t k = m_all.sizes().even();
        if (m_valuesOnly || k == 0 || k > E || m_all.tokens() != m_tokens)
            return {};
        const std::size_t bins = m_bins.count();
        std::vector<double> lost(bins + 1), assigned(bins + 1);
        // Of very many spans each so-many-th stands for those after it.
        const std::size_t step = (m_spans.size() + kMostSpans - 1) / kMostSpans;
        double weight = 0;
        std::size_t i = 0;
        for (auto span = m_spans.begin(); span != m_spans.end(); ++i) {
            const auto [first, length] = span->first;
            if (i % step == 0)
                weight = 0;
            weight += double(span->second);
            if (++span != m_spans.end() && (i + 1) % step)
                continue;
            const std::uint64_t room = capacity(factor, length, m_site);
            double before = 0;
            std::uint64_t tokens = 0;
            for (std::size_t b = 0; b < bins; ++b) {
                const std::uint64_t until = tokensUntil(b, first, length);
                const double dropped = until == tokens ? before : uniformDropped(E, double(k), double(until), room);
                lost[b] += weight * (dropped - before);
                assigned[b] += weight * double(until - tokens) * double(k);
                before = dropped;
                tokens = until;
            }
            lost[bins] += weight * before;
            assigned[bins] += weight * double(tokens) * double(k);
        }
        for (std::size_t b = 0; b < lost.size(); ++b)
            lost[b] = assigned[b] > 0 ? lost[b] / assigned[b] : 0;
        return lost;
    }

    static constexpr std::size_t kMostSpans = 1024;

    SiteIndex m_index;
    const Site m_site;
    bool m_valuesOnly;
    std::vector<double> m_factors;
    PositionBins m_bins;
    LoadCounts m_all; ///< of closed sequences
    std::uint64_t m_tokens = 0; ///< of them, with choices or without
    SequenceLoad m_open; ///< the sequence being read
    RunCursor m_cursor;
    std::vector<std::uint64_t> m_assigned; ///< [bins] choices
    std::vector<std::uint64_t> m_dropped; ///< [factors, bins]
    std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> m_spans; ///< first, tokens -> sequences
};

}

MetricSpec dropMetric()
{
    return {
        .name = "drop",
        .definition =
            "share of the choices that a capacity of ceil(cf * k * tokens / E) an expert would drop: each sequence "
            "filled "
            "in order of positions, as a whole and by position; drop.corpus: one capacity for all tokens; n = choices",
        .source = "drop towards the end: OpenMoE, arXiv 2402.01739; corpus: the capacity drop rate",
        .simulateUniform = true,
        .ranges = {{"drop.ratio", kShare}, {"drop.corpus", kShare}},
        .params = {{.name = "cf",
                       .standard = "1/1.25",
                       .meaning = "capacity factors",
                       .kind = ParameterSpec::Kind::Numbers,
                       .least = 0,
                       .most = 1000},
            {.name = "bins",
                .standard = "16",
                .meaning = "parts of the longest sequence",
                .least = 1,
                .most = 4096,
                .whole = true}},
        .make =
            [](const MetricContext& context) { return std::make_unique<PerSiteAccumulator<DropState>>(context, true); },
    };
}

}
