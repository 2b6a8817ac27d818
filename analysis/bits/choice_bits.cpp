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
    m_haveSets = m_haveTurned = m_plain = false;
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

TurnedSets ChoiceBits::turned()
{
    if (!m_haveTurned)
        turn();
    return {m_turned.data(), (std::size_t(m_block.numTokens) + 63) / 64, std::size_t(64) * m_words};
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

void ChoiceBits::turn()
{
    const std::uint64_t* const all = sets().data();
    const std::size_t n = m_block.numTokens, groups = (n + 63) / 64, stride = std::size_t(64) * m_words;
    if (m_turned.size() < groups * stride)
        m_turned.resize(groups * stride);
    std::vector<std::uint64_t> last; // the last group, filled up with tokens without a choice
    for (std::size_t g = 0; g < groups; ++g) {
        const std::uint64_t* group = all + g * stride;
        if (n % 64 && g + 1 == groups) {
            last.assign(group, all + n * m_words);
            last.resize(stride);
            group = last.data();
        }
        for (unsigned w = 0; w < m_words; ++w)
            bitKernels().turn(group + w, m_words, m_turned.data() + g * stride + 64 * w);
    }
    m_haveTurned = true;
}

void ChoiceBits::count(std::size_t first, std::size_t end, std::uint64_t* counts)
{
    if (first >= end)
        return;
    TurnedSets sets = turned();
    sets.words += first / 64 * sets.stride;
    sets.groups = (end - 1) / 64 - first / 64 + 1;
    const std::uint64_t head = ~std::uint64_t(0) << (first % 64), tail = ~std::uint64_t(0) >> (63 - (end - 1) % 64);
    bitKernels().counts(sets, m_block.numExperts, head, tail, counts);
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

RunMask::RunMask(const Block& block)
    : m_bits((std::size_t(block.numTokens) + 63) / 64)
{
    for (const SequenceRun& run : block.runs) {
        setBits(m_bits.data(), run.begin, std::size_t(run.begin) + run.length);
        m_tokens += run.length;
    }
}

}
