// SPDX-License-Identifier: GPL-3.0-or-later
//
// What metrics over windows of tokens share: the tokens of a sequence one after the other, each with those before it at
// hand, whatever pieces the sequence comes in.
#pragma once

#include "io/trace/routing.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <type_traits>
#include <vector>

namespace expertscope {

/// Whether each of `n` tokens of `k` ids, `stride` apart, has no id twice.
bool distinctIds(const std::uint16_t* ids, std::size_t n, std::size_t stride, std::size_t k);

/// Tokens as rows of exactly width() ids. An expert comes up at most once in a row; slot r without an expert, or with
/// one that came before, holds numExperts() + r: a stand-in, so that loops need no branch. `Id` holds numExperts() +
/// width().
template <class Id> class SlidingTokens
{
public:
    /// `sites`: whose choices make up a row, as they come in tiles; experts are numbered through. `history`: tokens
    /// kept.
    SlidingTokens(const RoutingShape& shape, std::span<const SiteIndex> sites, std::size_t history)
        : m_history(history)
        , m_slots(shape.numSlots)
        , m_width(sites.size() * m_slots)
    {
        for (const SiteIndex site : sites) {
            m_firstExpert.push_back(static_cast<Id>(m_numExperts));
            m_numExperts += shape.sites[std::size_t(site)].numExperts;
        }
        m_stamps.resize(m_numExperts);
        m_rows.resize((m_history + kChunk) * m_width);
    }

    std::size_t numExperts() const { return m_numExperts; }
    std::size_t width() const { return m_width; }

    /// Calls take(const Id* row, std::size_t n, std::uint64_t place) for successive parts of a run: n rows from `row`
    /// on, the first being the place-th of its sequence; the min(place, history) rows before it are there to be looked
    /// at.
    template <class Take> void feed(std::span<const Block> blocks, const SequenceRun& run, bool goesOn, Take take)
    {
        if (!goesOn)
            m_place = 0;
        for (std::uint32_t done = 0; done < run.length;) {
            const std::size_t n = std::min<std::size_t>(run.length - done, kChunk);
            Id* const fresh = m_rows.data() + m_history * m_width;
            for (std::size_t s = 0; s < blocks.size(); ++s)
                fill(blocks[s], run.begin + done, n, s, fresh + s * m_slots);
            take(static_cast<const Id*>(fresh), n, m_place);
            std::memmove(m_rows.data(), m_rows.data() + n * m_width, m_history * m_width * sizeof(Id));
            m_place += n;
            done += static_cast<std::uint32_t>(n);
        }
    }

private:
    static constexpr std::size_t kChunk = 256;

    void fill(const Block& block, std::size_t first, std::size_t n, std::size_t site, Id* to)
    {
        const std::uint16_t* ids = block.expertIds.data() + first * m_slots;
        const auto offset = m_firstExpert[site];
        const auto standIn = static_cast<Id>(m_numExperts + site * m_slots);
        if (block.evenSlots && distinctIds(ids, n, m_slots, block.evenSlots)) {
            if (std::is_same_v<Id, std::uint16_t> && block.evenSlots == m_width && offset == 0) {
                std::memcpy(to, ids, n * m_width * sizeof(Id));
                return;
            }
            for (std::size_t t = 0; t < n; ++t, ids += m_slots, to += m_width) {
                std::size_t r = 0;
                for (; r < block.evenSlots; ++r)
                    to[r] = static_cast<Id>(ids[r] + offset);
                for (; r < m_slots; ++r)
                    to[r] = static_cast<Id>(standIn + r);
            }
            return;
        }
        for (std::size_t t = 0; t < n; ++t, ids += m_slots, to += m_width) {
            ++m_stamp;
            for (std::size_t r = 0; r < m_slots; ++r) {
                const bool isNew = ids[r] < block.numExperts && m_stamps[ids[r] + offset] != m_stamp;
                if (isNew)
                    m_stamps[ids[r] + offset] = m_stamp;
                to[r] = isNew ? static_cast<Id>(ids[r] + offset) : static_cast<Id>(standIn + r);
            }
        }
    }

    const std::size_t m_history, m_slots, m_width;
    std::size_t m_numExperts = 0;
    std::vector<Id> m_firstExpert; ///< [site]
    std::vector<std::uint64_t> m_stamps; ///< [expert] the last token that chose it, by number
    std::uint64_t m_stamp = 0;
    std::vector<Id> m_rows; ///< history, then the part at hand
    std::uint64_t m_place = 0; ///< tokens of the sequence so far
};

}
