// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/check/check_routing.h"

#include "io/trace/trace_columns.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

namespace expertscope {

namespace {

constexpr std::size_t kPieceValues = 1 << 20; ///< of a column in memory at a time

class RoutingCheck
{
public:
    RoutingCheck(const CheckedTrace& trace, TraceCheck& counts)
        : m(trace)
        , m_counts(counts)
        , m_slots(trace.summary.numSlots)
        , m_seen(kNoExpert + std::size_t(1))
    {
        for (const Column column : columnsOf(m.summary)) {
            if (isPerToken(column))
                continue;
            auto dataset = openColumn(m.trace, m.summary, column);
            if (m.good(dataset))
                m_columns[std::size_t(column)] = std::move(*dataset);
        }
    }

    Expected<void> run()
    {
        const auto T = m.summary.numTokens;
        std::size_t widest = m_slots;
        if (m.summary.columns.logits) {
            for (const Site& site : m.summary.sites)
                widest = std::max<std::size_t>(widest, site.numExperts);
        }
        // A chunk at a time: what cannot be read does not hide what stands beside it.
        const std::uint64_t rows = std::clamp<std::uint64_t>(kPieceValues / widest, 1, kChunkTokens);
        for (std::size_t site = 0; site < m.summary.sites.size(); ++site) {
            for (std::uint64_t first = 0; first < T; first += rows) {
                if (!m.goOn((static_cast<double>(site) + static_cast<double>(first) / static_cast<double>(T))
                        / static_cast<double>(m.summary.sites.size())))
                    return checkCancelled(m);
                piece(static_cast<std::uint16_t>(site), first, std::min(rows, T - first));
            }
        }
        return {};
    }

private:
    std::string place(std::uint64_t token) const
    {
        return "token " + std::to_string(token) + ", site " + std::to_string(m_site);
    }

    void piece(std::uint16_t site, std::uint64_t first, std::uint64_t count)
    {
        m_site = site;
        m_first = first;
        const bool ids = readIds(count);
        if (ids)
            checkIds(count);
        if (read(Column::Weight, count, m_slots) && ids)
            checkWeights(count);
        const Site& s = m.summary.sites[site];
        if (read(Column::Entropy, count, 1))
            checkEntropy(count, std::log(static_cast<double>(s.numExperts)));
        (void)read(Column::Margin, count, 1); // any number may stand there
        const auto& logits = m_columns[std::size_t(Column::Logits)];
        if (logits && read(Column::Logits, count, logits->dims()[2]))
            checkLogits(count, logits->dims()[2], s.numExperts);
    }

    bool read(Column column, std::uint64_t count, std::size_t width)
    {
        const auto& dataset = m_columns[std::size_t(column)];
        m_values.resize(count * width);
        return dataset && m.good(dataset->read(m_first, count, m_site, m_values.data(), &m_cache));
    }

    bool readIds(std::uint64_t count)
    {
        const auto& dataset = m_columns[std::size_t(Column::ExpertId)];
        if (!dataset)
            return false;
        m_ids.resize(count * m_slots);
        if (dataset->isStoredAs<std::uint16_t>())
            return m.good(dataset->read(m_first, count, m_site, m_ids.data(), &m_cache));
        // Written by others: any integer, where below zero says none.
        std::vector<std::int64_t> wide(m_ids.size());
        if (!m.good(dataset->read(m_first, count, m_site, wide.data(), &m_cache)))
            return false;
        for (std::size_t i = 0; i < wide.size(); ++i) {
            const bool none = wide[i] < 0 || wide[i] > kNoExpert;
            m_ids[i] = none ? kNoExpert : static_cast<std::uint16_t>(wide[i]);
            if (wide[i] > kNoExpert)
                beyond(i / m_slots, wide[i]);
        }
        return true;
    }

    void beyond(std::uint64_t row, std::int64_t id)
    {
        m.findings.add("routing/expert_id", "an expert that the site does not have", [&] {
            return place(m_first + row) + ": expert " + std::to_string(id) + " of "
                + std::to_string(m.summary.sites[m_site].numExperts);
        });
    }

