// SPDX-License-Identifier: GPL-3.0-or-later
#include "io/trace/check/piecewise.h"

#include <algorithm>

namespace expertscope {

std::optional<Piecewise> Piecewise::open(const CheckedTrace& trace, const std::string& path, std::uint64_t length)
{
    auto dataset = NumericDataset::open(trace.trace.file, path, NumericDataset::Kind::Integer, {length},
        trace.trace.name, trace.trace.bytes);
    if (!trace.good(dataset))
        return std::nullopt;
    return Piecewise(trace, std::move(*dataset));
}

std::optional<Piecewise> Piecewise::openIfThere(
    const CheckedTrace& trace, const std::string& path, std::uint64_t length)
{
    const auto there = hdf5::exists(trace.trace.file, path, trace.trace.name);
    return trace.good(there) && *there ? open(trace, path, length) : std::nullopt;
}

bool Piecewise::readOn()
{
    // Whole chunks, so that none is inflated twice.
    const std::uint64_t chunk = m_dataset.chunk().empty() ? 65536 : m_dataset.chunk()[0];
    const auto n = std::min(std::max(chunk, 65536 / chunk * chunk), size() - m_first);
    if (n == 0)
        return false;
    m_piece.resize(n);
    m_at = 0;
    if (!m_trace->good(m_dataset.read(m_first, n, 0, m_piece.data()))) {
        m_piece.clear();
        m_first = size();
        return false;
    }
    m_first += n;
    return true;
}

}
