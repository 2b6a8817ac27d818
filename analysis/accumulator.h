// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/result.h"

#include <functional>
#include <memory>

namespace expertscope {

/// What a metric needs to know before it sees a block.
struct MetricContext
{
    const RoutingShape* shape = nullptr;  ///< outlives the accumulator
    const Label* by = nullptr;            ///< split results by the values of this label, or null
    std::map<std::string, double> params; ///< the metric's own, defaults filled in
};

/// One metric over a part of a trace: observes blocks, merges with its like, yields rows. One thread at a time.
class Accumulator
{
public:
    virtual ~Accumulator() = default;

    /// Adds a block. Blocks of one site come in token order within one accumulator; a run with position > 0 continues
    /// the last run of the block before it (see Block).
    virtual void observe(const Block& block) = 0;
    /// Adds what `other`, of the same type and context, has seen elsewhere. Order does not matter.
    virtual void merge(const Accumulator& other) = 0;
    virtual std::vector<ResultRow> result() const = 0;
};

/// A registered metric.
struct MetricSpec
{
    std::string name;
    std::string definition; ///< one line
    std::string source;     ///< paper, equation
    Columns needs;          ///< beyond expert ids
    bool needsLabel = false;
    std::map<std::string, double> params; ///< with defaults
    std::function<std::unique_ptr<Accumulator>(const MetricContext&)> make;
};

/// All metrics; one line each in registry.cpp.
const std::vector<MetricSpec>& metricRegistry();

}
