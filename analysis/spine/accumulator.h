// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/archive.h"
#include "analysis/spine/result.h"
#include "analysis/spine/tile.h"

#include <functional>
#include <memory>
#include <vector>

namespace expertscope {

/// One metric over a part of a trace: observes tiles, merges with its like, yields rows. What only counts, for code that
/// takes the counts and makes no rows of them, needs no more than CountsTiles (pass.h).
class Accumulator : public TileObserver
{
public:
    /// Adds what `other`, of the same type and context, has seen elsewhere. Order does not matter.
    virtual void merge(const Accumulator& other) = 0;
    virtual Results result() const = 0;
    /// Writes the state, or reads it into a fresh accumulator of the same context; what it cannot believe makes the
    /// archive not ok.
    virtual void persist(Archive& archive) = 0;
    /// For metrics that must learn before they measure (MetricSpec::twoPasses): asked of the merged accumulator after
    /// the first pass, once a worker; a fresh accumulator for a second pass, which may refer to this one.
    virtual std::unique_ptr<Accumulator> secondPass() const { return nullptr; }
};

using AccumulatorFactory = std::function<std::unique_ptr<Accumulator>()>;
using AccumulatorSet = std::vector<std::unique_ptr<Accumulator>>;

}
