// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/spine/pass_options.h"
#include "io/base/error.h"

namespace expertscope {

/// The tokens that chose one of some experts at a site: one pass over that site. `progress` as PassOptions::progress.
/// Errors: no such site or expert; what the source reports; kCancelled.
Expected<TokenSet> choosingTokens(BlockSource& source, SiteIndex site, const std::vector<ExpertIndex>& experts,
    const std::function<bool(double)>& progress = {});

}
