// SPDX-License-Identifier: GPL-3.0-or-later
#include "analysis/counts/window_counts.h"

#include "analysis/bits/bit_kernels.h"

#include <algorithm>

namespace expertscope {

namespace {

/// The steady state: for each of `n` tokens one leaves, one enters.
template <std::size_t Width>
void slideBy(std::uint64_t* atLeast, std::uint32_t* now, const std::uint16_t* leaving, const std::uint16_t* entering,
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

/// Bits cost by the number of experts, sliding by that of choices (measured, bench_consistency).
bool bitsPay(const Site& site)
{
    return bitKernels().turnedPays && site.numExperts <= 40u * site.topK;
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
        length.byBits = m <= kMostTurnedWindow && bitsPay(shape.sites[std::size_t(site)]);
        (length.byBits ? m_anyByBits : m_anySliding) = true;
        length.atLeast.resize(rows * (m + 1));
        if (!length.byBits)
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

void WindowCounts::addOpen(std::uint64_t sign, std::uint64_t place)
{
    for (Length& length : m_lengths) {
        if (place < length.m)
            continue;
        for (std::size_t e = 0; e < length.now.size(); ++e) {
            for (std::size_t cell = e * (length.m + 1) + 1; cell <= length.now[e]; ++cell)
                length.atLeast[cell] += sign * length.windows;
        }
    }
}

void WindowCounts::observe(const Block& block, ChoiceBits& bits)
{
    if (block.runs.empty())
        return;
    bool firstGoesOn = false;
    std::uint64_t place = m_place;
    for (std::size_t i = 0; i < block.runs.size(); ++i) {
        const SequenceRun& run = block.runs[i];
        const bool goesOn = m_cursor.continues(m_site, run);
        if (i == 0) {
            firstGoesOn = goesOn;
            place = goesOn ? m_place : 0;
        }
        if (m_anySliding)
            slide(block, run, goesOn);
        m_place = (goesOn ? m_place : 0) + run.length;
    }
    if (m_anyByBits) {
        if (!firstGoesOn)
            m_tail.clear();
        addBits(block, bits, place);
        keepTail(block, bits, firstGoesOn);
    }
}

void WindowCounts::slide(const Block& block, const SequenceRun& run, bool goesOn)
{
    if (goesOn)
        addOpen(~std::uint64_t(0), m_place);
    else
        forgetCounts();
    m_tokens.feed(
        std::span(&block, 1), run, goesOn, [this](const std::uint16_t* row, std::size_t n, std::uint64_t place) {
            for (Length& length : m_lengths) {
                if (!length.byBits)
                    take(length, row, n, place);
            }
        });
    addOpen(1, (goesOn ? m_place : 0) + run.length); // so that nothing is open between runs
}

void WindowCounts::addBits(const Block& block, ChoiceBits& bits, std::uint64_t place)
{
    const TurnedSets sets = bits.turned();
    std::vector<WindowTask::Length> tasks;
    std::vector<std::vector<std::uint64_t>> counted;
    for (Length& length : m_lengths) {
        if (!length.byBits)
            continue;
        std::vector<std::uint64_t>& ends = counted.emplace_back(sets.groups);
        std::uint64_t before = place;
        const SequenceRun* last = nullptr;
        for (const SequenceRun& run : block.runs) { // one may go on in the next
            if (last && !(last->sequence == run.sequence && last->position + last->length == run.position))
                before = 0;
            const std::uint64_t first = length.m - 1 - std::min<std::uint64_t>(before, length.m - 1);
            if (first < run.length) {
                setBits(ends.data(), run.begin + first, std::size_t(run.begin) + run.length);
                length.windows += run.length - first;
            }
            before += run.length;
            last = &run;
        }
        length.exactly.resize(sets.stride * WindowTask::histogramRows(length.m));
        tasks.push_back({unsigned(length.m), ends.data(), length.exactly.data()});
    }
    const std::vector<std::uint64_t> before = turnedBefore(block.runs.front().begin, bits.words());
    bitKernels().windows({sets, unsigned(numExperts()), before.empty() ? nullptr : before.data(), tasks.data(), tasks.size()});
}

/// The tail, which ends where the first run begins, as far as it comes before the block: [kGroupsBefore][64 * words],
/// or nothing.
std::vector<std::uint64_t> WindowCounts::turnedBefore(std::size_t firstToken, unsigned words) const
{
    if (m_tail.empty())
        return {};
    const std::size_t tail = m_tail.size() / words, stride = std::size_t(64) * words;
    if (tail <= firstToken)
        return {};
    std::vector<std::uint64_t> turned(kGroupsBefore * stride);
    for (std::size_t back = 1; back + firstToken <= tail && back <= kMostTurnedWindow; ++back) {
        const std::uint64_t* const set = m_tail.data() + (tail - firstToken - back) * words;
        const std::size_t token = kMostTurnedWindow - back;
        for (std::size_t e = 0; e < numExperts(); ++e)
            turned[token / 64 * stride + e] |= (set[e / 64] >> (e % 64) & 1) << (token % 64);
    }
    return turned;
}

void WindowCounts::keepTail(const Block& block, ChoiceBits& bits, bool goesOn)
{
    const SequenceRun& last = block.runs.back();
    const std::size_t words = bits.words(), end = std::size_t(last.begin) + last.length;
    const std::size_t begin = goesOn ? block.runs.front().begin : 0; // what comes before it is in the tail
    const std::size_t from = std::max(begin, end - std::min<std::size_t>(end, kMostTurnedWindow));
    if (from > begin)
        m_tail.clear();
    m_tail.insert(m_tail.end(), bits.set(from), bits.set(from) + (end - from) * words);
    if (m_tail.size() > kMostTurnedWindow * words)
        m_tail.erase(m_tail.begin(), m_tail.end() - std::ptrdiff_t(kMostTurnedWindow * words));
}

void WindowCounts::settle(const Length& length) const
{
    if (length.exactly.empty())
        return;
    for (std::size_t e = 0; e < numExperts(); ++e) {
        const std::size_t row = e * (length.m + 1);
        const std::uint64_t* const exactly =
            length.exactly.data() + e / kLanes * WindowTask::histogramRows(length.m) * kLanes + e % kLanes;
        std::uint64_t more = 0;
        for (std::size_t count = length.m; count > 0; --count) {
            more += exactly[count * kLanes];
            length.atLeast[row + count] += more;
        }
    }
    length.exactly.clear();
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
    const auto run = width == 8 ? slideBy<8> : width == 4 ? slideBy<4> : width == 2 ? slideBy<2> : slideBy<0>;
    run(length.atLeast.data(), length.now.data(), row - m * width, row, n, width, length.windows);
    length.windows += n;
}

void WindowCounts::add(const WindowCounts& other)
{
    for (std::size_t i = 0; i < m_lengths.size(); ++i) {
        Length& mine = m_lengths[i];
        const Length& theirs = other.m_lengths[i];
        settle(theirs);
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
        settle(length);
        archive(length.windows);
        archive.fixed(length.atLeast);
    }
}

std::span<const std::uint64_t> WindowCounts::atLeast(std::size_t i, std::size_t expert) const
{
    const Length& length = m_lengths[i];
    settle(length);
    return std::span(length.atLeast).subspan(expert * (length.m + 1) + 1, length.m);
}

}
