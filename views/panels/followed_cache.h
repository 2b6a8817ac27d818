// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/session/chart_state.h"
#include "views/session/session.h"

namespace expertscope {

/// Lets the chart's options of ChartSpec::ofCache follow the cache of the window's what-if, as soon as that rests. A policy
/// that the chart does not offer changes nothing. Lives as long as `owner`.
void followCache(Session& session, ChartState& state, QObject* owner);

}
