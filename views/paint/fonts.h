// SPDX-License-Identifier: GPL-3.0-or-later
//
// The bundled typefaces, and the promise that a figure shows the one that was asked for.
#pragma once

#include "io/base/error.h"

#include <QByteArray>
#include <QFont>
#include <QRawFont>
#include <QStringList>

#include <vector>

namespace expertscope {

/// Registers the bundled fonts with the application. Needs a QGuiApplication; later calls do nothing.
Expected<void> registerBundledFonts();

/// The file of a bundled font: "LiberationSans-Regular.ttf".
Expected<QByteArray> bundledFont(const QString& file);

/// Which characters a font's own families have, one or another of them.
class FontCharacters
{
public:
    explicit FontCharacters(const QFont& font);
    bool has(char32_t c) const;

private:
    std::vector<QRawFont> m_families;
};

/// The first of `families` at `pixels` (in a figure one pixel is one point), unhinted, so that it looks the same
/// everywhere; the others serve the characters that those before them lack. Error: a family is not installed, or all lack
/// a character of `texts`. Never a silent substitute.
Expected<QFont> figureFont(const QStringList& families, int pixels, const QStringList& texts);

/// `families` (each installed) and after them as few other installed ones as have the characters of `texts` that those
/// lack: tokens may be in any script. The same on the same system. What no family here has is left for figureFont() to name.
QStringList withFallbacks(QStringList families, const QStringList& texts);

}
