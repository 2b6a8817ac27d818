// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/profile/selection_profile.h"
#include "views/widgets/card_writer.h"

namespace expertscope {

/// The numbers of a selection as a card. `pins`: what is pinned, which it is headed by; none: what the filters leave.
Card selectionCard(const SelectionProfile& profile, const SelectionQuestion& question, const std::vector<Subject>& pins,
    const RoutingShape& shape);
/// The same numbers, one a line, nine digits: "what,of,value,all".
QByteArray selectionCsv(const SelectionProfile& profile, const SelectionQuestion& question, const RoutingShape& shape);

}
