// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "io/trace/routing.h"

#include <optional>

namespace expertscope {

/// What a place in a picture is about: what charts share when one of them is pointed at. Nothing set: nothing.
struct Subject
{
    std::optional<SiteIndex> site = {};
    std::optional<ExpertIndex> expert = {};
    std::optional<SequenceIndex> sequence = {};
    std::optional<TokenIndex> token = {};
    std::optional<LabelFilter> label = {};

    bool empty() const { return *this == Subject(); }
    bool operator==(const Subject&) const = default;
};

/// Both name something in common, and agree in all that both name.
bool agree(const Subject& a, const Subject& b);

}
