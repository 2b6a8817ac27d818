// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"

namespace expertscope {

/// The tokens that a pass goes over.
Expected<TokenSet> tokensOf(const RoutingShape& shape, const PassOptions& pass);

/// The tokens of a scope; none where it holds none. Errors: those of Study::passOf().
Expected<TokenSet> tokensOf(const Study& study, std::size_t trace, const Scope& scope, const Progress& progress);

/// How many of the tokens each sequence has.
std::vector<std::uint32_t> countsBySequence(const RoutingShape& shape, const TokenSet& tokens);

}
