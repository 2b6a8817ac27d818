// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

class QMenu;

namespace expertscope {

class ChartView;
class Session;

/// What can be done with a chart and with what is pointed at in it. What the window does is asked for by
/// ChartView::actionRequested().
void fillChartMenu(QMenu& menu, ChartView& view, Session& session);

}
