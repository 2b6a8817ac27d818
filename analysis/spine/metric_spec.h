// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/accumulator.h"
#include "analysis/spine/parameters.h"
#include "analysis/spine/selection.h"

#include <limits>

namespace expertscope {

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

/// What the values of a row can be, whatever the trace.
struct ValueRange
{
    double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
    bool hasInterval = true; ///< false: no method was found that covers (resources/docs/metrics.md)
};
inline constexpr ValueRange kShare{0, 1}, kNotNegative{0}, kNoInterval{.hasInterval = false};

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
    /// With simulateUniform: the `uniform` of rows is what very many tokens would give; the simulation says how far off that
    /// the tokens at hand are.
    bool uniformIsLimit = false;
    std::map<std::string, ValueRange> ranges = {}; ///< by ResultRow::metric; of the others nothing is known
    std::string noUniform = {}; ///< why there is none, of rows that do not say so themselves
    /// Looks at groups of selected sequences: of the values of a label each is observed with a selection of its own, and
    /// the whole apart from them. Contexts that are valuesOnly are of single sequences: no groups there, no intervals.
    /// Not together with twoPasses.
    bool groupsSequences = false;
    /// Makes sense of tokens that were picked out of sequences (PassOptions::tokens): looks at each by itself, or at
    /// neighbours as RunCursor tells them.
    bool anyTokens = false;
    bool onRequest = false; ///< costs so much more than reading that it is left out unless named
    double cost = 0; ///< about: nanoseconds of a core for each choice, with standard parameters; 0: as little as reading
    std::vector<ParameterSpec> params = {};
    std::function<std::unique_ptr<Accumulator>(const MetricContext&)> make;
};

}
