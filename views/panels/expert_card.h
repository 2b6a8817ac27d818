// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/profile/expert_profile.h"
#include "views/widgets/card_writer.h"

namespace expertscope {

/// What is known of an expert as a card; neighbours, label values and tokens in their contexts are links.
Card expertCard(const ExpertProfile& profile, const RoutingShape& shape, const ExpertQuestion& question);

}
