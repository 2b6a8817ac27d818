// SPDX-License-Identifier: GPL-3.0-or-later
//
// What Qt cannot write is made of our own PDF, by the programs of Poppler: nothing is drawn anew, so that it is the same
// figure.
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QStringList>

namespace expertscope {

/// What `program` (pdftops, pdftocairo) makes of a PDF with these options, which come before the names of the files.
/// Error: it is not installed, fails, or takes more than a minute.
Expected<QByteArray> convertPdf(const QByteArray& pdf, const QString& program, const QStringList& options);

}
