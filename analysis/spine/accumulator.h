// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/bits/choice_bits.h"
#include "analysis/spine/archive.h"
#include "analysis/spine/parameters.h"
#include "analysis/spine/result.h"

#include <functional>
#include <memory>

namespace expertscope {

/// The sequences that a pass goes over, all shards of it together.
struct Selection
{
    std::vector<SequenceIndex> sequences; ///< in token order
    std::vector<std::int32_t> rank; ///< [S] place among them, -1: not selected; empty in the context of a label value

    /// The place of a selected sequence, where `rank` may be empty.
    std::size_t place(SequenceIndex sequence) const;
};

/// What a metric needs to know before it sees a block.
struct MetricContext
{
    const RoutingShape* shape = nullptr; ///< outlives the accumulator
    const Label* by = nullptr; ///< the label whose values a metric that compares them is to compare, or null
    Parameters params; ///< the metric's own, checked
    std::vector<SiteIndex> sites; ///< the ones that results are wanted for, ascending
    std::shared_ptr<const Selection> selection;
    std::vector<std::string> series; ///< names of the traces when the source is a SeriesSource, else empty
    bool valuesOnly = false; ///< neither `uniform` nor matrices are looked at: for a bootstrap replicate
};

/// The same tokens at several sites.
struct Tile
{
    std::span<const Block> blocks; ///< by site, ascending, at least one; same tokens, same runs, same token ids
    std::span<ChoiceBits> bits; ///< of each block, whatever its runs: made when first asked for

    std::span<const SequenceRun> runs() const { return blocks.front().runs; }
};

/// One metric over a part of a trace: observes tiles, merges with its like, yields rows. One thread at a time.
class Accumulator
{
public:
    virtual ~Accumulator() = default;

    /// Adds what lies in the runs of a tile; tokens outside them were filtered out. A run continues the last one of
    /// the tile before when RunCursor says so (see Block). Metrics that compare sites (MetricSpec::crossSite) get all
    /// sites of the pass in each tile, the others maybe one.
    virtual void observe(const Tile& tile) = 0;
    /// Whether tiles of a single site do: then each site is looked at while it is still near the core.
    virtual bool takesSites() const { return false; }
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
    std::vector<Columns> likes = {}; ///< read when recorded; the metric copes without
    bool needsLabel = false; ///< compares the values of `by`; other metrics are simply computed for each of them
    unsigned minTraces = 1; ///< > 1: compares traces of the same tokens (series.h)
    bool crossSite = false; ///< looks at several sites of a token at once
    bool twoPasses = false;
    bool simulateUniform = false; ///< no closed form: `uniform` comes from the metric itself on routing by chance
    /// Looks at groups of selected sequences: of the values of a label each is observed with a selection of its own, and
    /// the whole apart from them. Contexts that are valuesOnly are of single sequences: no groups there, no intervals.
    /// Not together with twoPasses.
    bool groupsSequences = false;
    /// Makes sense of tokens that were picked out of sequences (PassOptions::tokens): looks at each by itself, or at
    /// neighbours as RunCursor tells them.
    bool anyTokens = false;
    bool onRequest = false; ///< costs so much more than reading that it is left out unless named
    std::vector<ParameterSpec> params = {};
    std::function<std::unique_ptr<Accumulator>(const MetricContext&)> make;
};

/// All metrics; one line each in registry.cpp.
const std::vector<MetricSpec>& metricRegistry();

}
