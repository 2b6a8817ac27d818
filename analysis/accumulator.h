// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/result.h"

#include <functional>
#include <memory>

namespace expertscope {

/// What a metric needs to know before it sees a block.
struct MetricContext
{
    const RoutingShape* shape = nullptr; ///< outlives the accumulator
    const Label* by = nullptr; ///< split results by the values of this label, or null
    std::map<std::string, double> params; ///< the metric's own, defaults filled in
    std::vector<SiteIndex> sites; ///< the ones that results are wanted for
};

/// One metric over a part of a trace: observes blocks, merges with its like, yields rows. One thread at a time.
class Accumulator
{
public:
    virtual ~Accumulator() = default;

    /// Adds what lies in the runs of a block; tokens outside them were filtered out. A run continues the last one of
    /// the block before when RunCursor says so (see Block).
    virtual void observe(const Block& block) = 0;
    /// Adds what `other`, of the same type and context, has seen elsewhere. Order does not matter.
    virtual void merge(const Accumulator& other) = 0;
    virtual std::vector<ResultRow> result() const = 0;
};

/// Tells whether a run goes on where the last one ended. A position > 0 alone does not: the tokens before it may have
/// been skipped on purpose.
class RunCursor
{
public:
    /// To be called for every run, in order.
    bool continues(SiteIndex site, const SequenceRun& run)
    {
        const bool goesOn = m_any && m_site == site && m_sequence == run.sequence && m_next == run.position;
        m_any = true;
        m_site = site;
        m_sequence = run.sequence;
        m_next = run.position + run.length;
        return goesOn;
    }

private:
    bool m_any = false;
    SiteIndex m_site;
    SequenceIndex m_sequence;
    std::uint32_t m_next = 0;
};

/// A registered metric.
struct MetricSpec
{
    std::string name;
    std::string definition; ///< one line
    std::string source; ///< paper, equation
    std::vector<Columns> needs = {}; ///< beyond expert ids: alternatives, best first; the first one recorded is read
    bool needsLabel = false; ///< compares the values of `by`; other metrics are simply computed for each of them
    std::map<std::string, double> params = {}; ///< with defaults
    std::function<std::unique_ptr<Accumulator>(const MetricContext&)> make;
};

/// All metrics; one line each in registry.cpp.
const std::vector<MetricSpec>& metricRegistry();

}
