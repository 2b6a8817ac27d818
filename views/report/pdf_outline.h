// SPDX-License-Identifier: GPL-3.0-or-later
//
// The outline that readers show beside a PDF, which Qt does not write.
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QList>
#include <QString>

namespace expertscope {

struct OutlineEntry
{
    QString title;
    int page = 0; ///< from 0
    double top = 0; ///< points above the lower edge, where it begins
};

/// The PDF with an outline, as an update behind its end (ISO 32000-1, 7.5.6): nothing before is changed. Error: not a PDF
/// as Qt writes it.
Expected<QByteArray> withOutline(const QByteArray& pdf, const QList<OutlineEntry>& entries);

}
