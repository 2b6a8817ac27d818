// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Qt's PDF writer cannot do: pages of exact size (it rounds to whole points) and the same bytes twice (it writes
// the clock).
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QDateTime>
#include <QSizeF>

namespace expertscope {

/// Before a PDF is written: Qt writes a document's fonts in the order of a hash, which is another in each run unless its
/// seed is fixed.
void orderFonts();

/// Sets the MediaBox of every page to `points` and every date to `created` (UTC), and moves the cross-reference table
/// along. Error: not the classic layout that Qt writes.
Expected<QByteArray> patchPdf(const QByteArray& pdf, const QSizeF& points, const QDateTime& created);

/// Whether what the PDF says of itself (title, creator) holds the text: as UTF-16, or as bytes.
bool pdfSays(const QByteArray& pdf, const char* text);

}
