// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/bits/choice_bits.h"

#include "analysis/bits/bit_kernels.h"

#include <algorithm>
#include <bit>

namespace expertscope {

std::uint32_t sizeOfSet(const std::uint64_t* set, unsigned words)
{
    int size = 0;
    for (unsigned w = 0; w < words; ++w)
        size += std::popcount(set[w]);
    return static_cast<std::uint32_t>(size);
}

void ChoiceBits::reset(const Block& block)
{
    m_block = block;
    m_words = (block.numExperts + 63u) / 64u;
    m_planeWords = (block.numTokens / 64 / kVectorWords + 1) * kVectorWords;
    m_haveSets = m_havePlanes = m_plain = false;
}

std::span<const std::uint64_t> ChoiceBits::sets()
{
    if (!m_haveSets)
        makeSets();
    return std::span(m_sets).first(std::size_t(m_block.numTokens) * m_words);
}

bool ChoiceBits::plain()
{
    if (!m_haveSets)
        makeSets();
    return m_plain;
}

const std::uint64_t* ChoiceBits::planes()
{
    if (!m_havePlanes)
        makePlanes();
    return m_planes.data();
}

void ChoiceBits::makeSets()
{
    const std::size_t n = m_block.numTokens, stride = m_block.numSlots;
    if (m_sets.size() < n * m_words)
        m_sets.resize(n * m_words);
    if (const unsigned k = m_block.evenSlots) {
        bitKernels().sets(m_block.expertIds.data(), n, stride, k, m_words, m_sets.data());
        m_plain = bitKernels().allOfSize(m_sets.data(), n, m_words, k);
    } else {
        std::fill_n(m_sets.begin(), n * m_words, 0);
        for (std::size_t i = 0; i < n * stride; ++i) {
            const std::uint16_t id = m_block.expertIds[i];
            if (id < m_block.numExperts)
                m_sets[i / stride * m_words + id / 64] |= std::uint64_t(1) << (id % 64);
        }
        m_plain = false;
    }
    m_haveSets = true;
}

void ChoiceBits::makePlanes()
{
    const std::uint64_t* const all = sets().data();
    const std::size_t n = m_block.numTokens, E = m_block.numExperts;
    if (m_planes.size() < E * m_planeWords)
        m_planes.resize(E * m_planeWords);
    std::vector<std::uint64_t> last(64 * m_words); // the last 64 tokens, those beyond the end without a choice
    std::copy(all + n / 64 * 64 * m_words, all + n * m_words, last.begin());
    std::uint64_t turned[64];
    for (std::size_t g = 0; g < m_planeWords; ++g) {
        const bool whole = (g + 1) * 64 <= n;
        for (unsigned w = 0; w < m_words; ++w) {
            const std::size_t first = 64 * std::size_t(w), end = std::min<std::size_t>(E, first + 64);
            if (whole)
                bitKernels().turn(all + g * 64 * m_words + w, m_words, turned);
            else if (g == n / 64)
                bitKernels().turn(last.data() + w, m_words, turned);
            else
                std::fill_n(turned, 64, 0);
            for (std::size_t e = first; e < end; ++e)
                m_planes[e * m_planeWords + g] = turned[e - first];
        }
    }
    m_havePlanes = true;
}

void ChoiceBits::count(std::size_t first, std::size_t end, std::uint64_t* counts)
{
    if (first >= end)
        return;
    const std::size_t from = first / 64, to = (end - 1) / 64;
    const std::uint64_t head = ~std::uint64_t(0) << (first % 64), tail = ~std::uint64_t(0) >> (63 - (end - 1) % 64);
    bitKernels().counts(planes() + from, m_planeWords, m_block.numExperts, to - from + 1, head, tail, counts);
}

void setBits(std::uint64_t* bits, std::size_t first, std::size_t end)
{
    for (; first < end && first % 64; ++first)
        bits[first / 64] |= std::uint64_t(1) << (first % 64);
    for (; first + 64 <= end; first += 64)
        bits[first / 64] = ~std::uint64_t(0);
    if (first < end)
        bits[first / 64] |= (std::uint64_t(1) << (end - first)) - 1;
}

RunMask::RunMask(std::span<const SequenceRun> runs, std::size_t words)
    : m_bits(words)
{
    for (const SequenceRun& run : runs) {
        setBits(m_bits.data(), run.begin, std::size_t(run.begin) + run.length);
        m_tokens += run.length;
    }
}

}
