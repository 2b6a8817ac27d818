// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/counts/load_counts.h"
#include "analysis/spine/metric_spec.h"

#include <map>

namespace expertscope {

/// Choices of a site counted by the value of a label and by parts of the sequences.
class ValueCounts
{
public:
    /// `parts`: [sequences] the part of each.
    ValueCounts(const Label& label, const Site& site, std::shared_ptr<const std::vector<std::uint32_t>> parts)
        : m_label(&label)
        , m_site(&site)
        , m_parts(std::move(parts))
    {
    }

    void observe(const Block& block)
    {
        for (const SequenceRun& run : block.runs) {
            if (const std::int32_t code = m_label->codes[std::size_t(run.sequence)]; code >= 0)
                of((*m_parts)[std::size_t(run.sequence)], std::uint32_t(code)).add(block, run);
        }
    }
    void add(const ValueCounts& other)
    {
        for (const auto& [key, counts] : other.m_counts)
            of(key.first, key.second).add(counts);
    }
    void persist(Archive& archive)
    {
        std::vector<std::pair<std::uint32_t, std::uint32_t>> keys;
        for (const auto& [key, counts] : m_counts)
            keys.push_back(key);
        archive(keys);
        for (const auto& [part, value] : keys) {
            if (value >= m_label->values.size())
                archive.refuse();
            if (!archive.ok())
                return;
            of(part, value).persist(archive);
        }
    }

    /// (part, value) -> choices, of those that occur.
    const std::map<std::pair<std::uint32_t, std::uint32_t>, LoadCounts>& all() const { return m_counts; }
    const Label& label() const { return *m_label; }
    const Site& site() const { return *m_site; }

private:
    LoadCounts& of(std::uint32_t part, std::uint32_t value)
    {
        return m_counts.try_emplace({part, value}, *m_site).first->second;
    }

    const Label* m_label;
    const Site* m_site;
    std::shared_ptr<const std::vector<std::uint32_t>> m_parts;
    std::map<std::pair<std::uint32_t, std::uint32_t>, LoadCounts> m_counts;
};

}
