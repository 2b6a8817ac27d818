// SPDX-License-Identifier: GPL-3.0-or-later
#include "views/tokens/lines/part_column.h"

#include <algorithm>
#include <bit>

namespace expertscope {

void PartColumn::setTokens(KeptTokensPtr kept)
{
    m_kept = std::move(kept);
    m_begins.clear();
    m_positions.clear();
    m_tokens.clear();
    if (m_kept) {
        for (const SequenceIndex s : m_kept->sequences()) {
            const Sequence& sequence = m_kept->shape().sequences[std::size_t(s)];
            for (std::uint32_t position = 0; position < sequence.length; position += kPartTokens) {
                m_begins.push_back(sequence.begin.value + position);
                m_positions.push_back(position);
                m_tokens.push_back(std::uint16_t(std::min(sequence.length - position, kPartTokens)));
                if (sequence.length - position <= kPartTokens)
                    break; // nor beyond the last number there is
            }
        }
    }
    m_heights.assign(m_begins.size(), 1);
    sumUp();
}

TextPart PartColumn::part(std::size_t at) const
{
    const TokenIndex begin(m_begins[at]);
    return {sequenceOf(m_kept->shape(), begin), m_positions[at], {begin, TokenIndex(begin.value + m_tokens[at])}};
}

std::optional<std::size_t> PartColumn::find(TokenIndex token) const
{
    const auto after = std::ranges::upper_bound(m_begins, token.value);
    if (after == m_begins.begin())
        return {};
    const auto at = std::size_t(after - m_begins.begin() - 1);
    return token.value < m_begins[at] + m_tokens[at] ? std::optional(at) : std::nullopt;
}

void PartColumn::sumUp()
{
    m_sums.assign(size() + 1, 0);
    for (std::size_t i = 1; i <= size(); ++i) {
        m_sums[i] += m_heights[i - 1];
        if (const std::size_t above = i + (i & (~i + 1)); above <= size())
            m_sums[above] += m_sums[i];
    }
}

void PartColumn::setHeight(std::size_t at, int height)
{
    const std::int64_t more = std::int64_t(height) - m_heights[at];
    m_heights[at] = height;
    for (std::size_t i = at + 1; more != 0 && i <= size(); i += i & (~i + 1))
        m_sums[i] += more;
}

std::int64_t PartColumn::top(std::size_t at) const
{
    std::int64_t sum = 0;
    for (std::size_t i = at; i > 0; i -= i & (~i + 1))
        sum += m_sums[i];
    return sum;
}

std::size_t PartColumn::at(std::int64_t y) const
{
    std::size_t i = 0;
    for (std::size_t step = std::bit_floor(size()); step > 0; step /= 2) {
        if (i + step <= size() && m_sums[i + step] <= y) {
            i += step;
            y -= m_sums[i];
        }
    }
    return std::min(i, size() - 1);
}

}
