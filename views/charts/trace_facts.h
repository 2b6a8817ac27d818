// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "analysis/study/study.h"

#include <QList>
#include <QString>

namespace expertscope {

/// What the summary says of a trace: name and value, in order; what is not known is left out.
QList<std::pair<QString, QString>> traceFacts(const NamedTrace& trace);

}
