// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/partition.h"

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

class ByLabel final : public Partition
{
public:
    ByLabel(AccumulatorFactory make, const Label& label)
        : Partition(std::move(make), partsOf(label), label.values.size() + 1)
        , m_label(label)
    {
    }

    Results result() const override
    {
        Results results = mergedParts()->result();
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

private:
    const Label& m_label;
};

}

std::unique_ptr<Accumulator> splitByLabel(const MetricSpec& spec, MetricContext context, const Label& label)
{
    context.by = nullptr;
    return std::make_unique<ByLabel>([&spec, context] { return spec.make(context); }, label);
}

}
