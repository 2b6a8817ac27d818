// SPDX-License-Identifier: GPL-3.0-or-later
//
// The bundled typefaces, and the promise that a figure shows the one that was asked for.
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QFont>
#include <QStringList>

namespace expertscope {

/// Registers the bundled fonts with the application. Needs a QGuiApplication; later calls do nothing.
Expected<void> registerBundledFonts();

/// The file of a bundled font: "LiberationSans-Regular.ttf".
Expected<QByteArray> bundledFont(const QString& file);

/// The font `family` at `pixels` (in a figure one pixel is one point), unhinted, so that it looks the same everywhere.
/// Error: the family is not installed, or lacks a character of `texts`. Never a silent substitute.
Expected<QFont> figureFont(const QString& family, int pixels, const QStringList& texts);

}
