// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/prediction_models.h"

#include <numeric>

namespace expertscope {

namespace {

/// The n largest first, in any order among themselves.
std::vector<std::uint32_t> partedByScore(std::span<const std::uint64_t> scores, std::size_t& n)
{
    std::vector<std::uint32_t> ids(scores.size());
    std::iota(ids.begin(), ids.end(), 0u);
    n = std::min(n, ids.size());
    std::nth_element(ids.begin(), ids.begin() + std::ptrdiff_t(n), ids.end(),
        [&](std::uint32_t a, std::uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
    return ids;
}

}

void markLargest(std::span<const std::uint64_t> scores, std::size_t n, std::span<std::uint8_t> marks)
{
    const auto ids = partedByScore(scores, n);
    std::ranges::fill(marks, std::uint8_t(0));
    for (std::size_t i = 0; i < n; ++i)
        marks[ids[i]] = 1;
}

void rankLargest(std::span<const std::uint64_t> scores, std::size_t n, std::vector<std::uint32_t>& ids)
{
    ids = partedByScore(scores, n);
    ids.resize(n);
    std::ranges::sort(
        ids, [&](std::uint32_t a, std::uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
}

std::size_t countAmongLargest(
    std::span<const std::uint64_t> scores, std::size_t n, std::span<const std::uint16_t> some)
{
    const PredictionKernels& kernels = predictionKernels();
    std::size_t among = 0;
    for (const std::uint16_t e : some) {
        std::size_t above = 0, notBelow = 0;
        kernels.countAbove(scores.data(), scores.size(), scores[e], above, notBelow);
        if (above < n && notBelow > n) // among equals those with lower ids
            above += std::size_t(std::ranges::count(scores.first(e), scores[e]));
        among += above < n;
    }
    return among;
}

SequenceLibrary::SequenceLibrary(
    const std::vector<std::size_t>& offsets, const std::vector<const std::vector<std::uint32_t>*>& matrices)
    : m_numStored(matrices.size())
{
    for (std::size_t i = 0; i + 1 < offsets.size(); ++i) {
        const std::size_t E = offsets[i + 1] - offsets[i];
        std::vector<std::uint32_t>& site = m_counts.emplace_back(E * m_numStored);
        std::vector<double>& norms = m_inverseNorms.emplace_back(m_numStored);
        for (std::size_t s = 0; s < m_numStored; ++s) {
            double square = 0; // of integers, exact below 2^53
            for (std::size_t e = 0; e < E; ++e) {
                const std::uint32_t count = (*matrices[s])[offsets[i] + e];
                site[e * m_numStored + s] = count;
                square += double(count) * count;
            }
            norms[s] = square > 0 ? 1 / std::sqrt(square) : 0;
        }
    }
}

OpenSequence::OpenSequence(const SequenceLibrary& library, const std::vector<std::size_t>& offsets)
    : m_library(library)
    , m_offsets(offsets)
    , m_counts(offsets.back())
    , m_squares(library.numSites())
    , m_dots(library.numSites() * library.numStored())
    , m_cosines(m_dots.size())
    , m_sums(library.numStored())
{
}

void OpenSequence::clear()
{
    std::ranges::fill(m_counts, 0u);
    std::ranges::fill(m_squares, 0u);
    std::ranges::fill(m_dots, 0u);
    std::ranges::fill(m_cosines, 0);
    std::ranges::fill(m_sums, 0);
}

void OpenSequence::compare(std::size_t site)
{
    const std::size_t stored = m_library.numStored();
    const double norm = 1 / std::sqrt(double(m_squares[site]));
    const std::uint64_t* const dots = m_dots.data() + site * stored;
    const double* const norms = m_library.inverseNorms(site);
    std::int64_t* const cosines = m_cosines.data() + site * stored;
    predictionKernels().compare(dots, norms, norm, stored, cosines, m_sums.data());
}

std::size_t OpenSequence::nearest() const
{
    std::size_t best = 0;
    std::int64_t most = -1;
    for (std::size_t s = 0; s < m_sums.size(); ++s) {
        if (const std::int64_t sum = (m_sums[s] + (1 << 11)) >> 12; sum > most) {
            most = sum;
            best = s;
        }
    }
    return best;
}

}
