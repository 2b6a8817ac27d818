// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>

#include <compare> // not as the first one: moc stumbles over it

namespace expertscope {

/// An integer that cannot be mistaken for another kind of integer.
template <class Tag, class Rep>
struct Index
{
    Rep value = 0;

    constexpr Index() = default;
    constexpr explicit Index(Rep v)
        : value(v)
    {
    }
    constexpr explicit operator std::size_t() const { return static_cast<std::size_t>(value); }
    constexpr auto operator<=>(const Index&) const = default;
    constexpr Index& operator++()
    {
        ++value;
        return *this;
    }
};

using TokenIndex = Index<struct TokenTag, std::uint64_t>;       ///< row of the trace, 0..T-1
using SequenceIndex = Index<struct SequenceTag, std::uint32_t>; ///< 0..S-1
using SiteIndex = Index<struct SiteTag, std::uint16_t>;         ///< ordinal of a router in the trace, 0..M-1; not the model's layer number
using ExpertIndex = Index<struct ExpertTag, std::uint16_t>;     ///< routed expert of a site, 0..E-1

/// Half-open range of tokens [begin, end).
struct TokenRange
{
    TokenIndex begin;
    TokenIndex end;

    constexpr std::uint64_t size() const { return end.value - begin.value; }
    constexpr bool operator==(const TokenRange&) const = default;
};

}
