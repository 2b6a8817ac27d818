// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/by_label.h"

namespace expertscope {

namespace {

class ByLabel final : public Accumulator
{
public:
    ByLabel(const MetricSpec& spec, const MetricContext& context)
        : m_spec(spec)
        , m_label(*context.by)
        , m_context(context)
        , m_parts(m_label.values.size() + 1)
        , m_runs(m_parts.size())
    {
        m_context.by = nullptr;
    }

    void observe(const Block& block) override
    {
        m_used.clear();
        for (const SequenceRun& run : block.runs) {
            const std::size_t p = partOf(run.sequence);
            if (m_runs[p].empty())
                m_used.push_back(p);
            m_runs[p].push_back(run);
        }
        for (const std::size_t p : m_used) {
            Block sameValue = block;
            sameValue.runs = m_runs[p];
            part(p).observe(sameValue);
            m_runs[p].clear();
        }
    }

    void merge(const Accumulator& other) override
    {
        const auto& that = static_cast<const ByLabel&>(other);
        for (std::size_t p = 0; p < m_parts.size(); ++p) {
            if (that.m_parts[p])
                part(p).merge(*that.m_parts[p]);
        }
    }

    std::vector<ResultRow> result() const override
    {
        const auto whole = m_spec.make(m_context);
        for (const auto& part : m_parts) {
            if (part)
                whole->merge(*part);
        }
        std::vector<ResultRow> rows = whole->result();
        for (std::size_t p = 0; p + 1 < m_parts.size(); ++p) {
            if (!m_parts[p])
                continue; // none of its sequences was selected
            for (ResultRow& row : m_parts[p]->result()) {
                row.label = {m_label.name, m_label.values[p]};
                rows.push_back(std::move(row));
            }
        }
        return rows;
    }

private:
    /// The last part takes the sequences without the label.
    std::size_t partOf(SequenceIndex sequence) const
    {
        const std::int32_t code = m_label.codes[std::size_t(sequence)];
        return code < 0 ? m_parts.size() - 1 : std::size_t(code);
    }
    Accumulator& part(std::size_t p)
    {
        if (!m_parts[p])
            m_parts[p] = m_spec.make(m_context);
        return *m_parts[p];
    }

    const MetricSpec& m_spec;
    const Label& m_label;
    MetricContext m_context;
    std::vector<std::unique_ptr<Accumulator>> m_parts;
    std::vector<std::vector<SequenceRun>> m_runs; ///< of the block at hand, by part
    std::vector<std::size_t> m_used;
};

}

std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, const MetricContext& context)
{
    return std::make_unique<ByLabel>(spec, context);
}

}
