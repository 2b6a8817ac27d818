// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "views/charts/subject.h"

#include <QString>

namespace expertscope {

/// "layer 5 · expert 27", "language=de", "doc3 : 17" (a token of its sequence), "token 123": for lists, menus and the history.
QString subjectText(const Subject& subject, const RoutingShape& shape);

/// It is in a trace.
bool fits(const Subject& subject, const RoutingShape& shape);

}
