// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often an expert is chosen within a window of m tokens, for every window of a sequence (metrics 1.1).
#pragma once

#include "analysis/bits/choice_bits.h"
#include "analysis/counts/sliding_tokens.h"
#include "analysis/spine/archive.h"
#include "analysis/spine/tile.h"

namespace expertscope {

/// For several window lengths m at one site: how many windows (every start, inside one sequence) hold at least alpha
/// choices of an expert, alpha = 1..m.
///
/// Where the CPU has wide registers and experts are few, bits are added up, for 8 experts and 64 windows at once
/// (BitKernels::windows). Else: a window differs from the one before it by the token that leaves and the one that
/// enters. So a count changes by 1 at most, and it is enough to note when: with w windows gone by, "at least alpha"
/// begins to hold (- w) or ends (+ w). That is two additions a choice and window length, whatever m is.
class WindowCounts
{
public:
    /// `lengths` at least 1 each.
    WindowCounts(const RoutingShape& shape, SiteIndex site, const std::vector<unsigned>& lengths);

    void observe(const Block& block, ChoiceBits& bits);
    void add(const WindowCounts& other);
    void persist(Archive& archive);

    std::size_t numExperts() const { return m_tokens.numExperts(); }
    /// Windows of length number i seen.
    std::uint64_t windows(std::size_t i) const { return m_lengths[i].windows; }
    /// [m]: the number of windows in which the expert is chosen at least 1, 2, … m times.
    std::span<const std::uint64_t> atLeast(std::size_t i, std::size_t expert) const;

private:
    struct Length
    {
        std::size_t m = 0;
        bool byBits = false; ///< else by sliding
        std::uint64_t windows = 0;
        mutable std::vector<std::uint64_t> atLeast; ///< [expert or stand-in][m + 1]; column 0 is of no use
        std::vector<std::uint32_t>
            now; ///< [expert or stand-in] the cell of `atLeast` of its count in the current window
        /// WindowTask::Length::histogram of windows not yet in `atLeast`; or empty.
        mutable std::vector<std::uint64_t> exactly;
    };

    void slide(const Block& block, const SequenceRun& run, bool goesOn);
    void take(Length& length, const std::uint16_t* row, std::size_t n, std::uint64_t place) const;
    void forgetCounts();
    /// Lets all that holds in the window at `place`, the tokens of the sequence so far, begin (-1) or end (+1) there.
    void addOpen(std::uint64_t sign, std::uint64_t place);

    /// `place`: tokens of the first run's sequence before this block.
    void addBits(const Block& block, ChoiceBits& bits, std::uint64_t place);
    void keepTail(const Block& block, ChoiceBits& bits, bool goesOn);
    std::vector<std::uint64_t> turnedBefore(std::size_t firstToken, unsigned words) const;
    /// Moves `exactly` to `atLeast`: the same counts, told otherwise.
    void settle(const Length& length) const;

    SiteIndex m_site;
    RunCursor m_cursor;
    SlidingTokens<std::uint16_t> m_tokens;
    std::uint64_t m_place = 0; ///< tokens of the sequence so far
    bool m_anyByBits = false, m_anySliding = false;
    std::vector<std::uint64_t> m_tail; ///< [.., words of a set] the last tokens seen, for a run that goes on
    std::vector<Length> m_lengths;
};

}
