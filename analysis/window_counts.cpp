// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/window_counts.h"

#include <algorithm>

namespace expertscope {

namespace {

/// The steady state: for each of `n` tokens one leaves, one enters.
template <std::size_t Width>
void slide(std::uint64_t* atLeast, std::uint32_t* now, const std::uint16_t* leaving, const std::uint16_t* entering,
    std::size_t n, std::size_t anyWidth, std::uint64_t windows)
{
    const std::size_t width = Width ? Width : anyWidth;
    for (; n > 0; --n, ++windows, leaving += width, entering += width) {
        for (std::size_t r = 0; r < width; ++r)
            atLeast[now[leaving[r]]--] += windows;
        for (std::size_t r = 0; r < width; ++r)
            atLeast[++now[entering[r]]] -= windows;
    }
}

}

WindowCounts::WindowCounts(const RoutingShape& shape, SiteIndex site, const std::vector<unsigned>& lengths)
    : m_site(site)
    , m_tokens(shape, std::span(&site, 1), lengths.empty() ? 0 : *std::ranges::max_element(lengths))
{
    const std::size_t rows = m_tokens.numExperts() + m_tokens.width();
    for (const unsigned m : lengths) {
        Length& length = m_lengths.emplace_back();
        length.m = m;
        length.atLeast.resize(rows * (m + 1));
        length.now.resize(rows);
    }
    forgetCounts();
}

void WindowCounts::forgetCounts()
{
    for (Length& length : m_lengths) {
        for (std::size_t e = 0; e < length.now.size(); ++e)
            length.now[e] = static_cast<std::uint32_t>(e * (length.m + 1));
    }
}

void WindowCounts::addOpen(std::uint64_t sign)
{
    for (Length& length : m_lengths) {
        if (m_place < length.m)
            continue;
        for (std::size_t e = 0; e < length.now.size(); ++e) {
            for (std::size_t cell = e * (length.m + 1) + 1; cell <= length.now[e]; ++cell)
                length.atLeast[cell] += sign * length.windows;
        }
    }
}

void WindowCounts::observe(const Block& block)
{
    for (const SequenceRun& run : block.runs) {
        const bool goesOn = m_cursor.continues(m_site, run);
        if (goesOn) {
            addOpen(~std::uint64_t(0));
        } else {
            forgetCounts();
            m_place = 0;
        }
        m_tokens.feed(
            std::span(&block, 1), run, goesOn, [this](const std::uint16_t* row, std::size_t n, std::uint64_t place) {
                for (Length& length : m_lengths)
                    take(length, row, n, place);
                m_place = place + n;
            });
        addOpen(1); // so that nothing is open between runs
    }
}

void WindowCounts::take(Length& length, const std::uint16_t* row, std::size_t n, std::uint64_t place) const
{
    const std::size_t width = m_tokens.width(), m = length.m;
    for (; n > 0 && place < m; --n, ++place, row += width) { // the first window fills up
        for (std::size_t r = 0; r < width; ++r)
            ++length.now[row[r]];
        if (place + 1 < m)
            continue;
        for (std::size_t e = 0; e < length.now.size(); ++e) {
            for (std::size_t cell = e * (m + 1) + 1; cell <= length.now[e]; ++cell)
                length.atLeast[cell] -= length.windows;
        }
        ++length.windows;
    }
    if (n == 0)
        return;
    const auto run = width == 8 ? slide<8> : width == 4 ? slide<4> : width == 2 ? slide<2> : slide<0>;
    run(length.atLeast.data(), length.now.data(), row - m * width, row, n, width, length.windows);
    length.windows += n;
}

void WindowCounts::add(const WindowCounts& other)
{
    for (std::size_t i = 0; i < m_lengths.size(); ++i) {
        Length& mine = m_lengths[i];
        const Length& theirs = other.m_lengths[i];
        mine.windows += theirs.windows;
        for (std::size_t e = 0; e < numExperts(); ++e) {
            const std::size_t row = e * (mine.m + 1) + 1;
            // What is chosen at least alpha times nowhere is not chosen more often either: bootstraps merge a lot.
            for (std::size_t done = 0; done < mine.m && theirs.atLeast[row + done] != 0;) {
                const std::size_t end = std::min(done + 16, mine.m);
                for (; done < end; ++done)
                    mine.atLeast[row + done] += theirs.atLeast[row + done];
            }
        }
    }
}

void WindowCounts::persist(Archive& archive)
{
    for (Length& length : m_lengths) {
        archive(length.windows);
        archive.fixed(length.atLeast);
    }
}

std::span<const std::uint64_t> WindowCounts::atLeast(std::size_t i, std::size_t expert) const
{
    const Length& length = m_lengths[i];
    return std::span(length.atLeast).subspan(expert * (length.m + 1) + 1, length.m);
}

}
