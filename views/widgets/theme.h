// SPDX-License-Identifier: GPL-3.0-or-later
//
// Colours of the window, light and dark. Exported figures never take them: paper is white.
#pragma once

#include "views/paint/style.h"

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
/// Style, palette and style sheet of the whole application. Widgets that paint themselves hear of it as a change of
/// palette.
void applyTheme(Theme theme);
/// The one applied last; light before that.
Theme currentTheme();
/// What charts take of it.
ScreenColours screenColours();

}
