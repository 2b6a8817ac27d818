// SPDX-License-Identifier: GPL-3.0-or-later
//
// A condition on what is recorded of single tokens, as text, the same on the command line (--having), in figure specs and on the chips
// of the window (resources/docs/selection.md):
//
//     entropy@5>=2.5     the router of layer 5 has at least this entropy (nats); of a layer with several routers: all of them
//     margin@s3<0.01     the router at place 3 of the trace
//     loss>=4            the loss of the prediction made at the token (nats)
#pragma once

#include "analysis/counts/valued_tokens.h"

#include <optional>
#include <string>
#include <vector>

namespace expertscope {

struct ValueCondition
{
    ValueBound bound;
    std::optional<std::uint16_t> layer = {}; ///< by the model's own number
    std::optional<SiteIndex> site = {}; ///< or by its place; a loss has neither

    bool operator==(const ValueCondition&) const = default;
};

/// Errors are wrong uses of `where`: an unknown value, a router missing or too much, no number.
Expected<ValueCondition> parseValueCondition(const std::string& text, const std::string& where);
/// In as few digits as give the same number.
std::string boundText(const ValueBound& bound);
/// parseValueCondition() the other way round.
std::string valueConditionText(const ValueCondition& condition);

std::vector<std::string> valueConditionTexts(const std::vector<ValueCondition>& conditions);

/// The routers it is about: of a loss the first. Error: a layer or a site that the trace does not have.
Expected<std::vector<SiteIndex>> sitesOf(const ValueCondition& condition, const RoutingShape& shape);

}
