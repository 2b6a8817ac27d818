// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/spine/by_label.h"

#include "analysis/spine/partition.h"

namespace expertscope {

namespace {

/// The last part takes the sequences without the label.
std::vector<std::uint32_t> partsOf(const Label& label)
{
    std::vector<std::uint32_t> parts;
    for (const std::int32_t code : label.codes)
        parts.push_back(code < 0 ? std::uint32_t(label.values.size()) : std::uint32_t(code));
    return parts;
}

class ByLabel : public Partition
{
public:
    ByLabel(AccumulatorFactory make, const Label& label)
        : Partition(std::move(make), partsOf(label), label.values.size() + 1)
        , m_label(label)
    {
    }

    Results result() const override
    {
        Results results = whole();
        for (std::size_t p = 0; p < m_label.values.size(); ++p) {
            if (!part(p))
                continue; // none of its sequences was selected
            Results more = part(p)->result();
            for (ResultRow& row : more.rows) {
                row.label = {m_label.name, m_label.values[p]};
                results.rows.push_back(std::move(row));
            }
            for (ResultMatrix& matrix : more.matrices) {
                matrix.label = {m_label.name, m_label.values[p]};
                results.matrices.push_back(std::move(matrix));
            }
        }
        return results;
    }

    std::unique_ptr<Accumulator> secondPass() const override
    {
        AccumulatorFactory learnt = learntFactory();
        return learnt ? std::make_unique<ByLabel>(std::move(learnt), m_label) : nullptr;
    }

protected:
    virtual Results whole() const { return mergedParts()->result(); }

private:
    const Label& m_label;
};

/// For metrics of groups of sequences: each value groups its own ones, so the whole is not the values merged.
class ByLabelApart final : public ByLabel
{
public:
    ByLabelApart(const MetricSpec& spec, MetricContext context, const Label& label)
        : ByLabel({}, label)
        , m_spec(spec)
        , m_context(std::move(context))
        , m_whole(spec.make(m_context))
        , m_sequences(numParts())
    {
        for (const SequenceIndex s : m_context.selection->sequences)
            m_sequences[partOf()[std::size_t(s)]].push_back(s);
    }

    void observe(const Tile& tile) override
    {
        ByLabel::observe(tile);
        m_whole->observe(tile);
    }

    void merge(const Accumulator& other) override
    {
        ByLabel::merge(other);
        m_whole->merge(*static_cast<const ByLabelApart&>(other).m_whole);
    }

    void persist(Archive& archive) override
    {
        ByLabel::persist(archive);
        m_whole->persist(archive);
    }

    std::unique_ptr<Accumulator> secondPass() const override { return nullptr; }

private:
    Results whole() const override { return m_whole->result(); }

    std::unique_ptr<Accumulator> makePart(std::size_t p) const override
    {
        auto selection = std::make_shared<Selection>();
        selection->sequences = m_sequences[p];
        MetricContext context = m_context;
        context.selection = std::move(selection);
        return m_spec.make(context);
    }

    const MetricSpec& m_spec;
    const MetricContext m_context;
    std::unique_ptr<Accumulator> m_whole;
    std::vector<std::vector<SequenceIndex>> m_sequences; ///< selected ones by part
};

}

std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, MetricContext context, const Label& label)
{
    context.by = nullptr;
    if (spec.groupsSequences && !context.valuesOnly)
        return std::make_unique<ByLabelApart>(spec, std::move(context), label);
    return std::make_unique<ByLabel>([&spec, context] { return spec.make(context); }, label);
}

}
