// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/check/findings.h"
#include "io/trace/numeric_dataset.h"

#include <optional>

namespace expertscope {

/// The numbers of a one-dimensional dataset, one after the other, a piece of it in memory.
class Piecewise
{
public:
    /// None, and a finding, where it cannot be opened or is not of `length` (any, when it is left out).
    static std::optional<Piecewise> open(
        const CheckedTrace& trace, const std::string& path, std::uint64_t length = NumericDataset::kAnyLength);
    /// The same where it may be missing: then none, without a finding.
    static std::optional<Piecewise> openIfThere(const CheckedTrace& trace, const std::string& path, std::uint64_t length);

    std::uint64_t size() const { return m_dataset.dims()[0]; }
    /// False, and a finding, where it cannot be read; false at the end.
    bool next(std::int64_t& value)
    {
        if (m_at == m_piece.size() && !readOn())
            return false;
        value = m_piece[m_at++];
        return true;
    }
    void fillGaps() { m_dataset.fillGaps(); }

private:
    Piecewise(const CheckedTrace& trace, NumericDataset dataset)
        : m_trace(&trace)
        , m_dataset(std::move(dataset))
    {
    }
    bool readOn();

    const CheckedTrace* m_trace;
    NumericDataset m_dataset;
    std::uint64_t m_first = 0; ///< row behind the piece
    std::vector<std::int64_t> m_piece;
    std::size_t m_at = 0; ///< in it
};

}
