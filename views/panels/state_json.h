// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is chosen of a view, as workspaces keep it.
#pragma once

#include "views/session/chart_state.h"

#include <QJsonObject>
#include <QStringList>

namespace expertscope {

/// Options that are not the standard ones: {"sort": "load"}.
QJsonObject optionsJson(const ChartState& state);

/// The other way round: those that the chart has and takes go to `options`. Returns what could not be taken, a phrase
/// each.
QStringList parseOptions(const QJsonObject& given, const ChartSpec& chart, std::map<std::string, std::string>& options);

}
