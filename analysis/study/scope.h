// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens of which sites a question is about: one type for the command line, figure specs, the filter stack of the
// window and titles.
#pragma once

#include "analysis/spine/phase.h"
#include "analysis/study/value_condition.h"
#include "io/trace/routing.h"

#include <optional>
#include <string>
#include <vector>

namespace expertscope {

/// An expert of a site.
struct ExpertAt
{
    SiteIndex site;
    ExpertIndex expert;

    bool operator==(const ExpertAt&) const = default;
};

/// An expert by the model's own number of its layer; of a layer with several routers that of each.
struct LayerExpert
{
    std::uint16_t layer = 0;
    ExpertIndex expert;

    bool operator==(const LayerExpert&) const = default;
};

/// Experts of which a token chose one, whichever, or none: of a named set, or told by their layers.
struct ExpertSet
{
    std::vector<ExpertAt> experts; ///< by the place of their sites
    std::vector<LayerExpert> ofLayers = {};
    std::string name = {}; ///< of the set; empty: it has none

    bool operator==(const ExpertSet&) const = default;
};

/// A token is in when its sequence has all of `where` and none of `without`, it chose all of `chose` and one of each of
/// `choseAny`, none of `spared` and of `sparedAny`, has all of `values`, is of the `phase`, and lies in `tokens` and behind the first
/// `skipFirst` of its sequence.
struct Scope
{
    std::vector<LabelFilter> where, without;
    std::vector<ExpertAt> chose, spared;
    std::vector<ExpertSet> choseAny, sparedAny;
    std::vector<ValueCondition> values;
    std::optional<TokenRange> tokens; ///< none: all
    std::vector<SiteIndex> sites; ///< by their place in the trace
    std::vector<std::uint16_t> layers; ///< or those of these layers, by the model's own numbers; both empty: all
    std::uint32_t skipFirst = 0;
    Phase phase = Phase::All;
    std::uint32_t sample = 0; ///< of all these sequences only so many, drawn at random but always the same; 0: all

    bool everything() const { return *this == Scope(); }
    /// Takes single tokens out of sequences, not only whole sequences, their beginnings or their ends.
    bool splitsSequences() const
    {
        return !chose.empty() || !spared.empty() || !choseAny.empty() || !sparedAny.empty() || !values.empty() || tokens;
    }
    bool operator==(const Scope&) const = default;
};

/// The sites a scope keeps of a trace, in order. Error: one, or a layer, that the trace does not have; names those it has.
Expected<std::vector<SiteIndex>> sitesOf(const Scope& scope, const RoutingShape& shape);

/// The experts of a set, by site and then by id, each once. Error: a layer, or an expert, that the trace does not have.
Expected<std::vector<ExpertAt>> expertsOf(const ExpertSet& set, const RoutingShape& shape);

/// "language=de|fr, domain!=code, layer 3 expert 27, without layer 5 expert 1, tokens 100-199": which tokens, for
/// titles; empty: all of them. `shape` knows the layers of the sites.
std::string describeTokens(const Scope& scope, const RoutingShape& shape);

/// The same as text that holds no shape and tells any two scopes apart: for keys of what was kept.
std::string keyText(const Scope& scope);
/// Adds to such a key, a length in front, so that no text can look like two.
void addKey(std::string& key, const std::string& part);

}
