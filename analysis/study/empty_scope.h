// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/pass_options.h"
#include "analysis/study/scope.h"

namespace expertscope {

/// Fails when a scope leaves no token of a trace, and says which of its conditions left nothing of what those before it
/// had left. `pass`: what the scope means for this trace.
Expected<void> checkLeavesTokens(const RoutingShape& shape, const Scope& scope, const PassOptions& pass);

}