    void checkIds(std::uint64_t count)
    {
        static const std::string kWhere = "routing/expert_id";
        const Site& site = m.summary.sites[m_site];
        for (std::uint64_t row = 0; row < count; ++row) {
            const std::uint16_t* const ids = m_ids.data() + row * m_slots;
            if (++m_stamp == 0) { // all stamps were used
                std::ranges::fill(m_seen, 0u);
                m_stamp = 1;
            }
            unsigned chosen = 0;
            bool gap = false;
            for (std::size_t slot = 0; slot < m_slots; ++slot) {
                const std::uint16_t id = ids[slot];
                const auto here = [&] {
                    return place(m_first + row) + ": expert " + std::to_string(id) + " in slot " + std::to_string(slot);
                };
                if (id == kNoExpert) {
                    gap = true;
                    continue;
                }
                if (id >= site.numExperts)
                    beyond(row, id);
                else if (m_seen[id] == m_stamp)
                    m.findings.add(kWhere, "the same expert twice in a token", here);
                m_seen[id] = m_stamp;
                if (slot >= site.topK)
                    m.findings.add(kWhere, "an expert in a slot at or beyond top_k", here);
                else if (gap)
                    m.findings.add(kWhere, "an empty slot before a full one", here);
                ++chosen;
            }
            m_counts.fewerChoices += chosen < site.topK;
        }
        m_counts.pairs += count;
    }

    void checkWeights(std::uint64_t count)
    {
        static const std::string kWhere = "routing/expert_weight";
        for (std::uint64_t row = 0; row < count; ++row) {
            bool some = false, lacking = false;
            for (std::size_t slot = 0; slot < m_slots; ++slot) {
                const float weight = m_values[row * m_slots + slot];
                const bool expert = m_ids[row * m_slots + slot] != kNoExpert, known = !std::isnan(weight);
                const auto here = [&] {
                    return place(m_first + row) + ", slot " + std::to_string(slot) + ": " + std::to_string(weight);
                };
                if (known && !expert)
                    m.findings.add(kWhere, "a weight where no expert is", here);
                if (std::isinf(weight))
                    m.findings.add(kWhere, "is infinite", here);
                some |= expert && known;
                lacking |= expert && !known;
            }
            if (some && lacking)
                m.findings.add(kWhere, "weights of some experts of a token only", [&] { return place(m_first + row); });
        }
    }

    void checkEntropy(std::uint64_t count, double most)
    {
        for (std::uint64_t row = 0; row < count; ++row) {
            const double entropy = static_cast<double>(m_values[row]);
            if (entropy < -1e-3 || entropy > most * 1.001 + 1e-3)
                m.findings.add("routing/entropy", "is not between 0 and log E",
                    [&] { return place(m_first + row) + ": " + std::to_string(entropy); });
        }
    }

    void checkLogits(std::uint64_t count, std::size_t width, std::size_t experts)
    {
        for (std::uint64_t row = 0; row < count; ++row) {
            for (std::size_t e = experts; e < width; ++e) {
                if (!std::isnan(m_values[row * width + e]))
                    m.findings.add("routing/router_logits", "logits of experts that the site does not have",
                        [&] { return place(m_first + row) + ": expert " + std::to_string(e); });
            }
        }
    }

    const CheckedTrace& m;
    TraceCheck& m_counts;
    const std::size_t m_slots;
    std::array<std::optional<NumericDataset>, kAllColumns.size()> m_columns;
    ChunkCache m_cache;
    std::uint16_t m_site = 0;
    std::uint64_t m_first = 0; ///< token of the piece at hand
    std::vector<std::uint16_t> m_ids;
    std::vector<float> m_values;
    std::vector<std::uint32_t> m_seen; ///< [expert] stamp of the token that it was seen in
    std::uint32_t m_stamp = 0;
};

}

Expected<void> checkRouting(const CheckedTrace& trace, TraceCheck& counts)
{
    return RoutingCheck(trace, counts).run();
}

}
