// SPDX-License-Identifier: GPL-3.0-or-later
//
// Things that are found by name: of a registry, of a list of words.
#pragma once

#include "io/base/error.h"
#include "io/base/nearest.h"
#include "io/base/text.h"

#include <algorithm>
#include <vector>

namespace expertscope {

namespace detail {
inline constexpr auto name = [](const auto& thing) -> decltype(auto) { return (thing.name); };
}

/// "lru, lfu, opt": what there is.
template <std::ranges::forward_range Range> std::string namesOf(const Range& things)
{
    return joined(things, ", ", detail::name);
}

/// The same as a list: the choices of an option.
template <std::ranges::forward_range Range> std::vector<std::string> nameList(const Range& things)
{
    std::vector<std::string> names;
    for (const auto& thing : things)
        names.emplace_back(thing.name);
    return names;
}

/// The thing of that name, or null.
template <std::ranges::forward_range Range>
const std::ranges::range_value_t<Range>* named(const Range& things, std::string_view name)
{
    const auto found = std::ranges::find(things, name, detail::name);
    return found == std::ranges::end(things) ? nullptr : &*found;
}

/// "did you mean lru? known: lru, lfu, opt": the hint for who asked for a name that nothing has.
template <std::ranges::forward_range Range>
std::string nameHint(const Range& things, const std::string& name, const std::string& before = "known: ")
{
    return nearestHint(name, nameList(things), before + namesOf(things));
}

/// The same, or the error that `kind` ("policy") has none of that name. `hint` stands before what there is.
template <std::ranges::forward_range Range>
Expected<const std::ranges::range_value_t<Range>*> findNamed(const Range& things, const std::string& name,
    const std::string& kind, const std::string& where = {}, const std::string& hint = "known: ")
{
    if (const auto* thing = named(things, name))
        return thing;
    return fail("unknown " + kind + " '" + name + "'", where, nameHint(things, name, hint));
}

}
