// SPDX-License-Identifier: GPL-3.0-or-later
//
// Which tokens of which sites a question is about: one type for the command line, figure specs, the filter stack of the
// window and titles.
#pragma once

#include "analysis/spine/phase.h"
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

/// A token is in when its sequence has all of `where` and none of `without`, it chose all of `chose` and none of
/// `spared`, is of the `phase`, and lies in `tokens` and behind the first `skipFirst` of its sequence.
struct Scope
{
    std::vector<LabelFilter> where, without;
    std::vector<ExpertAt> chose, spared;
    std::optional<TokenRange> tokens; ///< none: all
    std::vector<SiteIndex> sites; ///< by their place in the trace
    std::vector<std::uint16_t> layers; ///< or those of these layers, by the model's own numbers; both empty: all
    std::uint32_t skipFirst = 0;
    Phase phase = Phase::All;
    std::uint32_t sample = 0; ///< of all these sequences only so many, drawn at random but always the same; 0: all

    bool everything() const { return *this == Scope(); }
    /// Takes single tokens out of sequences, not only whole sequences, their beginnings or their ends.
    bool splitsSequences() const { return !chose.empty() || !spared.empty() || tokens; }
    bool operator==(const Scope&) const = default;
};

/// The sites a scope keeps of a trace, in order. Error: one, or a layer, that the trace does not have; names those it has.
Expected<std::vector<SiteIndex>> sitesOf(const Scope& scope, const RoutingShape& shape);

/// "language=de|fr, domain!=code, layer 3 expert 27, without layer 5 expert 1, tokens 100-199": which tokens, for
/// titles; empty: all of them. `shape` knows the layers of the sites.
std::string describeTokens(const Scope& scope, const RoutingShape& shape);

/// The same as text that holds no shape and tells any two scopes apart: for keys of what was kept.
std::string keyText(const Scope& scope);
/// Adds to such a key, a length in front, so that no text can look like two.
void addKey(std::string& key, const std::string& part);

}
