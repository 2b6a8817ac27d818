// SPDX-License-Identifier: GPL-3.0-or-later
//
// Colours of the window, light and dark. Exported figures never take them: paper is white.
#pragma once

#include <QColor>

namespace expertscope {

enum class Theme
{
    Light,
    Dark
};

struct ThemeColours
{
    QColor window, panel, text, faintText, line, accent, error;
};

ThemeColours themeColours(Theme theme);
/// Style, palette and style sheet of the whole application.
void applyTheme(Theme theme);

}
