// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/charts/chart.h"

#include <utility>

namespace expertscope {

/// A map of one side beside that of the other, as panelGrid() draws them: one colour means one value in both. Where
/// their rows and columns are the same a readout tells the other's value and the second minus the first too. `tokens`:
/// what titles say of each side's tokens, and what they say instead. Errors: those of panelGrid().
Expected<ChartPtr> sideBySide(const std::string& chart, const ChartPtr& first, const ChartPtr& second,
    const std::pair<QString, QString>& names, const std::pair<QString, QString>& tokens, const QString& commonTokens,
    const QString& note, Look& look);

}
