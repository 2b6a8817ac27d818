// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/profile/expert_profile.h"
#include "app/cli/reading/page.h"

namespace expertscope {

/// The card of an expert for a terminal.
std::string expertText(
    const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question, const Page& page);

}
