// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Qt's PDF writer cannot do: pages of exact size (it rounds to whole points) and the same bytes twice (it writes
// the clock).
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QDateTime>
#include <QSizeF>

class QPdfWriter;

namespace expertscope {

/// Before a PDF is written: Qt writes a document's fonts in the order of a hash, which is another in each run unless its
/// seed is fixed.
void orderFonts();

/// Gives the document an id made of `of` where Qt (since 6.8) would make one by chance.
void identify(QPdfWriter& writer, const QByteArray& of);

/// Sets the MediaBox of every page to `points` and every date to `created` (UTC), and moves the cross-reference table
/// along. Error: not the classic layout that Qt writes.
Expected<QByteArray> patchPdf(const QByteArray& pdf, const QSizeF& points, const QDateTime& created);

/// Whether what the PDF says of itself (title, creator) holds the text: as UTF-16, or as bytes.
bool pdfSays(const QByteArray& pdf, const char* text);

}
