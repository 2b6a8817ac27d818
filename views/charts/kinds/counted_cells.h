// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/paint/picture.h"

#include <cstdint>
#include <optional>

namespace expertscope {

/// A chart that knows how many observations a cell rests on, for what is only said of enough of them.
class CountedCells
{
public:
    virtual ~CountedCells() = default;
    /// Choices, pairs: of what the cell counts; nothing where it counts nothing.
    virtual std::optional<std::uint64_t> observations(const Mark& mark) const = 0;
};

}
