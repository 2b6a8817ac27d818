// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QFont>
#include <QString>

#include <optional>

namespace expertscope {

/// A title broken at its blanks into as few lines as fit `length`, of about the same width, the pieces joined with
/// newlines. No-break spaces stay, as spaces. None: more than `most` lines, or a word that is longer.
std::optional<QString> labelLines(const QString& text, const QFont& font, double length, int most = 4);

/// The same, cut off with an ellipsis where it does not fit: for the screen, where sizes are not the reader's choice.
QString elidedLines(const QString& text, const QFont& font, double length, int most);

}
